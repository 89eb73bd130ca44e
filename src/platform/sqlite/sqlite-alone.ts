import type { Database } from '../sql.ts'
import { openSqlite, SqliteConnection, sqliteFacts } from './connection.ts'

/** A SQLite file in this thread, for a command that has nothing else to do: one transaction after the other. */
export function openSqliteAlone(path: string): Database & Disposable {
  const file = openSqlite(path, false)
  const connection = new SqliteConnection(file)
  const within =
    (begin: string): Database['write'] =>
    async (work) => {
      connection.exec(begin)
      try {
        const value = await work(connection)
        connection.exec('COMMIT')
        return value
      } catch (error) {
        connection.exec('ROLLBACK')
        throw error
      }
    }
  return {
    facts: sqliteFacts,
    read: within('BEGIN'),
    write: within('BEGIN IMMEDIATE'),
    [Symbol.dispose]: () => file.close(),
  }
}
