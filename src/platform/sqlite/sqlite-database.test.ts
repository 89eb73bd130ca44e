import assert from 'node:assert/strict'
import { it } from 'node:test'
import { handClock } from '../../../test/hand-clock.ts'
import { newId } from '../../../test/samples.ts'
import { openSqliteStores } from '../../../test/sqlite-stores.ts'

// The thread that found the order to stop while it still looked for calls took it for one, in a quarter of all cases.
it('stops right after its last answer', { timeout: 30_000 }, async () => {
  for (let round = 0; round < 6; round++) {
    await using open = await openSqliteStores(handClock())
    const [, order] = await Promise.all([open.stores.outbox.again(0), open.stores.books.order(newId())])
    assert.equal(order, null)
  }
})
