import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../src/platform/clock.ts'
import type { Database } from '../src/platform/sql.ts'
import { remoteStores, SqliteThread } from '../src/platform/sqlite/sqlite-database.ts'
import { ranks, reads } from '../src/store-calls.ts'
import { makeStores as makeShopStores, type StoreSettings, type Stores } from '../src/stores.ts'
import { type HandClock, readTime } from './hand-clock.ts'

export const HOLD_TTL_MS = 600_000

type Settings = StoreSettings & { time: SharedArrayBuffer }

/** The shop's own stores; a database thread of the test loads this module and reads the test's time.
 *  @public by its address */
export function makeStores(db: Database, { time, ...settings }: Settings): Stores {
  systemClock.now = readTime(time)
  return makeShopStores(db, settings)
}

/** A new file, its two threads, and a connection of the test's own to look at what no port shows and to plant what none does. */
export async function openSqliteStores(clock: HandClock) {
  const folder = mkdtempSync(join(tmpdir(), 'stores-'))
  const path = join(folder, 'doorbuster.db')
  const options: Settings = { holdTtlMs: HOLD_TTL_MS, currency: 'EUR', time: clock.shared }
  const open = (readOnly: boolean) =>
    SqliteThread.open({ path, readOnly, stores: import.meta.url, options }, (error) => {
      throw error
    })
  const writer = await open(false)
  await writer.call('schema', 'migrate', [], 'next')
  const reader = await open(true)
  const plant = new DatabaseSync(path)
  return {
    stores: remoteStores<Stores>(writer, reader, reads, ranks, { ledger: { inBooks: true } }),
    plant,
    async [Symbol.asyncDispose]() {
      plant.close()
      await reader.stop()
      await writer.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
