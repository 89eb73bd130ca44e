import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Shop, startShop } from './shop.ts'

/** What the issue of a sale allows between its times and what people see of them. */
const LATE_MS = 100

type Reply = { status: number; body: Record<string, unknown> }
let shop: Shop
let buyers: string[]

async function call(method: string, path: string, body?: unknown, token = shop.token): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) }
  const answer = await fetch(shop.url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) })
  return { status: answer.status, body: JSON.parse((await answer.text()) || '{}') }
}

async function made(path: string, body: unknown): Promise<string> {
  const reply = await call('POST', path, body)
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body.id as string
}

async function newBuyer(name: string): Promise<string> {
  const account = { email: `${name}@example.com`, password: 'correct horse battery' }
  assert.equal((await call('POST', '/api/v1/users/register', account)).status, 201)
  return (await call('POST', '/api/v1/users/login', account)).body.access_token as string
}

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const product = (stock: number | null) => made('/api/v1/admin/products', { name: 'Lamp', price: eur(500), stock })
const stockOf = async (id: string) => (await shop.api.get<{ stock: number }>(`/api/v1/products/${id}`)).stock

function sale(items: [string, number][], from: number, to: number, limit = 1): Promise<string> {
  const now = Date.now()
  return made('/api/v1/admin/sales', {
    name: 'Sale',
    startTime: new Date(now + from).toISOString(),
    endTime: new Date(now + to).toISOString(),
    maxPurchasesPerUser: limit,
    items: items.map(([productId, quantity]) => ({ productId, quantity, salePrice: eur(100) })),
  })
}

function buy(saleId: string, productId: string, buyer: number, quantity = 1): Promise<Reply> {
  return call('POST', `/api/v1/sales/${saleId}/purchase`, { productId, quantity }, buyers[buyer])
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5000; !(await holds()); await sleep(20)) assert.ok(Date.now() < end, `never: ${what}`)
}

