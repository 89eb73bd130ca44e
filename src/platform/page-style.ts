/** Inline in every page without a script, and named by its hash in their policy: they need no other request and no build. The
 *  colours are the page's; `--edge` has 3:1 against the card, which a field needs to be seen as one. */
export const style = `
:root { color-scheme: light dark; --ink: #14171f; --paper: #fbfaf7; --card: #fff; --line: #e2dfd8; --edge: #868a96; --muted: #5b6070;
  --accent: #e8501e; --accent-text: #b93a0d; --hover: #eb6539; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #f1efe9; --paper: #14171f; --card: #1b1f29; --line: #323847; --edge: #767d8f;
  --muted: #a6abb9; --accent: #ff7a4d; --accent-text: #ff7a4d; --hover: #ff8a62; --bad: #ff8a80 } }
* { box-sizing: border-box }
html { scrollbar-gutter: stable; background: var(--paper) }
body { max-width: 432px; margin: 0 auto; padding: clamp(16px, 8vh, 72px) 16px 40px; color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
h1, p { margin: 0 }
h1 { font-size: 28px; line-height: 1.15; letter-spacing: -.015em; text-wrap: balance }
a { color: var(--accent-text) }
.brand { display: inline-flex; align-items: center; gap: 12px; min-height: 44px; color: inherit; font-size: 20px; font-weight: 700;
  letter-spacing: -.02em; text-decoration: none }
.brand svg { width: 28px; height: 28px }
.card { margin-top: 12px; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
.card > p { margin-top: 12px; color: var(--muted) }
form { margin-top: 24px }
.field { margin-bottom: 20px }
label { display: block; margin-bottom: 4px; font-weight: 600 }
label span, .hint { color: var(--muted); font-weight: 400; font-size: 14px }
label span { margin-left: 4px }
input { display: block; width: 100%; min-height: 48px; padding: 8px 12px; border: 1px solid var(--edge); border-radius: 8px;
  background: var(--card); color: inherit; font: inherit }
input[aria-invalid] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
input:focus-visible { outline-offset: 0 }
.hint, .wrong { margin-top: 8px }
.wrong, .notice { display: flex; gap: 8px }
.wrong { color: var(--bad); font-size: 14px; font-weight: 600 }
.wrong svg, .notice svg { flex: none; width: 20px; height: 20px; fill: var(--bad) }
.card > .notice { margin-top: 20px; padding: 12px; border: 1px solid var(--bad); border-radius: 8px; color: inherit }
.notice svg { margin-top: 2px }
.notice:focus { outline: none }
code { font: 14px ui-monospace, monospace }
.go { display: flex; align-items: center; justify-content: center; width: 100%; min-height: 48px; margin-top: 24px; padding: 8px 16px;
  border: 0; border-radius: 8px; background: var(--accent); color: #14171f; font: inherit; font-weight: 600; text-decoration: none;
  cursor: pointer }
.go:hover { background: var(--hover) }
button.other-way { margin-top: 12px; border: 1px solid var(--edge); background: transparent; color: inherit }
button.other-way:hover { background: var(--paper) }
.facts { margin: 20px 0 0 }
.facts div { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 16px; padding: 8px 0; border-bottom: 1px solid var(--line) }
.facts dt { color: var(--muted) }
.facts dd { margin: 0; font-weight: 600 }
.other { margin-top: 12px; text-align: center; color: var(--muted) }
.other a { display: inline-flex; align-items: center; min-height: 44px; padding: 0 4px; font-weight: 600; text-decoration: none }
.other a:hover { text-decoration: underline }
@media (max-width: 479px) { body { padding-top: 12px } .card { padding: 24px 20px } }
@media (prefers-reduced-motion: no-preference) { .go, input { transition: background-color 150ms ease-out, border-color 150ms ease-out } }
`
