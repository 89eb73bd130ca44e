import type { paths } from './api/schema.d.ts'

type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } }
}
  ? Body
  : never
type Facts = {
  active?: Answer<'/api/v1/sales/active'>
  sale?: { sale: Answer<'/api/v1/sales/{saleId}'>; status: Answer<'/api/v1/sales/{saleId}/status'> }
}

let facts = read()

/** What the document brought along, once: the first view needs no round trip. */
export function takeFacts<Kind extends keyof Facts>(kind: Kind, saleId?: string): Facts[Kind] {
  const found = facts[kind]
  if (saleId !== undefined && facts.sale?.sale.id !== saleId) return undefined
  if (found) facts = {}
  return found
}

function read(): Facts {
  try {
    return JSON.parse(document.getElementById('facts')?.textContent || '{}')
  } catch {
    return {}
  }
}
