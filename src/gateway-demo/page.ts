import { currencyDigits } from '../core/money.ts'
import { byPreference } from '../platform/language.ts'
import { html, page } from '../platform/plain-page.ts'
import type { Transaction } from './machine.ts'
import { german } from './words-de.ts'
import { english, type Words } from './words-en.ts'

/** Regions are passed over: `de-AT` is German. */
export function wordsFor(acceptLanguage: string | undefined): Words {
  const wanted = byPreference(acceptLanguage ?? '').map((tag) => tag.split('-', 1)[0]?.toLowerCase())
  const known = [german, english].map(({ lang }) => lang)
  return wanted.find((lang) => known.includes(lang ?? '')) === 'de' ? german : english
}

/** Three buttons and no script. */
export function payPage(words: Words, { orderId, amount, currency, expiresAt }: Transaction, now: number): string {
  const shown = amountText(words.lang, amount, currency)
  const minutes = new Intl.NumberFormat(words.lang, { style: 'unit', unit: 'minute', unitDisplay: 'long' })
  const card = html`<p>${words.demo}</p>
<dl class="facts">
<div><dt>${words.amount}</dt><dd>${shown}</dd></div>
<div><dt>${words.order}</dt><dd>${orderId}</dd></div>
<div><dt>${words.left}</dt><dd>${minutes.format(Math.ceil((expiresAt - now) / 60_000))}</dd></div>
</dl>
<form method="post">
<button class="go" type="submit" name="act" value="pay">${words.pay(shown)}</button>
<button class="go other-way" type="submit" name="act" value="decline">${words.decline}</button>
<button class="go other-way" type="submit" name="act" value="leave">${words.leave}</button>
</form>`
  return page({ words, home: null, title: words.title, card })
}

/** `returnUrl`: back to the shop, where one is known. */
export function noticePage(words: Words, { title, text }: { title: string; text: string }, returnUrl?: string): string {
  const card = html`<p>${text}</p>
${returnUrl !== undefined && html`<a class="go" href="${returnUrl}">${words.back}</a>`}`
  return page({ words, home: null, title, card })
}

/** Put together as text: an amount of minor units may have more digits than a float shows. */
function amountText(lang: string, amount: number, currency: string): string {
  const digits = currencyDigits(currency)
  const text = String(amount).padStart(digits + 1, '0')
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return new Intl.NumberFormat(lang, { style: 'currency', currency }).format(decimal as `${number}`)
}
