import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import { type Buyer, buy, type Crowd, makeCrowd } from './crowd.ts'
import { connectTo, type Frame, ticketOf } from './live-connection.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { until } from './redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'
import { type Shop, startShop } from './shop.ts'

/** Two processes with sockets and one that settles, on a machine that has much else to do. */
const PATIENCE_MS = 15_000

const skip = withoutPostgres || withoutRedis('redis-server')

suite('live messages of a shop in several processes', { skip, timeout: 300_000 }, () => {
  let postgres: PostgresServer
  let redis: RedisServer
  let one: Shop
  let other: Shop
  let settling: Shop
  let wire: Wire
  let crowd: Crowd
  let settings: Record<string, string>

  before(async () => {
    postgres = await startPostgres()
    redis = await startRedis()
    const DATABASE_URL = await postgres.newDatabase()
    settings = { DATABASE_URL, CACHE_URL: redis.url, PUBLIC_URL: 'http://shop.example', PAYMENT_URL: 'none', RATE_LIMITS: 'off' }
    one = await startShop({ ...settings, ROLES: 'api,scheduler' })
    other = await startShop({ ...settings, ROLES: 'api' })
    settling = await startShop({ ...settings, ROLES: 'relay,payments' })
    wire = new Wire(one.url, 4)
    crowd = await makeCrowd(one, 40, 40)
  })
  after(async () => {
    wire?.close()
    for (const shop of [settling, other, one]) await shop?.stop()
    await redis?.stop()
    await postgres?.[Symbol.asyncDispose]()
  })

  const nextBuyer = () => crowd.buyers.pop() ?? assert.fail('no buyer is left')

  /** Tickets are in Redis: while it is away there are none. */
  const open = (shop: Shop, { token }: Buyer) =>
    until(async () => connectTo(shop.url, `?ticket=${await ticketOf(shop.url, token)}`), PATIENCE_MS)

  /** A page of that buyer's orders. */
  async function browser(shop: Shop, buyer: Buyer) {
    const page = await open(shop, buyer)
    page.send({ subscribe: ['orders'] })
    return page
  }

  /** Until Redis knows that many processes of the buyer's sockets. */
  function registered({ token }: Buyer, processes: number): Promise<void> {
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
    const count = () => redis.command('ZCARD', `live_servers:${sub}`)
    return until(async () => assert.equal(await count(), processes), PATIENCE_MS)
  }

  /** At the first of the shops; the payment is another's. */
  async function bought(buyer: Buyer): Promise<string> {
    assert.equal(await buy(wire, crowd, buyer), 202, one.output())
    return buyer.orderId ?? assert.fail()
  }

  const isPaid = (orderId: string) => (frame: Frame) => frame.orderId === orderId && frame.status === 'COMPLETED'

  async function counted(shop: Shop, result: string): Promise<number> {
    const text = await (await fetch(`${shop.url}/metrics`)).text()
    return Number(new RegExp(`^doorbuster_push_hints_total\\{result="${result}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  }

  /** Somebody with a socket at each is told at each. */
  async function bothHear(): Promise<void> {
    const buyer = nextBuyer()
    const browsers = [await browser(one, buyer), await browser(other, buyer)]
    await registered(buyer, 2)
    const orderId = await bought(buyer)
    for (const { frame } of browsers) assert.equal((await frame(isPaid(orderId), PATIENCE_MS)).version, 2)
    for (const { socket } of browsers) socket.close()
    await registered(buyer, 0)
  }

  test('a buyer with a socket at two processes hears at both what a third has settled', async () => {
    await bothHear()
    assert.ok((await counted(settling, 'sent')) >= 2)
    assert.ok((await counted(one, 'heard')) >= 1)
    assert.ok((await counted(other, 'heard')) >= 1)
  })

  test('who only settles registers nothing and listens to nothing', async () => {
    const listened = (await redis.command('PUBSUB', 'CHANNELS', '*')) as string[]
    // What is forgotten of the caches every process hears.
    const channels = listened.filter((channel) => !channel.startsWith('cache:'))
    const ids = await Promise.all(
      [one, other].map(async ({ url }) => {
        const { socket, frame } = await connectTo(url)
        const { serverId } = await frame(({ type }) => type === 'hello', PATIENCE_MS)
        socket.close()
        return `payment_update:${serverId}`
      }),
    )
    assert.deepEqual(channels.sort(), [...ids, 'sale_update'].sort())
  })

  test('a pause at one process is told at the other', async () => {
    const { socket, send, frame, frames } = await connectTo(other.url)
    await until(async () => {
      send({ subscribe: [`sale:${crowd.saleId}`] })
      await frame(({ type }) => type === 'sale', 1000)
    }, PATIENCE_MS)
    await one.api.post(`/api/v1/admin/sales/${crowd.saleId}/pause`)
    await frame(({ type, phase }) => type === 'sale' && phase === 'Paused', PATIENCE_MS)
    frames.splice(0)
    await one.api.post(`/api/v1/admin/sales/${crowd.saleId}/resume`)
    await frame(({ type, phase }) => type === 'sale' && phase === 'Active', PATIENCE_MS)
    socket.close()
  })

  test('a purchase that waits for its payment is answered when another process has settled it', async () => {
    const price = (amount: number) => ({ amount, currency: 'EUR' })
    const product = await one.api.post<{ id: string }>('/api/v1/admin/products', {
      name: 'Lamp',
      price: price(900),
      kind: 'coupon',
    })
    const hour = (hours: number) => new Date(Date.now() + hours * 3600_000).toISOString()
    const items = [{ productId: product.id, salePrice: price(500), quantity: 9 }]
    await one.api.post('/api/v1/admin/sales', { name: 'Lamps', startTime: hour(-1), endTime: hour(1), items })
    const said: string[] = []
    // It waits for a second; where settling took longer the next buyer has better luck.
    for (let n = 0; n < 8 && said.at(-1) !== 'Purchase successful!'; n++) {
      const account = { email: `buyer-${n}@shop.example`, password: 'correct horse battery' }
      await one.api.post('/api/v1/users/register', account)
      const { access_token } = await one.api.post<{ access_token: string }>('/api/v1/users/login', account)
      const headers = { authorization: `Bearer ${access_token}` }
      const answer = await fetch(`${one.url}/api/buy/${product.id}`, { method: 'POST', headers })
      said.push(((await answer.json()) as { message: string }).message)
    }
    assert.equal(said.at(-1), 'Purchase successful!', said.join(', '))
    await until(async () => assert.deepEqual(await redis.command('KEYS', 'live_servers:*'), []), PATIENCE_MS)
  })

  test('Redis stands still for 3 s: purchases are answered, snapshots sent, and afterwards both hear again', async () => {
    const buyer = nextBuyer()
    const page = await open(one, buyer)
    process.kill(redis.pid(), 'SIGSTOP')
    const since = Date.now()
    try {
      const orderId = await bought(buyer)
      page.send({ subscribe: ['orders'] })
      await page.frame(isOf(orderId), PATIENCE_MS)
      for (const shop of [one, other, settling]) assert.equal((await fetch(`${shop.url}/health/ready`)).status, 200)
      await sleep(3000 - (Date.now() - since))
    } finally {
      process.kill(redis.pid(), 'SIGCONT')
    }
    page.socket.close()
    await until(bothHear, 60_000)
  })

  test('Redis is killed: purchases are answered, and when it is back both hear again', async () => {
    await redis.kill()
    for (let n = 0; n < 3; n++) await bought(nextBuyer())
    await until(async () => assert.ok((await counted(settling, 'lost')) > 0), PATIENCE_MS)
    await redis.start()
    await until(bothHear, 60_000)
  })

  test('whose process was killed finds the order at another', async () => {
    const buyer = nextBuyer()
    const before = await browser(other, buyer)
    await registered(buyer, 1)
    const lost = await counted(settling, 'lost')
    await Promise.all([before.closed, other.kill()])
    const orderId = await bought(buyer)
    const moved = await browser(one, buyer)
    await moved.frame(isOf(orderId), PATIENCE_MS)
    await moved.frame(isPaid(orderId), PATIENCE_MS)
    moved.socket.close()
    await until(async () => assert.ok((await counted(settling, 'lost')) > lost), PATIENCE_MS)
    other = await startShop({ ...settings, ROLES: 'api' })
    await until(bothHear, 60_000)
  })
})

/** In the snapshot, or told after it: paid by then or not. */
const isOf = (orderId: string) => (frame: Frame) => frame.orderId === orderId
