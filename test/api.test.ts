import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ask, DescribedApi, type Operation } from './described-api.ts'
import { type Shop, startShop } from './shop.ts'

const NO_ID = '01980000-0000-7000-8000-000000000000'
const PASSWORD = 'correct horse battery'
const WEBHOOK_SECRET = 'what the gateway signs with'
const admin = { email: 'admin@shop.example', password: 'an administrator' }
const hour = (n: number) => new Date(Date.now() + n * 3600_000).toISOString()

type Buyer = { id: string; email: string; token: string; refresh: string }

let shop: Shop
let api: DescribedApi
let operator = ''
/** Of the administrator, who is a buyer too. */
let adminToken = ''
let productId = ''
let buyers: Buyer[] = []

async function register(email: string) {
  const { body } = await api.ask('POST /api/v1/users/register', { body: { email, password: PASSWORD, name: 'A. Buyer' } })
  const login = await api.ask('POST /api/v1/users/login', { body: { email, password: PASSWORD } })
  return { id: body.id, email, token: login.body.access_token, refresh: login.body.refresh_token }
}

async function createProduct(name: string, stock: number | null = null): Promise<string> {
  const body = { name, price: { amount: 4900, currency: 'EUR' }, kind: 'coupon', stock }
  return (await api.ask('POST /api/v1/admin/products', { token: operator, body })).body.id
}

async function createSale(product: string, quantity: number, more: object = {}) {
  const items = [{ productId: product, salePrice: { amount: 1999, currency: 'EUR' }, quantity }]
  const body = { name: 'A sale', startTime: hour(-1), endTime: hour(1), items, ...more }
  const { status, body: sale } = await api.ask('POST /api/v1/admin/sales', { token: operator, body })
  assert.equal(status, 201)
  return sale
}

const buy = (saleId: string, token: string, key: string, body: object = { productId, quantity: 1 }) =>
  api.ask('POST /api/v1/sales/{saleId}/purchase', { params: { saleId }, token, headers: { 'idempotency-key': key }, body })

async function settled(orderId: string, token: string) {
  for (const until = Date.now() + 5000; ; await sleep(10)) {
    const { body } = await api.ask('GET /api/v1/orders/{orderId}/status', { params: { orderId }, token })
    if (body.status !== 'RESERVATION_PENDING' || Date.now() > until) return body
  }
}

async function remaining(saleId: string): Promise<number> {
  return (await api.ask('GET /api/v1/sales/{saleId}/status', { params: { saleId } })).body.items[0].remaining
}

const secured = () => api.operations().filter(({ operation }) => operation.security)
const withBody = () => api.operations().filter(({ operation }) => bodySchema(operation)?.properties)
const bodySchema = (operation: Operation) => operation.requestBody?.content['application/json']?.schema
/** What anybody with an account may ask for; the rest of what is secured is for buyers alone or administrators alone. */
const forBoth = ['/api/v1/orders/{orderId}', '/api/v1/payments/', '/api/v1/users/{id}/orders', '/api/v1/live/ticket']
const isForBoth = (path: string) => forBoth.some((each) => path.startsWith(each))
const isForAdmins = (path: string) => path.startsWith('/api/v1/admin/')
/** Everything in an address that is an id. */
const unknownIds = { saleId: NO_ID, orderId: NO_ID, productId: NO_ID, id: NO_ID, txnId: 'txn_none' }

/** The gateway's ids are its own. */
const isUuid = ({ parameters = [] }: Operation, id: string) =>
  parameters.some((each) => each.name === id && each.schema.format === 'uuid')

/** A good body for each operation that takes one. */
function goodBody(name: string): object {
  const bodies: Record<string, object> = {
    'POST /api/v1/sales/{saleId}/purchase': { productId, quantity: 1, payment: { method: 'credit' } },
    'POST /api/v1/users/register': { email: 'new@shop.example', password: PASSWORD, name: 'New' },
    'POST /api/v1/users/login': { email: 'new@shop.example', password: PASSWORD },
    'POST /api/v1/users/refresh': { refresh_token: 'none' },
    'POST /api/v1/users/logout': { refresh_token: 'none' },
    'PATCH /api/v1/users/me': { name: 'B. Buyer' },
    'POST /api/v1/admin/users/{id}/credit': { amount: { amount: 1, currency: 'EUR' }, reason: 'gift' },
    'PATCH /api/v1/admin/users/{id}': { blocked: false },
    'POST /api/v1/admin/products': { name: 'Lamp', price: { amount: 1, currency: 'EUR' } },
    'PATCH /api/v1/admin/products/{id}': { name: 'Lamp' },
    'POST /api/v1/admin/drills': { buyers: 1, units: 1 },
    'POST /api/v1/admin/audit': { repair: true },
    'POST /api/v1/admin/orders/{orderId}/refund': { reason: 'broken', returnUnit: true },
    'POST /api/v1/admin/sales': {
      name: 'Sale',
      startTime: hour(1),
      endTime: hour(2),
      items: [{ productId, salePrice: { amount: 1, currency: 'EUR' }, quantity: 1 }],
    },
    'PATCH /api/v1/admin/sales/{id}': { name: 'Sale' },
  }
  const body = bodies[name]
  assert.ok(body, `say here what a good body of ${name} is`)
  return body
}

before(async () => {
  shop = await startShop({ RATE_LIMITS: 'off', ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password, WEBHOOK_SECRET })
  api = await DescribedApi.open(shop.url)
  operator = shop.token
  adminToken = (await api.ask('POST /api/v1/users/login', { body: admin })).body.access_token
  buyers = await Promise.all(['one', 'two', 'three'].map((name) => register(`${name}@shop.example`)))
  productId = await createProduct('Coffee for Two')
})
after(() => shop?.stop())

