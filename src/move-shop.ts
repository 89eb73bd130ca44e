import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { CannotMove, type CarryParts, checkEmpty, checkShopFile, exportTables, restoreTables, type Say } from './moving/carry.ts'
import { holdData, openStores } from './open-stores.ts'
import { systemClock as clock } from './platform/clock.ts'
import type { makeLog } from './platform/log.ts'
import { type Database, joined } from './platform/sql.ts'
import { openSqliteAlone } from './platform/sqlite/sqlite-alone.ts'
import { type Audit, runAudit } from './purchase/audit.ts'
import { RebuildLedger } from './purchase/rebuild-ledger.ts'
import { KeyFile } from './shop/accounts/key-file.ts'
import { isSameKeys, type Keyring } from './shop/accounts/keys.ts'
import { makeStores, migrations, type Stores } from './stores.ts'
import { version } from './version.ts'

type Log = ReturnType<typeof makeLog>
type Opened = { db: Database } & AsyncDisposable

/** Writes the whole shop of these settings, which must not run, into one file. Throws what says how people can mend it. */
export async function exportShop(config: Config, path: string, log: Log, say: Say): Promise<void> {
  if (config.databaseUrl === 'sqlite:' && !existsSync(join(config.dataDir, 'doorbuster.db')))
    throw new CannotMove(`There is no shop in ${config.dataDir}: set DATA_DIR or DATABASE_URL to it.`)
  await using opened = await openDatabase(config, log)
  const keys = (await keyringOf(config, opened.db).read()) ?? null
  const head = await exportTables(partsOf(opened, say), path, { doorbuster: version(), keys })
  const rows = head.tables.reduce((sum, table) => sum + table.rows, 0)
  say(`exported ${rows} rows of ${head.tables.length} tables to ${path}; who has it has the shop and its keys`)
}

/**
 * Writes what an export holds into the empty database of these settings, builds a ledger outside the books anew, and audits. Throws
 * what says how people can mend it; nothing is restored then.
 */
export async function restoreShop(config: Config, path: string, log: Log, say: Say): Promise<Audit> {
  const head = await checkShopFile(path, migrations)
  {
    await using opened = await openDatabase(config, log)
    const [{ db }, parts] = [opened, partsOf(opened, say)]
    await checkEmpty(parts)
    await makeStores(db, config).schema.migrate()
    const own = await keyringOf(config, db).read()
    if (own !== undefined && head.keys !== null && !isSameKeys(own, head.keys))
      throw new CannotMove('Here are the keys of another shop: set DATA_DIR to a new folder. Nothing was restored.')
    await restoreTables(parts, path, head, async (sql) => {
      const inside = joined(db, sql)
      await makeStores(inside, config).schema.restored()
      if (own === undefined && head.keys !== null) await keyringOf(config, inside).replace(undefined, head.keys)
    })
  }
  const onBug = (error: Error) => {
    throw error
  }
  await using opened = await openStores(config, log, onBug)
  await rebuildLedgers(opened.stores, say)
  // What waited while no shop ran is settled or expires at the start: its age says nothing.
  return await runAudit({ ...opened.stores, clock, stuckMs: clock.now(), still: true })
}

/** What a ledger outside the books had of these sales is of before. */
async function rebuildLedgers({ sales, books, ledger }: Stores, say: Say): Promise<void> {
  if (ledger.inBooks) return
  const rebuilt = () => {}
  const rebuild = new RebuildLedger({ sales, books, ledger, clock, rebuilt })
  for (const { id, name } of await sales.current()) {
    await ledger.drop(id)
    const isDone = await rebuild.rebuild(id, 'the shop was restored')
    say(`${isDone ? 'its ledger was built anew' : 'its ledger is built anew by the start'}: ${name}`)
  }
}

/** Where a shop of these settings keeps its keys. */
function keyringOf(config: Config, db: Database): Keyring {
  return config.databaseUrl === 'sqlite:' ? new KeyFile(config.dataDir) : makeStores(db, config).keyring
}

/** Who runs and who leads are of processes that are no more; the keys are carried in the head, for SQLite keeps them beside it. */
const LEFT_OUT = ['peers', 'notes', 'leases', 'keyring']

function partsOf({ db }: Opened, say: Say): CarryParts {
  return { db, migrations, leftOut: LEFT_OUT, clock, say }
}

/** The database of the settings, for nobody else as long as it is open. */
async function openDatabase(config: Config, log: Log): Promise<Opened> {
  const { dataDir, databaseUrl } = config
  const lock = holdData(dataDir)
  if (databaseUrl === 'sqlite:') {
    const db = openSqliteAlone(join(dataDir, 'doorbuster.db'))
    return {
      db,
      async [Symbol.asyncDispose]() {
        db[Symbol.dispose]()
        lock[Symbol.dispose]()
      },
    }
  }
  const { openPostgresAlone } = await import('./postgres-stores.ts')
  try {
    const db = await openPostgresAlone(databaseUrl, log)
    return {
      db,
      async [Symbol.asyncDispose]() {
        await db[Symbol.asyncDispose]()
        lock[Symbol.dispose]()
      },
    }
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}
