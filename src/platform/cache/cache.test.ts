import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock } from '../../../test/hand-clock.ts'
import { Fault } from '../../core/fault.ts'
import { cacheContract, slowSource, source } from './cache.contract.ts'
import { Cache, type CacheResult } from './cache.ts'

function open({ most = 1_000_000, lagMs = 0 } = {}) {
  const clock = handClock()
  const counts = new Map<CacheResult, number>()
  const counted = (result: CacheResult) => counts.set(result, (counts.get(result) ?? 0) + 1)
  const isValue = (value: unknown) => typeof value === 'string'
  const parts = { clock, shared: null, isValue, sizeOf: (value: string) => value.length, most, lagMs, counted }
  return { clock, counts, cache: new Cache<string>(parts) }
}

cacheContract('alone', async () => open())

test('fresh for 30 s, nothing for 5 s', async () => {
  const { cache, clock } = open()
  const [here, nothing] = [source('one'), source(undefined)]
  const read = () => Promise.all([cache.get('a', here.load), cache.get('b', nothing.load)])
  await read()
  await clock.advance(4999)
  await read()
  assert.deepEqual([here.loads, nothing.loads], [1, 1])
  await clock.advance(1)
  await read()
  assert.deepEqual([here.loads, nothing.loads], [1, 2])
  await clock.advance(25_000)
  await read()
  assert.equal(here.loads, 2)
})

test('what was fresh once is shown while somebody makes it anew, for two minutes', async () => {
  const { cache, clock, counts } = open()
  await cache.get('a', source('old').load)
  await clock.advance(30_000 + 119_000)
  const slow = slowSource('new')
  const rebuilt = cache.get('a', slow.load)
  await slow.begun
  assert.equal(await cache.get('a', slow.load), 'old')
  assert.equal(counts.get('stale'), 1)
  slow.end()
  assert.equal(await rebuilt, 'new')
  await clock.advance(30_000 + 120_000)
  const slower = slowSource('newer')
  const again = cache.get('a', slower.load)
  const waits = cache.get('a', slower.load)
  await slower.begun
  slower.end()
  assert.deepEqual(await Promise.all([again, waits]), ['newer', 'newer'])
})

test('who waits for a load that takes long is refused after 2 s; who loads is not', async () => {
  const { cache, clock, counts } = open()
  const slow = slowSource('one')
  const loads = cache.get('a', slow.load)
  const waits = Array.from({ length: 3 }, () => cache.get('a', slow.load))
  const refused = Promise.allSettled(waits)
  await clock.advance(2000)
  for (const one of await refused) {
    const reason = (one as { reason: unknown }).reason
    assert.ok(reason instanceof Fault && reason.code === 'cache-busy' && reason.outcome === 'refused')
  }
  slow.end()
  assert.equal(await loads, 'one')
  assert.deepEqual([counts.get('loaded'), counts.get('refused'), counts.get('waited')], [1, 3, undefined])
})

test('keeps what was asked for last, within its size', async () => {
  const { cache } = open({ most: 3 * 300 })
  const text = 'x'.repeat(99)
  const sources = new Map(['a', 'b', 'c', 'd'].map((key) => [key, source(text)]))
  const read = (key: string) => cache.get(key, sources.get(key)?.load ?? assert.fail())
  for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await read(key)
  assert.deepEqual(
    [...sources].map(([key, { loads }]) => [key, loads]),
    [
      ['a', 1],
      ['b', 2],
      ['c', 1],
      ['d', 1],
    ],
  )
  const huge = source('x'.repeat(2000))
  for (let turn = 0; turn < 2; turn++) assert.equal(await cache.get('huge', huge.load), huge.value)
  assert.equal(huge.loads, 2, 'what is larger than all is not kept')
})

test('where a replica is read, what is loaded soon after a change is kept for a second only', async () => {
  const { cache, clock } = open({ lagMs: 10_000 })
  const replica = source('old')
  await cache.get('a', replica.load)
  await cache.forget('a')
  assert.equal(await cache.get('a', replica.load), 'old')
  replica.value = 'new'
  await clock.advance(1000)
  assert.equal(await cache.get('a', replica.load), 'new')
  await clock.advance(10_000)
  await cache.get('a', replica.load)
  await clock.advance(29_000)
  await cache.get('a', replica.load)
  assert.equal(replica.loads, 4)
})
