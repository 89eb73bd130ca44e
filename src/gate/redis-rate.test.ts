import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import { until } from '../../test/redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../test/redis-server.ts'
import { type SharedHere, shareRedis } from '../../test/shared-redis.ts'
import { systemClock } from '../platform/clock.ts'
import { LocalRate } from './local-rate.ts'
import { handClock, rateContract } from './rate.contract.ts'
import { RedisRate } from './redis-rate.ts'

/** Redis's clock, as a test turns it: microseconds. */
const TIME = "local function now() return tonumber(redis.call('GET', 'time')) end"

suite('turns that processes share', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
  let server: RedisServer
  const open: SharedHere[] = []
  before(async () => {
    server = await startRedis()
  })
  afterEach(async () => {
    for (const shared of open.splice(0)) await shared[Symbol.asyncDispose]()
  })
  after(() => server.stop())

  /** So many processes, all of whose time is turned together. */
  async function processes(count: number, mostMs?: number) {
    await server.command('FLUSHALL')
    await server.command('SET', 'time', '1800000000000000')
    const clock = handClock()
    const rates = await Promise.all(
      Array.from({ length: count }, async () => {
        const shared = await shareRedis(server.url, mostMs)
        open.push(shared)
        return { shared, rate: new RedisRate(shared.redis, new LocalRate(clock), clock, TIME) }
      }),
    )
    async function rest(ms: number): Promise<void> {
      clock.advance(ms)
      await server.command('INCRBY', 'time', String(ms * 1000))
    }
    return { rates, rest }
  }

  /** How many of so many get a turn, asked at once and at all in turn. */
  async function granted(count: number, { rates }: Awaited<ReturnType<typeof processes>>, key: string, perSecond: number) {
    const asked = Array.from({ length: count }, (_, i) => rates[i % rates.length]?.rate.take(key, perSecond, perSecond))
    return (await Promise.all(asked)).filter((wait) => wait === 0).length
  }

  rateContract('over Redis', async () => {
    const { rates, rest } = await processes(1)
    return { rate: rates[0]?.rate ?? assert.fail(), rest }
  })

  test('a buyer has 5 a second over both processes together', async () => {
    const both = await processes(2)
    assert.equal(await granted(40, both, 'user one', 5), 5)
    assert.equal(await granted(40, both, 'user other', 5), 5)
    await both.rest(400)
    assert.equal(await granted(40, both, 'user one', 5), 2)
    assert.deepEqual(((await server.command('KEYS', 'rate_limit:*')) as string[]).sort(), [
      'rate_limit:user:one',
      'rate_limit:user:other',
    ])
    const life = (await server.command('PTTL', 'rate_limit:user:one')) as number
    assert.ok(life > 0 && life <= 2000, `${life} ms`)
  })

  test('an address has 200 a second over both, asked for in few calls', async () => {
    const both = await processes(2)
    await server.command('CONFIG', 'RESETSTAT')
    assert.equal(await granted(600, both, 'address 192.0.2.1', 200), 200)
    const stats = (await server.command('INFO', 'commandstats')) as string
    // 300 of each process, 200 a call; the script is sent once.
    assert.ok(Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]) <= 8, stats)
  })

  test('who was refused is refused from memory until the wait that was named is over', async () => {
    const one = await processes(1)
    const rate = one.rates[0]?.rate ?? assert.fail()
    await granted(5, one, 'user', 5)
    assert.equal(await rate.take('user', 5, 5), 200)
    assert.equal(rate.take('user', 5, 5), 200)
    await one.rest(150)
    assert.equal(rate.take('user', 5, 5), 50)
    await one.rest(50)
    assert.equal(await rate.take('user', 5, 5), 0)
  })

  test("by Redis's own time", async () => {
    await server.command('FLUSHALL')
    const shared = await shareRedis(server.url)
    open.push(shared)
    const rate = new RedisRate(shared.redis, new LocalRate(systemClock), systemClock)
    assert.equal(await rate.take('user', 0.1, 1), 0)
    const wait = await rate.take('user', 0.1, 1)
    assert.ok(wait > 1000 && wait <= 10_000, `${wait} ms`)
  })

  test('what cannot be read in Redis counts as nothing', async () => {
    const { rates } = await processes(1)
    for (const write of [
      ['SET', 'rate_limit:user', 'x'],
      ['LPUSH', 'rate_limit:user', 'x'],
    ]) {
      await server.command('DEL', 'rate_limit:user')
      await server.command(...write)
      assert.equal(await rates[0]?.rate.take('user', 5, 5), 0)
    }
  })

  const strikes: [string, () => void | Promise<void>, () => void | Promise<void>][] = [
    ['frozen', () => void process.kill(server.pid(), 'SIGSTOP'), () => void process.kill(server.pid(), 'SIGCONT')],
    ['killed', () => server.kill(), () => server.start()],
  ]
  for (const [how, strike, mend] of strikes) {
    test(`Redis ${how}: nobody waits for it, each process goes on with turns of its own, and then together again`, async () => {
      const both = await processes(2, 50)
      // A machine that is busy may seem silent, too.
      await until(async () => {
        for (const { shared } of both.rates) assert.equal(shared.redis.isAway, false)
        await both.rest(10_000)
        assert.equal(await granted(2, both, 'user', 5), 2)
        for (const { shared } of both.rates) assert.equal(shared.redis.isAway, false)
      })
      await strike()
      try {
        const from = performance.now()
        // One of the five is used up in each.
        assert.equal(await granted(20, both, 'user', 5), 8)
        assert.equal(await granted(20, both, 'user', 5), 0)
        assert.ok(performance.now() - from < 1900, `${performance.now() - from} ms`)
        const { rate, shared } = both.rates[0] ?? assert.fail()
        assert.ok(shared.redis.isAway)
        assert.equal(rate.take('other', 5, 5), 0, 'at once')
      } finally {
        await mend()
      }
      await until(async () => {
        for (const { shared } of both.rates) assert.equal(shared.redis.isAway, false)
        await both.rest(10_000)
        assert.equal(await granted(40, both, 'user', 5), 5)
      })
    })
  }
})
