import { type Static, Type } from 'typebox'
import type { SaleChange } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Sale } from '../core/sale.ts'
import { IdSchema, MoneySchema, TimeSchema } from '../platform/http.ts'

const ITEMS_MAX = 1000
const Units = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** One line of text: with a letter in it, without control characters and halves of characters. */
const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}]*$' })
const Banner = Type.Union([
  Type.String({ maxLength: 2000, pattern: '^(https?://|/images/)[!-~]+$', description: 'A picture: https://… or /images/…' }),
  Type.Null(),
])
const exact = { additionalProperties: false }

export const NewSaleBody = Type.Object(
  {
    name: Name,
    banner: Type.Optional(Banner),
    startTime: TimeSchema,
    endTime: TimeSchema,
    maxPurchasesPerUser: Type.Optional(Units),
    items: Type.Array(Type.Object({ productId: IdSchema, salePrice: MoneySchema, quantity: Units }, exact), {
      minItems: 1,
      maxItems: ITEMS_MAX,
    }),
  },
  exact,
)
export const SaleChangeBody = Type.Object(
  {
    name: Type.Optional(Name),
    banner: Type.Optional(Banner),
    startTime: Type.Optional(TimeSchema),
    endTime: Type.Optional(TimeSchema),
    maxPurchasesPerUser: Type.Optional(Units),
    items: Type.Optional(
      Type.Array(Type.Object({ productId: IdSchema, quantity: Units }, exact), {
        minItems: 1,
        maxItems: ITEMS_MAX,
        description: 'New allotments; those of other items stay.',
      }),
    ),
  },
  { ...exact, minProperties: 1 },
)

export type Wrong = { path: string; message: string }
type Terms = { startTime: number; endTime: number; limit: number }

/** What the schema cannot say. */
export function newSale(body: Static<typeof NewSaleBody>, now: number) {
  const wrong: Wrong[] = []
  const terms = {
    startTime: readTime(body.startTime, '/startTime', wrong),
    endTime: readTime(body.endTime, '/endTime', wrong),
    limit: body.maxPurchasesPerUser ?? 1,
  }
  const items = body.items.map(({ productId, salePrice, quantity }) => ({
    productId: productId.toLowerCase(),
    price: salePrice.amount,
    currency: salePrice.currency,
    quantity,
  }))
  checkWindow(terms, now, wrong)
  checkTwice(items, wrong)
  checkPrices(items, terms.limit, wrong)
  return { wrong, sale: { name: body.name.trim(), banner: body.banner ?? null, ...terms, items } }
}

/** `sale`: as it stands before the change. */
export function saleChange(body: Static<typeof SaleChangeBody>, sale: Sale, now: number) {
  const wrong: Wrong[] = []
  const change: SaleChange = {
    name: body.name?.trim(),
    banner: body.banner,
    startTime: body.startTime === undefined ? undefined : readTime(body.startTime, '/startTime', wrong),
    endTime: body.endTime === undefined ? undefined : readTime(body.endTime, '/endTime', wrong),
    limit: body.maxPurchasesPerUser,
    items: body.items?.map(({ productId, quantity }) => ({ productId: productId.toLowerCase(), quantity })),
  }
  const { startTime = sale.startTime, endTime = sale.endTime, limit = sale.limit } = change
  if (change.startTime !== undefined || change.endTime !== undefined) checkWindow({ startTime, endTime, limit }, now, wrong)
  if (change.items) checkTwice(change.items, wrong)
  if (change.limit !== undefined && sale.items.some(({ price }) => !isPayable(price, limit))) {
    wrong.push({ path: '/maxPurchasesPerUser', message: tooDear })
  }
  return { wrong, change }
}

/** A leap second is a time by RFC 3339 and none to this machine. */
function readTime(text: string, path: string, wrong: Wrong[]): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) wrong.push({ path, message: 'is not a time that can be kept' })
  return ms
}

function checkWindow({ startTime, endTime }: Terms, now: number, wrong: Wrong[]): void {
  if (endTime <= now) wrong.push({ path: '/endTime', message: 'must be later than now' })
  else if (endTime <= startTime) wrong.push({ path: '/endTime', message: 'must be later than startTime' })
}

function checkTwice(items: { productId: Id }[], wrong: Wrong[]): void {
  const seen = new Set<Id>()
  for (const [at, { productId }] of items.entries()) {
    if (seen.has(productId)) wrong.push({ path: `/items/${at}/productId`, message: 'stands in the sale already' })
    seen.add(productId)
  }
}

const currencies = new Set(Intl.supportedValuesOf('currency'))
const tooDear = 'makes an order of maxPurchasesPerUser units cost more than 2^53-1'

function checkPrices(items: { price: number; currency: string }[], limit: number, wrong: Wrong[]): void {
  for (const [at, { price, currency }] of items.entries()) {
    const path = `/items/${at}/salePrice`
    if (!currencies.has(currency)) wrong.push({ path: `${path}/currency`, message: 'is not a currency, such as EUR' })
    else if (currency !== items[0]?.currency) wrong.push({ path: `${path}/currency`, message: "must be the first item's" })
    if (!isPayable(price, limit)) wrong.push({ path: `${path}/amount`, message: tooDear })
  }
}

function isPayable(price: number, limit: number): boolean {
  return price === 0 || limit <= Math.floor(Number.MAX_SAFE_INTEGER / price)
}
