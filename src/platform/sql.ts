import { type CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'

/** What may be bound. Times are epoch milliseconds, money minor units, booleans 0 and 1, documents JSON text: the subset
 *  that SQLite, PostgreSQL and MySQL read back alike. */
export type Value = string | number | bigint | null | Uint8Array

/** A driver may take other things, and mean something else by them. */
export function isValue(value: unknown): value is Value {
  return (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value === null ||
    value instanceof Uint8Array
  )
}

/** One connection inside a transaction. Statements with `?` are prepared once and kept, so the text must not vary with data. */
export interface Sql {
  all<Row>(text: string, ...values: Value[]): Promise<Row[]>
  /** Answers how many rows were changed; every guarded change asserts on it. */
  run(text: string, ...values: Value[]): Promise<number>
  /** A statement built with `queries()`. */
  rows<Row>(query: CompiledQuery<Row>): Promise<Row[]>
  change(query: CompiledQuery<unknown>): Promise<number>
}

/**
 * A database as the stores see it. `write` is one transaction: all or nothing, durable when it returns; several may share
 * one sync to disk. It throws `Fault` (`refused`: nothing was written), of a unique key `DuplicateKey`. Inside `work`, await nothing but the database.
 */
export interface Database {
  readonly facts: SqlFacts
  /** Milliseconds since 1970 by the database's own clock. Absent where that is the clock of this machine. */
  readonly now?: () => number
  write<T>(work: (sql: Sql) => Promise<T>): Promise<T>
  /** All of `work` sees one moment. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>
}

/** What differs between databases, as facts that callers may ask for, instead of their names. */
export type SqlFacts = {
  /** `CREATE INDEX … WHERE`. */
  partialIndexes: boolean
  /** Appended to `CREATE TABLE` of a table that is read by its primary key only. */
  clustered: string
  /** Ends a `SELECT` that claims rows, of `table` where it reads several. */
  skipLocked(table?: string): string
  /** Ends a `SELECT` whose rows are changed next, or on which that depends. */
  forUpdate(table?: string): string
  /** Run first in a transaction that no two processes may run at once; it may take its time. */
  alone: readonly string[]
  /** A statement that makes or changes a table, in the words of this database. Stores write `varchar(n)` and `text` for what is
   *  compared byte by byte, `integer PRIMARY KEY` for a key that the database gives, `bigint` and `integer`. */
  definition(statement: string): string
  /** Makes room in a column that is there. @param type as a table is made with it */
  widened(table: string, column: string, type: string): string[]
  /** Asks for the columns of the table that is its one value, as `Column`s in their order; those that the database computes are
   *  left out. */
  columns: string
  /** Run when a table was filled from elsewhere. @param given its key, where that is the database's to give: it goes on behind the
   *  highest. */
  filled(table: string, given: string | undefined): string[]
}

/** `place`: from 1, within the primary key; 0 outside. `given`: 1 where the database gives the value. */
export type Column = { name: string; place: number; given: number }

export type Migration = { id: string; statements: (facts: SqlFacts) => string[] }

/** Kysely as a typed writer of statements; running them is the `Sql`'s business. For everything but the hot statements. */
export function queries<Tables>(): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
}

/** Statements asked at once: one round trip where the database is elsewhere. All are waited for, so that none comes after the end of
 *  its transaction; then the first that failed fails them all. */
export async function together<const Asked extends readonly unknown[]>(
  asked: Asked,
): Promise<{ -readonly [One in keyof Asked]: Awaited<Asked[One]> }> {
  const answers = await Promise.allSettled(asked)
  const values = answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  })
  return values as { -readonly [One in keyof Asked]: Awaited<Asked[One]> }
}

/** The tables of `database` as part of the transaction that `sql` is in: what is written is there with that, or not at all. */
export function joined({ facts, now }: Database, sql: Sql): Database {
  const work: Database['write'] = (todo) => todo(sql)
  return { facts, read: work, write: work, ...(now && { now }) }
}

/** Runs what has not run yet, each migration in a transaction of its own with its mark. Repeating it does nothing; of several
 *  processes the first one runs it, and the others wait. */
export async function migrate(db: Database, migrations: readonly Migration[], now: number): Promise<string[]> {
  const { facts } = db
  const alone = <T>(work: (sql: Sql) => Promise<T>) =>
    db.write(async (sql) => {
      for (const statement of facts.alone) await sql.run(statement)
      return work(sql)
    })
  const table = 'CREATE TABLE IF NOT EXISTS migrations (id varchar(64) PRIMARY KEY, applied_at bigint NOT NULL)'
  await alone((sql) => sql.run(facts.definition(table)))
  const applied: string[] = []
  for (const { id, statements } of migrations) {
    const isNew = await alone(async (sql) => {
      const [done] = await sql.all('SELECT id FROM migrations WHERE id = ?', id)
      if (done) return false
      for (const statement of statements(facts)) await sql.run(facts.definition(statement))
      await sql.run('INSERT INTO migrations (id, applied_at) VALUES (?, ?)', id, now)
      return true
    })
    if (isNew) applied.push(id)
  }
  return applied
}
