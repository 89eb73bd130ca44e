import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Cache, CacheResult } from './cache.ts'

export type CacheUnderTest = { cache: Cache<string>; counts: Map<CacheResult, number> }

/** What a load finds, and how often it was asked. */
export function source(value: string | undefined) {
  const state = { value, loads: 0 }
  const load = async () => {
    state.loads++
    return state.value
  }
  return Object.assign(state, { load })
}

/** A load that ends when it is told to, with what was there when it began. */
export function slowSource(value: string) {
  const state = { value, loads: 0 }
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const load = async () => {
    const found = state.value
    state.loads++
    begun.resolve()
    await ended.promise
    return found
  }
  return Object.assign(state, { load, begun: begun.promise, end: ended.resolve })
}

/** What every cache must do, alone or with others. `open` makes an empty one. */
export function cacheContract(name: string, open: () => Promise<CacheUnderTest>): void {
  suite(`cache: ${name}`, () => {
    test('loads once for all who ask at once, and for those who come later', async () => {
      const { cache, counts } = await open()
      const here = source('one')
      const found = await Promise.all(Array.from({ length: 100 }, () => cache.get('a', here.load)))
      assert.deepEqual([new Set(found), here.loads], [new Set(['one']), 1])
      assert.equal(await cache.get('a', here.load), 'one')
      assert.deepEqual(
        counts,
        new Map([
          ['loaded', 1],
          ['waited', 99],
          ['process', 1],
        ]),
      )
    })

    test('knows that there is nothing, too', async () => {
      const { cache } = await open()
      const nothing = source(undefined)
      for (let turn = 0; turn < 3; turn++) assert.equal(await cache.get('a', nothing.load), undefined)
      assert.equal(nothing.loads, 1)
    })

    test('forgets one key at once, or all', async () => {
      const { cache } = await open()
      const [a, b] = [source('a'), source('b')]
      const read = async () => [await cache.get('a', a.load), await cache.get('b', b.load)]
      await read()
      a.value = b.value = 'new'
      const forgetting = cache.forget('a')
      assert.deepEqual(await read(), ['new', 'b'])
      await forgetting
      assert.deepEqual(await read(), ['new', 'b'])
      await cache.forget(null)
      assert.deepEqual(await read(), ['new', 'new'])
    })

    for (const key of ['a', null]) {
      test(`does not keep what was loaded before ${key ?? 'all'} was forgotten`, async () => {
        const { cache } = await open()
        const slow = slowSource('old')
        const early = cache.get('a', slow.load)
        await slow.begun
        await cache.forget(key)
        slow.end()
        assert.equal(await early, 'old')
        const after = source('new')
        assert.equal(await cache.get('a', after.load), 'new')
        assert.equal(await cache.get('a', after.load), 'new')
        assert.equal(after.loads, 1)
      })
    }

    test('who asks after the forgetting does not wait for a load from before it', async () => {
      const { cache } = await open()
      const slow = slowSource('old')
      const early = cache.get('a', slow.load)
      await slow.begun
      await cache.forget('a')
      assert.equal(await cache.get('a', source('new').load), 'new')
      slow.end()
      await early
      assert.equal(await cache.get('a', source('newer').load), 'new')
    })

    test('a load that fails is told to all who waited, and the next one tries anew', async () => {
      const { cache } = await open()
      const failing = async () => {
        throw new Error('no database')
      }
      const asked = [cache.get('a', failing), cache.get('a', failing)]
      for (const one of await Promise.allSettled(asked)) assert.match(String((one as { reason: unknown }).reason), /no database/)
      assert.equal(await cache.get('a', source('one').load), 'one')
    })
  })
}
