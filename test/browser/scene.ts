import { demoProducts } from '../../src/shop/catalogue/demo.ts'
import { type Made, operator, Stage } from './stage.ts'

const MINUTES = 60_000
const HOURS = 60 * MINUTES
const eur = (amount: number) => ({ amount, currency: 'EUR' })

/** Of each kind one that shows it; in the order in which they are made. */
const sales = {
  over: { of: 'coupon', name: 'Coffee break', price: 400, units: 50 },
  coming: { of: 'sneaker', name: 'Court Sneaker, orange', price: 4450, units: 40, opensIn: 12 * MINUTES + 34_000 },
  far: { of: 'bicycle', name: 'City Bicycle 2027', price: 52_900, units: 25, opensIn: 51 * HOURS },
  on: { of: 'headphones', name: 'Opening sale', price: 7450, units: 100, limit: 1 },
  ending: { of: 'record', name: 'Tidewater, last copies', price: 950, units: 60, limit: 30, endsIn: 4 * MINUTES },
  gone: { of: 'concert', name: 'Harbour Nights', price: 2400, units: 5 },
  paused: { of: 'garden', name: 'A day in the glasshouse', price: 700, units: 30 },
  dear: { of: 'bicycle', name: 'City Bicycle, the last ones', price: 64_900, units: 3 },
  several: { of: 'camera', name: 'Everything for the kitchen table', price: 6450, units: 12, limit: 3 },
  long: { of: 'long', name: '', price: 99_999_999_99, units: 1_000_000, limit: 99 },
} as const
export type SaleName = keyof typeof sales
const LONG_NAME =
  'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz, commemorative edition of the unabridged commentary in twelve volumes'

export const buyerEmail = 'ada@shop.example'
const OPENING = '50000'

export type Scene = {
  stage: Stage
  sales: Record<SaleName, Made>
  /** Of the buyer: one of each end. */
  orders: { paid: string; declined: string }
  productId: string
}

/** A shop without anything in it but its operator and one buyer. */
export async function emptyScene(): Promise<Stage> {
  const stage = await Stage.open({ RATE_LIMITS: 'off', OPENING_CREDIT: OPENING })
  await stage.ask('POST', '/api/v1/users/register', { email: buyerEmail, password: operator.password, name: 'Ada Lovelace' })
  return stage
}

/** Always the same goods, sales, orders and people; times count from when it is made. */
export async function fullScene(stage: Stage): Promise<Scene> {
  const products = await importProducts(stage)
  const made = {} as Record<SaleName, Made>
  for (const [name, plan] of Object.entries(sales) as [SaleName, (typeof sales)[SaleName]][]) {
    const others = name === 'several' ? ['kettle', 'espresso-cup', 'lamp'] : []
    made[name] = await makeSale(stage, plan, products, others)
  }
  await crowd(stage, made)
  const buyer = await stage.login(buyerEmail)
  for (let times = 0; times < 20; times++) await stage.buy(made.ending, buyer)
  const declined = await stage.buy(made.dear, buyer)
  const paid = await stage.buy(made.gone, buyer)
  await stage.shop.api.post(`/api/v1/admin/sales/${made.paused.id}/pause`)
  await stage.shop.api.post(`/api/v1/admin/sales/${made.over.id}/end`)
  return { stage, sales: made, orders: { paid, declined }, productId: products.get('camera') ?? '' }
}

type Plan = { of: string; name: string; price: number; units: number; limit?: number; opensIn?: number; endsIn?: number }

async function makeSale(stage: Stage, plan: Plan, products: Map<string, string>, others: string[]): Promise<Made> {
  const { of, name, price, units, limit = 1, opensIn = 0, endsIn = opensIn + HOURS } = plan
  const productIds = [of, ...others].map((handle) => products.get(handle) ?? '')
  const now = Date.now()
  const { id } = await stage.ask<{ id: string }>('POST', '/api/v1/admin/sales', {
    name: name || LONG_NAME,
    startTime: new Date(now + opensIn).toISOString(),
    endTime: new Date(now + endsIn).toISOString(),
    maxPurchasesPerUser: limit,
    items: productIds.map((productId, at) => ({ productId, quantity: units, salePrice: eur(at === 0 ? price : 990 + at * 700) })),
  })
  return { id, productId: productIds[0] ?? '', path: `/sales/${id}` }
}

async function importProducts(stage: Stage): Promise<Map<string, string>> {
  const long = { name: LONG_NAME, price: 199_999_999_99, category: 'Law, in more than one language and volume', image: null }
  const all = [...demoProducts('EUR'), { ...long, handle: 'demo-long', currency: 'EUR', description: '' }]
  const rows = all.map(({ currency, price, stock: _, ...rest }) => ({ ...rest, price: { amount: price, currency } }))
  await stage.shop.api.send('/api/v1/admin/import', Buffer.from(JSON.stringify(rows)), 'application/json')
  const { items } = await stage.shop.api.get<{ items: { id: string; handle: string }[] }>('/api/v1/admin/products?limit=100')
  return new Map(items.map(({ id, handle }) => [handle.replace('demo-', ''), id]))
}

const CROWD = 9

/** Others who were quicker, and somebody who may not. */
async function crowd(stage: Stage, made: Record<SaleName, Made>): Promise<void> {
  for (let i = 0; i < CROWD; i++) {
    const token = await stage.buyer(`buyer-${i}@shop.example`)
    for (const name of ['on', 'over', 'ending'] as const) await stage.buy(made[name], token)
    if (i < 4) await stage.buy(made.several, token, 3)
    if (i < 4) await stage.buy(made.gone, token)
  }
  await stage.buyer('mallory@shop.example')
  const { items } = await stage.shop.api.get<{ items: { id: string }[] }>('/api/v1/admin/users?email=mallory@shop.example')
  await stage.ask('PATCH', `/api/v1/admin/users/${items[0]?.id}`, { blocked: true })
}
