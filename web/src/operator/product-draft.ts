import type { components, paths } from '../api/schema.d.ts'
import type { Errors, Words } from './form.ts'
import { exampleOf, majorUnits, minorUnits } from './money-text.ts'

type Product = components['schemas']['Product']
type NewProduct = NonNullable<paths['/api/v1/admin/products']['post']['requestBody']>['content']['application/json']

/** As it stands in the form: what is typed is text. */
export type ProductDraft = {
  name: string
  description: string
  price: string
  currency: string
  category: string
  kind: Product['kind']
  image: string
  isCounted: boolean
  stock: string
}

export function freshProduct(currency: string): ProductDraft {
  return { name: '', description: '', price: '', currency, category: '', kind: 'product', image: '', isCounted: true, stock: '' }
}

export function productDraftOf(
  { name, description, price, category, kind, image, stock }: Product,
  locale: string,
): ProductDraft {
  return {
    name,
    description,
    price: majorUnits(price.amount, price.currency, locale),
    currency: price.currency,
    category: category ?? '',
    kind,
    image: image ?? '',
    isCounted: stock !== null,
    stock: stock === null ? '' : String(stock),
  }
}

export function productWrongs(draft: ProductDraft, locale: string, t: Words): Errors {
  const found: Errors = {}
  const { currency } = draft
  if (draft.name.trim() === '') found['/name'] = t('operator.wrong.name')
  if (minorUnits(draft.price, currency, locale) === undefined)
    found['/price'] = t('operator.wrong.money', { example: exampleOf(currency, locale) })
  if (draft.isCounted && stockOf(draft) === undefined) found['/stock'] = t('operator.wrong.count')
  return found
}

/** Of a draft without wrongs. With `before` only what was changed: a stock that was not touched may have been sold from meanwhile. */
export function productBody(draft: ProductDraft, locale: string, before?: ProductDraft): Partial<NewProduct> {
  const isNew = <Key extends keyof ProductDraft>(...keys: Key[]) => !before || keys.some((key) => draft[key] !== before[key])
  const amount = minorUnits(draft.price, draft.currency, locale) ?? 0
  return {
    ...(isNew('name') && { name: draft.name.trim() }),
    ...(isNew('description') && { description: draft.description }),
    ...(isNew('price', 'currency') && { price: { amount, currency: draft.currency } }),
    ...(isNew('category') && { category: draft.category.trim() || null }),
    ...(isNew('kind') && { kind: draft.kind }),
    ...(isNew('image') && { image: draft.image.trim() || null }),
    ...(isNew('stock', 'isCounted') && { stock: draft.isCounted ? (stockOf(draft) ?? 0) : null }),
  }
}

/** Whole units from 0 on. */
function stockOf({ stock }: ProductDraft): number | undefined {
  const units = Number(stock)
  return /^\d{1,16}$/.test(stock.trim()) && Number.isSafeInteger(units) ? units : undefined
}
