import type { Parts } from './parts.ts'
import { demoProducts } from './shop/catalogue/demo.ts'

const OPENS_IN_MS = 60_000
const LASTS_MS = 3600_000
const UNITS = 100

/** A small shop to look at, with one sale that opens in a minute. Repeating it adds nothing while there is any sale. */
export async function seedDemo({ stores, runSale, clock, newId, config }: Parts): Promise<string> {
  const { catalogue, sales } = stores
  const now = clock.now()
  const { created, updated } = await catalogue.import(
    demoProducts(config.currency).map((product) => ({ id: newId(), product })),
    now,
  )
  if ((await sales.list(1, undefined)).length > 0) return `${created + updated} products; there are sales already`
  const products = await catalogue.products(100)
  const items = products
    .filter((product) => product.handle === 'demo-headphones' || product.handle === 'demo-coupon')
    .map(({ id, price }) => ({ productId: id, price: Math.round(price / 2), currency: config.currency, quantity: UNITS }))
  const sale = {
    id: newId(),
    name: 'Opening sale',
    banner: null,
    startTime: now + OPENS_IN_MS,
    endTime: now + LASTS_MS,
    limit: 1,
    drillId: null,
    items,
  }
  await runSale.create(sale)
  return `${products.length} products and a sale that opens in ${OPENS_IN_MS / 1000} s`
}
