import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { webhookSignature } from '../src/platform/webhook-signature.ts'
import { SECRET, startDemoGateway } from './demo-gateway.ts'
import { type Shop, startShop } from './shop.ts'

const SECOND_SECRET = 'whsec_next'
const ORDERS = 100
/** Of each order, under an id of its own. */
const EVENTS = 10
const FORGED = 10_000
const AT_ONCE = 50
const PATIENCE_MS = 60_000
const PRICE = { amount: 1999, currency: 'EUR' }

/** Whatever was asked for has of these. */
type Body = Record<'id' | 'access_token' | 'orderId' | 'txnId' | 'state' | 'status' | 'type', string> & {
  redirectUrl?: string
  couponCode?: string
  items: { id: string; because: string }[]
  available: boolean
  ok: boolean
}
type Answer = { status: number; body: Body; headers: Headers }
type Row = Record<string, string | number | null>

let shop: Shop
let gateway: Awaited<ReturnType<typeof startDemoGateway>>
/** What no port shows. */
let db: DatabaseSync
let saleId = ''
let productId = ''
let buyer = ''
let stranger = ''
let keys = 0
let isAway = false

async function ask(method: string, path: string, token?: string, body?: object, headers = {}): Promise<Answer> {
  const answer = await fetch(`${shop.url}/api/v1${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text && JSON.parse(text), headers: answer.headers }
}

async function register(email: string): Promise<string> {
  const password = 'correct horse battery'
  await ask('POST', '/users/register', undefined, { email, password, name: 'A. Buyer' })
  return (await ask('POST', '/users/login', undefined, { email, password })).body.access_token
}

function buy(method: 'card' | 'credit', key = `key-${++keys}`.padEnd(16, '-')): Promise<Answer> {
  const body = { productId, quantity: 1, payment: { method } }
  return ask('POST', `/sales/${saleId}/purchase`, buyer, body, { 'idempotency-key': key })
}

/** Until it is so; nothing tells a test of it. */
async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error('it did not come to be')
}

const payment = (orderId: string, token = buyer) => ask('GET', `/payments/${orderId}`, token)

async function inState(orderId: string, state: string): Promise<Answer['body']> {
  return until(async () => {
    const { body } = await payment(orderId)
    return body.state === state ? body : undefined
  })
}

/** With the buyer's page open. */
async function opened(): Promise<{ orderId: string; txnId: string }> {
  const { status, body } = await buy('card')
  assert.equal(status, 202, JSON.stringify(body))
  const { txnId } = await inState(body.orderId, 'open')
  return { orderId: body.orderId, txnId }
}

const eventOf = (id: string, of: { orderId: string; txnId: string }, state: string, more: object = {}): string => {
  const data = { ...of, attempt: 1, state, ...PRICE, ...more }
  return JSON.stringify({ id, type: `charge.${state}`, created: Math.floor(Date.now() / 1000), data })
}

async function tell(body: string | Buffer, signature: string | undefined = webhookSignature(SECRET, body, Date.now())) {
  const headers = { 'content-type': 'application/json', ...(signature !== '' && { 'doorbuster-signature': signature }) }
  const answer = await fetch(`${shop.url}/api/v1/payments/process`, { method: 'POST', headers, body })
  await answer.text()
  return answer.status
}

const count = (text: string, ...values: string[]): number =>
  Number(Object.values(db.prepare(`SELECT count(*) FROM ${text}`).get(...values) as Row)[0])

async function inTurns<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item)
    }),
  )
}

suite('payments by card', { timeout: 400_000 }, () => {
  before(async () => {
    gateway = await startDemoGateway()
    const address = new URL(gateway.url)
    address.username = encodeURIComponent('key of the gateway')
    const secrets = `${SECOND_SECRET},${SECRET}`
    shop = await startShop({
      RATE_LIMITS: 'off',
      PAYMENT_URL: address.href,
      WEBHOOK_SECRET: secrets,
      OPENING_CREDIT: '100000000',
    })
    db = new DatabaseSync(join(shop.dir, 'doorbuster.db'), { readOnly: true })
    buyer = await register('buyer@shop.example')
    stranger = await register('stranger@shop.example')
    const product = { name: 'A thing', price: PRICE, kind: 'coupon', stock: null }
    productId = (await ask('POST', '/admin/products', shop.token, product)).body.id
    const hour = (n: number) => new Date(Date.now() + n * 3600_000).toISOString()
    const sale = { name: 'A sale', startTime: hour(-1), endTime: hour(1), maxPurchasesPerUser: 1000 }
    const items = [{ productId, salePrice: PRICE, quantity: 1000 }]
    saleId = (await ask('POST', '/admin/sales', shop.token, { ...sale, items })).body.id
  })
  after(async () => {
    db.close()
    await shop.stop()
    if (!isAway) await gateway.stop()
  })

  test('a card pays on the page of the gateway, and a stranger sees nothing of it', async () => {
    const { orderId, txnId } = await opened()
    const { body } = await payment(orderId)
    assert.equal(body.redirectUrl, `${gateway.url}/pay/${txnId}`)
    assert.equal((await payment(orderId, stranger)).status, 404)
    assert.equal((await ask('GET', `/payments/transactions/${txnId}`, stranger)).status, 404)
    await gateway.press(txnId, 'pay')
    assert.equal((await inState(orderId, 'captured')).txnId, txnId)
    assert.equal((await ask('GET', `/payments/transactions/${txnId}`, buyer)).body.orderId, orderId)
    const order = (await ask('GET', `/orders/${orderId}`, buyer)).body
    assert.deepEqual([order.status, typeof order.couponCode], ['COMPLETED', 'string'])
  })

  test('an administrator gives the money back, once', async () => {
    const { orderId, txnId } = await opened()
    const refund = { reason: 'wanted', returnUnit: true }
    const path = `/admin/orders/${orderId}/refund`
    assert.equal((await ask('POST', path, shop.token, refund)).status, 409)
    await gateway.press(txnId, 'pay')
    await inState(orderId, 'captured')
    assert.equal((await ask('POST', path, buyer, refund)).status, 403)
    const both = await Promise.all([1, 2].map(() => ask('POST', path, shop.token, refund)))
    assert.deepEqual(both.map(({ status }) => status).sort(), [202, 409])
    await inState(orderId, 'refunded')
    const order = (await ask('GET', `/orders/${orderId}`, buyer)).body
    assert.deepEqual([order.status, order.couponCode], ['REFUNDED', undefined])
  })

  test('a cancel while the page is open is answered 202, and the page is void', async () => {
    const { orderId, txnId } = await opened()
    const cancelled = await ask('POST', `/orders/${orderId}/cancel`, buyer)
    assert.deepEqual([cancelled.status, cancelled.body.status], [202, 'PAYMENT_PENDING'])
    await until(async () =>
      (await ask('GET', `/orders/${orderId}/status`, buyer)).body.status === 'CANCELLED' ? true : undefined,
    )
    await gateway.press(txnId, 'pay')
    assert.equal((await payment(orderId)).body.state, 'voided')
  })

  test(`${FORGED} forged or altered webhooks are refused and change nothing`, async () => {
    const known = await opened()
    const now = Date.now()
    const genuine = eventOf('genuine', known, 'captured')
    const signature = webhookSignature(SECRET, genuine, now)
    const [time = '', hex = ''] = signature.split(',')
    const flip = (text: string, at: number) => {
      const i = at % text.length
      return text.slice(0, i) + (text[i] === '0' ? '1' : '0') + text.slice(i + 1)
    }
    const kinds: ((i: number) => [body: string, signature: string])[] = [
      (i) => [flip(genuine, i), signature],
      (i) => [genuine, `${time},v1=${flip(hex.slice(3), i)}`],
      () => [genuine, ''],
      (i) => [genuine, webhookSignature(`guess ${i}`, genuine, now)],
      (i) => [genuine, webhookSignature(SECRET, genuine, now - 301_000 - i)],
      (i) => [genuine, webhookSignature(SECRET, genuine, now + 310_000 + i * 1000)],
      (i) => [genuine, `${time},v1=${hex.slice(3, 3 + (i % 63))}`],
      (i) => [`${genuine}${' '.repeat(1 + (i % 9))}`, signature],
      () => [genuine, `t=x,${hex}`],
      () => [genuine, 'nonsense'],
    ]
    const before = count('gateway_events')
    const answers = new Map<number, number>()
    await inTurns(
      Array.from({ length: FORGED }, (_, i) => i),
      async (i) => {
        const status = await tell(...(kinds[i % kinds.length] as (i: number) => [string, string])(Math.floor(i / kinds.length)))
        answers.set(status, (answers.get(status) ?? 0) + 1)
      },
    )
    assert.deepEqual([...answers], [[401, FORGED]])
    assert.equal(count('gateway_events'), before)
    assert.equal((await payment(known.orderId)).body.state, 'open')
  })

  test(`${ORDERS * EVENTS} genuine webhooks, each three times at once, are applied once each`, async () => {
    const all: string[] = []
    await inTurns(Array.from({ length: ORDERS }), async () => {
      const known = await opened()
      for (let i = 0; i < EVENTS; i++) all.push(eventOf(`genuine ${known.orderId} ${i}`, known, 'captured'))
    })
    const paid = count("journal WHERE entry LIKE 'payment:%'")
    const secrets = [SECRET, SECOND_SECRET, SECRET]
    await inTurns(all, async (body) => {
      const told = await Promise.all(secrets.map((secret) => tell(body, webhookSignature(secret, body, Date.now()))))
      assert.deepEqual(told, [200, 200, 200])
    })
    await until(() => (count("gateway_events WHERE id LIKE 'genuine%' AND status = 'applied'") === all.length ? true : undefined))
    assert.equal(count("gateway_events WHERE id LIKE 'genuine%'"), ORDERS * EVENTS)
    assert.equal(count("journal WHERE entry LIKE 'payment:%'"), paid + 2 * ORDERS)
    const { body: audit } = await ask('GET', '/admin/audit', shop.token)
    assert.equal(audit.ok, true, JSON.stringify(audit))
  })

  test('what is signed and does not match waits for a human, and what is ahead of its order waits', async () => {
    const known = await opened()
    assert.equal(await tell(eventOf('cheaper', known, 'captured', { amount: 1 })), 200)
    const listed = () => ask('GET', '/admin/payments/quarantine', shop.token)
    const one = await until(async () => (await listed()).body.items[0])
    assert.deepEqual([one.id, one.because], ['cheaper', '1 EUR instead of 1999 EUR'])
    assert.equal((await payment(known.orderId)).body.state, 'open')
    assert.equal((await ask('POST', '/admin/payments/quarantine/cheaper/dismiss', shop.token)).status, 200)
    assert.equal((await ask('POST', '/admin/payments/quarantine/cheaper/dismiss', shop.token)).status, 404)
    const unknown = { orderId: '01980000-0000-7000-8000-000000000000', txnId: 'nobodys' }
    assert.equal(await tell(eventOf('early', unknown, 'captured')), 200)
    assert.equal(count("gateway_events WHERE id = 'early' AND status = 'waiting'"), 1)
  })

  test('what is no webhook is refused by its kind', async () => {
    assert.equal((await ask('PUT', '/payments/process')).status, 405)
    assert.equal((await ask('GET', '/payments/process', buyer)).status, 400, 'the payment of an order, by its id')
    assert.equal(await tell(Buffer.alloc(10 * 1024 * 1024, 'x')), 413)
    assert.equal(await tell('{}'), 400)
    assert.equal(await tell('not JSON'), 400)
    assert.equal(await tell(''), 400)
  })

  test('while the gateway is away credit goes on, a card is told so, and one that was accepted is told of', async () => {
    const key = 'accepted-before-all'
    const first = await buy('card', key)
    assert.equal(first.status, 202)
    await inState(first.body.orderId, 'open')
    await gateway.stop()
    isAway = true
    let asked = 0
    const refused = await until(async () => {
      if (asked++ < 20) await buy('card')
      const { body } = await ask('GET', '/admin/payments/gateway', shop.token)
      return body.available ? undefined : buy('card')
    })
    assert.equal(refused.status, 503)
    assert.match(refused.body.type, /payment-unavailable$/)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.equal((await buy('credit')).status, 202)
    const again = await buy('card', key)
    assert.deepEqual([again.status, again.body.orderId], [202, first.body.orderId])
    const { body: audit } = await ask('GET', '/admin/audit', shop.token)
    assert.equal(audit.ok, true, JSON.stringify(audit))
  })
})
