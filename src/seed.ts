import { assert } from './core/assert.ts'
import type { Parts } from './parts.ts'
import { type DemoName, demoHandle, demoProducts } from './shop/catalogue/demo.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Products among which those of the demo are looked for. */
const CATALOGUE_MAX = 10_000

type DemoSale = {
  name: string
  /** Milliseconds after the seeding. */
  from: number
  to: number
  /** Units a buyer. */
  limit: number
  items: { of: DemoName; price: number; units: number }[]
}

const demoSales: DemoSale[] = [
  {
    name: 'Harbour Nights',
    from: -2 * DAY_MS,
    to: -10 * MINUTE_MS,
    limit: 2,
    items: [{ of: 'concert', price: 2400, units: 60 }],
  },
  {
    name: 'Coffee week',
    from: -HOUR_MS,
    to: 7 * DAY_MS,
    limit: 2,
    items: [
      { of: 'kettle', price: 4900, units: 80 },
      { of: 'espresso-cup', price: 1300, units: 300 },
      { of: 'coupon', price: 400, units: 500 },
    ],
  },
  {
    name: 'Court Sneaker, the orange one',
    from: MINUTE_MS,
    to: DAY_MS,
    limit: 1,
    items: [{ of: 'sneaker', price: 4500, units: 100 }],
  },
]

/** A small shop to look at: a sale that is over, one that is on, one that opens in a minute. Repeating it adds nothing while there
 *  is any sale. */
export async function seedDemo({ stores, runSale, clock, newId, config }: Parts): Promise<string> {
  const { catalogue, sales } = stores
  const now = clock.now()
  const { created, updated } = await catalogue.import(
    demoProducts(config.currency).map((product) => ({ id: newId(), product })),
    now,
  )
  if ((await sales.list(1, undefined)).length > 0) return `${created + updated} products; there are sales already`
  const ids = new Map((await catalogue.products(CATALOGUE_MAX)).map(({ handle, id }) => [handle, id]))
  for (const { name, from, to, limit, items } of demoSales) {
    const created = await runSale.create({
      id: newId(),
      name,
      banner: null,
      startTime: now + from,
      endTime: now + to,
      limit,
      drillId: null,
      items: items.map(({ of, price, units }) => {
        const productId = ids.get(demoHandle(of))
        assert(productId, `${of} was imported`)
        return { productId, price, currency: config.currency, quantity: units }
      }),
    })
    assert(created.kind === 'changed', `the sale ${name} is ${created.kind}`)
  }
  return `${created + updated} products and ${demoSales.length} sales, one of which opens in ${MINUTE_MS / 1000} s`
}
