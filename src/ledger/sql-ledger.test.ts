import { handClock } from '../../test/hand-clock.ts'
import { sqlitePlant } from '../../test/plant.ts'
import { openSqliteStores } from '../../test/sqlite-stores.ts'
import { ledgerContract } from './ledger.contract.ts'
import { ledgerOver } from './sql-ledger.fixture.contract.ts'

// In the books, through the real threads.
ledgerContract('in the books, SQLite', async () => {
  const clock = handClock()
  const open = await openSqliteStores(clock)
  return ledgerOver({ ...open, plant: sqlitePlant(open.plant) }, clock)
})
