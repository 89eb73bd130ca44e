import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { clientOf } from './postgres-client.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { until } from './redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'
import { type Shop, startShop } from './shop.ts'

type Product = { id: string; name: string; stock: number | null }

suite('two processes that share a Redis', { skip: withoutPostgres || withoutRedis('redis-server'), timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'shared-shop-'))
  let [postgres, redis]: [PostgresServer, RedisServer] = [] as never
  let url: string
  let shops: [Shop, Shop]
  before(async () => {
    ;[postgres, redis] = [await startPostgres(), await startRedis()]
    url = await postgres.newDatabase()
    // One folder: the same keys, so that a token of one is good at both.
    const alike = { PUBLIC_URL: 'http://shop.example', PAYMENT_URL: 'none', ROLES: 'api,relay,payments,scheduler' }
    const settings = { DATABASE_URL: url, CACHE_URL: redis.url, DATA_DIR: join(folder, 'shop'), ...alike }
    shops = [await startShop(settings), await startShop(settings)]
  })
  after(async () => {
    for (const shop of shops ?? []) await shop.stop()
    await redis.stop()
    await postgres[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const create = (name: string, stock: number | null = null) =>
    shops[0].api.post<Product>('/api/v1/admin/products', { name, price: { amount: 1000, currency: 'EUR' }, stock })
  const read = (shop: Shop, { id }: Product) => shop.api.get<Product>(`/api/v1/products/${id}`)
  const soon = (shop: Shop, product: Product, wanted: Partial<Product>) =>
    until(async () => assert.partialDeepStrictEqual(await read(shop, product), wanted))

  async function rename(shop: Shop, { id }: Product, name: string): Promise<void> {
    const headers = { authorization: `Bearer ${shop.token}`, 'content-type': 'application/json' }
    const address = `${shop.url}/api/v1/admin/products/${id}`
    const { status } = await fetch(address, { method: 'PATCH', headers, body: JSON.stringify({ name }) })
    assert.equal(status, 200)
  }

  /** A figure of both together. */
  async function figure(name: string, labels: string): Promise<number> {
    let sum = 0
    for (const { api } of shops) {
      const line = (await api.text('/metrics'))
        .split('\n')
        .find((text) => text.startsWith(labels === '' ? `${name} ` : `${name}{${labels}} `))
      // What was never counted has no line.
      sum += Number(line?.split(' ')[1] ?? (labels === '' ? Number.NaN : 0))
    }
    return sum
  }

  test('a product that both are asked for at once is read from the database once', async () => {
    // A machine that is busy may take Redis for silent, and each process then reads for itself.
    await until(async () => {
      const product = await create('crowded')
      const counted = async () => [
        await figure('doorbuster_cache_reads_total', 'cache="product",result="loaded"'),
        await figure('doorbuster_shared_lost_total', 'user="cache"'),
      ]
      const [loads = 0, lost] = await counted()
      await Promise.all(Array.from({ length: 60 }, (_, i) => read(shops[i % 2] as Shop, product)))
      assert.deepEqual(await counted(), [loads + 1, lost])
    }, 60_000)
  })

  test('what one process changes the other shows soon: a product, its absence, its stock that a sale takes', async () => {
    const product = await create('before', 100)
    for (const shop of shops) assert.equal((await read(shop, product)).name, 'before')
    await rename(shops[0], product, 'after')
    assert.equal((await read(shops[0], product)).name, 'after')
    await soon(shops[1], product, { name: 'after' })

    const endTime = new Date(Date.now() + 3600_000).toISOString()
    const items = [{ productId: product.id, salePrice: { amount: 500, currency: 'EUR' }, quantity: 30 }]
    const terms = { name: 'sale', startTime: new Date(Date.now() + 1800_000).toISOString(), endTime, items }
    await shops[1].api.post('/api/v1/admin/sales', terms)
    assert.equal((await read(shops[1], product)).stock, 70)
    await soon(shops[0], product, { stock: 70 })

    const removed = await create('removed')
    for (const shop of shops) await read(shop, removed)
    await shops[1].api.delete(`/api/v1/admin/products/${removed.id}`)
    await assert.rejects(read(shops[1], removed), /404/)
    await until(() => assert.rejects(read(shops[0], removed), /404/))
  })

  test('a slow database: one process reads, the other refuses with when to ask again', async () => {
    const product = await create('slow')
    const stands = clientOf(url)
    await stands.connect()
    await stands.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE')
    const reading = read(shops[0], product)
    try {
      await until(async () => assert.ok(((await redis.command('KEYS', 'cache:*:lock:*')) as string[]).length > 0))
      const refused = await fetch(`${shops[1].url}/api/v1/products/${product.id}`)
      const { code, title, detail } = (await refused.json()) as { code: string; title: string; detail: string }
      assert.deepEqual([refused.status, refused.headers.get('retry-after'), code], [503, '1', 'busy'])
      assert.match(`${title}. ${detail}`, /The shop is busy\. .*Ask again/)
    } finally {
      await stands.query('ROLLBACK')
      await stands.end()
    }
    assert.equal((await reading).name, 'slow')
    assert.equal((await read(shops[1], product)).name, 'slow')
  })

  /** How many of so many are not told to wait, asked at both, and in how many seconds. */
  async function passed(token: string): Promise<[count: number, seconds: number]> {
    const from = performance.now()
    const asked = Array.from({ length: 30 }, (_, i) => {
      const headers = { authorization: `Bearer ${token}` }
      return fetch(`${(shops[i % 2] as Shop).url}/api/v1/orders`, { headers }).then(({ status }) => status)
    })
    const statuses = await Promise.all(asked)
    assert.ok(statuses.every((status) => status === 200 || status === 429))
    return [statuses.filter((status) => status === 200).length, (performance.now() - from) / 1000]
  }

  test('a buyer has 5 requests a second at both together, and at each while Redis stands still, when nobody waits for it', async () => {
    const made = await shops[0].api.post<{ tokensUrl: string }>('/api/v1/admin/drills', { buyers: 40, units: 1 })
    const tokens = (await shops[0].api.text(made.tokensUrl)).trimEnd().split('\n')
    const next = () => tokens.pop() ?? assert.fail('a machine this slow takes Redis for silent each time')
    const lost = () => figure('doorbuster_shared_lost_total', 'user="rate"')
    for (let together = false; !together; ) {
      await until(async () => assert.equal(await figure('doorbuster_shared_rate_away', ''), 0))
      const before = await lost()
      const [count, seconds] = await passed(next())
      together = (await lost()) === before
      if (together) assert.ok(count >= 5 && count <= 5 + 5 * seconds, `${count} in ${seconds} s`)
    }
    const product = await create('still')
    process.kill(redis.pid(), 'SIGSTOP')
    try {
      const [count, seconds] = await passed(next())
      assert.ok(count >= 10 && count <= 10 + 10 * seconds, `${count} in ${seconds} s`)
      assert.equal((await read(shops[0], product)).name, 'still')
      await rename(shops[0], product, 'moving')
      for (const shop of shops) assert.equal((await read(shop, product)).name, 'moving')
    } finally {
      process.kill(redis.pid(), 'SIGCONT')
    }
  })
})
