import { hash } from 'node:crypto'
import { style } from './page-style.ts'

/** Text that is markup already; everything else is escaped where it is put in. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** What is not `Html` is text. `false` and `undefined` are nothing, so that a part may be left out. */
export function html(parts: TemplateStringsArray, ...values: (Html | string | number | false | undefined)[]): Html {
  const shown = values.map((value) => {
    if (value instanceof Html) return value.text
    return value === false || value === undefined ? '' : String(value).replace(/[&<>"']/g, (mark) => marks[mark] as string)
  })
  return new Html(String.raw({ raw: parts }, ...shown))
}

/**
 * For every page without a script: nothing from elsewhere, in nobody's frame, kept by nobody. `form-action` holds for the
 * redirects that follow a form too: `formTargets` are the other origins where they lead. The referrer goes to no other site; with
 * `no-referrer` a browser would send `Origin: null` with our own form.
 */
export const pageHeaders = (...formTargets: string[]) => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    'img-src data:',
    "base-uri 'none'",
    ["form-action 'self'", ...formTargets].join(' '),
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
})
const styleHash = hash('sha256', style, 'base64')

const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" \
fill="#e8501e"/><path d="M9 6h14v20H9z" fill="#fbfaf7"/><path d="M9 6l10 4v20L9 26z" fill="#14171f"/><circle cx="16.5" cy="19" \
r="1.5" fill="#ff7a4d"/></svg>`
const WARNING = new Html(
  '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm1 13v2H9v-2zm0-9v7H9V5z"/></svg>',
)

export type Page = {
  /** `error` is said before the title of the window. */
  words: { lang: string; error: string }
  /** Where the name above the card leads; `null`: nowhere. */
  home: string | null
  /** Of the window and the heading alike. */
  title: string
  wrong?: boolean
  card: Html
  /** Under the card. */
  other?: Html
}

export function page({ words, home, title, wrong = false, card, other }: Page): string {
  const brand = html`${new Html(MARK)}Doorbuster`
  return html`<!doctype html>
<html lang="${words.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${wrong && `${words.error}: `}${title} · Doorbuster</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(MARK)}">
<style>${new Html(style)}</style>
</head>
<body>
<header>${home === null ? html`<span class="brand">${brand}</span>` : html`<a class="brand" href="${home}">${brand}</a>`}</header>
<main>
<div class="card">
<h1>${title}</h1>
${card}
</div>
${other && html`<p class="other">${other}</p>`}
</main>
</body>
</html>
`.text
}

/** A sentence about what is wrong, told by shape and word as well as by colour. */
export function warning(text: string, attributes: Html): Html {
  return html`<p ${attributes}>${WARNING}<span>${text}</span></p>`
}
