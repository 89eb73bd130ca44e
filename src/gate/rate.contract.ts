import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '../platform/clock.ts'
import type { Rate } from './rate.ts'

export type RateUnderTest = { rate: Rate; rest: (ms: number) => Promise<void> }

/** What every `Rate` must do. `rest` lets time pass, `make` starts anew. */
export function rateContract(name: string, make: () => RateUnderTest | Promise<RateUnderTest>): void {
  describe(`rate: ${name}`, () => {
    it('grants the burst at once, then says how long to wait', async () => {
      const { rate } = await make()
      for (let turn = 0; turn < 5; turn++) assert.equal(await rate.take('buyer', 5, 5), 0)
      assert.equal(await rate.take('buyer', 5, 5), 200)
    })

    it('grants a turn after the wait it named, and not two', async () => {
      const { rate, rest } = await make()
      for (let turn = 0; turn < 5; turn++) await rate.take('buyer', 5, 5)
      await rest(await rate.take('buyer', 5, 5))
      assert.equal(await rate.take('buyer', 5, 5), 0)
      assert.ok((await rate.take('buyer', 5, 5)) > 0)
    })

    it('takes no turn from whom it refuses', async () => {
      const { rate, rest } = await make()
      await rate.take('buyer', 5, 1)
      for (let turn = 0; turn < 100; turn++) assert.equal(await rate.take('buyer', 5, 1), 200)
      await rest(200)
      assert.equal(await rate.take('buyer', 5, 1), 0)
    })

    it('saves up no more than the burst', async () => {
      const { rate, rest } = await make()
      await rate.take('buyer', 5, 3)
      await rest(5000)
      for (let turn = 0; turn < 3; turn++) assert.equal(await rate.take('buyer', 5, 3), 0)
      assert.ok((await rate.take('buyer', 5, 3)) > 0)
    })

    it('keeps keys apart, and counts each of those that come at once', async () => {
      const { rate } = await make()
      const waits = ['one', 'other', 'one', 'one'].map((key) => rate.take(key, 1, 2))
      assert.deepEqual(await Promise.all(waits), [0, 0, 0, 1000])
    })

    it('a slow rate waits long: once a minute', async () => {
      const { rate, rest } = await make()
      assert.equal(await rate.take('buyer', 1 / 60, 1), 0)
      await rest(59_000)
      assert.ok(Math.abs((await rate.take('buyer', 1 / 60, 1)) - 1000) <= 1)
      await rest(1001)
      assert.equal(await rate.take('buyer', 1 / 60, 1), 0)
    })
  })
}

/** A clock that a test moves. */
export function handClock(): Clock & { advance(ms: number): void } {
  let at = 0
  return {
    now: () => 1_800_000_000_000 + at,
    ticks: () => at,
    soon: setImmediate,
    sleep: async () => {},
    advance: (ms) => {
      at += ms
    },
  }
}
