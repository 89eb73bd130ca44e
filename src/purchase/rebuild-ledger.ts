import type { Books, Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import { type Sale, type SaleTerms, termsOf } from '../core/sale.ts'
import { LEASE_MS } from '../gate/lease.ts'
import type { Hold, Ledger, LedgerView } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import { saleEquations } from './audit.ts'
import { type Alarm, holdOf } from './book.ts'

/** Somebody changes the sale: the books first, then the ledger. Longer than this it is no change under way. */
const OUTLIVES_MS = 2000
/** Whoever rebuilds for longer has died. Counted from when this process first saw it, so that clocks need not agree. */
const TAKE_OVER_MS = 3000
const PAGE = 1000
const ALL = Number.MAX_SAFE_INTEGER

export type RebuildParts = {
  sales: Sales
  books: Pick<Books, 'ordersOf'>
  ledger: Ledger
  clock: Clock
  /** A ledger is level with the books again: the sweeper should look at what moved meanwhile. */
  rebuilt: (saleId: Id, epoch: number, because: string) => void
}

/**
 * The ledger may be lost at any time. It is watched, and what was lost is built anew from the books under a higher epoch:
 * one process wins, nothing unbooked of the old epoch can be booked any more, and nobody was promised it. A crash at any await
 * leaves the sale paused for recovery, and that is taken over.
 */
export class RebuildLedger {
  readonly #parts: RebuildParts
  readonly #told = new Map<Id, { epoch: number; because: string }>()
  readonly #seen = new Map<Id, { what: string; since: number }>()
  /** The last order of each sale in the books. */
  readonly #last = new Map<Id, Order>()

  constructor(parts: RebuildParts) {
    this.#parts = parts
  }

  /** Evidence of others, for the next turn. */
  readonly alarm: Alarm = (saleId, epoch, because) => {
    if ((this.#told.get(saleId)?.epoch ?? 0) < epoch) this.#told.set(saleId, { epoch, because })
  }

  /** To be repeated every second, and after an alarm at once. */
  async turn(): Promise<boolean> {
    const { sales, ledger } = this.#parts
    if (ledger.inBooks) return false
    const current = await sales.current()
    for (const known of [this.#told, this.#seen, this.#last]) {
      for (const id of known.keys()) if (!current.some((sale) => sale.id === id)) known.delete(id)
    }
    const keep = async (sale: Sale) => {
      const because = await this.#loss(sale)
      if (because !== undefined) await this.#rebuild(sale, because)
    }
    const done = await Promise.allSettled(current.map(keep))
    for (const one of done) if (one.status === 'rejected') throw one.reason
    return false
  }

  /** At once, on evidence of others. True: this call did it; false where the sale is settled or somebody else is at it. The books
   *  of the sale must add up, or it stays paused. */
  async rebuild(saleId: Id, because: string): Promise<boolean> {
    const sale = await this.#parts.sales.sale(saleId)
    if (!sale || sale.settledAt !== null || sale.pausedForRecovery) return false
    return this.#rebuild(sale, because)
  }

  /** Why the ledger of this sale cannot be believed; undefined while it can. */
  async #loss(sale: Sale): Promise<string | undefined> {
    const told = this.#told.get(sale.id)
    if (sale.pausedForRecovery) {
      // While the new ledger is not there, all who ask find that it is lost.
      this.#told.delete(sale.id)
      return this.#lasts(sale.id, `recovery ${sale.epoch}`, TAKE_OVER_MS) ? 'a recovery was left unfinished' : undefined
    }
    if (told?.epoch === sale.epoch) return told.because
    const { ledger } = this.#parts
    const last = await this.#lastBooked(sale.id)
    const view = await ledger.look(sale.id, ALL, 0)
    if (!view) return 'the ledger does not know the sale'
    if (view.terms.epoch < sale.epoch) return `the ledger is of epoch ${view.terms.epoch}`
    const [hold] = last ? await ledger.entries(sale.id, last.epoch, last.seq - 1, ALL, 1) : []
    if (hold?.orderId !== last?.orderId) return `the ledger has lost order ${last?.orderId}`
    const difference = differenceOf(sale, view)
    if (!difference) this.#seen.delete(sale.id)
    if (!difference || !this.#lasts(sale.id, difference, OUTLIVES_MS)) return undefined
    if (difference !== PAUSE) return difference
    await this.#amend(sale.id)
    return undefined
  }

  /** The same is seen for that long. */
  #lasts(saleId: Id, what: string, ms: number): boolean {
    const now = this.#parts.clock.ticks()
    const seen = this.#seen.get(saleId)
    if (seen?.what === what) return now - seen.since >= ms
    this.#seen.set(saleId, { what, since: now })
    return false
  }

  /** The books are read before the ledger: what they have, that must have. */
  async #lastBooked(saleId: Id): Promise<Order | undefined> {
    for await (const page of this.#pages(saleId, this.#last.get(saleId))) this.#last.set(saleId, page.at(-1) as Order)
    return this.#last.get(saleId)
  }

  async *#pages(saleId: Id, from = { epoch: 0, seq: 0 }): AsyncGenerator<Order[]> {
    let after = from
    for (;;) {
      const page = await this.#parts.books.ordersOf(saleId, after, PAGE)
      if (page.length === 0) return
      yield page
      after = page.at(-1) as Order
    }
  }

  async #rebuild({ id, epoch: evidence }: Sale, because: string): Promise<boolean> {
    const { sales, ledger, clock, rebuilt } = this.#parts
    const incarnation = await ledger.incarnation()
    if (!(await sales.raiseEpoch(id, evidence, incarnation))) return false
    // Nobody refuses from memory any more what the new ledger may grant.
    await clock.sleep(LEASE_MS)
    // The sale first: nothing is booked now, so what is held and sold only falls, and fits the allotments that were read.
    const sale = await sales.sale(id)
    // Side by side: to count them takes the books as long as to show them.
    const [holds, tally] = await Promise.all([this.#holds(id), sales.tally(id)])
    if (!tally || sale?.epoch !== evidence + 1) return false
    const wrong = saleEquations(tally, null).filter((one) => !one.holds)
    if (wrong.length > 0) throw new Error(`sale ${id} stays paused, its books do not add up: ${JSON.stringify(wrong)}`)
    if (!(await ledger.load({ terms: termsOf(sale), items: sale.items, holds }))) return false
    if (!(await sales.clearRecovery(id, sale.epoch))) return false
    await this.#amend(id)
    rebuilt(id, sale.epoch, because)
    return true
  }

  async #holds(saleId: Id): Promise<Hold[]> {
    const holds: Hold[] = []
    for await (const page of this.#pages(saleId)) holds.push(...page.map(holdOf))
    return holds
  }

  async #amend(saleId: Id): Promise<void> {
    const sale = await this.#parts.sales.sale(saleId)
    if (sale) await this.#parts.ledger.amend(termsOf(sale), sale.items)
  }
}

const PAUSE = 'the pauses differ'

function differenceOf({ items, ...sale }: Sale, { terms, items: counts }: LedgerView): string | undefined {
  const differs = (...names: (keyof SaleTerms)[]) => names.some((name) => terms[name] !== sale[name])
  const allotments = new Map(counts.map((item) => [item.productId, item.allotment]))
  const others = items.filter((item) => allotments.get(item.productId) !== item.allotment)
  if (differs('epoch')) return `the ledger is of epoch ${terms.epoch}`
  if (differs('startTime', 'endTime', 'limit')) return 'window or limit differ'
  if (others.length > 0 || allotments.size !== items.length) return 'allotments differ'
  return differs('pausedByOperator', 'pausedForRecovery') ? PAUSE : undefined
}
