import { currencyDigits } from '../core/money.ts'
import type { ItemCard, SalePhase } from '../core/sale.ts'
import { time } from '../platform/http.ts'
import type { Live } from '../purchase/board.ts'
import { style } from './front-style.ts'
import { momentOf } from './sale-view.ts'

export type FrontPage = { now: number; endingSoonMs: number; origin: string /** In the order they are shown. */; sales: Live[] }

const ITEMS_MAX = 12
const MARK = '<path d="M3 2h12l6 20H3z"/><circle cx="13" cy="12" r="1.7" fill="#fff"/>'
const ICON = picture('0 0 24 24', '#e8501e')
const NO_PICTURE = picture('-30 -30 84 84', '#c9c4b8')

/** The facts of the sales, readable without a script. Whatever an administrator wrote is text here, never markup. */
export function frontPage(page: FrontPage): string {
  const { now, sales } = page
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Doorbuster</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<header><div class="page">
<div class="brand"><svg viewBox="0 0 24 24" fill="#e8501e" aria-hidden="true">${MARK}</svg>Doorbuster</div>
<nav aria-label="For programs"><a href="/docs">API</a><a href="/openapi.json">OpenAPI</a></nav>
</div></header>
<main class="page">
<h1>${headline(sales, now)}</h1>
<p class="lead">A limited stock for everybody at once. Whoever is told <em>yes</em> has it; what is left is what you see.</p>
${sales.length === 0 ? EMPTY : sales.map((live) => saleCard(live, page)).join('\n')}
${forPrograms(page)}
</main>
<footer><div class="page">As of <time datetime="${time(now)}">${clockTime(now)}</time>. Reload for the present.</div></footer>
</body>
</html>
`
}

function picture(viewBox: string, fill: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}" fill="${fill}">${MARK}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

const EMPTY = `<section class="sale empty"><h2>No sale is planned</h2>
<p>When the next one is, it stands here with its time, its prices and its units. An administrator makes one with
<code>npm run doorbuster -- sale create</code>.</p></section>`

function headline(sales: Live[], now: number): string {
  const on = sales.filter(({ sale }) => sale.startTime <= now).length
  if (on > 0) return on === 1 ? 'One sale is on' : `${on} sales are on`
  return sales.length > 0 ? 'The next sale is coming' : 'Nothing on sale just now'
}

function saleCard(live: Live, { now, endingSoonMs }: FrontPage): string {
  const { sale, remaining } = live
  const { phase } = momentOf(sale, remaining, now, endingSoonMs)
  const banner = sale.banner === null ? '' : `<img class="banner" src="${asText(sale.banner)}" alt="" width="1120" height="240">`
  const shown = sale.items.slice(0, ITEMS_MAX)
  const hidden = sale.items.length - shown.length
  const more = `<p class="more">And ${hidden} more in <a href="/api/v1/sales/${sale.id}">the whole sale</a>.</p>`
  const limit = sale.limit === 1 ? 'one for each buyer' : `${units(sale.limit)} for each buyer`
  return `<section class="sale" aria-labelledby="${sale.id}">${banner}
<div class="head"><h2 id="${sale.id}">${asText(sale.name)}</h2><span class="phase ${phaseLook[phase]}">${phase}</span>
<p>${moment('From', sale.startTime)} ${moment('to', sale.endTime)}, ${limit}</p></div>
<ul class="items${shown.length === 1 ? ' one' : ''}">
${shown.map((item) => itemCard(item, remaining.get(item.productId) ?? 0)).join('\n')}
</ul>${hidden > 0 ? more : ''}</section>`
}

const phaseLook = {
  Active: 'on',
  'Ending Soon': 'soon',
  Paused: 'soon',
  'Sold Out': 'off',
  Scheduled: 'wait',
  Ended: 'wait',
} as const satisfies Record<SalePhase, string>

function itemCard({ name, image, price, listPrice, currency, allotment }: ItemCard, left: number): string {
  const saving = Math.floor(100 - (100 * price) / listPrice)
  const before = listPrice > price ? `<s>${amount(listPrice, currency)}</s>${saving > 0 ? `<i>${saving}% less</i>` : ''}` : ''
  // The picture says nothing that the name beside it does not.
  const shown = `<img class="pic" src="${asText(image ?? NO_PICTURE)}" alt="" width="400" height="300" loading="lazy">`
  return `<li class="item">${shown}<div class="words"><h3>${asText(name)}</h3>
<p class="price"><b>${amount(price, currency)}</b>${before}</p>
<p class="left"><b>${units(left)}</b> of ${units(allotment)} left
<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${(100 * left) / allotment}" height="8"/></svg></p>
</div></li>`
}

function forPrograms({ sales, origin }: FrontPage): string {
  const [first] = sales
  const saleId = first?.sale.id ?? '<saleId>'
  const productId = first?.sale.items[0]?.productId ?? '<productId>'
  const login = `curl ${origin}/api/v1/users/login \\
  -H 'Content-Type: application/json' \\
  -d '{"email": "you@example.com", "password": "your password"}'`
  const buy = `curl ${origin}/api/v1/sales/${saleId}/purchase \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Idempotency-Key: my-first-try" \\
  -H 'Content-Type: application/json' \\
  -d '{"productId": "${productId}", "quantity": 1}'`
  return `<section class="api" aria-labelledby="api"><h2 id="api">Buy by program</h2>
<p class="lead">Everything here can be done over HTTP: <a href="/docs">read the API</a>, or take its
<a href="/openapi.json">OpenAPI description</a>.</p>
<h3>1. Sign in; the answer holds an <code>access_token</code></h3>
<pre tabindex="0"><code>${asText(login)}</code></pre>
<h3>2. Buy one; the same key asked again never buys twice</h3>
<pre tabindex="0"><code>${asText(buy)}</code></pre>
</section>`
}

const english = new Intl.NumberFormat('en')
const units = (count: number): string => english.format(count)

/** Digit by digit: the amount is an integer of minor units, and stays exact beyond what a fraction can hold. */
function amount(minor: number, currency: string): string {
  const digits = currencyDigits(currency)
  const text = String(minor).padStart(digits + 1, '0')
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return asText(new Intl.NumberFormat('en', { style: 'currency', currency }).format(decimal as Intl.StringNumericLiteral))
}

const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
const seconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' })
const clockTime = (ms: number): string => `${seconds.format(ms)} UTC`
const moment = (word: string, ms: number): string => `${word} <time datetime="${time(ms)}">${days.format(ms)} UTC</time>`

const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => marks[mark] as string)
}
