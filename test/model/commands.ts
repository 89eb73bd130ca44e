import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Id } from '../../src/core/ids.ts'
import { LEASE_MS } from '../../src/gate/lease.ts'
import { type Ask, HELD, HOLD_TTL_MS, type Item, type Model, type Order, type Said, type Sale, SOLD } from './model.ts'
import { OPERATOR, type Reply, STUCK_MS, type serveRuns } from './shop.ts'

/** A shop under a run: its server, and the ids by the model's numbers. */
export type Real = { server: Awaited<ReturnType<typeof serveRuns>>; products: Id[]; buyers: Id[]; sales: Id[]; orders: Id[] }
type Command = fc.AsyncCommand<Model, Real>

const PRODUCTS = 3
export const BUYERS = 4
const SALES_MAX = 3
const RUSH_MAX = 5

/** `run` is shown with what it was given; it is left out where the model has nothing to do it with. */
function command<T extends object>(name: string, given: T, needs: 'sales' | 'orders' | 'nothing', run: Command['run']): Command {
  const check = (model: Readonly<Model>) => needs === 'nothing' || model[needs].length > 0
  return { check, run, toString: () => `${name}(${JSON.stringify(given)})` }
}

/** One of those that there are. */
const some = fc.nat({ max: 60 })
const at = <T>(list: T[], n: number): T => list[n % list.length] as T
const no = (list: unknown[], n: number): number => n % list.length

// What buyers do

