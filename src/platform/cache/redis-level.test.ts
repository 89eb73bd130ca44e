import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import { until } from '../../../test/redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../../test/redis-server.ts'
import { newId } from '../../../test/samples.ts'
import { type SharedHere, shareRedis } from '../../../test/shared-redis.ts'
import { Fault } from '../../core/fault.ts'
import { systemClock } from '../clock.ts'
import { type CacheUnderTest, cacheContract, slowSource, source } from './cache.contract.ts'
import { Cache, type CacheResult } from './cache.ts'
import { RedisLevel } from './redis-level.ts'

/** A cache as one of several processes has it. */
type Process = CacheUnderTest & { shared: SharedHere; level: RedisLevel }

suite('a cache that processes share', { skip: withoutRedis('redis-server'), timeout: 180_000 }, () => {
  let server: RedisServer
  const processes: Process[] = []
  before(async () => {
    server = await startRedis()
  })
  afterEach(async () => {
    for (const { level, shared } of processes.splice(0)) {
      await level.stop()
      await shared[Symbol.asyncDispose]()
    }
  })
  after(() => server.stop())

  async function open(name: string, mostMs?: number): Promise<Process> {
    const shared = await shareRedis(server.url, mostMs)
    const counts = new Map<CacheResult, number>()
    const counted = (result: CacheResult) => counts.set(result, (counts.get(result) ?? 0) + 1)
    const level = new RedisLevel({ name, redis: shared.redis, listener: shared.listener, clock: systemClock, newId })
    const isValue = (value: unknown) => typeof value === 'string'
    const cache = new Cache<string>({ clock: systemClock, shared: level, isValue, sizeOf: () => 0, most: 1e6, lagMs: 0, counted })
    await cache.listen()
    const process = { cache, counts, shared, level }
    processes.push(process)
    return process
  }
  const two = async (name: string = newId()) => [await open(name), await open(name), name] as const
  const valueKey = (name: string, key = 'a') => `cache:{${name}}:value:${key}`
  /** Answers whether a value is there yet: it is kept while the answer is already given. */
  const isKept = (name: string, key = 'a') =>
    until(async () => assert.equal(await server.command('EXISTS', valueKey(name, key)), 1))
  /** As two minutes do. */
  const age = (name: string) => server.command('HSET', valueKey(name), 'until', '0')

  cacheContract('over Redis', () => open(newId()))

  test('a hundred at once in two processes: one load', async () => {
    const [one, other] = await two()
    const slow = slowSource('value')
    const asked = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? one : other).cache.get('a', slow.load))
    await slow.begun
    slow.end()
    assert.deepEqual([new Set(await Promise.all(asked)), slow.loads], [new Set(['value']), 1])
    const loads = [one, other].map(({ counts }) => counts.get('loaded') ?? 0)
    assert.deepEqual(loads.sort(), [0, 1])
  })

  test('what one process found the other has from Redis, also that there is nothing', async () => {
    for (const value of ['value', undefined]) {
      const [one, other, name] = await two()
      await one.cache.get('a', source(value).load)
      await isKept(name)
      const unasked = source('of the database')
      assert.deepEqual([await other.cache.get('a', unasked.load), unasked.loads], [value, 0])
      const [life, most] = [(await server.command('PTTL', valueKey(name))) as number, value === undefined ? 125_000 : 240_000]
      assert.ok(life > most - 20_000 && life <= most, `${life} ms`)
    }
  })

  test('a load that takes longer than the lock lives: its watchdog holds it, the other process is refused', async () => {
    // Tried again: a machine that stands still for longer than the lock lives loses it.
    await until(async () => {
      const [one, other] = await two()
      const [slow, second] = [slowSource('value'), source('second')]
      const loads = one.cache.get('a', slow.load)
      await slow.begun
      await assert.rejects(other.cache.get('a', second.load), (error) => error instanceof Fault && error.code === 'cache-busy')
      slow.end()
      assert.equal(await loads, 'value')
      assert.equal(await other.cache.get('a', second.load), 'value')
      assert.deepEqual([second.loads, other.counts.get('refused')], [0, 1])
    })
  })

  test('the holder dies: the lock runs out, and another takes over', async () => {
    const [one, other] = await two()
    const [dies, slow] = [slowSource('of the dead'), source('value')]
    const never = one.cache.get('a', dies.load)
    await dies.begun
    // Its connection goes with it, and so does its watchdog.
    await one.shared.link.stop()
    assert.equal(await other.cache.get('a', slow.load), 'value')
    assert.equal(slow.loads, 1)
    dies.end()
    await never
  })

  test('what was fresh once is shown while another process makes it anew', async () => {
    const [one, other, name] = await two()
    await one.cache.get('a', source('old').load)
    await isKept(name)
    await age(name)
    const third = await open(name)
    const slow = slowSource('new')
    const rebuilt = third.cache.get('a', slow.load)
    await slow.begun
    assert.equal(await other.cache.get('a', slow.load), 'old')
    assert.deepEqual([other.counts.get('stale'), slow.loads], [1, 1])
    slow.end()
    assert.equal(await rebuilt, 'new')
    await until(async () => assert.equal(await other.cache.get('a', slow.load), 'new'))
  })

  test('what one process forgets, a key or all, the others forget', async () => {
    const [one, other] = await two()
    for (const [key, value] of [
      ['a', 'new'],
      [null, 'newer'],
    ] as const) {
      for (const { cache } of [one, other]) await cache.get('a', source('old').load)
      const kept = await other.cache.get('b', source('b').load)
      await one.cache.forget(key)
      await until(async () => assert.equal(await other.cache.get('a', source(value).load), value))
      assert.equal(await one.cache.get('a', source('not asked').load), value)
      if (key !== null) assert.equal(await other.cache.get('b', source('not asked').load), kept)
    }
  })

  for (const key of ['a', null]) {
    test(`a load in one process is not kept when the other has forgotten ${key ?? 'all'} since it began`, async () => {
      const [one, other, name] = await two()
      const slow = slowSource('old')
      const early = one.cache.get('a', slow.load)
      await slow.begun
      await other.cache.forget(key)
      assert.equal(await other.cache.get('a', source('new').load), 'new', 'and nobody waits for it')
      await isKept(name)
      slow.end()
      assert.equal(await early, 'old')
      const [epoch, text] = (await server.command('HMGET', valueKey(name), 'epoch', 'text')) as string[]
      assert.deepEqual([epoch, text], [await server.command('GET', `cache:{${name}}:epoch`), '"new"'])
      await until(async () => assert.equal(await one.cache.get('a', source('newer').load), 'new'))
    })
  }

  test('what cannot be read in Redis is passed over and made anew', async () => {
    const name = newId()
    const garbage = ['{', '7', '[null]', '{"text": 1}']
    for (const text of garbage) {
      await (await open(name)).cache.get('a', source('value').load)
      await isKept(name)
      await server.command('HSET', valueKey(name), 'text', text)
      const here = source('anew')
      assert.equal(await (await open(name)).cache.get('a', here.load), 'anew')
      assert.equal(here.loads, 1)
      await until(async () => assert.equal(await server.command('HGET', valueKey(name), 'text'), '"anew"'))
      await server.command('DEL', valueKey(name))
    }
    await server.command('SET', valueKey(name), 'of another type')
    assert.equal(await (await open(name)).cache.get('a', source('value').load), 'value')
    await until(async () => assert.equal(await server.command('HGET', valueKey(name), 'text'), '"value"'))
  })

  test('a message that cannot be read forgets all', async () => {
    const [one, , name] = await two()
    for (const [i, message] of ['{', '{}', '{"by": 1, "keys": "a"}'].entries()) {
      await one.cache.get('a', source(`old ${i}`).load)
      await isKept(name)
      await server.command('DEL', valueKey(name))
      await server.command('PUBLISH', `cache:{${name}}:forget`, message)
      await until(async () => assert.equal(await one.cache.get('a', source(`new ${i}`).load), `new ${i}`))
      await one.cache.forget(null)
    }
  })

  test('what many forget at once is told together, and too many keys are all', async () => {
    const [one, other] = await two()
    const keys = Array.from({ length: 600 }, (_, i) => `k${i}`)
    for (const key of ['k0', 'k599', 'z']) await other.cache.get(key, source('old').load)
    await Promise.all(keys.map((key) => one.cache.forget(key)))
    for (const key of ['k0', 'k599', 'z']) {
      await until(async () => assert.equal(await other.cache.get(key, source('new').load), 'new'))
    }
  })

  const strikes: [string, () => void | Promise<void>, () => void | Promise<void>][] = [
    ['frozen', () => void process.kill(server.pid(), 'SIGSTOP'), () => void process.kill(server.pid(), 'SIGCONT')],
    ['killed', () => server.kill(), () => server.start()],
  ]
  for (const [how, strike, mend] of strikes) {
    test(`Redis ${how}: reads go on from process and database, and what was forgotten meanwhile is told when it is back`, async () => {
      const name = newId()
      const [one, other] = [await open(name, 100), await open(name)]
      for (const { cache } of [one, other]) await cache.get('a', source('old').load)
      await other.cache.get('z', source('old').load)
      for (const key of ['a', 'z']) await isKept(name, key)
      await strike()
      try {
        const from = performance.now()
        const here = source('of the database')
        await Promise.all(Array.from({ length: 10 }, (_, i) => one.cache.get(`new ${i}`, here.load)))
        assert.equal(here.loads, 10)
        assert.equal(await one.cache.get('a', here.load), 'old')
        await one.cache.forget('a')
        assert.equal(await one.cache.get('a', source('new').load), 'new')
        await Promise.all([one.cache.forget('z'), one.cache.forget('c')])
        assert.equal(await one.cache.get('a', here.load), 'new')
        // The link itself waits for 2 s.
        assert.ok(performance.now() - from < 1900, `${performance.now() - from} ms`)
        assert.ok(one.shared.redis.isAway)
        assert.ok(one.shared.lost.length > 0)
      } finally {
        await mend()
      }
      await until(async () => assert.equal(one.shared.redis.isAway, false))
      assert.equal(await one.cache.get('z', source('new').load), 'new', 'before Redis has heard')
      await until(async () => assert.equal(await other.cache.get('a', source('new').load), 'new'))
      await until(async () => assert.equal(await server.command('HGET', valueKey(name), 'text'), '"new"'))
      await until(async () => {
        await one.cache.forget('a')
        assert.equal(await one.cache.get('a', source('newest').load), 'newest')
        await until(async () => assert.equal(await server.command('HGET', valueKey(name), 'text'), '"newest"'), 1000)
      })
    })
  }

  test('a Redis that refuses is done without', async () => {
    const one = await open(newId(), 20_000)
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    try {
      assert.equal(await one.cache.get('a', source('value').load), 'value')
      assert.match(one.shared.lost[0] ?? '', /OOM/)
    } finally {
      await server.command('CONFIG', 'SET', 'maxmemory', '0')
    }
  })
})
