import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { openSqliteHere } from '../sim/sqlite-here.ts'
import type { Order } from '../src/core/order.ts'
import type { Sale } from '../src/core/sale.ts'
import { LocalRate } from '../src/gate/local-rate.ts'
import { systemClock as clock } from '../src/platform/clock.ts'
import { makeLog } from '../src/platform/log.ts'
import { Metrics } from '../src/platform/metrics.ts'
import { Board } from '../src/purchase/board.ts'
import { cachedCatalogue, sharedRate, stockMover } from '../src/shared-parts.ts'
import { makeStores } from '../src/stores.ts'
import { handClock } from './hand-clock.ts'
import { until } from './redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'
import { newId, openTerms } from './samples.ts'
import { type SharedHere, shareRedis } from './shared-redis.ts'

suite('what processes share', { skip: withoutRedis('redis-server'), timeout: 60_000 }, () => {
  let server: RedisServer
  let stores: ReturnType<typeof makeStores>
  const shared: SharedHere[] = []
  before(async () => {
    server = await startRedis()
    stores = makeStores(openSqliteHere().database, { holdTtlMs: 60_000, currency: 'EUR' })
    await stores.schema.migrate()
  })
  after(async () => {
    for (const one of shared) await one[Symbol.asyncDispose]()
    await server.stop()
  })

  async function start() {
    const here = await shareRedis(server.url)
    shared.push(here)
    const metrics = new Metrics()
    const parts = { config: { replicaUrl: null }, shared: here, clock, newId, metrics, log: makeLog('silent') }
    const results = async () => {
      const lines = (await metrics.text()).body.matchAll(/^doorbuster_cache_reads_total\{cache="(\w+)",result="(\w+)"\} (\d+)$/gm)
      return Object.fromEntries([...lines].map(([, cache, result, count]) => [`${cache} ${result}`, Number(count)]))
    }
    return { catalogue: await cachedCatalogue(stores.catalogue, parts), rate: sharedRate(new LocalRate(clock), parts), results }
  }

  /** In a Redis and a shop that are empty. Tried again: a machine that is busy may take Redis for silent. */
  function tried(work: () => Promise<void>): Promise<void> {
    return until(async () => {
      await server.command('FLUSHALL')
      for (const { id } of await stores.catalogue.products(100)) await stores.catalogue.remove(id, 1)
      await work()
    }, 40_000)
  }

  test('what one process read of the catalogue another understands', () =>
    tried(async () => {
      const [{ catalogue: one }, { catalogue: other, results }] = [await start(), await start()]
      const id = newId()
      const product = { name: 'Lamp', price: 1000, currency: 'EUR', category: 'Home', stock: 3, attributes: { colour: 'red' } }
      await one.create(id, product, 1)
      const read = async (catalogue: typeof one) => [
        await catalogue.product(id),
        await catalogue.products(20),
        await catalogue.products(20, id, 'Home'),
        await catalogue.categories(20),
      ]
      const found = await read(one)
      await until(async () => assert.equal(((await server.command('KEYS', 'cache:*:value:*')) as string[]).length, 4), 2000)
      assert.deepEqual(await read(other), found)
      assert.deepEqual(await results(), { 'product shared': 1, 'product_list shared': 2, 'category_list shared': 1 })
      await other.remove(id, 2)
      assert.deepEqual([await other.product(id), await other.products(20)], [undefined, []])
      await until(async () => assert.deepEqual(await one.categories(20), []), 2000)
    }))

  test('turns are of both', () =>
    tried(async () => {
      const [one, other] = [await start(), await start()]
      assert.equal(await one.rate.take('user', 0.1, 1), 0)
      assert.ok((await other.rate.take('user', 0.1, 1)) > 0)
    }))
})

test('a sale that is made, changed or settled moves stock, and an order that comes back when its sale is over', () => {
  const forgotten: unknown[] = []
  const board = new Board()
  const terms = openTerms(handClock(), { startTime: 0, endTime: Number.MAX_SAFE_INTEGER })
  const items = [{ productId: 'kettle', allotment: 1 }] as Sale['items']
  const sale: Sale = { ...terms, name: 'Sale', banner: null, items, createdAt: 0, settledAt: null, drillId: null }
  board.putOne(sale)
  const moved = stockMover(board, { forget: async (ids) => void forgotten.push(ids) }, clock)
  let changes = 0
  moved.bySale(() => changes++)(sale)
  assert.deepEqual([forgotten.splice(0), changes], [[['kettle']], 1])
  const order = { saleId: sale.id, productId: 'kettle', state: 'REFUNDED' } as Order
  moved.byOrder(order)
  assert.deepEqual(forgotten, [], 'it is for sale again')
  board.putOne({ ...sale, endTime: 1 })
  for (const state of ['COMPLETED', 'PAYMENT_PENDING', 'REFUNDED', 'EXPIRED'] as const) moved.byOrder({ ...order, state })
  moved.byOrder({ ...order, saleId: newId() })
  assert.deepEqual(forgotten.splice(0), [['kettle'], ['kettle'], ['kettle']])
  moved.byRepair()
  assert.deepEqual(forgotten, [null])
})
