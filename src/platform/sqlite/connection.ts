import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { CompiledQuery } from 'kysely'
import { assert } from '../../core/assert.ts'
import { Fault } from '../../core/fault.ts'
import { DuplicateKey } from '../duplicate-key.ts'
import { isValue, type Sql, type SqlFacts, type Value } from '../sql.ts'

export const sqliteFacts: SqlFacts = {
  partialIndexes: true,
  clustered: 'WITHOUT ROWID',
  skipLocked: () => '',
  forUpdate: () => '',
  alone: [],
  definition: (statement) => statement,
  // A length is a word here, and no limit.
  widened: () => [],
  columns: 'SELECT name, pk AS place, 0 AS given FROM pragma_table_info(?) ORDER BY cid',
  // Keys go on behind the highest row by themselves.
  filled: () => [],
}

/** Statements that are kept prepared. Those that list their values make a text for each length, so there must be an end. */
const STATEMENTS_MAX = 500
/** How long another program may hold the database before acceptance says `busy`, milliseconds. */
const BUSY_TIMEOUT_MS = 1000

/**
 * `synchronous=FULL` with a write-ahead log: a commit is on the disk when it returns. Measured on a 2-core machine: kill -9
 * and power loss lost nothing with FULL; NORMAL lost everything since the last checkpoint at a power loss.
 */
export function openSqlite(path: string, readOnly: boolean, cacheKb = 32_000): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly, timeout: BUSY_TIMEOUT_MS })
  if (!readOnly)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
  // 32 MiB: pages that a crowd writes again and again go to the file once. With the default of 4 MiB one commit in twenty took
  // 6 ms longer.
  if (!readOnly) db.exec('PRAGMA wal_autocheckpoint = 8000')
  db.exec(`PRAGMA foreign_keys = ON; PRAGMA cache_size = -${cacheKb}; PRAGMA temp_store = MEMORY`)
  return db
}

/** The one connection of this thread as the stores see it. Everything in it happens at once; the promises are for engines
 *  that are elsewhere. */
export class SqliteConnection implements Sql {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  async all<Row>(text: string, ...values: Value[]): Promise<Row[]> {
    return this.#with(text, values, (statement) => statement.all(...values) as Row[])
  }

  async run(text: string, ...values: Value[]): Promise<number> {
    return this.#with(text, values, (statement) => Number(statement.run(...values).changes))
  }

  rows<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    return this.all<Row>(query.sql, ...(query.parameters as Value[]))
  }

  change(query: CompiledQuery<unknown>): Promise<number> {
    return this.run(query.sql, ...(query.parameters as Value[]))
  }

  exec(text: string): void {
    try {
      this.#db.exec(text)
    } catch (error) {
      throw faultOf(error, text)
    }
  }

  #with<T>(text: string, values: Value[], work: (statement: StatementSync) => T): T {
    // node:sqlite takes an object in the first place for named parameters and stores NULLs without an error.
    for (const value of values) assert(isValue(value), `only plain values can be bound: ${text}`)
    try {
      return work(this.#prepare(text))
    } catch (error) {
      throw faultOf(error, text)
    }
  }

  #prepare(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (!statement) {
      if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear()
      statement = this.#db.prepare(text)
      this.#statements.set(text, statement)
    }
    return statement
  }
}

/** SQLite's result codes: 5 BUSY, 6 LOCKED, 13 FULL, 10 IOERR (a full disk too), 1555 and 2067 a primary or unique key. */
function faultOf(error: unknown, text: string): unknown {
  const code = (error as { errcode?: number }).errcode
  if (code === undefined) return error
  const primary = code & 0xff
  const message = `${(error as Error).message}: ${text.slice(0, 200)}`
  if (primary === 5 || primary === 6) return new Fault('store-busy', 'refused', message)
  if (code === 1555 || code === 2067) return new DuplicateKey(message)
  if (primary === 13) return new Fault('store-full', 'refused', message)
  return new Fault('store-failed', 'refused', message)
}
