import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerTimes } from './answer-times.ts'

/** Of the class of `ms`. */
const isAbout = (value: number | undefined, ms: number): boolean =>
  value !== undefined && value >= ms * 0.999 && value < ms * 1.0905

test('half of the answers and 99 of 100 took at most so long', () => {
  const times = new AnswerTimes()
  for (let n = 1; n <= 100; n++) times.add(n)
  assert.ok(isAbout(times.within(0.5), 50), `${times.within(0.5)}`)
  assert.ok(isAbout(times.within(0.99), 99), `${times.within(0.99)}`)
})

test('no answer has no time', () => assert.equal(new AnswerTimes().within(0.5), undefined))

test('what took no time, and what took for ever, is counted', () => {
  for (const [ms, said] of [
    [0, 0.01],
    [-1, 0.01],
    [3_600_000, 60_000],
  ] as const) {
    const times = new AnswerTimes()
    times.add(ms)
    assert.ok(isAbout(times.within(0.99), said), `${ms}: ${times.within(0.99)}`)
  }
})

test('only what came after a copy', () => {
  const times = new AnswerTimes()
  for (let n = 0; n < 1000; n++) times.add(100)
  const earlier = times.copy()
  assert.equal(times.since(earlier).within(0.5), undefined)
  times.add(1)
  assert.ok(isAbout(times.since(earlier).within(0.99), 1))
})
