import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idle } from '../../test/hand-clock.ts'
import { Fault } from '../core/fault.ts'
import { Batches } from './batches.ts'

/** Each call waits until the test answers it. */
function somebodySlow(waitingMax = 100, atOnceMax = 100) {
  const calls: { items: string[]; answer: (error?: Error) => void }[] = []
  const state = { lost: 0 }
  const batches = new Batches<string>({
    soon: setImmediate,
    waitingMax,
    atOnceMax,
    send: (items) =>
      new Promise((resolve, reject) => calls.push({ items, answer: (error) => (error ? reject(error) : resolve()) })),
    lost: (items) => {
      state.lost += items
    },
  })
  const add = (...items: string[]) => items.map((item) => batches.add(item, item)).at(-1)
  return { batches, calls, state, add }
}

const away = new Fault('redis-down', 'refused', 'away')

test('what comes in one turn goes in one call, what comes during the call in the next', async () => {
  const { calls, add } = somebodySlow()
  const first = add('a', 'b')
  await idle()
  const second = add('c')
  add('d')
  await idle()
  assert.deepEqual(
    calls.map(({ items }) => items),
    [['a', 'b']],
  )
  calls[0]?.answer()
  await first
  await idle()
  assert.deepEqual(calls[1]?.items, ['c', 'd'])
  calls[1]?.answer()
  await second
})

test('of one key the latest goes, where the latest stands', async () => {
  const { batches, calls, state } = somebodySlow()
  for (const [key, item] of ['k1', 'l1', 'k2'].map((text) => [text.slice(0, 1), text] as const)) void batches.add(key, item)
  await idle()
  assert.deepEqual(calls[0]?.items, ['l1', 'k2'])
  assert.equal(state.lost, 0)
  calls[0]?.answer()
})

test('so many wait and no more: the oldest are lost, and counted', async () => {
  const { calls, state, add } = somebodySlow(3, 2)
  add('under way')
  await idle()
  add('a', 'b', 'c', 'd', 'e')
  assert.equal(state.lost, 2)
  calls[0]?.answer()
  await idle()
  assert.deepEqual(calls[1]?.items, ['c', 'd'])
  calls[1]?.answer()
  await idle()
  assert.deepEqual(calls[2]?.items, ['e'])
  calls[2]?.answer()
})

test('a fault loses its call and no other; whoever waits goes on', async () => {
  const { batches, calls, state, add } = somebodySlow(10, 2)
  const through = add('a', 'b', 'c')
  await idle()
  calls[0]?.answer(away)
  await idle()
  assert.deepEqual(calls[1]?.items, ['c'])
  calls[1]?.answer()
  await through
  assert.equal(state.lost, 2)
  await batches.idle()
})

test('a bug is not lost', async () => {
  const { calls, state, add } = somebodySlow()
  const through = add('a')
  await idle()
  calls[0]?.answer(new TypeError('a bug'))
  await assert.rejects(async () => through, TypeError)
  assert.equal(state.lost, 0)
})
