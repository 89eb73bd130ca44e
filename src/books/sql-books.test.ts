import { handClock } from '../../test/hand-clock.ts'
import { sqlitePlant } from '../../test/plant.ts'
import { HOLD_TTL_MS, openSqliteStores } from '../../test/sqlite-stores.ts'
import { booksContract } from './books.contract.ts'
import { booksOver } from './sql-books.fixture.contract.ts'

// Through the real threads.
booksContract('SQLite', async () => {
  const clock = handClock()
  const open = await openSqliteStores(clock)
  return booksOver({ ...open, plant: sqlitePlant(open.plant) }, clock, HOLD_TTL_MS)
})
