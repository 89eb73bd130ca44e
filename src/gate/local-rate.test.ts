import assert from 'node:assert/strict'
import { it } from 'node:test'
import { LocalRate } from './local-rate.ts'
import { handClock, rateContract } from './rate.contract.ts'

rateContract('local', () => {
  const clock = handClock()
  return { rate: new LocalRate(clock), rest: async (ms) => clock.advance(ms) }
})

it('forgets the key first seen when it remembers too many', () => {
  const rate = new LocalRate(handClock(), 2)
  for (const key of ['a', 'b', 'c']) rate.take(key, 1, 1)
  assert.equal(rate.take('a', 1, 1), 0)
  assert.ok(rate.take('c', 1, 1) > 0)
})
