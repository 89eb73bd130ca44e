import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { good } from './command-line.ts'
import { until } from './redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'
import { type Shop, startShop } from './shop.ts'

suite('a shop whose ledger is Redis', { skip: withoutRedis('redis-server'), timeout: 300_000 }, () => {
  let redis: RedisServer
  let shop: Shop
  before(async () => {
    redis = await startRedis()
    shop = await startShop({ LEDGER_URL: redis.url, RATE_LIMITS: 'off' })
  })
  after(async () => {
    await shop.stop()
    await redis.stop()
  })

  /** Reserved so far in the only sale that there is. */
  async function reserved(): Promise<number> {
    const [outbox] = (await redis.command('KEYS', 'flash_sale_outbox:*')) as string[]
    return outbox === undefined ? 0 : Number(await redis.command('XLEN', outbox)) - 1
  }

  /** A rehearsal in which something happens when some units are gone, and which must be exact nevertheless. */
  async function drilled(strike: () => Promise<void>): Promise<string> {
    const drill = good(shop.dir, 'drill', '--buyers', '2000', '--units', '400', '--over', '3000')
    await until(async () => assert.ok((await reserved()) >= 40), 60_000)
    await strike()
    const out = await drill
    assert.match(out, /^exact: 400 of 400 sold, 0 lost, balanced\n/)
    assert.match(await good(shop.dir, 'audit', '--strict'), /^balanced: /m)
    return out
  }

  test('a rehearsal is exact, and Redis holds nothing of it afterwards', async () => {
    const out = await good(shop.dir, 'drill', '--buyers', '1000', '--units', '50', '--no-credit', '0.2', '--over', '500')
    assert.match(out, /^exact: 50 of 50 sold, 0 lost, balanced\n/)
    assert.match(await good(shop.dir, 'audit', '--strict'), /^balanced: /m)
    assert.deepEqual(await redis.command('KEYS', '*'), [])
  })

  test('FLUSHALL in mid-sale: built anew, exact and balanced', async () => {
    await drilled(async () => {
      await redis.command('FLUSHALL')
    })
    assert.match(shop.output(), /ledger-rebuilt/)
  })

  test('kill -9 of Redis in mid-sale: built anew when it is back, exact and balanced', async () => {
    await drilled(async () => {
      await redis.kill()
      await sleep(1000)
      await redis.start()
    })
    assert.match(shop.output(), /ledger-lost[\s\S]*ledger-reached[\s\S]*ledger-rebuilt/)
  })

  test('Redis stands still for 3 s in mid-sale: exact and balanced', async () => {
    await drilled(async () => {
      process.kill(redis.pid(), 'SIGSTOP')
      await sleep(3000)
      process.kill(redis.pid(), 'SIGCONT')
    })
  })
})

suite('a shop that cannot have its Redis', { timeout: 60_000 }, () => {
  test('does not start, and says what to do', { skip: withoutRedis('redis-server') }, async (t) => {
    const redis = await startRedis('redis-server', ['--maxmemory-policy', 'allkeys-lru'])
    t.after(() => redis.stop())
    await assert.rejects(startShop({ LEDGER_URL: redis.url }, t), /set maxmemory-policy noeviction/)
    await assert.rejects(
      startShop({ LEDGER_URL: 'redis://127.0.0.1:1' }, t),
      /cannot be used \(.*ECONNREFUSED.*start it, or mend/,
    )
  })
})