suite('what the API is for', { timeout: 240_000 }, () => {
  test('accounts', async () => {
    const [{ email, token, refresh, id }] = buyers as [Buyer]
    await api.refused('POST /api/v1/users/register', 'conflict', { body: { email, password: PASSWORD } })
    await api.refused('POST /api/v1/users/login', 'unauthenticated', { body: { email, password: 'wrong' } })
    const me = await api.ask('GET /api/v1/users/me', { token })
    assert.deepEqual([me.body.id, me.body.email, me.body.roles], [id, email, ['buyer']])
    assert.equal(me.headers.get('cache-control'), 'no-store')
    assert.equal((await api.ask('PATCH /api/v1/users/me', { token, body: { name: 'One' } })).body.name, 'One')
    const credit = await api.ask('GET /api/v1/users/me/credit', { token })
    assert.deepEqual(credit.body.balance, { amount: 100_000, currency: 'EUR' })
    const again = await api.ask('POST /api/v1/users/refresh', { body: { refresh_token: refresh } })
    assert.equal((await api.ask('GET /api/v1/users/me', { token: again.body.access_token })).status, 200)
    const logout = { body: { refresh_token: again.body.refresh_token } }
    assert.equal((await api.ask('POST /api/v1/users/logout', logout)).status, 204)
    await api.refused('POST /api/v1/users/refresh', 'unauthenticated', logout)
    const elsewhere = await register('everywhere@shop.example')
    assert.equal((await api.ask('POST /api/v1/users/me/sign-out-everywhere', { token: elsewhere.token })).status, 204)
    await api.refused('GET /api/v1/users/me', 'unauthenticated', { token: elsewhere.token })
    const first = await register('again@shop.example')
    buyers = [first, ...buyers.slice(1)]
    const grant = {
      params: { id: first.id },
      token: operator,
      body: { amount: { amount: 5, currency: 'EUR' }, reason: 'gift' },
    }
    assert.equal((await api.ask('POST /api/v1/admin/users/{id}/credit', grant)).body.balance.amount, 100_005)
    // Who gave it is the shop's to know.
    const told = await api.ask('GET /api/v1/users/me/credit', { token: first.token })
    assert.equal(told.body.journal.items[0].reason, 'gift')
    const found = await api.ask('GET /api/v1/admin/users', { token: operator, query: `?email=${email}` })
    assert.deepEqual(
      found.body.items.map((user: { id: string }) => user.id),
      [id],
    )
    const change = { params: { id }, token: operator }
    assert.equal((await api.ask('PATCH /api/v1/admin/users/{id}', { ...change, body: { blocked: true } })).body.blocked, true)
    await api.refused('POST /api/v1/users/login', 'forbidden', { body: { email, password: PASSWORD } })
  })

  test('products', async () => {
    const id = await createProduct('Lamp', 10)
    const one = { params: { id }, token: operator }
    const changed = await api.ask('PATCH /api/v1/admin/products/{id}', { ...one, body: { category: 'Home', stock: 12 } })
    assert.deepEqual([changed.body.category, changed.body.stock], ['Home', 12])
    for (const address of ['GET /api/v1/products/{id}', 'GET /api/v1/admin/products/{id}']) {
      assert.equal((await api.ask(address, one)).body.name, 'Lamp')
    }
    assert.equal((await api.ask('GET /api/v1/products', { query: '?category=Home' })).body.items.length, 1)
    assert.deepEqual((await api.ask('GET /api/v1/categories')).body.items, [{ category: 'Home', products: 1 }])
    const page = await api.ask('GET /api/v1/admin/products', { token: operator, query: '?limit=1' })
    assert.deepEqual([page.body.items[0].id, typeof page.body.next], [id, 'string'])
    assert.equal((await api.ask('DELETE /api/v1/admin/products/{id}', one)).status, 204)
    await api.refused('GET /api/v1/products/{id}', 'not-found', one)
    await api.refused('GET /api/v1/admin/products/{id}', 'not-found', one)
    const csv = 'handle,name,price\nmug,Mug,9.99\n'
    const imported = await api.ask('POST /api/v1/admin/import', { token: operator, body: csv, type: 'text/csv' })
    assert.deepEqual(imported.body, { created: 1, updated: 0, rejected: [] })
    const bad = await api.ask('POST /api/v1/admin/import', {
      token: operator,
      body: 'handle,name,price\nx,X,?\n',
      type: 'text/csv',
    })
    assert.deepEqual([bad.status, bad.body.rejected.length], [400, 1])
  })

  test('a sale from its making to its end', async () => {
    const counted = await createProduct('Counted', 10)
    const items = [{ productId: counted, salePrice: { amount: 100, currency: 'EUR' }, quantity: 11 }]
    const made = { name: 'Soon', banner: '/images/soon.svg', startTime: hour(1), endTime: hour(2), maxPurchasesPerUser: 2, items }
    const tooMany = await api.refused('POST /api/v1/admin/sales', 'not-enough-stock', { token: operator, body: made })
    assert.deepEqual([tooMany.body.stock, tooMany.body.productId], [10, counted])
    const sale = await createSale(counted, 8, { ...made, items: [{ ...items[0], quantity: 8 }] })
    assert.deepEqual([sale.status, sale.phase, sale.maxPurchasesPerUser], ['SCHEDULED', 'Scheduled', 2])
    const left = async () => (await api.ask('GET /api/v1/products/{id}', { params: { id: counted } })).body.stock
    assert.equal(await left(), 2)

    const one = { params: { saleId: sale.id, id: sale.id }, token: operator }
    const shown = await api.ask('GET /api/v1/sales/{saleId}', one)
    assert.deepEqual({ ...shown.body, serverTime: '' }, { ...sale, serverTime: '' })
    assert.match(shown.headers.get('cache-control') ?? '', /s-maxage=60/)
    const same = await api.ask('GET /api/v1/sales/{saleId}', {
      ...one,
      headers: { 'if-none-match': shown.headers.get('etag') ?? '' },
    })
    assert.deepEqual([same.status, same.text], [304, ''])
    assert.equal(await remaining(sale.id), 8)
    const active = await api.ask('GET /api/v1/sales/active')
    assert.ok(active.body.items.some((each: { id: string }) => each.id === sale.id))
    assert.equal(active.headers.get('cache-control'), 'public, max-age=5, s-maxage=30, stale-while-revalidate=30')

    const patch = (body: object) => api.ask('PATCH /api/v1/admin/sales/{id}', { ...one, body })
    assert.equal((await patch({ items: [{ productId: counted, quantity: 10 }] })).body.items[0].quantity, 10)
    assert.deepEqual([await left(), await remaining(sale.id)], [0, 10])
    assert.equal((await patch({ items: [{ productId: counted, quantity: 11 }] })).body.code, 'not-enough-stock')
    assert.equal((await patch({ items: [{ productId: counted, quantity: 6 }] })).status, 200)
    assert.deepEqual([await left(), await remaining(sale.id)], [4, 6])
    assert.equal((await patch({ name: 'Now', banner: null })).body.name, 'Now')

    const verb = (word: string) => api.ask(`POST /api/v1/admin/sales/{id}/${word}`, one)
    for (const [word, status] of [
      ['start', 'ACTIVE'],
      ['start', 'ACTIVE'],
      ['pause', 'PAUSED'],
      ['pause', 'PAUSED'],
      ['resume', 'ACTIVE'],
      ['resume', 'ACTIVE'],
    ] as const) {
      assert.deepEqual([(await verb(word)).body.status, word], [status, word])
    }
    assert.ok(
      (await api.ask('GET /api/v1/flash-sale-products')).body.items.some((each: { saleId: string }) => each.saleId === sale.id),
    )
    const twice = await Promise.all([verb('end'), verb('end')])
    assert.deepEqual(
      twice.map(({ status, body }) => [status, body.status]),
      [
        [200, 'ENDED'],
        [200, 'ENDED'],
      ],
    )
    for (const word of ['start', 'pause', 'resume']) assert.equal((await verb(word)).body.code, 'conflict', word)
    assert.equal((await patch({ name: 'Too late' })).body.code, 'conflict')
    const sales = await api.ask('GET /api/v1/admin/sales', { token: operator, query: '?limit=1' })
    assert.equal(sales.body.items[0].id, sale.id)
    for (const until = Date.now() + 5000; (await left()) !== 10 && Date.now() < until; ) await sleep(20)
    assert.equal(await left(), 10)
  })

  test('a list price in another currency is not shown as one in the sale’s', async () => {
    const yen = await createSale(productId, 1, {
      items: [{ productId, salePrice: { amount: 7, currency: 'JPY' }, quantity: 1 }],
    })
    assert.deepEqual(yen.items[0].price, { amount: 7, currency: 'JPY' })
    const own = await createSale(productId, 1)
    assert.deepEqual(own.items[0].price, { amount: 4900, currency: 'EUR' })
    const { body } = await buy(yen.id, buyers[0]?.token ?? '', 'x')
    assert.equal(body.code, 'invalid')
  })

  test('a sale that never opened ends all the same', async () => {
    const { id } = await createSale(productId, 1, { startTime: hour(1), endTime: hour(2) })
    const { body } = await api.ask('POST /api/v1/admin/sales/{id}/end', { params: { id }, token: operator })
    assert.equal(body.status, 'ENDED')
    assert.ok(body.startTime <= body.endTime)
  })

  test('a purchase and every reason why not', async () => {
    const { id: saleId } = await createSale(productId, 3)
    const [first, second, third] = buyers.map(({ token }) => token) as [string, string, string]
    const bought = await buy(saleId, first, 'key-1')
    assert.deepEqual([bought.status, bought.body.status], [202, 'RESERVATION_PENDING'])
    const { orderId } = bought.body
    assert.equal(bought.headers.get('location'), `/api/v1/orders/${orderId}/status`)
    assert.equal(bought.headers.get('idempotency-key'), 'key-1')
    assert.equal(bought.headers.get('idempotent-replayed'), null)
    assert.equal((await settled(orderId, first)).status, 'COMPLETED')
    const again = await buy(saleId, first, 'key-1')
    assert.deepEqual([again.status, again.body], [202, { orderId, status: 'COMPLETED' }])
    assert.equal(again.headers.get('idempotent-replayed'), 'true')

    const limit = await buy(saleId, first, 'key-2')
    assert.deepEqual([limit.status, limit.body.code, limit.body.limit, limit.body.orderId], [409, 'limit-reached', 1, orderId])
    const other = await buy(saleId, first, 'key-1', { productId, quantity: 2 })
    assert.deepEqual([other.status, other.body.code], [422, 'key-reused'])

    const { id: many } = await createSale(productId, 3, { maxPurchasesPerUser: 5 })
    const few = await buy(many, second, 'key-1', { productId, quantity: 4 })
    assert.deepEqual([few.status, few.body.code, few.body.remaining], [409, 'sold-out', 3])
    assert.equal((await buy(many, second, 'key-2', { productId, quantity: 3 })).status, 202)
    const lower = { params: { id: many }, token: operator, body: { maxPurchasesPerUser: 2 } }
    await api.refused('PATCH /api/v1/admin/sales/{id}', 'conflict', lower)
    const none = await buy(many, third, 'key-1')
    assert.deepEqual([none.body.code, none.body.remaining], ['sold-out', 0])
    const made = (await api.ask('POST /api/v1/sales/{saleId}/purchase', {
      params: { saleId: many },
      token: third,
      body: { productId, quantity: 1 },
    })) as { headers: Headers }
    assert.match(made.headers.get('idempotency-key') ?? '', /^[\x21-\x7e]{1,255}$/)

    const later = await createSale(productId, 1, { startTime: hour(1), endTime: hour(2) })
    const early = await buy(later.id, first, 'key-1')
    assert.deepEqual([early.status, early.body.code, early.body.startTime], [409, 'not-started', later.startTime])
    for (const [word, code] of [
      ['pause', 'paused'],
      ['end', 'ended'],
    ] as const) {
      await api.ask(`POST /api/v1/admin/sales/{id}/${word}`, { params: { id: saleId }, token: operator })
      // What was said from memory may be said for 250 ms more.
      for (const until = Date.now() + 1000; ; await sleep(50)) {
        const refused = await buy(saleId, second, `key-${word}`)
        if (refused.body.code !== code && Date.now() < until) continue
        assert.deepEqual([refused.status, refused.body.code], [409, code])
        break
      }
    }
  })

  test('orders are their buyer’s', async () => {
    const { id: saleId } = await createSale(productId, 5)
    const [own, other] = buyers as [Buyer, Buyer]
    const { orderId } = (await buy(saleId, own.token, 'mine')).body
    await settled(orderId, own.token)
    const params = { orderId }
    const order = (await api.ask('GET /api/v1/orders/{orderId}', { params, token: own.token })).body
    assert.deepEqual([order.status, order.price, order.quantity], ['COMPLETED', { amount: 1999, currency: 'EUR' }, 1])
    assert.match(order.couponCode, /\S/)
    assert.deepEqual(
      order.history.map((each: { status: string }) => each.status),
      ['RESERVATION_PENDING', 'COMPLETED'],
    )
    for (const name of ['GET /api/v1/orders/{orderId}', 'GET /api/v1/orders/{orderId}/status']) {
      await api.refused(name, 'not-found', { params, token: other.token })
      assert.equal((await api.ask(name, { params, token: adminToken })).status, 200)
    }
    await api.refused('POST /api/v1/orders/{orderId}/cancel', 'not-found', { params, token: other.token })
    await api.refused('POST /api/v1/orders/{orderId}/cancel', 'conflict', { params, token: own.token })
    const { history: _, ...listed } = order
    assert.deepEqual((await api.ask('GET /api/v1/orders', { token: own.token })).body.items[0], listed)
    const orders = { params: { id: own.id }, query: '?limit=1' }
    assert.deepEqual((await api.ask('GET /api/v1/users/{id}/orders', { ...orders, token: own.token })).body.items, [listed])
    assert.deepEqual((await api.ask('GET /api/v1/users/{id}/orders', { ...orders, token: operator })).body.items, [listed])
    await api.refused('GET /api/v1/users/{id}/orders', 'forbidden', { ...orders, token: other.token })
    const all = await api.ask('GET /api/v1/admin/orders', { token: operator, query: '?limit=1' })
    assert.deepEqual(all.body.items, [{ ...listed, userId: own.id }])
    const reserved = await api.ask('GET /api/v1/admin/inventory/reservations', { token: operator, query: `?saleId=${saleId}` })
    assert.deepEqual(
      reserved.body.items.map((each: { orderId: string; status: string }) => [each.orderId, each.status]),
      [[orderId, 'COMMITTED']],
    )
    await cancelBeforePayment(own.token)
  })

  /** Whoever is faster wins; the loser changes nothing. */
  async function cancelBeforePayment(token: string) {
    const outcomes = new Set<string>()
    for (let round = 0; round < 40 && !outcomes.has('CANCELLED'); round++) {
      const { id: saleId } = await createSale(productId, 1)
      const { orderId } = (await buy(saleId, token, 'first')).body
      const cancelled = await api.ask('POST /api/v1/orders/{orderId}/cancel', { params: { orderId }, token })
      const { status } = await settled(orderId, token)
      outcomes.add(status)
      assert.equal(status, cancelled.status === 200 ? 'CANCELLED' : 'COMPLETED')
      assert.equal(await remainingSoon(saleId, status === 'CANCELLED' ? 1 : 0), true)
    }
    assert.ok(outcomes.has('CANCELLED'), 'no order could be cancelled before it was paid')
  }

  async function remainingSoon(saleId: string, units: number): Promise<boolean> {
    for (const until = Date.now() + 1000; Date.now() < until; await sleep(10))
      if ((await remaining(saleId)) === units) return true
    return false
  }

  test('the short form of older clients', async () => {
    const own = await createProduct('Older clients’ own')
    const ask = (token: string, key: string) =>
      api.ask('POST /api/buy/{productId}', { params: { productId: own }, token, headers: { 'idempotency-key': key } })
    const [first, second] = buyers.map(({ token }) => token) as [string, string]
    assert.equal((await ask(first, 'a')).body.success, false)
    await createSale(own, 1)
    const bought = await ask(first, 'a')
    assert.deepEqual([bought.status, bought.body.success, bought.body.message], [200, true, 'Purchase successful!'])
    const soldOut = await ask(second, 'a')
    assert.deepEqual([soldOut.status, soldOut.body], [400, { success: false, message: 'Out of stock' }])
  })

  test('a rehearsal, the operator’s view, the audit', async () => {
    const drill = (
      await api.ask('POST /api/v1/admin/drills', { token: operator, body: { buyers: 3, units: 2, noCreditShare: 0 } })
    ).body
    const one = { params: { id: drill.drillId }, token: operator }
    const tokens = (await api.ask('GET /api/v1/admin/drills/{id}/tokens', one)).text.trimEnd().split('\n')
    const answers = await Promise.all(
      tokens.map((token, at) => buy(drill.saleId, token, `${at}`, { productId: drill.productId, quantity: 1 })),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 202, 409])
    await api.refused('GET /api/v1/users/me/credit', 'unauthenticated', { token: `${tokens[0]}x` })
    const elsewhere = await buy((await createSale(productId, 1)).id, tokens[0] as string, 'elsewhere')
    assert.equal(elsewhere.body.code, 'forbidden')
    const live = async () => (await api.ask('GET /api/v1/admin/sales/{id}/live', one)).body
    for (const until = Date.now() + 5000; (await live()).items[0].sold < 2 && Date.now() < until; ) await sleep(20)
    const seen = await live()
    assert.deepEqual(seen.items, [{ productId: drill.productId, allotment: 2, remaining: 0, held: 0, sold: 2 }])
    assert.deepEqual([seen.outcomes.accepted, seen.outcomes['sold-out'], seen.returned], [2, 1, 0])
    const answered = async () => (await live()).latency
    for (const until = Date.now() + 5000; (await answered()) === null && Date.now() < until; ) await sleep(20)
    const { p50, p99 } = await answered()
    assert.ok(p50 > 0 && p50 <= p99 && p99 < 5000, `${p50} ${p99}`)
    const audit = await api.ask('GET /api/v1/admin/audit', { token: operator })
    const broken = audit.body.equations.filter((each: { holds: boolean }) => !each.holds)
    assert.deepEqual([audit.body.ok, broken], [true, []])
    const repair = await api.ask('POST /api/v1/admin/audit', { token: operator, body: { repair: true } })
    assert.deepEqual([repair.body.ok, repair.body.repaired], [true, []])
    await api.refused('POST /api/v1/admin/audit', 'invalid', { token: operator, body: { repair: false } })
    assert.equal((await live()).audit.ok, true)
    assert.equal((await api.ask('DELETE /api/v1/admin/drills/{id}', one)).status, 204)
    await api.refused('GET /api/v1/admin/drills/{id}/tokens', 'not-found', one)
    await api.refused('GET /api/v1/admin/sales/{id}/live', 'not-found', one)
  })

  test('a payment by card, its refund, and what does not match', async () => {
    const { id: saleId } = await createSale(productId, 2)
    const [own, other] = buyers as [Buyer, Buyer]
    const bought = await buy(saleId, own.token, 'card', { productId, quantity: 1, payment: { method: 'card' } })
    assert.equal(bought.status, 202)
    const params = { orderId: bought.body.orderId }
    const payment = async () => (await api.ask('GET /api/v1/payments/{orderId}', { params, token: own.token })).body
    const until = async (state: string) => {
      for (const end = Date.now() + 10_000; ; await sleep(20)) {
        const now = await payment()
        if (now.state === state || Date.now() > end) return now
      }
    }
    const open = await until('open')
    assert.deepEqual([open.state, open.attempt, typeof open.expiresAt], ['open', 1, 'string'])
    await api.refused('GET /api/v1/payments/{orderId}', 'not-found', { params, token: other.token })
    await fetch(open.redirectUrl, { method: 'POST', body: new URLSearchParams({ act: 'pay' }), redirect: 'manual' })
    assert.equal((await until('captured')).txnId, open.txnId)
    const byTxn = { params: { txnId: open.txnId } }
    const named = await api.ask('GET /api/v1/payments/transactions/{txnId}', { ...byTxn, token: own.token })
    assert.equal(named.body.orderId, params.orderId)
    await api.refused('GET /api/v1/payments/transactions/{txnId}', 'not-found', { ...byTxn, token: other.token })
    const attempts = await api.ask('GET /api/v1/admin/orders/{orderId}/attempts', { params, token: operator })
    assert.deepEqual(
      attempts.body.items.map(({ state, amount }: { state: string; amount: object }) => [state, amount]),
      [['captured', { amount: 1999, currency: 'EUR' }]],
    )
    const gateway = await api.ask('GET /api/v1/admin/payments/gateway', { token: operator })
    assert.deepEqual(gateway.body, { gateway: 'demo', available: true, breaker: 'closed' })
    const demo = 'GET /api/v1/admin/payments/demo-gateway'
    const { money } = (await api.ask(demo, { token: operator })).body
    assert.ok(money.EUR.captured >= 1999)
    const faults = { token: operator, body: { decline: 0.5 } }
    assert.deepEqual((await api.ask('PUT /api/v1/admin/payments/demo-gateway/faults', faults)).body, { faults: { decline: 0.5 } })
    await api.refused('PUT /api/v1/admin/payments/demo-gateway/faults', 'invalid', { token: operator, body: { rain: 1 } })
    await api.ask('PUT /api/v1/admin/payments/demo-gateway/faults', { token: operator, body: {} })
    const back = { params, token: operator, body: { reason: 'broken', returnUnit: true } }
    assert.equal((await api.ask('POST /api/v1/admin/orders/{orderId}/refund', back)).status, 202)
    await api.refused('POST /api/v1/admin/orders/{orderId}/refund', 'conflict', back)
    assert.equal((await until('refunded')).state, 'refunded')
    assert.equal(await remaining(saleId), 2)

    const event = {
      id: 'evt_of_tests',
      type: 'charge.captured',
      created: Math.floor(Date.now() / 1000),
      data: { orderId: params.orderId, attempt: 1, txnId: open.txnId, amount: 1, currency: 'EUR', state: 'captured' },
    }
    const text = JSON.stringify(event)
    const signed = (secret: string, at = event.created) => ({
      'doorbuster-signature': `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${text}`).digest('hex')}`,
    })
    const told = { body: text, type: 'application/json' }
    await api.refused('POST /api/v1/payments/process', 'unauthenticated', told)
    await api.refused('POST /api/v1/payments/process', 'unauthenticated', { ...told, headers: signed('another') })
    const old = signed(WEBHOOK_SECRET, event.created - 301)
    await api.refused('POST /api/v1/payments/process', 'unauthenticated', { ...told, headers: old })
    assert.equal((await api.ask('POST /api/v1/payments/process', { ...told, headers: signed(WEBHOOK_SECRET) })).status, 200)
    const waiting = async () => (await api.ask('GET /api/v1/admin/payments/quarantine', { token: operator })).body.items
    for (const end = Date.now() + 10_000; (await waiting()).length === 0 && Date.now() < end; ) await sleep(20)
    assert.match((await waiting())[0].because, /1 EUR instead of 1999 EUR/)
    const dismiss = { params: { id: event.id }, token: operator }
    assert.deepEqual((await api.ask('POST /api/v1/admin/payments/quarantine/{id}/dismiss', dismiss)).body, { dismissed: true })
    await api.refused('POST /api/v1/admin/payments/quarantine/{id}/dismiss', 'not-found', dismiss)
    assert.equal((await payment()).state, 'refunded')
  })

  test('time, health, figures, the description for people', async () => {
    const { body, headers } = await api.ask('GET /api/v1/time')
    assert.ok(Math.abs(Date.parse(body.serverTime) - Date.now()) < 1000)
    assert.equal(headers.get('cache-control'), 'no-store')
    for (const path of ['/health/live', '/livez', '/health/ready', '/readyz', '/health', '/actuator/health']) {
      const answer = await api.ask(`GET ${path}`)
      assert.deepEqual([answer.status, answer.body.status], [200, 'UP'])
    }
    assert.match((await api.ask('POST /api/v1/live/ticket', { token: operator })).body.ticket, /^[\w-]{32}$/)
    for (const path of ['/metrics', '/actuator/metrics', '/actuator/prometheus']) {
      const { text } = await api.ask(`GET ${path}`)
      assert.match(text, /^doorbuster_purchases_total\{outcome="accepted"\} [1-9]/m)
      assert.match(text, /^doorbuster_audit_ok 1$/m)
      assert.match(text, /^doorbuster_sale_units\{sale="[\w-]+",state="sold"\} \d+$/m)
      assert.match(text, /^doorbuster_waiting\{stage="outbox"\} \d+$/m)
    }
    assert.match(await (await fetch(`${shop.url}/docs`)).text(), /openapi\.json/)
  })
})

suite('bad input', { timeout: 240_000 }, () => {
  test('without a token 401, with the wrong role 403, before anything else is looked at', async () => {
    const [{ token }] = buyers as [Buyer]
    for (const { name, path } of secured()) {
      const nonsense: Ask = { params: {}, ...(name.startsWith('GET') ? {} : { body: '{', type: 'application/json' }) }
      const none = await api.refused(name, 'unauthenticated', nonsense)
      assert.equal(none.headers.get('www-authenticate'), 'Bearer')
      await api.refused(name, 'unauthenticated', { ...nonsense, token: 'x.y.z' })
      await api.refused(name, 'unauthenticated', { ...nonsense, headers: { authorization: `Basic ${token}` } })
      if (isForAdmins(path)) await api.refused(name, 'forbidden', { ...nonsense, token })
      else if (!isForBoth(path)) await api.refused(name, 'forbidden', { ...nonsense, token: operator })
    }
  })

  test('ids that are none 400, unknown ones 404', async () => {
    for (const { name, path, operation } of api.operations()) {
      const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, id]) => id as string).filter((id) => isUuid(operation, id))
      const token = isForAdmins(path) ? operator : adminToken
      const body = bodySchema(operation)?.properties ? goodBody(name) : undefined
      for (const id of ids) {
        for (const bad of ['1', 'not-an-id', `${NO_ID}0`, '%00', '..%2f..', `${NO_ID}'--`, 'a'.repeat(90)]) {
          const { body: said } = await api.refused(name, 'invalid', { params: { [id]: bad }, token, body }, bad)
          assert.equal(said.errors[0].path, `/${id}`)
        }
        if (name === 'GET /api/v1/admin/orders/{orderId}/attempts') continue
        const unknown = await api.ask(name, { params: unknownIds, token, body })
        // The short form says it in its own words; a stranger's orders are none.
        const expected = name === 'POST /api/buy/{productId}' ? 400 : name === 'GET /api/v1/users/{id}/orders' ? 403 : 404
        const status = name === 'GET /api/v1/users/{id}/orders' ? 200 : expected
        assert.equal(unknown.status, status, name)
      }
    }
  })

  test('queries with unknown names, or limits out of range, 400', async () => {
    for (const { name, path, operation } of api.operations()) {
      const names = (operation.parameters ?? []).filter((each) => each.in === 'query').map((each) => each.name)
      if (names.length === 0) continue
      const ask = { params: unknownIds, token: isForAdmins(path) ? operator : adminToken }
      await api.refused(name, 'invalid', { ...ask, query: '?unheard-of=1' })
      if (!names.includes('limit')) continue
      for (const limit of ['0', '-1', '101', '1.5', 'x', '1e9']) {
        const { body } = await api.refused(name, 'invalid', { ...ask, query: `?limit=${limit}` }, limit)
        assert.equal(body.errors[0].path, '/limit')
      }
    }
  })

  test('bodies that are not what is described: 400, 413, 415, and nothing changes', async () => {
    const count = async () =>
      Promise.all(
        ['orders', 'products', 'sales', 'users'].map(
          async (what) => (await api.ask(`GET /api/v1/admin/${what}`, { token: operator, query: '?limit=100' })).text.length,
        ),
      )
    const [{ id: saleId }, counts] = [await createSale(productId, 5), 0]
    assert.equal(counts, 0)
    const before = await count()
    for (const { name, path, operation } of withBody()) {
      const ask = { params: { ...unknownIds, saleId, productId }, token: isForAdmins(path) ? operator : adminToken }
      const good = goodBody(name)
      const { properties = {}, required = [] } = bodySchema(operation) ?? {}
      const type = 'application/json'
      await api.refused(name, 'invalid', ask, 'without a body')
      for (const text of ['', '{', 'null', '[]', '"text"', '1', '{"a":1}}', `{"x":${'['.repeat(7000)}${']'.repeat(7000)}}`]) {
        await api.refused(name, 'invalid', { ...ask, body: text, type }, text.slice(0, 20))
      }
      const poisoned = `{"__proto__": {"roles": ["admin"]}, ${JSON.stringify(good).slice(1)}`
      await api.refused(name, 'invalid', { ...ask, body: poisoned, type }, '__proto__')
      await api.refused(name, 'invalid', { ...ask, body: poisoned.replace('__proto__', 'constructor'), type }, 'constructor')
      const unheard = await api.refused(name, 'invalid', { ...ask, body: { ...good, unheardOf: 1 } }, 'an unknown field')
      assert.deepEqual(unheard.body.errors, [{ path: '/unheardOf', message: 'is not known here' }])
      for (const field of required) {
        const { [field]: _, ...rest } = good as Record<string, unknown>
        const { body } = await api.refused(name, 'invalid', { ...ask, body: rest }, `without ${field}`)
        assert.equal(body.errors[0].path, `/${field}`)
      }
      for (const field of Object.keys(properties)) {
        for (const wrong of [{ a: 1 }, [[]], 1.5]) {
          const { body } = await api.refused(name, 'invalid', { ...ask, body: { ...good, [field]: wrong } }, `${field}: ${wrong}`)
          assert.ok(body.errors.some(({ path: at }: { path: string }) => at.startsWith(`/${field}`)))
        }
      }
      for (const other of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'x']) {
        await api.refused(name, 'unsupported-media-type', { ...ask, body: JSON.stringify(good), type: other }, other)
      }
      await api.refused(name, 'too-large', { ...ask, body: { ...good, filler: 'x'.repeat(16_384) } })
      await api.refused(name, 'too-large', { ...ask, body: JSON.stringify({ ...good, filler: 'x'.repeat(1_000_000) }), type })
    }
    assert.deepEqual(await count(), before)
    assert.equal(await remaining(saleId), 5)
  })

  test('imports', async () => {
    const ask = (body: string, type: string) => ({ token: operator, body, type })
    await api.refused('POST /api/v1/admin/import', 'unsupported-media-type', ask('handle,name', 'text/plain'))
    await api.refused('POST /api/v1/admin/import', 'too-large', ask('x'.repeat(10 * 1024 * 1024 + 1), 'text/csv'))
    for (const body of ['', '\0', '[', '{}', '[1]']) {
      for (const type of ['text/csv', 'application/json']) {
        const answer = await api.ask('POST /api/v1/admin/import', ask(body, type))
        assert.ok([200, 400].includes(answer.status) && (answer.body.created ?? 0) === 0, `${type} ${body}: ${answer.text}`)
      }
    }
  })

  test('sales that cannot be', async () => {
    const good = goodBody('POST /api/v1/admin/sales') as { items: object[] }
    const [item] = good.items as [object]
    const money = (amount: unknown, currency: unknown = 'EUR') => ({ items: [{ ...item, salePrice: { amount, currency } }] })
    const wrong: [object, string][] = [
      [{ endTime: hour(-1) }, '/endTime'],
      [{ startTime: hour(3) }, '/endTime'],
      [{ startTime: '2030-01-01' }, '/startTime'],
      [{ startTime: '2030-06-30T23:59:60Z', endTime: '2031-01-01T00:00:00Z' }, '/startTime'],
      [{ name: ' ' }, '/name'],
      [{ name: 'a\u0000b' }, '/name'],
      [{ name: 'x'.repeat(201) }, '/name'],
      [{ banner: 'javascript:alert(1)' }, '/banner'],
      [{ maxPurchasesPerUser: 0 }, '/maxPurchasesPerUser'],
      [{ maxPurchasesPerUser: 2 ** 53 }, '/maxPurchasesPerUser'],
      [{ items: [] }, '/items'],
      [{ items: [{ ...item, quantity: 0 }] }, '/items/0/quantity'],
      [{ items: [{ ...item, quantity: 1.5 }] }, '/items/0/quantity'],
      [{ items: [{ ...item, productId: NO_ID }] }, '/items/0/productId'],
      [{ items: [item, { ...item, productId: NO_ID }] }, '/items/1/productId'],
      [{ items: [item, item] }, '/items/1/productId'],
      [money(-1), '/items/0/salePrice/amount'],
      [money(19.99), '/items/0/salePrice/amount'],
      [money('1999'), '/items/0/salePrice/amount'],
      [money(1, 'eur'), '/items/0/salePrice/currency'],
      [money(1, 'QQQ'), '/items/0/salePrice/currency'],
      [{ maxPurchasesPerUser: 2 ** 52, ...money(3) }, '/items/0/salePrice/amount'],
    ]
    for (const [change, path] of wrong) {
      const said = await api.refused(
        'POST /api/v1/admin/sales',
        'invalid',
        { token: operator, body: { ...good, ...change } },
        path,
      )
      assert.ok(
        said.body.errors.some((each: { path: string }) => each.path === path),
        `${path}: ${said.text}`,
      )
    }
    const { id } = await createSale(productId, 2)
    const one = { params: { id }, token: operator }
    for (const [change, path] of [
      [{ endTime: hour(-0.1) }, '/endTime'],
      [{ startTime: hour(2) }, '/endTime'],
      [{ items: [{ productId: NO_ID, quantity: 1 }] }, '/items/0/productId'],
      [{ maxPurchasesPerUser: 2 ** 53 - 1 }, '/maxPurchasesPerUser'],
    ] as const) {
      const { body } = await api.refused('PATCH /api/v1/admin/sales/{id}', 'invalid', { ...one, body: change }, path)
      assert.equal(body.errors[0].path, path)
    }
    assert.equal((await buy(id, buyers[0]?.token ?? '', 'one')).status, 202)
    assert.equal((await buy(id, buyers[1]?.token ?? '', 'two')).status, 202)
    const fewer = { ...one, body: { items: [{ productId, quantity: 1 }] } }
    await api.refused('PATCH /api/v1/admin/sales/{id}', 'conflict', fewer)
  })

  test('purchases that cannot be, and no unit is gone', async () => {
    const { id: saleId } = await createSale(productId, 5, { maxPurchasesPerUser: 5 })
    const [{ token }] = buyers as [Buyer]
    const stranger = await createProduct('Not in the sale')
    const orders = async () => (await api.ask('GET /api/v1/orders', { token, query: '?limit=100' })).text
    const before = await orders()
    const name = 'POST /api/v1/sales/{saleId}/purchase'
    for (const quantity of [0, -1, 1.5, '1', true, [1], null, 2 ** 53, 1e300, {}]) {
      const { body } = await api.refused(
        name,
        'invalid',
        { params: { saleId }, token, body: { productId, quantity } },
        `${quantity}`,
      )
      assert.equal(body.errors[0].path, '/quantity')
    }
    await api.refused(name, 'limit-reached', { params: { saleId }, token, body: { productId, quantity: 1e9 } })
    for (const payment of [{}, { method: 'cash' }, { method: 'credit', amount: 0 }, null, 'credit']) {
      await api.refused(name, 'invalid', { params: { saleId }, token, body: { productId, quantity: 1, payment } })
    }
    await api.refused(name, 'not-found', { params: { saleId }, token, body: { productId: stranger, quantity: 1 } })
    await api.refused(name, 'not-found', { params: { saleId: NO_ID }, token, body: { productId, quantity: 1 } })
    for (const key of ['x'.repeat(300), 'two words', 'ümlaut', '']) {
      const headers = { 'idempotency-key': key }
      const { body } = await api.refused(
        name,
        'invalid',
        { params: { saleId }, token, headers, body: { productId, quantity: 1 } },
        key,
      )
      assert.equal(body.errors[0].path, '/idempotency-key')
    }
    assert.equal(await orders(), before)
    assert.equal(await remaining(saleId), 5)
  })
})

