import { SqlSales } from './books/sql-sales.ts'
import { systemClock } from './platform/clock.ts'
import type { Database } from './platform/sql.ts'

/** What the thread that counts needs of `stores.ts`, in half of its memory: it comes and goes beside a shop that is busy.
 *  @public by its address */
export function makeStores(db: Database) {
  return { sales: new SqlSales(db, systemClock.now) }
}
