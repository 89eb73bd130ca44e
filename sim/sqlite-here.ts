import type { DatabaseSync } from 'node:sqlite'
import type { Database } from '../src/platform/sql.ts'
import { openSqlite, SqliteConnection, sqliteFacts } from '../src/platform/sqlite/connection.ts'

/** SQLite in memory and in this thread: nothing of it waits, so that a run is the same each time. */
export function openSqliteHere(): { db: DatabaseSync; database: Database } {
  const db = openSqlite(':memory:', false)
  const connection = new SqliteConnection(db)
  const database: Database = {
    facts: sqliteFacts,
    read: (work) => work(connection),
    // As the thread does it: one call's statements, taken back alone where it fails.
    async write(work) {
      connection.exec('SAVEPOINT store')
      try {
        const value = await work(connection)
        connection.exec('RELEASE store')
        return value
      } catch (error) {
        connection.exec('ROLLBACK TO store')
        connection.exec('RELEASE store')
        throw error
      }
    },
  }
  return { db, database }
}

/** Those that hold data, to be emptied: making them takes longer than most runs do. */
export function tablesOf(db: DatabaseSync): string[] {
  const named = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'").all()
  return named.map(({ name }) => String(name)).filter((name) => name !== 'migrations' && !name.includes('_fts'))
}
