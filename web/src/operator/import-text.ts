import type { components } from '../api/schema.d.ts'
import type { Money } from '../format.ts'

export type Imported = components['schemas']['Imported']
/** One line of the file, and what would become of it. */
export type ImportRow = { line: number; change: 'create' | 'update' | 'reject'; name?: string; price?: Money; reason?: string }

/** As much as the API takes. */
export const MOST_BYTES = 10 * 1024 * 1024

/** JSON by the name of the file, or by how the text begins; everything else is CSV. */
export function typeOf(name: string, text: string): 'application/json' | 'text/csv' {
  if (/\.json$/i.test(name)) return 'application/json'
  if (/\.(csv|txt)$/i.test(name)) return 'text/csv'
  return /^\s*[[{]/.test(text) ? 'application/json' : 'text/csv'
}

/** Good and bad lines, in the order of the file. */
export function rowsOf({ rows = [], rejected }: Pick<Imported, 'rows' | 'rejected'>): ImportRow[] {
  const bad = rejected.map(({ line, reason }) => ({ line, reason, change: 'reject' as const }))
  return [...rows, ...bad].sort((a, b) => a.line - b.line)
}
