import assert from 'node:assert/strict'
import { it } from 'node:test'
import { handClock } from '../../../test/hand-clock.ts'
import { newId } from '../../../test/samples.ts'
import { openSqliteStores } from '../../../test/sqlite-stores.ts'
import { PassingThread, SqliteThread } from './sqlite-database.ts'

// The thread that found the order to stop while it still looked for calls took it for one, in a quarter of all cases.
it('stops right after its last answer', { timeout: 30_000 }, async () => {
  for (let round = 0; round < 6; round++) {
    await using open = await openSqliteStores(handClock())
    const [, order] = await Promise.all([open.stores.outbox.again(0), open.stores.books.order(newId())])
    assert.equal(order, null)
  }
})

it('lets nobody wait for what counts row by row', { timeout: 30_000 }, async () => {
  await using open = await openSqliteStores(handClock())
  const answered: string[] = []
  const count = open.stores.sales.moneyTally(0).then(() => answered.push('count'))
  await open.stores.books.order(newId()).then(() => answered.push('read'))
  await count
  assert.deepEqual(answered, ['read', 'count'])
})

/** One that counts how often it came and tells when it has gone. */
function passing(path: string, stayMs: number, fails = 0) {
  const stores = new URL('../../count-stores.ts', import.meta.url).href
  const left = Promise.withResolvers<void>()
  const seen = { opened: 0, left: left.promise }
  const thread = new PassingThread(async () => {
    if (seen.opened++ < fails) throw new Error('it cannot be opened')
    const opened = await SqliteThread.open({ path, use: 'count', stores, options: null }, assert.fail)
    const end = opened.end.bind(opened)
    opened.end = () => end().then(left.resolve)
    return opened
  }, stayMs)
  return { thread, seen, ask: () => thread.call('sales', 'tally', [newId()], 'next') }
}

it('has a passing thread only while somebody asks', { timeout: 30_000 }, async () => {
  await using open = await openSqliteStores(handClock())
  const { seen, ask, thread } = passing(open.path, 1)
  assert.deepEqual(await Promise.all([ask(), ask()]), [null, null])
  assert.equal(seen.opened, 1)
  await seen.left
  assert.equal(await ask(), null)
  assert.equal(seen.opened, 2)
  await thread.stop()
})

it('keeps a passing thread while it is asked again, and ends what it was asked when it stops', { timeout: 30_000 }, async () => {
  await using open = await openSqliteStores(handClock())
  const { seen, ask, thread } = passing(open.path, 60_000)
  await ask()
  await ask()
  assert.equal(seen.opened, 1)
  const asked = assert.rejects(ask(), { name: 'Fault', code: 'store-gone' })
  await thread.stop()
  await asked
})

it('tries a passing thread anew where it could not be opened', { timeout: 30_000 }, async () => {
  await using open = await openSqliteStores(handClock())
  const { ask, thread } = passing(open.path, 60_000, 1)
  await assert.rejects(ask(), /it cannot be opened/)
  assert.equal(await ask(), null)
  await thread.stop()
})
