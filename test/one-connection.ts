import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { CompiledQuery } from 'kysely'
import type { Database, Sql } from '../src/platform/sql.ts'
import { sqliteFacts } from '../src/platform/sqlite/connection.ts'

export type OpenDatabase = Database & AsyncDisposable

/** One transaction after the other on one connection: enough of a database for a store. `asked` hears of each built `SELECT`. */
export function oneConnection(sqlite: DatabaseSync, asked: (query: CompiledQuery) => void = () => {}): OpenDatabase {
  const values = (given: readonly unknown[]) => given as SQLInputValue[]
  const sql: Sql = {
    all: async (text, ...given) => sqlite.prepare(text).all(...values(given)) as never[],
    run: async (text, ...given) => Number(sqlite.prepare(text).run(...values(given)).changes),
    rows: async (query) => {
      asked(query)
      return sqlite.prepare(query.sql).all(...values(query.parameters)) as never[]
    },
    change: async (query) => Number(sqlite.prepare(query.sql).run(...values(query.parameters)).changes),
  }
  let last: Promise<unknown> = Promise.resolve()
  function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const result = last.then(async () => {
      // As far away as another thread, so that requests of one moment overlap.
      await setImmediate()
      sqlite.exec('BEGIN IMMEDIATE')
      try {
        const value = await work(sql)
        sqlite.exec('COMMIT')
        return value
      } catch (error) {
        sqlite.exec('ROLLBACK')
        throw error
      }
    })
    last = result.catch(() => {})
    return result
  }
  return { facts: sqliteFacts, write: transaction, read: transaction, [Symbol.asyncDispose]: async () => sqlite.close() }
}
