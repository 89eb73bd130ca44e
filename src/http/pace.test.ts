import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { memoryShop } from '../../test/memory-shop.ts'
import { Pace } from './pace.ts'

const shop = memoryShop()
const one = shop.process()
const clock = handClock()
const pace = new Pace(one.board, clock, (_name, error) => assert.fail(String(error)))
const { id } = await shop.sale(1, {}, one)
pace.start()
after(() => pace.stop())

const answer = (times: number, outcome: string, ms: number) => {
  for (let n = 0; n < times; n++) one.board.count(id, outcome, ms)
}

test('what was accepted in the last second, and how long the answers of the last ten took', async () => {
  await clock.advance(1000)
  assert.deepEqual([pace.of(id), pace.latencyOf(id)], [0, null])
  answer(3, 'accepted', 40)
  answer(97, 'sold-out', 1)
  answer(2, 'busy', 500)
  await clock.advance(1000)
  assert.equal(pace.of(id), 3)
  const { p50, p99 } = pace.latencyOf(id) ?? assert.fail('there were answers')
  assert.ok(p50 >= 1 && p50 < 1.1, `${p50}`)
  assert.ok(p99 >= 500 && p99 < 550, `${p99}`)
  await clock.advance(1000)
  assert.equal(pace.of(id), 0)
  assert.deepEqual(pace.latencyOf(id), { p50, p99 })
  await clock.advance(8000)
  assert.deepEqual(pace.latencyOf(id), { p50, p99 })
  await clock.advance(1000)
  assert.equal(pace.latencyOf(id), null)
})

test('a sale that is new on the board is counted from its first purchase on', async () => {
  const { id: other } = await shop.sale(1, {}, one)
  one.board.count(other, 'accepted', 1)
  await clock.advance(1000)
  assert.equal(pace.of(other), 1)
  assert.notEqual(pace.latencyOf(other), null)
})

test('a sale that nobody knows has no figures', () => {
  const unknown = '0190f7b4-0000-7000-8000-000000000009'
  assert.deepEqual([pace.of(unknown), pace.latencyOf(unknown)], [0, null])
})
