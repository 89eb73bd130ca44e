import { systemClock } from '../src/platform/clock.ts'
import { postgresAddress } from '../src/platform/postgres/address.ts'
import { PostgresDatabase } from '../src/platform/postgres/postgres-database.ts'
import { systemRandom } from '../src/platform/random.ts'
import type { Database } from '../src/platform/sql.ts'
import { makeStores } from '../src/stores.ts'
import type { HandClock } from './hand-clock.ts'
import { postgresPlant } from './postgres-client.ts'

export const HOLD_TTL_MS = 600_000

export function openDatabase(url: string, slow: (text: string, ms: number) => void = () => {}): PostgresDatabase {
  const address = postgresAddress(url)
  if (!address) throw new Error(`${url} is no address`)
  return new PostgresDatabase(address, { clock: systemClock, random: systemRandom, slow, lost() {} })
}

/** The shop's own stores in a database of their own, by the test's time, and a connection of the test's own to look at what no
 *  port shows and to plant what none does. @param direct where `url` leads through something that the test's own must not take. */
export async function openPostgresStores(clock: HandClock, url: string, direct = url) {
  const database = openDatabase(url)
  const byHand: Database = {
    facts: database.facts,
    now: clock.now,
    read: database.read.bind(database),
    write: database.write.bind(database),
  }
  const stores = makeStores(byHand, { holdTtlMs: HOLD_TTL_MS, currency: 'EUR' })
  await stores.schema.migrate()
  const plant = postgresPlant(direct)
  return {
    stores,
    database,
    plant,
    async [Symbol.asyncDispose]() {
      await plant[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
