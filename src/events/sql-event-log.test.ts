import { handClock } from '../../test/hand-clock.ts'
import { openSqliteStores } from '../../test/sqlite-stores.ts'
import { eventLogContract } from './event-log.contract.ts'

eventLogContract('SQLite', async () => {
  const clock = handClock()
  const open = await openSqliteStores(clock)
  return { events: open.stores.events, clock, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
})
