import type { Id } from '../core/ids.ts'
import type { Sale } from '../core/sale.ts'
import type { Clock } from '../platform/clock.ts'
import { AnswerTimes } from './answer-times.ts'

/** A current sale as this process knows it: for display and for the gate. The ledger decides. */
export type Live = {
  sale: Sale
  remaining: Map<Id, number>
  outcomes: Map<string, number>
  times: AnswerTimes
  version: number
}
export type BoardChange = 'stock' | 'sale'

export class Board {
  readonly #sales = new Map<Id, Live>()
  readonly #listeners: ((live: Live, what: BoardChange) => void)[] = []
  #ledgerAhead: number | undefined

  get(saleId: Id): Live | undefined {
    return this.#sales.get(saleId)
  }

  all(): Live[] {
    return [...this.#sales.values()]
  }

  /** The ledger's time, which opens and closes sales: this process's clock may be minutes away from it. */
  ledgerNow(clock: Clock): number {
    return this.#ledgerAhead === undefined ? clock.now() : clock.ticks() + this.#ledgerAhead
  }

  /** @param now what the ledger has just answered. */
  setLedgerNow(now: number, clock: Clock): void {
    this.#ledgerAhead = now - clock.ticks()
  }

  on(listener: (live: Live, what: BoardChange) => void): void {
    this.#listeners.push(listener)
  }

  /** From the books: what is no longer current leaves the board.
   *  @param before what was on it when the books were asked; of others they could not tell. */
  put(sales: Sale[], before: Iterable<Id> = [...this.#sales.keys()]): void {
    const current = new Set(sales.map((sale) => sale.id))
    for (const id of before) if (!current.has(id)) this.#sales.delete(id)
    for (const sale of sales) this.putOne(sale)
  }

  putOne(sale: Sale): Live {
    const live = this.#sales.get(sale.id)
    if (!live) {
      const fresh = {
        sale,
        remaining: new Map(sale.items.map((item) => [item.productId, item.allotment])),
        outcomes: new Map(),
        times: new AnswerTimes(),
        version: 1,
      }
      this.#sales.set(sale.id, fresh)
      this.#tell(fresh, 'sale')
      return fresh
    }
    if (JSON.stringify(live.sale) !== JSON.stringify(sale)) {
      live.sale = sale
      this.#tell(live, 'sale')
    }
    return live
  }

  remove(saleId: Id): void {
    this.#sales.delete(saleId)
  }

  stock(saleId: Id, productId: Id, remaining: number): void {
    const live = this.#sales.get(saleId)
    if (!live || live.remaining.get(productId) === remaining) return
    live.remaining.set(productId, remaining)
    this.#tell(live, 'stock')
  }

  /** A purchase was answered, after `ms`. */
  count(saleId: Id, outcome: string, ms: number): void {
    const live = this.#sales.get(saleId)
    if (!live) return
    live.outcomes.set(outcome, (live.outcomes.get(outcome) ?? 0) + 1)
    live.times.add(ms)
  }

  #tell(live: Live, what: BoardChange): void {
    live.version++
    for (const listener of this.#listeners) listener(live, what)
  }
}