suite('the life of a sale', { timeout: 240_000 }, () => {
  before(async () => {
    shop = await startShop({ RATE_LIMITS: 'off' })
    buyers = await Promise.all(['ada', 'bob', 'cyd', 'dee'].map(newBuyer))
  })
  after(() => shop?.stop())

  test(`it starts and ends within ${LATE_MS} ms of its times, for buyers and for those who watch`, async () => {
    const productId = await product(null)
    const from = Date.now() + 1200
    const id = await sale([[productId, 5]], from - Date.now(), from - Date.now() + 1200)
    const to = Date.parse((await shop.api.get<{ endTime: string }>(`/api/v1/sales/${id}`)).endTime)
    const start = Date.parse((await shop.api.get<{ startTime: string }>(`/api/v1/sales/${id}`)).startTime)
    const socket = new WebSocket(`${shop.url.replace('http', 'ws')}/api/v1/live`)
    await once(socket, 'open')
    const seen = new Map<string, number>()
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as { type: string; status: string }
      if (frame.type === 'sale' && !seen.has(frame.status)) seen.set(frame.status, Date.now())
    })
    socket.send(JSON.stringify({ subscribe: [`sale:${id}`] }))
    const first = await firstAnswer(id, productId, start - 300, 202)
    const last = await firstAnswer(id, productId, to - 300, 409, 'ended')
    await until('the end is told', async () => seen.has('ENDED'))
    socket.close()
    const late = {
      open: first - start,
      close: last - to,
      told: (seen.get('ACTIVE') ?? 0) - start,
      over: (seen.get('ENDED') ?? 0) - to,
    }
    for (const [what, ms] of Object.entries(late)) assert.ok(ms >= 0 && ms < LATE_MS, `${what}: ${ms} ms`)
  })

  /** When the sale first gave that answer, asked again and again with new keys from `since` on. */
  async function firstAnswer(id: string, productId: string, since: number, status: number, code?: string): Promise<number> {
    await sleep(since - Date.now())
    for (const end = Date.now() + 3000; Date.now() < end; await sleep(10)) {
      const reply = await buy(id, productId, 0)
      if (reply.status === status && (code === undefined || reply.body.code === code)) return Date.now()
    }
    return assert.fail(`never ${status} ${code ?? ''}`)
  }

  test('it takes its units out of ordinary stock, and what is not sold goes back', async () => {
    const [one, two] = [await product(10), await product(7)]
    const id = await sale(
      [
        [one, 4],
        [two, 7],
      ],
      -1000,
      3600_000,
      2,
    )
    assert.deepEqual([await stockOf(one), await stockOf(two)], [6, 0])
    const more = await call('POST', '/api/v1/admin/sales', {
      name: 'More than there is',
      startTime: new Date().toISOString(),
      endTime: new Date(Date.now() + 60_000).toISOString(),
      items: [
        { productId: one, quantity: 6, salePrice: eur(1) },
        { productId: two, quantity: 1, salePrice: eur(1) },
      ],
    })
    assert.deepEqual([more.status, more.body.code], [409, 'not-enough-stock'])
    assert.equal(await stockOf(one), 6, 'all or nothing')
    assert.equal((await buy(id, one, 1, 2)).status, 202)
    assert.equal((await call('PATCH', `/api/v1/admin/sales/${id}`, { items: [{ productId: one, quantity: 9 }] })).status, 200)
    assert.equal(await stockOf(one), 1)
    assert.equal((await call('PATCH', `/api/v1/admin/sales/${id}`, { items: [{ productId: one, quantity: 1 }] })).status, 409)
    assert.equal((await call('PATCH', `/api/v1/admin/sales/${id}`, { items: [{ productId: one, quantity: 3 }] })).status, 200)
    assert.equal(await stockOf(one), 7)
    assert.equal((await call('POST', `/api/v1/admin/sales/${id}/end`)).status, 200)
    await until('the units are back', async () => (await stockOf(one)) === 8 && (await stockOf(two)) === 7)
  })

  test('its live view adds up at every moment of its end', async () => {
    const one = await product(10)
    const id = await sale([[one, 4]], -1000, 3600_000)
    assert.equal((await buy(id, one, 1)).status, 202)
    assert.equal((await call('POST', `/api/v1/admin/sales/${id}/end`)).status, 200)
    await until('the units are back', async () => {
      const live = (await call('GET', `/api/v1/admin/sales/${id}/live`)).body as {
        returned: number
        items: { allotment: number; remaining: number; held: number; sold: number }[]
      }
      const [item] = live.items
      assert.ok(item)
      assert.equal(item.remaining + item.held + item.sold + live.returned, 4, JSON.stringify(live))
      return live.returned === 3
    })
  })

  test('units that come back to a stock that was set to the most there can be leave it there', async () => {
    const one = await product(10)
    const id = await sale([[one, 4]], -1000, 3600_000)
    assert.equal((await call('PATCH', `/api/v1/admin/products/${one}`, { stock: Number.MAX_SAFE_INTEGER })).status, 200)
    assert.equal((await call('POST', `/api/v1/admin/sales/${id}/end`)).status, 200)
    const settled = async () =>
      (await call('GET', `/api/v1/admin/sales/${id}/live`)).body as { returned: number; items: object[] }
    await until('the units went back', async () => (await settled()).returned === 4)
    assert.deepEqual((await settled()).items, [{ productId: one, allotment: 4, remaining: 0, held: 0, sold: 0 }])
    assert.equal(await stockOf(one), Number.MAX_SAFE_INTEGER)
    assert.equal((await call('GET', '/api/v1/products')).status, 200)
  })

  test('several running sales of one product each have their own units, and limits count units', async () => {
    const one = await product(10)
    const [first, second] = [await sale([[one, 3]], -1000, 3600_000, 2), await sale([[one, 2]], -500, 3600_000, 1)]
    assert.equal((await buy(first, one, 2, 2)).status, 202)
    const over = await buy(first, one, 2)
    assert.deepEqual([over.body.code, over.body.limit], ['limit-reached', 2])
    const few = await buy(first, one, 3, 2)
    assert.deepEqual([few.body.code, few.body.remaining], ['sold-out', 1])
    assert.equal((await buy(second, one, 2)).status, 202)
    assert.equal((await buy(second, one, 3)).status, 202)
    assert.deepEqual((await buy(second, one, 0)).body.code, 'sold-out')
  })

  test('paused it sells nothing and goes on where it was', async () => {
    const one = await product(null)
    const id = await sale([[one, 2]], -1000, 3600_000)
    for (const verb of ['pause', 'pause', 'start'])
      assert.equal((await call('POST', `/api/v1/admin/sales/${id}/${verb}`)).status, 200)
    assert.equal((await buy(id, one, 0)).body.code, 'paused')
    assert.equal((await call('POST', `/api/v1/admin/sales/${id}/resume`)).body.status, 'ACTIVE')
    assert.equal((await buy(id, one, 0)).status, 202)
    await until('the audit holds', async () => (await shop.api.get<{ ok: boolean }>('/api/v1/admin/audit')).ok)
  })
})
