import { assert } from '../../core/assert.ts'
import type { CsvRecord } from './csv.ts'
import type { Fields, Row } from './product-fields.ts'

/** Names of columns are in small letters throughout. */
export function isShopify(header: string[]): boolean {
  return header.includes('handle') && header.includes('variant price')
}

/**
 * Shopify's product export. The first row of a handle describes the product and its first variant; further rows hold a
 * variant or only one more picture. In a flash sale each variant has stock and a price of its own, so each becomes a
 * product: "Clay Plant Pot – Large", handle `clay-plant-pot/large`; the only variant of a plain product keeps its handle.
 * The picture is the variant's own or the product's first. Stock counts where Shopify tracks it; what it oversold counts
 * as none left. Drafts and unpublished products are refused, so that no import puts them on show.
 */
export function shopifyRows(header: string[], records: CsvRecord[]): Row[] {
  const columns = new Map(header.map((name, at) => [name, at]))
  const groups = Map.groupBy(records, (record) => record.cells[columns.get('handle') ?? -1] ?? '')
  return [...groups].flatMap(([handle, group]) => productRows(columns, handle, group))
}

type Columns = ReadonlyMap<string, number>

function productRows(columns: Columns, handle: string, records: CsvRecord[]): Row[] {
  if (handle === '') return records.map(({ line }) => ({ line, reason: 'Handle is missing' }))
  const rows = records.map(({ line, cells }) => ({ line, cell: (name: string) => cells[columns.get(name) ?? -1] ?? '' }))
  const [head] = rows
  assert(head, 'a group of rows has one')
  const image = rows.map(({ cell }) => cell('image src')).find((address) => address !== '')
  const optionNames = [1, 2, 3].map((n) => head.cell(`option${n} name`) || `Option ${n}`)
  const hidden = whyHidden(head.cell('published'), head.cell('status'))
  return rows.flatMap(({ line, cell }): Row[] => {
    const isVariant = cell('option1 value') !== '' || cell('variant price') !== '' || cell('variant sku') !== ''
    if (line !== head.line && !isVariant) return []
    if (hidden) return [{ line, reason: hidden }]
    const stock = stockOf(columns, cell)
    if (stock === 'missing') return [{ line, reason: 'Variant Inventory Qty is not a number though the stock is tracked' }]
    const options = [1, 2, 3].map((n) => cell(`option${n} value`))
    const isPlain = options.every((value) => value === '' || value === 'Default Title')
    const values = options.filter((value) => value !== '')
    const title = head.cell('title')
    const fields: Fields = {
      handle: isPlain ? handle : `${handle}/${values.join('/')}`,
      name: isPlain || title === '' ? title : `${title} – ${values.join(' / ')}`,
      description: head.cell('body (html)'),
      price: cell('variant price') || null,
      category: head.cell('type') || head.cell('tags').split(',')[0],
      image: cell('variant image') || image || null,
      stock,
      attributes: isPlain ? {} : Object.fromEntries(optionNames.map((name, n) => [name, options[n] ?? ''])),
    }
    return [{ line, fields }]
  })
}

function whyHidden(published: string, status: string): string | undefined {
  if (published.toLowerCase() === 'false') return 'is not published in Shopify'
  if (status !== '' && status.toLowerCase() !== 'active') return `is ${status.slice(0, 20)} in Shopify`
  return undefined
}

/** `undefined` where the file has no such column: then what is known here stays. */
function stockOf(columns: Columns, cell: (name: string) => string): number | null | undefined | 'missing' {
  if (!columns.has('variant inventory tracker') || !columns.has('variant inventory qty')) return undefined
  if (cell('variant inventory tracker') === '') return null
  const units = cell('variant inventory qty')
  return /^-?\d{1,15}$/.test(units) ? Math.max(0, Number(units)) : 'missing'
}
