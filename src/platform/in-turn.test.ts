import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { inTurn } from './in-turn.ts'

/** Work that ends when the test says so. */
function slowWork() {
  const begun: PromiseWithResolvers<number>[] = []
  const ask = inTurn(() => {
    const one = Promise.withResolvers<number>()
    begun.push(one)
    return one.promise
  })
  return { begun, ask }
}

it('does one at a time, and the next one for all who asked meanwhile', async () => {
  const { begun, ask } = slowWork()
  const first = ask()
  await soon()
  const others = [ask(), ask()]
  await soon()
  assert.equal(begun.length, 1)
  begun[0]?.resolve(1)
  assert.equal(await first, 1)
  await soon()
  assert.equal(begun.length, 2)
  const later = ask()
  begun[1]?.resolve(2)
  assert.deepEqual(await Promise.all(others), [2, 2])
  await soon()
  begun[2]?.resolve(3)
  assert.equal(await later, 3)
  const again = ask()
  await soon()
  begun[3]?.resolve(4)
  assert.equal(await again, 4)
})

it('goes on after a failure, which is of those alone who asked for it', async () => {
  const { begun, ask } = slowWork()
  const first = ask()
  await soon()
  const second = ask()
  begun[0]?.reject(new Error('it failed'))
  await assert.rejects(first, /it failed/)
  await soon()
  begun[1]?.resolve(2)
  assert.equal(await second, 2)
})
