import assert from 'node:assert/strict'
import { it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { Loop } from './loop.ts'

it('tells the turn under way that it is to stop, and stops after it', { timeout: 5000 }, async () => {
  const begun = Promise.withResolvers<void>()
  let turns = 0
  const turn = (stopping: AbortSignal) => {
    turns++
    begun.resolve()
    return new Promise<boolean>((resolve) => stopping.addEventListener('abort', () => resolve(true)))
  }
  const loop = new Loop('long', handClock(), 1000, turn, assert.fail)
  loop.start()
  await begun.promise
  await loop.stop()
  assert.equal(turns, 1)
})
