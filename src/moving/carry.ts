import { Fault } from '../core/fault.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Migration, Sql } from '../platform/sql.ts'
import { type Rows, readHead, readRows, type ShopHead, writeShopFile } from './shop-file.ts'
import { appliedOf, countOf, insertRows, isEmpty, PAGE, pagesOf, type Table, tablesOf } from './tables.ts'

/** The shop cannot be moved as things stand. The message says what to do. */
export class CannotMove extends Error {
  override name = 'CannotMove'
}

/** A line for people. */
export type Say = (line: string) => void

export type CarryParts = {
  db: Database
  migrations: readonly Migration[]
  /** Tables that are not carried: they are of a process or a database, not of the shop. */
  leftOut: readonly string[]
  clock: Clock
  say: Say
}

/** Writes the shop as it is at one moment. Throws `CannotMove`, `ShopFileUnusable`; then there is no file. */
export async function exportTables(
  parts: CarryParts,
  path: string,
  about: Pick<ShopHead, 'doorbuster' | 'keys'>,
): Promise<ShopHead> {
  const { db, migrations, clock, say } = parts
  return db.read(async (sql) => {
    const known = idsOf(migrations)
    const applied = await appliedOf(sql)
    if (!same(known, applied)) {
      throw new CannotMove(
        `The database is of another version of Doorbuster (${differing(known, applied)}): run \`npm run doorbuster -- migrate\` with it, or export with that version.`,
      )
    }
    const tables = await carriedTables(sql, parts)
    const counted: ShopHead['tables'] = []
    for (const table of tables) counted.push({ name: table.name, columns: table.columns, rows: await countOf(sql, table) })
    const at = new Date(clock.now()).toISOString()
    const head: ShopHead = { ...about, format: 1, at, migrations: known, tables: counted }
    await writeShopFile(path, head, told(rowsOf(sql, tables), head, clock, say))
    return head
  })
}

async function* rowsOf(sql: Sql, tables: Table[]): AsyncGenerator<Rows> {
  for (const [at, table] of tables.entries()) for await (const rows of pagesOf(sql, table)) yield { table: at, rows }
}

/** Reads the whole file, and says whether it may be restored here. Throws `ShopFileUnusable`, `CannotMove`. */
export async function checkShopFile(path: string, migrations: readonly Migration[]): Promise<ShopHead> {
  const head = await readHead(path)
  // First of all, so that nothing is concluded from a head that is not right.
  for await (const _ of readRows(path, PAGE));
  const known = idsOf(migrations)
  if (!same(known, head.migrations)) {
    throw new CannotMove(
      `${path} was written by Doorbuster ${head.doorbuster} with other tables (${differing(known, head.migrations)}): restore it with that version, then start this one.`,
    )
  }
  return head
}

/** Before its tables are made: a shop that is there is left alone. Throws `CannotMove`. */
export async function checkEmpty(parts: CarryParts): Promise<void> {
  await parts.db.read((sql) => emptyTables(sql, parts))
}

async function carriedTables(sql: Sql, { db, migrations, leftOut }: CarryParts): Promise<Table[]> {
  return (await tablesOf(sql, db, migrations)).filter(({ name }) => !leftOut.includes(name))
}

async function emptyTables(sql: Sql, parts: CarryParts): Promise<Table[]> {
  const tables = await carriedTables(sql, parts)
  for (const table of tables) {
    if (await isEmpty(sql, table)) continue
    throw new CannotMove(
      `The database is not empty (${table.name} has rows): make a new one, and restore before the shop is started with it. Nothing was restored.`,
    )
  }
  return tables
}

/**
 * Writes what the file holds into a database that has its tables and nothing in them, and what `finish` does besides: all in one
 * transaction, so that a restore that was cut off leaves nothing. Whoever migrates the same database meanwhile waits for it. Throws
 * `CannotMove`, `ShopFileUnusable`.
 */
export async function restoreTables(
  parts: CarryParts,
  path: string,
  head: ShopHead,
  finish: (sql: Sql) => Promise<void>,
): Promise<void> {
  const { db, clock, say } = parts
  const written = db.write(async (sql) => {
    for (const statement of db.facts.alone) await sql.run(statement)
    const tables = await emptyTables(sql, parts)
    const targets = head.tables.map(({ name, columns }) => {
      const table = tables.find((one) => one.name === name)
      if (table && same(table.columns, columns)) return { ...table, columns }
      throw new CannotMove(`${path} has a table ${name} that differs from the one here. Nothing was restored.`)
    })
    for await (const { table, rows } of told(readRows(path, PAGE), head, clock, say)) {
      const target = targets[table]
      if (target) await insertRows(sql, target, rows)
    }
    for (const [i, table] of targets.entries()) {
      const count = await countOf(sql, table)
      if (count === head.tables[i]?.rows) continue
      throw new CannotMove(`${path} changed while it was read: take another copy of it. Nothing was restored.`)
    }
    await finish(sql)
    for (const { name, given } of targets) for (const statement of db.facts.filled(name, given)) await sql.run(statement)
  })
  await written.catch((error) => {
    if (!(error instanceof Fault)) throw error
    const because = `The shop cannot be written here (${error.message}).`
    if (error.outcome === 'refused') throw new CannotMove(`${because} Nothing was restored.`)
    throw new CannotMove(`${because} Whether it is there is unknown: restore again, which is refused where it is.`)
  })
}

/** Says how far it is: once a second, and of each table when it is done. */
async function* told(rows: AsyncIterable<Rows>, { tables }: ShopHead, clock: Clock, say: Say): AsyncGenerator<Rows> {
  let [done, saidAt] = [0, clock.ticks()]
  let last = 0
  const line = (at: number, count: number) => `${tables[at]?.name.padEnd(16)} ${count} of ${tables[at]?.rows}`
  for await (const page of rows) {
    if (page.table !== last) {
      if (done > 0) say(line(last, done))
      ;[last, done] = [page.table, 0]
    }
    done += page.rows.length
    yield page
    if (clock.ticks() - saidAt < 1000) continue
    saidAt = clock.ticks()
    if (done !== tables[last]?.rows) say(line(last, done))
  }
  if (done > 0) say(line(last, done))
}

const idsOf = (migrations: readonly Migration[]) => migrations.map(({ id }) => id).sort()

const same = (some: string[], others: string[]) => String([...some].sort()) === String([...others].sort())

function differing(some: string[], others: string[]): string {
  return [...new Set(some).symmetricDifference(new Set(others))].join(', ')
}
