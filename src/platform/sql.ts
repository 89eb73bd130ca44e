import { type CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'

/** What may be bound. Times are epoch milliseconds, money minor units, booleans 0 and 1, documents JSON text: the subset
 *  that SQLite, PostgreSQL and MySQL read back alike. */
export type Value = string | number | bigint | null | Uint8Array

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
  /** Appended to a `SELECT` that claims rows. */
  skipLocked: string
  /** Appended to a `SELECT` whose rows are changed next. */
  forUpdate: string
}

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

/** Runs what has not run yet, each migration in a transaction of its own with its mark. Repeating it does nothing. */
export async function migrate(db: Database, migrations: readonly Migration[], now: number): Promise<string[]> {
  await db.write(async (sql) => {
    await sql.run('CREATE TABLE IF NOT EXISTS migrations (id varchar(64) PRIMARY KEY, applied_at bigint NOT NULL)')
  })
  const applied: string[] = []
  for (const migration of migrations) {
    await db.write(async (sql) => {
      const [done] = await sql.all('SELECT id FROM migrations WHERE id = ?', migration.id)
      if (done) return
      for (const statement of migration.statements(db.facts)) await sql.run(statement)
      await sql.run('INSERT INTO migrations (id, applied_at) VALUES (?, ?)', migration.id, now)
      applied.push(migration.id)
    })
  }
  return applied
}
