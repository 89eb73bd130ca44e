import type { components, paths } from '../api/schema.d.ts'
import type { Money } from '../format.ts'
import type { Sale } from '../use-sale.ts'
import type { Errors, Words } from './form.ts'
import { localText, utcText } from './local-time.ts'
import { exampleOf, majorUnits, minorUnits } from './money-text.ts'

type Product = components['schemas']['Product']
type NewSale = NonNullable<paths['/api/v1/admin/sales']['post']['requestBody']>['content']['application/json']
type SaleChange = NonNullable<paths['/api/v1/admin/sales/{id}']['patch']['requestBody']>['content']['application/json']

/** As it stands in the form: what is typed is text. */
export type DraftItem = {
  productId: string
  name: string
  image: string | null
  /** What the product costs otherwise. */
  price: Money
  /** Ordinary stock: what may be taken besides `taken`. Null: not counted; undefined: not known yet. */
  stock: number | null | undefined
  /** The sale has so many of it already. */
  taken: number
  salePrice: string
  quantity: string
}
export type SaleDraft = { name: string; banner: string; start: string; end: string; limit: string; items: DraftItem[] }

const HOUR_MS = 3_600_000

/** From the next full hour that is not too near, for an hour, one each. */
export function freshDraft(now: number): SaleDraft {
  const start = new Date(now + HOUR_MS + 60_000).setMinutes(0, 0, 0)
  return { name: '', banner: '', start: localText(start), end: localText(start + HOUR_MS), limit: '1', items: [] }
}

export function draftOf(sale: Sale, locale: string): SaleDraft {
  return {
    name: sale.name,
    banner: sale.banner ?? '',
    start: localText(sale.startTime),
    end: localText(sale.endTime),
    limit: String(sale.maxPurchasesPerUser),
    items: sale.items.map(({ salePrice, quantity, ...same }) => ({
      ...same,
      stock: undefined,
      taken: quantity,
      salePrice: majorUnits(salePrice.amount, salePrice.currency, locale),
      quantity: String(quantity),
    })),
  }
}

export function itemOf({ id, name, image, price, stock }: Product): DraftItem {
  return { productId: id, name, image, price, stock, taken: 0, salePrice: '', quantity: '' }
}

/** Whole units from 1 on. */
export function unitsOf(text: string): number | undefined {
  const units = /^\d{1,16}$/.test(text.trim()) ? Number(text) : 0
  return units >= 1 && Number.isSafeInteger(units) ? units : undefined
}

/** What can be said before the server is asked, by the places that the server would name. @param now the server's time */
export function wrongs(draft: SaleDraft, now: number, locale: string, t: Words): Errors {
  const found: Errors = {}
  const [start, end] = [utcText(draft.start), utcText(draft.end)]
  if (draft.name.trim() === '') found['/name'] = t('operator.wrong.name')
  if (draft.banner.trim() !== '' && !/^(https?:\/\/|\/images\/)[!-~]+$/.test(draft.banner.trim()))
    found['/banner'] = t('operator.wrong.picture')
  if (start === undefined) found['/startTime'] = t('operator.wrong.time')
  if (end === undefined) found['/endTime'] = t('operator.wrong.time')
  else if (Date.parse(end) <= now) found['/endTime'] = t('operator.wrong.endPast')
  else if (start !== undefined && end <= start) found['/endTime'] = t('operator.wrong.endFirst')
  if (unitsOf(draft.limit) === undefined) found['/maxPurchasesPerUser'] = t('operator.wrong.units')
  if (draft.items.length === 0) found['/items'] = t('operator.wrong.items')
  for (const [at, item] of draft.items.entries()) Object.assign(found, itemWrongs(item, `/items/${at}`, draft, locale, t))
  return found
}

function itemWrongs(
  { price, salePrice, quantity, stock, taken }: DraftItem,
  path: string,
  draft: SaleDraft,
  locale: string,
  t: Words,
): Errors {
  const found: Errors = {}
  const { currency } = price
  const amount = minorUnits(salePrice, currency, locale)
  const units = unitsOf(quantity)
  if (amount === undefined) found[`${path}/salePrice`] = t('operator.wrong.money', { example: exampleOf(currency, locale) })
  else if (currency !== draft.items[0]?.price.currency)
    found[`${path}/salePrice`] = t('operator.wrong.currency', { currency: draft.items[0]?.price.currency })
  if (units === undefined) found[`${path}/quantity`] = t('operator.wrong.units')
  else if (typeof stock === 'number' && units > taken + stock)
    found[`${path}/quantity`] = t('operator.wrong.stock', { n: taken + stock })
  return found
}

/** Of a draft without wrongs. */
export function newSale(draft: SaleDraft, locale: string): NewSale {
  return {
    name: draft.name.trim(),
    ...(draft.banner.trim() && { banner: draft.banner.trim() }),
    startTime: utcText(draft.start) ?? '',
    endTime: utcText(draft.end) ?? '',
    maxPurchasesPerUser: unitsOf(draft.limit) ?? 1,
    items: draft.items.map(({ productId, price: { currency }, salePrice, quantity }) => ({
      productId,
      salePrice: { amount: minorUnits(salePrice, currency, locale) ?? 0, currency },
      quantity: unitsOf(quantity) ?? 1,
    })),
  }
}

/** Only what was changed: a time that was not touched keeps its seconds. Undefined: nothing was. */
export function saleChange(draft: SaleDraft, before: SaleDraft): SaleChange | undefined {
  const counts = new Map(before.items.map(({ productId, quantity }) => [productId, quantity]))
  const items = draft.items.filter(({ productId, quantity }) => quantity.trim() !== counts.get(productId))
  const change: SaleChange = {
    ...(draft.name.trim() !== before.name && { name: draft.name.trim() }),
    ...(draft.banner.trim() !== before.banner && { banner: draft.banner.trim() || null }),
    ...(draft.start !== before.start && { startTime: utcText(draft.start) ?? '' }),
    ...(draft.end !== before.end && { endTime: utcText(draft.end) ?? '' }),
    ...(draft.limit.trim() !== before.limit && { maxPurchasesPerUser: unitsOf(draft.limit) ?? 1 }),
    ...(items.length > 0 && { items: items.map(({ productId, quantity }) => ({ productId, quantity: unitsOf(quantity) ?? 1 })) }),
  }
  return Object.keys(change).length > 0 ? change : undefined
}

/** The server names the product that has too little, not its place. @param sent the items that were sent, in their order */
export function stockWrong(problem: object, items: readonly DraftItem[], t: Words): Errors {
  const { code, productId, stock } = problem as { code?: string; productId?: string; stock?: number }
  const at = items.findIndex((item) => item.productId === productId)
  if (code !== 'not-enough-stock' || at < 0) return {}
  return { [`/items/${at}/quantity`]: t('operator.wrong.stock', { n: (stock ?? 0) + (items[at]?.taken ?? 0) }) }
}
