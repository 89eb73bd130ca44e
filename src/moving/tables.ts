import { assert } from '../core/assert.ts'
import { type Column, type Database, type Migration, type Sql, together } from '../platform/sql.ts'
import type { Row } from './shop-file.ts'

/** `given`: its key, where the database gives it. */
export type Table = { name: string; columns: string[]; key: string[]; given: string | undefined }

/** Rows that are read at once. */
export const PAGE = 1000
/** Rows of one statement; of the widest table some thousand values, of which SQLite takes 32,766. */
const INSERT_MAX = 100

/** Every table that the migrations make and that is there, with the columns that can be carried. Their own record of what was applied is
 *  none of them. */
export async function tablesOf(sql: Sql, { facts }: Database, migrations: readonly Migration[]): Promise<Table[]> {
  const made = migrations.flatMap(({ statements }) => statements(facts)).flatMap((text) => MAKES.exec(text)?.[1] ?? [])
  const tables: Table[] = []
  for (const name of new Set(made)) {
    const columns = await sql.all<Column>(facts.columns, name)
    if (columns.length === 0) continue
    const key = columns.filter(({ place }) => place > 0).sort((a, b) => a.place - b.place)
    assert(key.length > 0, `${name} has a primary key`)
    const given = columns.find((column) => column.given === 1)?.name
    tables.push({ name, columns: columns.map((column) => column.name), key: key.map((column) => column.name), given })
  }
  return tables
}

const MAKES = /^\s*CREATE TABLE (?:IF NOT EXISTS )?(\w+)/

/** What of `migrations` the database has had, and what else. */
export async function appliedOf(sql: Sql): Promise<string[]> {
  return (await sql.all<{ id: string }>('SELECT id FROM migrations ORDER BY id')).map(({ id }) => id)
}

export async function countOf(sql: Sql, { name }: Table): Promise<number> {
  const [row] = await sql.all<{ count: number }>(`SELECT count(*) AS count FROM ${name}`)
  return row?.count ?? 0
}

export async function isEmpty(sql: Sql, { name }: Table): Promise<boolean> {
  return (await sql.all(`SELECT 1 AS one FROM ${name} LIMIT 1`)).length === 0
}

/** Every row in the order of the key, a page at a time. `sql` is of one moment, so that the pages make a whole. */
export async function* pagesOf(sql: Sql, { name, columns, key }: Table): AsyncGenerator<Row[]> {
  const [list, keys, marks] = [quoted(columns), quoted(key), key.map(() => '?').join(', ')]
  const places = key.map((column) => columns.indexOf(column))
  let after: Row = []
  for (;;) {
    const behind = after.length > 0 ? `WHERE (${keys}) > (${marks})` : ''
    const found = await sql.all<Record<string, Row[number]>>(
      `SELECT ${list} FROM ${name} ${behind} ORDER BY ${keys} LIMIT ${PAGE}`,
      ...after,
    )
    const page = found.map((row) => columns.map((column) => row[column] as Row[number]))
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = places.map((place) => last[place] as Row[number])
  }
}

export async function insertRows(sql: Sql, { name, columns }: Table, rows: Row[]): Promise<void> {
  const marks = `(${columns.map(() => '?').join(', ')})`
  const inserts: Promise<number>[] = []
  for (let from = 0; from < rows.length; from += INSERT_MAX) {
    const some = rows.slice(from, from + INSERT_MAX)
    const text = `INSERT INTO ${name} (${quoted(columns)}) VALUES ${some.map(() => marks).join(', ')}`
    inserts.push(sql.run(text, ...some.flat()))
  }
  await together(inserts)
}

const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(', ')
