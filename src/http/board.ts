import type { Id } from '../core/ids.ts'
import type { Sale } from '../core/sale.ts'

/** A sale as this process knows it from memory. `version` rises with every change of anything in it. */
export type Live = {
  readonly sale: Sale
  readonly remaining: ReadonlyMap<Id, number>
  readonly outcomes: ReadonlyMap<string, number>
  readonly version: number
}

/** The sales that are in memory: those that run, will run, or ended a short while ago. */
export interface SaleBoard {
  get(saleId: Id): Live | undefined
  all(): Live[]
  on(listener: (live: Live, what: 'stock' | 'sale') => void): void
}
