import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { behindBuyers } from './behind-buyers.ts'

const going = new AbortController().signal

for (const { worksMs, waits, restsMs } of [
  { worksMs: 20, waits: true, restsMs: 80 },
  { worksMs: 500, waits: true, restsMs: 250 },
  { worksMs: 20, waits: false, restsMs: 0 },
]) {
  test(`after ${worksMs} ms of work it rests ${restsMs} ms where buyers ${waits ? 'wait' : 'do not wait'}`, async () => {
    const clock = handClock()
    const from = clock.ticks()
    const work = async () => {
      await clock.sleep(worksMs)
      return true
    }
    const turned = behindBuyers(work, clock, () => waits)(going)
    let ended = Number.NaN
    void turned.then(() => {
      ended = clock.ticks() - from
    })
    await clock.advance(1000)
    assert.equal(await turned, true)
    assert.equal(ended, worksMs + restsMs)
  })
}