test('what exists knows its methods, what does not is 404', { timeout: 90_000 }, async () => {
  const paths = [...new Set(api.operations().map(({ path }) => path))]
  for (const path of paths) {
    const known = api.operations().flatMap((each) => (each.path === path ? [each.method] : []))
    const answer = await fetch(shop.url + path.replace(/\{\w+\}/g, NO_ID), { method: known.includes('PUT') ? 'DELETE' : 'PUT' })
    assert.equal(answer.status, 405, path)
    const allow = answer.headers.get('allow')?.split(', ') ?? []
    assert.deepEqual(
      known.filter((method) => !allow.includes(method)),
      [],
      path,
    )
    assert.equal(((await answer.json()) as { code: string }).code, 'method-not-allowed')
  }
  for (const path of ['/nothing', '/api/v1/cart', '/api/v2', '/%', '/api/v1/sales/%zz']) {
    const answer = await fetch(shop.url + path)
    assert.ok([400, 404].includes(answer.status), path)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  }
})

test('every route in the OpenAPI document is exercised', () => {
  // The live connection answers 101; live.test.ts has it.
  const never = [...api.seen].filter(([name, seen]) => name !== 'GET /api/v1/live' && ![...seen].some((status) => status < 300))
  assert.deepEqual(
    never.map(([name]) => name),
    [],
  )
  for (const { name, operation } of api.operations()) {
    assert.ok(operation.summary && operation.tags?.length === 1, `${name} has no summary, or no tag`)
  }
})
