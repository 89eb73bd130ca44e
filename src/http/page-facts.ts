import { currencyDigits } from '../core/money.ts'
import type { ItemCard, Sale, SalePhase } from '../core/sale.ts'
import { time } from '../platform/http.ts'

/** What a document says before a script runs, or without one: for its head and for its body. */
export type Facts = { head: string; body: string }
/** A sale as it stands now. */
export type Shown = { sale: Sale; remaining: ReadonlyMap<string, number>; phase: SalePhase }

const ITEMS_MAX = 12

/** `json`: what the page's script is told, so that its first view needs no round trip. */
export function frontFacts(shown: Shown[], now: number, json: string): Facts {
  const headline = headlineOf(shown, now)
  const names = shown.map(({ sale }) => sale.name).join(', ')
  const empty = '<p>When the next sale is planned, it stands here with its time, its prices and its units.</p>'
  return {
    head: head({ title: 'Doorbuster', description: names === '' ? headline : `${headline}: ${names}` }, json),
    body: body(headline, shown.length === 0 ? empty : shown.map((each) => saleFactsText(each, 2)).join('\n'), now),
  }
}

/** `origin`: where the shop is reached, for who shows the picture elsewhere; null where that is not known. */
export function saleFacts(shown: Shown, now: number, json: string, origin: string | null): Facts {
  const { name, items, banner } = shown.sale
  const [first] = items
  const price = first ? `${first.name} for ${priceText(first)}. ` : ''
  const picture = banner ?? items.find(({ image }) => image !== null)?.image ?? null
  const image = picture === null ? null : URL.parse(picture, origin ?? undefined)
  const meta = {
    title: `${name} · Doorbuster`,
    description: price + windowText(shown.sale),
    image: image?.href,
    shown: first?.image,
  }
  return { head: head(meta, json), body: body(name, saleFactsText(shown, 0), now) }
}

/** Of a page whose facts are for its reader alone, or change too often to be said here. */
export const noFacts: Facts = {
  head: head({ title: 'Doorbuster', description: 'Flash sales' }, '{}'),
  body: body('Doorbuster', ''),
}

/** `image` for who shows it elsewhere; `shown`: what the page's script will ask for first. */
type Meta = { title: string; description: string; image?: string | undefined; shown?: string | null | undefined }

function head({ title, description, image, shown }: Meta, json: string): string {
  const og = { 'og:title': title, 'og:description': description, 'og:type': 'website', 'og:site_name': 'Doorbuster' }
  const named = Object.entries({ ...og, ...(image && { 'og:image': image }) })
  return [
    `<title>${asText(title)}</title>`,
    `<meta name="description" content="${asText(description)}">`,
    ...named.map(([property, content]) => `<meta property="${property}" content="${asText(content)}">`),
    ...(shown ? [`<link rel="preload" as="image" href="${asText(shown)}">`] : []),
    `<script type="application/json" id="facts">${json.replaceAll('<', '\\u003c')}</script>`,
  ].join('\n    ')
}

/** Inside of what the script fills: it takes its place. */
function body(heading: string, facts: string, now?: number): string {
  const asOf = now === undefined ? '' : ` As of <time datetime="${time(now)}">${seconds.format(now)} UTC</time>:`
  return `<noscript><main class="container-lg py-4"><h1>${asText(heading)}</h1>
<p>To buy here, allow scripts for this page.${asOf}</p>
${facts}</main></noscript>`
}

function headlineOf(shown: Shown[], now: number): string {
  const on = shown.filter(({ sale }) => sale.startTime <= now).length
  if (on > 0) return on === 1 ? 'One sale is on' : `${on} sales are on`
  return shown.length > 0 ? 'The next sale is coming' : 'Nothing on sale just now'
}

/** `level` of its heading; 0: the page's own heading names it. */
function saleFactsText({ sale, remaining, phase }: Shown, level: number): string {
  const shown = sale.items.slice(0, ITEMS_MAX)
  const hidden = sale.items.length - shown.length
  const heading = level === 0 ? '' : `<h${level}><a href="/sales/${sale.id}">${asText(sale.name)}</a></h${level}>\n`
  const items = shown.map((item) => `<li>${itemText(item, remaining.get(item.productId) ?? 0)}</li>`).join('\n')
  return `<section>${heading}<p>${phase}. ${windowHtml(sale)}</p>
<ul>
${items}
</ul>${hidden > 0 ? `<p>And ${hidden} more.</p>` : ''}</section>`
}

function itemText(item: ItemCard, left: number): string {
  const { name, price, listPrice, currency } = item
  const before = listPrice > price ? ` <s>${amount(listPrice, currency)}</s>` : ''
  const stock = `${units.format(left)} of ${units.format(item.allotment)} left`
  return `${asText(name)}: <strong>${amount(price, currency)}</strong>${before}, ${stock}`
}

function priceText({ price, listPrice, currency }: ItemCard): string {
  const before = listPrice > price ? ` instead of ${amountText(listPrice, currency)}` : ''
  return amountText(price, currency) + before
}

const units = new Intl.NumberFormat('en')
const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
const seconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' })

function windowText(sale: Sale): string {
  return `From ${days.format(sale.startTime)} UTC to ${days.format(sale.endTime)} UTC, ${limitText(sale)}.`
}

function windowHtml(sale: Sale): string {
  const moment = (ms: number) => `<time datetime="${time(ms)}">${days.format(ms)} UTC</time>`
  return `From ${moment(sale.startTime)} to ${moment(sale.endTime)}, ${limitText(sale)}.`
}

const limitText = ({ limit }: Sale): string => `${limit === 1 ? 'one' : units.format(limit)} for each buyer`

const amount = (minor: number, currency: string): string => asText(amountText(minor, currency))

/** Digit by digit: the amount is an integer of minor units, and stays exact beyond what a fraction can hold. */
function amountText(minor: number, currency: string): string {
  const digits = currencyDigits(currency)
  const text = String(minor).padStart(digits + 1, '0')
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(decimal as Intl.StringNumericLiteral)
}

const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Whatever an administrator wrote is text here, never markup. */
function asText(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => marks[mark] as string)
}
