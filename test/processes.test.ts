import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { bad, good } from './command-line.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'
import { type Shop, startShop } from './shop.ts'

const without = withoutPostgres || withoutRedis('redis-server')
const PATIENCE_MS = 10_000
const person = { email: 'ann@example.com', password: 'correct horse battery' }

suite('a shop in several processes', { skip: without, timeout: 300_000 }, () => {
  let postgres: PostgresServer
  let redis: RedisServer
  before(async () => {
    postgres = await startPostgres()
    redis = await startRedis()
  })
  after(async () => {
    await redis?.stop()
    await postgres?.[Symbol.asyncDispose]()
  })

  const shared = async (more: Record<string, string> = {}) => ({
    DATABASE_URL: await postgres.newDatabase(),
    CACHE_URL: redis.url,
    PUBLIC_URL: 'http://shop.example',
    PAYMENT_URL: 'none',
    ROLES: 'api',
    ADMIN_PASSWORD: person.password,
    ...more,
  })

  test('two that start at once on an empty database: one administrator, one catalogue, the same keys', async (t) => {
    const env = await shared({ SEED: 'demo' })
    const shops = await Promise.all([startShop(env, t), startShop(env, t)])
    const [one, other] = shops
    const admins = await one.api.get<{ items: { roles: string[] }[] }>('/api/v1/admin/users?limit=100')
    assert.equal(admins.items.filter(({ roles }) => roles.includes('admin')).length, 1)
    for (const shop of shops) {
      const products = await shop.api.get<{ items: unknown[] }>('/api/v1/products?limit=100')
      assert.equal(products.items.length, 12)
    }
    await one.api.post('/api/v1/users/register', person)
    const { access_token } = await logIn(one)
    assert.equal(await me(other, access_token), 200)
  })

  test('who signs out at one is signed out at the others, also at one that starts later', async (t) => {
    const env = await shared()
    const one = await startShop(env, t)
    await one.api.post('/api/v1/users/register', person)
    const other = await startShop(env, t)
    const { access_token } = await logIn(one)
    assert.equal(await me(other, access_token), 200)
    const answer = await fetch(`${one.url}/api/v1/users/me/sign-out-everywhere`, {
      method: 'POST',
      headers: bearer(access_token),
    })
    assert.equal(answer.status, 204)
    assert.equal(await me(one, access_token), 401)
    await until(async () => (await me(other, access_token)) === 401)
    assert.equal(await me(await startShop(env, t), access_token), 401)
  })

  test('a ticket of one opens a socket at the other, once', async (t) => {
    const env = await shared()
    const [one, other] = [await startShop(env, t), await startShop(env, t)]
    const answer = await fetch(`${one.url}/api/v1/live/ticket`, { method: 'POST', headers: bearer(one.token) })
    const { ticket } = (await answer.json()) as { ticket: string }
    const address = `${other.url.replace('http', 'ws')}/api/v1/live?ticket=${ticket}`
    const socket = new WebSocket(address)
    await once(socket, 'open')
    socket.terminate()
    const [, refused] = await once(new WebSocket(address), 'unexpected-response')
    assert.equal(refused.statusCode, 401)
    assert.deepEqual(await redis.command('KEYS', 'live_ticket:*'), [])
  })

  test('who only takes orders hears that the card gateway is away', async (t) => {
    const env = await shared({ PAYMENT_URL: 'http://key@127.0.0.1:1', WEBHOOK_SECRET: 'secret' })
    const api = await startShop(env, t)
    const seen = async () => (await api.api.get<{ available: boolean }>('/api/v1/admin/payments/gateway')).available
    assert.equal(await seen(), true)
    const payments = await startShop({ ...env, ROLES: 'payments' }, t)
    await until(async () => !(await seen()))
    await payments.kill()
    await until(seen)
  })

  test('a shared Redis that is away does not keep a shop from starting, and is found when it comes', async (t) => {
    const late = await startRedis()
    t.after(() => late.stop())
    await late.kill()
    const shop = await startShop(await shared({ CACHE_URL: late.url }), t)
    assert.match(shop.output(), /"event":"shared-lost"/)
    const ask = () => fetch(`${shop.url}/api/v1/live/ticket`, { method: 'POST', headers: bearer(shop.token) })
    assert.equal((await ask()).status, 503)
    assert.equal((await fetch(`${shop.url}/api/v1/products`)).status, 200)
    await late.start()
    await until(async () => (await ask()).status === 200)
    assert.match(shop.output(), /"event":"shared-reached"/)
  })

  test('each role by itself: a rehearsal is exact; each is ready, and ends when asked to', async (t) => {
    const env = await shared({ LEDGER_URL: `${redis.url}/1` })
    const api = await startShop(env, t)
    const workers = await Promise.all(['relay', 'payments', 'scheduler'].map((ROLES) => startShop({ ...env, ROLES }, t)))
    const out = await good(api.dir, 'drill', '--buyers', '200', '--units', '20', '--over', '300', '--no-credit', '0.1')
    assert.match(out, /^exact: 20 of 20 sold, 0 lost, balanced\n/)
    await good(api.dir, 'audit', '--strict')
    process.env.DATABASE_URL = env.DATABASE_URL
    await bad(/A process of the shop uses this database/, api.dir, 'audit', '--offline').finally(
      () => delete process.env.DATABASE_URL,
    )
    // Longer than the stores may be silent before a process is not ready.
    await sleep(5500)
    for (const worker of workers) {
      assert.equal((await fetch(`${worker.url}/health/ready`)).status, 200)
      assert.equal((await fetch(`${worker.url}/api/v1/products`)).status, 404)
      assert.equal(await worker.stop(), 0)
    }
  })
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function me(shop: Shop, token: string): Promise<number> {
  return (await fetch(`${shop.url}/api/v1/users/me`, { headers: bearer(token) })).status
}

function logIn(shop: Shop): Promise<{ access_token: string }> {
  return shop.api.post('/api/v1/users/login', person)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); await sleep(50)) assert.ok(Date.now() < end)
}
