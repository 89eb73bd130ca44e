import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '../platform/clock.ts'
import type { Rate } from './rate.ts'

/** What every `Rate` must do. `rest` lets time pass, `make` starts anew. */
export function rateContract(name: string, make: () => { rate: Rate; rest: (ms: number) => Promise<void> }): void {
  describe(`rate: ${name}`, () => {
    it('grants the burst at once, then says how long to wait', () => {
      const { rate } = make()
      for (let turn = 0; turn < 5; turn++) assert.equal(rate.take('buyer', 5, 5), 0)
      assert.ok(rate.take('buyer', 5, 5) > 0)
      assert.ok(rate.take('buyer', 5, 5) <= 200)
    })

    it('grants a turn after the wait it named, and not two', async () => {
      const { rate, rest } = make()
      for (let turn = 0; turn < 5; turn++) rate.take('buyer', 5, 5)
      await rest(rate.take('buyer', 5, 5))
      assert.equal(rate.take('buyer', 5, 5), 0)
      assert.ok(rate.take('buyer', 5, 5) > 0)
    })

    it('takes no turn from whom it refuses', async () => {
      const { rate, rest } = make()
      rate.take('buyer', 5, 1)
      for (let turn = 0; turn < 100; turn++) assert.ok(rate.take('buyer', 5, 1) <= 200)
      await rest(200)
      assert.equal(rate.take('buyer', 5, 1), 0)
    })

    it('saves up no more than the burst', async () => {
      const { rate, rest } = make()
      rate.take('buyer', 5, 3)
      await rest(5000)
      for (let turn = 0; turn < 3; turn++) assert.equal(rate.take('buyer', 5, 3), 0)
      assert.ok(rate.take('buyer', 5, 3) > 0)
    })

    it('keeps keys apart', () => {
      const { rate } = make()
      assert.equal(rate.take('one', 1, 1), 0)
      assert.equal(rate.take('other', 1, 1), 0)
      assert.ok(rate.take('one', 1, 1) > 0)
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
