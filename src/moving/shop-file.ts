import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { pipeline as piped, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Value } from '../platform/sql.ts'

/**
 * A whole shop in one file, gzip over lines of JSON: the head; each row as an array of its values, table after table in the order
 * of the head; last the SHA-256 of everything before. So it is written and read in one go, however large the shop is. The sum finds
 * what was torn or altered by accident; whoever alters the file on purpose can make a new one.
 */
export type ShopHead = {
  /** The version that wrote it. */
  doorbuster: string
  format: 1
  /** RFC 3339. */
  at: string
  /** Of its tables: only a shop with the same can take it. */
  migrations: string[]
  tables: { name: string; columns: string[]; rows: number }[]
  /** The signing keys as they are kept; `null` where there were none. */
  keys: string | null
}

export type Row = Value[]
/** Of one table, in the order of the head. */
export type Rows = { table: number; rows: Row[] }

/** The file cannot be written or believed. The message says what to do. */
class ShopFileUnusable extends Error {
  override name = 'ShopFileUnusable'
}

/** Characters of a line; a row is much shorter. */
const LINE_MAX = 1 << 26
const FAST = { level: 4 }

/** Whole or not at all, on the disk when it returns, and for its owner alone. Throws `ShopFileUnusable` where there is such a file. */
export async function writeShopFile(path: string, head: ShopHead, rows: AsyncIterable<Rows>): Promise<void> {
  if (await stat(path).catch(() => undefined)) throw new ShopFileUnusable(`${path} is there already: name another file.`)
  const draft = `${path}.new`
  const file = await open(draft, 'w', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new ShopFileUnusable(`${draft} cannot be written (${error.code}): name another file.`)
  })
  try {
    await file.chmod(0o600)
    await pipeline(Readable.from(texts(head, rows)), createGzip(FAST), file.createWriteStream({ flush: true }))
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function* texts(head: ShopHead, rows: AsyncIterable<Rows>): AsyncGenerator<string> {
  const sum = createHash('sha256')
  const summed = (text: string) => {
    sum.update(text)
    return text
  }
  yield summed(`${JSON.stringify(head)}\n`)
  const count = head.tables.map(() => 0)
  for await (const { table, rows: page } of rows) {
    count[table] = (count[table] ?? 0) + page.length
    yield summed(page.map((row) => `${JSON.stringify(row.map(written))}\n`).join(''))
  }
  const wrong = head.tables.find((table, i) => count[i] !== table.rows)
  if (wrong) throw new ShopFileUnusable(`${wrong.name} changed while it was written: stop the shop, and export again.`)
  yield `${JSON.stringify({ sha256: sum.digest('hex') })}\n`
}

/** The head, to be believed once `readRows` has come to its end. Throws `ShopFileUnusable`. */
export async function readHead(path: string): Promise<ShopHead> {
  for await (const line of linesOf(path)) return headOf(path, line)
  throw torn(path, 'it is empty')
}

/** Each row, at most `max` at a time; after the last one the sum is checked. Throws `ShopFileUnusable`, also after it answered rows:
 *  what was done with them must be taken back then. Repeatable. */
export async function* readRows(path: string, max: number): AsyncGenerator<Rows> {
  const sum = createHash('sha256')
  let head: ShopHead | undefined
  let left: number[] = []
  let page: Rows = { table: 0, rows: [] }
  let isWhole = false
  for await (const line of linesOf(path)) {
    if (isWhole) throw torn(path, 'something follows its end')
    if (!head) {
      head = headOf(path, line)
      left = head.tables.map(({ rows }) => rows)
    } else {
      const table = left.findIndex((rows) => rows > 0)
      if (table === -1) {
        isWhole = true
        check(path, sum, line)
        continue
      }
      if (page.table !== table || page.rows.length === max) {
        if (page.rows.length > 0) yield page
        page = { table, rows: [] }
      }
      page.rows.push(rowOf(path, line, head.tables[table]?.columns.length))
      left[table] = (left[table] ?? 0) - 1
    }
    sum.update(`${line}\n`)
  }
  if (!isWhole) throw torn(path, 'its end is missing')
  if (page.rows.length > 0) yield page
}

function check(path: string, sum: Hash, line: string): void {
  const { sha256 } = parsed(path, line) as { sha256?: unknown }
  if (sha256 !== sum.digest('hex')) throw torn(path, 'its sum is another')
}

function headOf(path: string, line: string): ShopHead {
  const head = parsed(path, line) as ShopHead
  if (head?.format !== 1) throw new ShopFileUnusable(`${path} is not the export of a shop, or of a newer Doorbuster.`)
  const { tables } = head as { tables: unknown }
  if (!Array.isArray(tables) || !tables.every(isTable)) throw torn(path, 'its head is not whole')
  return head
}

function rowOf(path: string, line: string, columns: number | undefined): Row {
  const row = parsed(path, line)
  if (!Array.isArray(row) || row.length !== columns) throw torn(path, 'a row is of another length')
  return row.map(read)
}

function parsed(path: string, line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw torn(path, 'a line of it is no JSON')
  }
}

function isTable(table: Partial<ShopHead['tables'][number]> | null): boolean {
  return Array.isArray(table?.columns) && Number.isSafeInteger(table?.rows)
}

/** JSON has no bytes. */
const written = (value: Value) => (value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value)
const read = (value: Value | { base64: string }): Value =>
  typeof value === 'object' && value !== null && 'base64' in value ? Buffer.from(value.base64, 'base64') : value

async function* linesOf(path: string): AsyncGenerator<string> {
  const unzipped = piped(createReadStream(path), createGunzip(), () => {}).setEncoding('utf8')
  let rest = ''
  try {
    for await (const chunk of unzipped) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LINE_MAX) throw torn(path, 'a line of it does not end')
      yield* lines
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code.startsWith('Z_')) throw torn(path, message)
    throw new ShopFileUnusable(`${path} cannot be read (${code}).`)
  }
  if (rest !== '') throw torn(path, 'its last line does not end')
}

function torn(path: string, because: string): ShopFileUnusable {
  return new ShopFileUnusable(`${path} is torn or was altered (${because}): take another copy of it. Nothing was restored.`)
}