const rarely = <T>(arbitrary: fc.Arbitrary<T>, outOf: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: outOf - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const anAsk = fc.record({
  sale: some,
  buyer: fc.nat({ max: BUYERS - 1 }),
  /** Of a sale that is not over; rarely any product of any sale. */
  item: fc.nat({ max: 1 }),
  product: rarely(fc.nat({ max: PRODUCTS - 1 }), 12),
  quantity: fc.constantFrom(1, 1, 1, 2, 3),
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  /** The same as an order had, but for the quantity. */
  again: rarely(some, 4),
})

/** Several at once: they meet in one batch, in this order. Not two under one key that differ: whichever it is that sells, the
 *  other may be told that the key was used. */
const rush = fc.array(anAsk, { minLength: 1, maxLength: RUSH_MAX }).map((given) =>
  command('purchase', given, 'sales', async (model, real) => {
    const all = given.map((ask) => askOf(model, ask))
    const asks = [...new Map(all.map((ask) => [`${ask.sale} ${ask.buyer} ${ask.key}`, ask])).values()]
    const expected = asks.map((ask) => model.purchase(ask))
    const replies = await Promise.all(asks.map((ask) => purchase(real, ask)))
    assert.deepEqual(
      replies.map((reply) => bought(real, reply)),
      expected,
    )
    // What is refused from memory for this long, and why, is the simulator's business.
    await real.server.clock.advance(LEASE_MS)
    model.now += LEASE_MS
  }),
)

function askOf(model: Model, { item, product, again, ...given }: typeof anAsk extends fc.Arbitrary<infer T> ? T : never): Ask {
  const shown = [...model.sales.keys()].filter((n) => !model.sales[n]?.isGone)
  const sale = product === undefined && shown.length > 0 ? at(shown, given.sale) : no(model.sales, given.sale)
  const fresh = { ...given, sale, product: product ?? at(at(model.sales, sale).items, item).product }
  if (again === undefined || model.orders.length === 0) return fresh
  const { buyer, key, quantity, ...of } = at(model.orders, again)
  return { buyer, key, sale: of.sale, product: of.product, quantity: given.quantity === 3 ? quantity + 1 : quantity }
}

function purchase({ server, sales, products, buyers }: Real, ask: Ask): Promise<Reply> {
  const body = { productId: products[ask.product], quantity: ask.quantity }
  return server.ask('POST', `/api/v1/sales/${sales[ask.sale]}/purchase`, buyers[ask.buyer] ?? '', body, ask.key)
}

function bought({ orders }: Real, { status, replayed, body }: Reply): Said {
  if (status === 202 && !replayed) orders.push(body.orderId as Id)
  const order = orders.indexOf(body.orderId as Id)
  if (status === 202) return ['accepted', { order, state: body.status, isReplay: replayed }]
  const { code, limit, remaining } = body
  if (code === 'limit-reached') return [code, { limit, order }]
  if (code === 'sold-out') return [code, { remaining }]
  if (code === 'not-started') return [code, { start: Date.parse(String(body.startTime)) }]
  return [String(code)]
}

const cancel = fc
  .record({ order: some, by: fc.constantFrom('the buyer', 'the buyer', 'an administrator', 'a stranger') })
  .map((given) =>
    command('cancel', given, 'orders', async (model, { server, orders, buyers }) => {
      const order = at(model.orders, given.order)
      const others = { 'an administrator': OPERATOR, 'a stranger': buyers[order.buyer + 1] ?? buyers[0] ?? '' }
      const by = others[given.by as keyof typeof others] ?? buyers[order.buyer]
      const reply = await server.ask('POST', `/api/v1/orders/${at(orders, given.order)}/cancel`, by)
      const canBe = HELD.includes(order.state) && given.by !== 'a stranger'
      if (canBe) Object.assign(order, { state: 'CANCELLED', reason: `cancelled by ${given.by}` })
      const word = given.by === 'a stranger' ? 'not-found' : 'conflict'
      assert.deepEqual(canBe ? shown(reply.body) : reply.body.code, canBe ? orderOf(order) : word)
    }),
  )

const orderOf = ({ state, reason, quantity }: Order) => ({ state, reason, quantity })
const shown = ({ status, reason = null, quantity }: Record<string, unknown>) => ({ state: status, reason, quantity })

const list = fc
  .record({ buyer: fc.nat({ max: BUYERS - 1 }), limit: fc.constantFrom(1, 2, 100) })
  .map((given) => command('orders', given, 'nothing', (model, real) => checkOrders(model, real, given.buyer, given.limit)))

async function checkOrders(model: Model, { server, buyers, orders }: Real, buyer: number, limit: number): Promise<void> {
  const seen: unknown[] = []
  for (let after: string | null = ''; after !== null; ) {
    const { body } = await server.ask('GET', `/api/v1/orders?limit=${limit}${after && `&after=${after}`}`, buyers[buyer] ?? '')
    for (const order of body.items as Record<string, unknown>[])
      seen.push({ order: orders.indexOf(order.orderId as Id), ...shown(order) })
    after = body.next as string | null
  }
  const own = [...model.orders.entries()].filter(([, order]) => order.buyer === buyer)
  assert.deepEqual(seen, own.map(([n, order]) => ({ order: n, ...orderOf(order) })).reverse())
}

const status = some.map((n) =>
  command('status', [n], 'orders', async (model, { server, orders, buyers }) => {
    const order = at(model.orders, n)
    const { body } = await server.ask('GET', `/api/v1/orders/${at(orders, n)}/status`, buyers[order.buyer] ?? '')
    const { quantity, ...expected } = orderOf(order)
    assert.deepEqual({ state: body.status, reason: body.reason ?? null }, expected)
  }),
)

// What the shop does

const settle = fc.constant({}).map((given) =>
  command('settle', given, 'nothing', async (model, { server }) => {
    model.settle()
    await server.world().settle(server.world().announce)
  }),
)

/** Opens the page of a card: only then the clock may end the order. */
const openCard = some.map((n) =>
  command('open-card', [n], 'orders', async (model, { server, orders }) => {
    const order = at(model.orders, n)
    if (order.state !== 'RESERVATION_PENDING') return
    order.state = 'PAYMENT_PENDING'
    server.world().openCard(at(orders, n))
  }),
)

const pass = fc
  .constantFrom(1, 1000, 60_000, 600_000, 3600_000)
  .map((ms) => command('pass', [ms], 'nothing', (model, real) => wait(model, real, ms)))

/** To the moment at which a sale starts or ends, or to the millisecond before it. */
const toEdge = fc
  .record({ sale: some, edge: fc.constantFrom('start' as const, 'end' as const), early: fc.nat({ max: 1 }) })
  .map((given) =>
    command('pass-to-edge', given, 'sales', (model, real) =>
      wait(model, real, at(model.sales, given.sale)[given.edge] - given.early - model.now),
    ),
  )

/** The same for the end of what an order may wait for its buyer. */
const toExpiry = fc
  .record({ order: some, early: fc.nat({ max: 1 }) })
  .map((given) =>
    command('pass-to-expiry', given, 'orders', (model, real) =>
      wait(model, real, at(model.orders, given.order).at + HOLD_TTL_MS - given.early - model.now),
    ),
  )

async function wait(model: Model, { server }: Real, ms: number): Promise<void> {
  const later = Math.max(0, ms)
  model.pass(later)
  await server.clock.advance(later)
  await server.world().turn()
}

// What operators do

const create = fc
  .record({
    startIn: fc.constantFrom(-60_000, -60_000, 0, 1, 60_000),
    lasts: fc.constantFrom(1000, 120_000, 3600_000, 3600_000, 3600_000),
    limit: fc.integer({ min: 1, max: 4 }),
    items: fc.uniqueArray(
      fc.record({
        product: fc.nat({ max: PRODUCTS - 1 }),
        allotment: fc.integer({ min: 1, max: 5 }),
        price: fc.constantFrom(50, 100),
      }),
      { minLength: 1, maxLength: 2, selector: ({ product }) => product },
    ),
  })
  .map((given) => ({
    ...command('create', given, 'nothing', async (model, real) => {
      const start = model.now + given.startIn
      const end = Math.max(start, model.now) + given.lasts
      const { server, products, sales } = real
      const { status, body } = await server.ask('POST', '/api/v1/admin/sales', OPERATOR, {
        name: `Sale ${model.sales.length}`,
        ...{ startTime: time(start), endTime: time(end), maxPurchasesPerUser: given.limit },
        items: given.items.map(({ product, allotment, price }) => ({
          productId: products[product],
          quantity: allotment,
          salePrice: { amount: price, currency: 'EUR' },
        })),
      })
      const lacking = given.items.find(({ product, allotment }) => (model.stock[product] ?? 0) < allotment)
      if (lacking) return assert.deepEqual(refusal(real, body), lacks(model, lacking))
      for (const { product, allotment } of given.items) take(model, product, allotment)
      const items = given.items.map((item) => ({ ...item }))
      const sale = { start, end, limit: given.limit, items, isPaused: false, isSettled: false, isGone: false }
      model.sales.push(sale)
      sales.push(body.id as Id)
      assert.deepEqual([status, saleShown(body)], [201, saleOf(model, sale)])
    }),
    check: (model: Readonly<Model>) => model.sales.filter(({ isGone }) => !isGone).length < SALES_MAX,
  }))

const time = (ms: number): string => new Date(ms).toISOString()

function take(model: Model, product: number, units: number): void {
  model.stock[product] = (model.stock[product] ?? 0) - units
}

const lacks = (model: Model, { product }: Pick<Item, 'product'>): Said => [
  'not-enough-stock',
  { product, stock: model.stock[product] },
]

function refusal({ products }: Real, { code, productId, stock }: Record<string, unknown>): Said {
  return code === 'not-enough-stock' ? [code, { product: products.indexOf(productId as Id), stock }] : [String(code)]
}

const saleOf = ({ now }: Model, { start, end, limit, isPaused, items }: Sale) => ({
  ...{ start, end, limit },
  status: now >= end ? 'ENDED' : isPaused ? 'PAUSED' : now < start ? 'SCHEDULED' : 'ACTIVE',
  allotments: items.map(({ allotment }) => allotment),
})
const saleShown = ({ status, startTime, endTime, maxPurchasesPerUser, items }: Record<string, unknown>) => ({
  ...{ start: Date.parse(String(startTime)), end: Date.parse(String(endTime)), limit: maxPurchasesPerUser, status },
  allotments: (items as { quantity: number }[]).map(({ quantity }) => quantity),
})

const verb = fc.record({ sale: some, verb: fc.constantFrom('start', 'pause', 'resume', 'end') }).map((given) =>
  command(given.verb, { sale: given.sale }, 'sales', async (model, real) => {
    const sale = at(model.sales, given.sale)
    const { clock } = real.server
    const askedAt = clock.now()
    const { body } = await real.server.ask('POST', `/api/v1/admin/sales/${at(real.sales, given.sale)}/${given.verb}`, OPERATOR)
    if (model.now >= sale.end && given.verb !== 'end') return assert.deepEqual(refusal(real, body), ['conflict'])
    if (given.verb === 'pause' || given.verb === 'resume') sale.isPaused = given.verb === 'pause'
    else if (model.now < sale.end) sale.start = Math.min(sale.start, model.now)
    if (given.verb === 'end') sale.end = Math.min(sale.end, model.now)
    // What opens a sale is answered when no lease says closed any more.
    model.pass(clock.now() - askedAt)
    await real.server.world().turn()
    assert.deepEqual(saleShown(body), saleOf(model, sale))
  }),
)

const change = fc
  .record({
    sale: some,
    item: fc.nat({ max: 1 }),
    limit: fc.integer({ min: 1, max: 4 }),
    allotment: fc.integer({ min: 1, max: 7 }),
  })
  .chain((all) => fc.subarray(['limit', 'allotment'] as const, { minLength: 1 }).map((names) => ({ ...all, names })))
  .map((given) =>
    command('change', given, 'sales', async (model, real) => {
      const n = no(model.sales, given.sale)
      const sale = at(model.sales, n)
      const item = at(sale.items, given.item)
      const { limit = sale.limit, allotment = item.allotment } = Object.fromEntries(
        given.names.map((name) => [name, given[name]]),
      )
      const { body } = await real.server.ask('PATCH', `/api/v1/admin/sales/${real.sales[n]}`, OPERATOR, {
        ...(given.names.includes('limit') && { maxPurchasesPerUser: limit }),
        ...(given.names.includes('allotment') && { items: [{ productId: real.products[item.product], quantity: allotment }] }),
      })
      const most = Math.max(...real.buyers.map((_, buyer) => model.units({ sale: n, buyer })))
      const isTaken = most > limit || allotment < model.units({ sale: n, product: item.product })
      if (model.now >= sale.end || isTaken) return assert.deepEqual(refusal(real, body), ['conflict'])
      const more = allotment - item.allotment
      if (more > (model.stock[item.product] ?? 0)) return assert.deepEqual(refusal(real, body), lacks(model, item))
      take(model, item.product, more)
      sale.limit = limit
      item.allotment = allotment
      assert.deepEqual(saleShown(body), saleOf(model, sale))
    }),
  )

const credit = fc.record({ buyer: fc.nat({ max: BUYERS - 1 }), amount: fc.constantFrom(0, 1, 50, 100) }).map((given) =>
  command('credit', given, 'nothing', async (model, { server, buyers }) => {
    const money = { amount: given.amount, currency: 'EUR' }
    const url = `/api/v1/admin/users/${buyers[given.buyer]}/credit`
    const { body } = await server.ask('POST', url, OPERATOR, { amount: money, reason: 'gift' })
    const balance = (model.balances[given.buyer] ?? 0) + given.amount
    model.balances[given.buyer] = balance
    assert.deepEqual(body.balance, { ...money, amount: balance })
  }),
)

/** What the shop says of a sale, to all and to its operator. */
const look = some.map((n) => command('look', [n], 'sales', (model, real) => checkSale(model, real, no(model.sales, n))))

async function checkSale(model: Model, { server, sales, products }: Real, n: number): Promise<void> {
  const sale = at(model.sales, n)
  const status = await server.ask('GET', `/api/v1/sales/${sales[n]}/status`, OPERATOR)
  const remaining = sale.items.map((item) => (sale.isSettled ? 0 : model.left(n, item)))
  const items = status.body.items as { remaining: number }[]
  assert.deepEqual([status.body.status, ...items.map((item) => item.remaining)], [saleOf(model, sale).status, ...remaining])
  const live = await server.ask('GET', `/api/v1/admin/sales/${sales[n]}/live`, OPERATOR)
  const counted = new Map((live.body.items as { productId: Id }[]).map(({ productId, ...count }) => [productId, count]))
  for (const item of sale.items) {
    assert.deepEqual(counted.get(products[item.product] ?? ''), {
      allotment: item.allotment,
      remaining: sale.isSettled ? 0 : model.left(n, item),
      held: model.units({ sale: n, product: item.product }, HELD),
      sold: model.units({ sale: n, product: item.product }, SOLD),
    })
  }
}

const audit = fc
  .boolean()
  .map((repair) => command('audit', { repair }, 'nothing', (model, real) => checkAudit(model, real, repair)))

/** The audit, at what does not hold. */
const LOOKS_AGAIN_MS = 2000
/** Of the event loop: what needs more of them waits for the clock. */
const TURNS_MAX = 1000

/** Where nothing is wrong, nothing is repaired. */
async function checkAudit(model: Model, { server }: Real, repair: boolean): Promise<void> {
  let done = false
  const ask = repair ? (['POST', { repair }] as const) : (['GET', undefined] as const)
  const asked = server.ask(ask[0], '/api/v1/admin/audit', OPERATOR, ask[1]).finally(() => {
    done = true
  })
  const stuck = () => model.orders.filter((order) => HELD.includes(order.state) && order.at < model.now - STUCK_MS).length
  const wereStuck = stuck() > 0
  if (wereStuck) model.now += LOOKS_AGAIN_MS
  for (let turn = 0; turn < TURNS_MAX && !done; turn++) await server.clock.advance(turn === 0 && wereStuck ? LOOKS_AGAIN_MS : 0)
  assert.ok(done, 'the audit finds what nobody planted')
  const { equations, repaired = [] } = (await asked).body as {
    equations: { id: string; left: number; holds: boolean }[]
    repaired?: unknown[]
  }
  assert.deepEqual(repaired, [])
  const failed = equations.filter(({ holds }) => !holds).map(({ id, left }) => [id, left])
  assert.deepEqual(failed, wereStuck ? [['orders that wait longer than their time', stuck()]] : [])
}

/** When all was done: everything is settled or over, and everything is looked at. */
export async function end(model: Model, real: Real): Promise<void> {
  const { server, products, buyers } = real
  model.settle()
  await server.world().settle(server.world().announce)
  await wait(model, real, HOLD_TTL_MS)
  for (const n of model.sales.keys()) await checkSale(model, real, n)
  for (const buyer of buyers.keys()) await checkOrders(model, real, buyer, 100)
  const balances = buyers.map((id) => server.ask('GET', '/api/v1/users/me/credit', id))
  assert.deepEqual(
    (await Promise.all(balances)).map(({ body }) => (body.balance as { amount: number }).amount),
    model.balances,
  )
  const stock = await Promise.all(products.map((id) => server.world().stockOf(id)))
  assert.deepEqual(
    stock.map((units) => units ?? Number.POSITIVE_INFINITY),
    model.stock,
  )
  await checkAudit(model, real, false)
  assert.deepEqual(server.world().wrong, [])
}

const often = (each: fc.Arbitrary<Command>, times: number) => Array.from({ length: times }, () => each)

/** A command of each kind, those that make a story more often. */
export const kinds: fc.Arbitrary<Command>[] = [
  ...often(rush, 8),
  ...often(create, 3),
  ...often(settle, 2),
  ...often(cancel, 2),
  ...often(change, 2),
  ...often(toEdge, 2),
  ...[pass, toExpiry, openCard, verb, credit, look, list, status, audit],
]
