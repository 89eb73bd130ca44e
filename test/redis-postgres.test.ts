import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { allIsWell, type Crowd, makeCrowd } from './crowd.ts'
import { clientOf } from './postgres-client.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { until } from './redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'
import { arrive, type TwoShops, twoShops } from './two-shops.ts'
import { wayTo } from './way.ts'

const BUYERS = 160
const UNITS = 70
const OVER_MS = 1200
/** An answer is there or the rebuild done; machines are slow. */
const PATIENCE_MS = 30_000

const without = withoutRedis('redis-server') || withoutPostgres

suite('two shops, one ledger on Redis, books on PostgreSQL', { skip: without, timeout: 300_000 }, () => {
  let postgres: PostgresServer
  let redis: RedisServer
  let next: RedisServer
  let books: string
  let shops: TwoShops
  let ways: Awaited<ReturnType<typeof wayTo>>[]
  before(async () => {
    postgres = await startPostgres()
    redis = await startRedis()
    next = await startRedis()
    ways = await Promise.all([redis.port, redis.port, postgres.port].map(wayTo))
    const [toLedger, alsoToLedger, toBooks] = ways.map((way) => way.port)
    books = await postgres.newDatabase()
    const other = books.replace(`:${postgres.port}/`, `:${toBooks}/`)
    shops = await twoShops(
      { DATABASE_URL: books, LEDGER_URL: `redis://127.0.0.1:${toLedger}` },
      { DATABASE_URL: other, LEDGER_URL: `redis://127.0.0.1:${alsoToLedger}` },
    )
  })
  after(async () => {
    await shops?.stop()
    for (const way of ways) way.close()
    await next.stop()
    await redis.stop()
    await postgres[Symbol.asyncDispose]()
  })

  const outbox = (crowd: Crowd) => `flash_sale_outbox:{${crowd.saleId}}`
  const reserved = async (crowd: Crowd, server = redis) => Number(await server.command('XLEN', outbox(crowd)))
  const rebuilds = () => shops.output().split('ledger-rebuilt').length - 1

  async function booksOf<Row extends object>(text: string, ...values: string[]): Promise<Row[]> {
    const client = clientOf(books)
    await client.connect()
    return (await client.query<Row>(text, values).finally(() => client.end())).rows
  }

  /** For a sale that both know: the first of them has bought at the other one. */
  async function gather(): Promise<Crowd> {
    const crowd = await makeCrowd(shops.one, BUYERS, UNITS)
    const first = crowd.buyers.slice(0, 1)
    await until(async () => assert.deepEqual(await arrive(first, crowd, 0, shops.other), [202]), PATIENCE_MS)
    return crowd
  }

  /** A crowd of both, in which something happens when some units are gone. Each is answered, and it ends exactly. */
  async function sells(strike: (crowd: Crowd) => Promise<unknown>): Promise<void> {
    const crowd = await gather()
    const before = rebuilds()
    const asked = arrive(crowd.buyers, crowd, OVER_MS, shops.one, shops.other)
    await until(async () => assert.ok((await reserved(crowd)) >= UNITS / 4), PATIENCE_MS)
    await strike(crowd)
    await asked
    await allIsWell(shops.one, crowd, 0, PATIENCE_MS)
    await allIsWell(shops.other, crowd, 1, PATIENCE_MS)
    assert.ok(rebuilds() > before, shops.output())
  }

  test('FLUSHALL in mid-sale', () => sells(() => redis.command('FLUSHALL')))

  test('kill -9, and the end of what was written is gone', () =>
    sells(async () => {
      await redis.kill()
      const folder = join(redis.dir, 'appendonlydir')
      const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.incr.aof')) ?? assert.fail())
      truncateSync(file, Math.floor(statSync(file).size * 0.8))
      await redis.start()
    }))

  test('a process that stood still comes with a batch of an epoch that is over: nothing of it is booked', async () => {
    const { one, other } = shops
    const crowd = await gather()
    const [late, prompt] = [crowd.buyers.slice(1, 21), crowd.buyers.slice(21, 51)]
    const before = rebuilds()
    // It reserves, begins to book and hears nothing from the books.
    ways[2]?.hold(true)
    const asked = arrive(late, crowd, 0, other)
    await until(async () => assert.ok((await reserved(crowd)) > 2), PATIENCE_MS).finally(() => ways[2]?.hold(false))
    process.kill(other.pid, 'SIGSTOP')
    const goOn = () => process.kill(other.pid, 'SIGCONT')
    const passBy = async () => {
      await redis.command('FLUSHALL')
      await until(async () => assert.ok(rebuilds() > before), PATIENCE_MS)
      await until(async () => assert.ok((await arrive(prompt, crowd, 0, one)).every((status) => status === 202)), PATIENCE_MS)
    }
    await passBy().finally(goOn)
    await asked
    await allIsWell(one, crowd, 0, PATIENCE_MS)
    await allIsWell(other, crowd, 1, PATIENCE_MS)
    const [booked] = await booksOf<{ old: number }>(
      'SELECT count(*) AS old FROM orders WHERE sale_id = $1 AND epoch = 1',
      crowd.saleId,
    )
    assert.equal(booked?.old, 1, 'the first one, and nothing of what came late')
  })

  test('two primaries: one shop goes on at the old one, and is believed by nobody', () =>
    sells(async (crowd) => {
      const [before, rebuilt] = [await reserved(crowd), rebuilds()]
      for (const way of ways.slice(0, 2)) way.turn(next.port)
      // Only the first one's connection breaks.
      ways[0]?.cut()
      await until(async () => assert.ok(rebuilds() > rebuilt), PATIENCE_MS)
      assert.ok((await reserved(crowd)) > before, 'somebody reserved at the old one')
    }))
})
