import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../src/platform/clock.ts'
import type { Database } from '../src/platform/sql.ts'
import { PassingThread, remoteStores, SqliteThread, type ThreadUse } from '../src/platform/sqlite/sqlite-database.ts'
import { counts, ranks, reads } from '../src/store-calls.ts'
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
  const open = (use: ThreadUse) =>
    SqliteThread.open({ path, use, stores: import.meta.url, options }, (error) => {
      throw error
    })
  const writer = await open('write')
  await writer.call('schema', 'migrate', [], 'next')
  const reader = await open('read')
  const counter = new PassingThread(() => open('count'), 1000)
  const plant = new DatabaseSync(path)
  return {
    stores: remoteStores<Stores>({ writer, reader, counter }, { reads, counts }, ranks, { ledger: { inBooks: true } }),
    plant,
    path,
    async [Symbol.asyncDispose]() {
      plant.close()
      await counter.stop()
      await reader.stop()
      await writer.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
