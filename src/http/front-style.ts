/** The front page's, inline: one request brings all there is to see, and the policy of the page names it by its hash. */
export const style = `
:root { color-scheme: light dark; --ink: #14171f; --paper: #fbfaf7; --card: #fff; --line: #e2dfd8; --muted: #5b6070;
  --accent: #c2410c; --mark: #e8501e; --good: #1f7a4d; --warn: #8a4d00; --bad: #b3261e; --code: #f2efe8 }
@media (prefers-color-scheme: dark) { :root { --ink: #f1efe9; --paper: #14171f; --card: #1b1f29; --line: #323847;
  --muted: #a6abb9; --accent: #ff7a4d; --mark: #ff7a4d; --good: #5fcf98; --warn: #f0b429; --bad: #ff8a80; --code: #10131a } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
.page { max-width: 1120px; margin: 0 auto; padding: 0 20px }
a { color: var(--accent) }
a:focus-visible, pre:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; border-radius: 4px }
h1, h2, h3, p { margin: 0 }
h1, h2, h3 { line-height: 1.15; letter-spacing: -.015em }
header { border-bottom: 1px solid var(--line) }
header .page { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 24px; min-height: 64px }
.brand { display: flex; align-items: center; gap: 10px; margin-right: auto; font-size: 20px; font-weight: 700; letter-spacing: -.02em }
.brand svg { width: 28px; height: 28px }
nav { display: flex; gap: 20px }
nav a { display: inline-flex; align-items: center; min-height: 44px; font-weight: 600; text-decoration: none }
nav a:hover { text-decoration: underline }
h1 { padding: 40px 0 8px; font-size: clamp(28px, 5vw, 44px); font-weight: 700 }
.lead { color: var(--muted); max-width: 60ch }
.sale { margin: 32px 0; border: 1px solid var(--line); border-radius: 12px; background: var(--card); overflow: hidden }
.banner { display: block; width: 100%; height: auto; max-height: 240px; object-fit: cover }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 14px; padding: 20px 20px 16px }
.head h2 { font-size: 28px }
.head p { flex-basis: 100%; color: var(--muted) }
.phase { padding: 2px 12px; border: 1px solid; border-radius: 99px; font-size: 14px; font-weight: 600; white-space: nowrap }
.phase.on { color: var(--good) }
.phase.soon { color: var(--warn) }
.phase.off { color: var(--bad) }
.phase.wait { color: var(--muted) }
.items { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr)); gap: 1px; margin: 0; padding: 0;
  list-style: none; border-top: 1px solid var(--line) }
.item { display: flex; flex-direction: column; padding: 20px; box-shadow: 0 0 0 1px var(--line) }
.pic { width: 100%; height: auto; aspect-ratio: 4 / 3; object-fit: contain; border-radius: 8px; background: #fbfaf7 }
.words { display: flex; flex-direction: column; gap: 8px; flex: 1; padding-top: 16px }
.item h3 { font-size: 20px }
.price { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px }
.price b { font-size: 28px; letter-spacing: -.02em }
.price s { color: var(--muted) }
.price i { font-style: normal; font-weight: 600; color: var(--accent) }
.left { margin-top: auto; padding-top: 8px; font-size: 14px }
.left b { font-size: 16px }
.left svg { display: block; width: 100%; height: 8px; margin-top: 6px; border-radius: 4px; background: var(--line) }
.left rect { fill: var(--mark) }
@media (min-width: 720px) {
  .items.one { grid-template-columns: 1fr }
  .items.one .item { flex-direction: row; align-items: stretch; gap: 32px }
  .items.one .pic { width: 44% }
  .items.one .words { justify-content: center; padding: 0 }
  .items.one .left { margin-top: 0 }
  .items.one h3 { font-size: 28px }
  .items.one .price b { font-size: 44px }
}
.more { padding: 14px 20px; border-top: 1px solid var(--line); color: var(--muted) }
.empty { padding: 56px 20px; text-align: center }
.empty p { max-width: 52ch; margin: 10px auto 0; color: var(--muted) }
.api { padding: 24px 0 48px }
.api h2 { font-size: 28px; margin-bottom: 8px }
.api h3 { margin: 24px 0 8px; font-size: 16px }
pre { margin: 0; padding: 16px; border: 1px solid var(--line); border-radius: 12px; background: var(--code); overflow-x: auto;
  font: 14px/1.6 ui-monospace, monospace }
code { font-family: ui-monospace, monospace; font-size: .92em }
pre code { font-size: 1em }
.empty code { display: inline-block }
footer { padding: 20px 0 40px; border-top: 1px solid var(--line); color: var(--muted); font-size: 14px }
`
