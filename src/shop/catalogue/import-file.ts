import type { Clock } from '../../platform/clock.ts'
import type { ImportedProduct } from './catalogue.ts'
import { type CsvRecord, readCsv } from './csv.ts'
import { type Fields, fieldReader, type ReadFields, type Row } from './product-fields.ts'
import { isShopify, shopifyRows } from './shopify.ts'

type Rejection = { line: number; reason: string }
export type ImportFile =
  | { kind: 'read'; products: { line: number; product: ImportedProduct }[]; rejected: Rejection[] }
  /** Not one of its lines can be trusted, so none may be imported. */
  | { kind: 'unreadable'; rejected: [Rejection] }

/** They are written in one transaction, and nothing else is written meanwhile: 0.35 s for as many as this in SQLite. */
export const MAX_PRODUCTS = 10_000

const COLUMNS: string[] = ['name', 'description', 'price', 'currency', 'category', 'kind', 'image', 'stock', 'handle']

/** Shopify's product export or our own columns, told apart by the first line. */
export async function readCsvFile(bytes: Buffer, shopCurrency: string, clock: Clock): Promise<ImportFile> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return unreadable(1, 'The file is not UTF-8: save it as "CSV UTF-8"')
  }
  const records = await readCsv(text, clock)
  if (!Array.isArray(records)) return unreadable(records.line, records.reason)
  const [first, ...rest] = records
  if (!first) return unreadable(1, 'The file is empty')
  const header = first.cells.map((name) => name.toLowerCase())
  const ours = !isShopify(header)
  const strange = ours && whyStrange(header)
  if (strange) return unreadable(first.line, strange)
  const { torn = [], whole = [] } = Object.groupBy(rest, ({ cells }) => (cells.length === header.length ? 'whole' : 'torn'))
  const rows = ours ? whole.map((record) => ownRow(header, record)) : shopifyRows(header, whole)
  if (rows.length > MAX_PRODUCTS) return tooManyProducts()
  const reason = `does not have ${header.length} cells as line ${first.line} has`
  return readRows([...rows, ...torn.map(({ line }) => ({ line, reason }))], shopCurrency, clock)
}

/** A list of products with the names of our columns, or `{"products": [...]}`; a line is the place in the list, from 1. */
export async function readJsonFile(document: unknown, shopCurrency: string, clock: Clock): Promise<ImportFile> {
  const list = isObject(document) && Object.keys(document).join() === 'products' ? document.products : document
  if (!Array.isArray(list)) return unreadable(1, 'The document must be a list of products or {"products": [...]}')
  if (list.length > MAX_PRODUCTS) return tooManyProducts()
  const rows = list.map((item: unknown, at): Row => {
    if (!isObject(item)) return { line: at + 1, reason: 'must be an object' }
    const strange = Object.keys(item).find((key) => !COLUMNS.includes(key))
    if (strange !== undefined) return { line: at + 1, reason: `has no field "${strange.slice(0, 40)}"` }
    return { line: at + 1, fields: item }
  })
  return readRows(rows, shopCurrency, clock)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(line: number, reason: string): ImportFile {
  return { kind: 'unreadable', rejected: [{ line, reason }] }
}

function tooManyProducts(): ImportFile {
  return unreadable(1, `The file has more than ${MAX_PRODUCTS} products: split it`)
}

function whyStrange(header: string[]): string | undefined {
  const isOurs = header.every((name, at) => COLUMNS.includes(name) && header.indexOf(name) === at)
  if (isOurs && header.includes('name') && header.includes('price')) return undefined
  return `must be the first line of Shopify's product export, or name columns out of ${COLUMNS.join(',')}, with name and price`
}

function ownRow(header: string[], { line, cells }: CsvRecord): Row {
  const fields: Record<string, unknown> = Object.fromEntries(header.map((name, at) => [name, cells[at] || null]))
  if (/^\d{1,15}$/.test(String(fields.stock))) fields.stock = Number(fields.stock)
  return { line, fields }
}

/** Lets the event loop turn every few milliseconds: cleaning the HTML of a large file takes seconds. */
async function readRows(rows: Row[], shopCurrency: string, clock: Clock): Promise<ImportFile> {
  const readFields = await fieldReader(shopCurrency)
  const lineOf = new Map<string, number>()
  const products: { line: number; product: ImportedProduct }[] = []
  const rejected: Rejection[] = []
  let turned = clock.ticks()
  for (const row of rows.sort((a, b) => a.line - b.line)) {
    if (clock.ticks() - turned > 5) {
      await new Promise<void>((turn) => clock.soon(turn))
      turned = clock.ticks()
    }
    const product = 'reason' in row ? row.reason : readProduct(row.fields, readFields)
    const twin = typeof product === 'object' ? lineOf.get(product.handle) : undefined
    if (typeof product === 'string') {
      rejected.push({ line: row.line, reason: product })
    } else if (twin !== undefined) {
      rejected.push({ line: row.line, reason: `has the handle "${product.handle}" of line ${twin}` })
    } else {
      lineOf.set(product.handle, row.line)
      products.push({ line: row.line, product })
    }
  }
  return { kind: 'read', products, rejected }
}

/** Without a handle the name is one, so that the same file twice is not every product twice. */
function readProduct(fields: Fields, readFields: ReadFields): ImportedProduct | string {
  const { changes, problems } = readFields({ name: null, price: null, ...fields })
  const { name, price, currency } = changes
  const handle = changes.handle?.toLowerCase() ?? slug(name ?? '')
  if (problems.length === 0 && handle === '') problems.push({ field: 'handle', message: 'is missing' })
  if (name === undefined || price === undefined || currency === undefined || problems.length > 0) {
    return problems.map(({ field, message }) => `${field} ${message}`).join('; ')
  }
  return { ...changes, name, price, currency, handle }
}

/** A name as a handle; letters of every script stay. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
}
