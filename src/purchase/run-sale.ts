import type { NewSale, SaleChange, SaleChanged, Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import { phaseOf, type Sale, statusOf, termsOf } from '../core/sale.ts'
import { LEASE_MS } from '../gate/lease.ts'
import type { Ledger, LedgerView } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import { inTurn } from '../platform/in-turn.ts'
import type { Push } from '../push/push.ts'
import type { Board } from './board.ts'

/** How long an ended sale stays on the board after its end. */
const SHOWN_AFTER_END_MS = 3600_000
const REFRESH_MS = 1000
/** Between two looks for what is not on the board: whoever asks for a sale that is nowhere must not make work of it. */
const MISSED_MS = 100

export type RunSaleParts = {
  sales: Sales
  ledger: Ledger
  board: Board
  push: Push
  clock: Clock
  endingSoonMs: number
  /** The scheduler must look again: an edge may be nearer now. And ordinary stock of its products may be another. */
  changed: (sale: Sale) => void
}

/** The life of a sale, over the ports. `ACTIVE` follows from the clock; what happens here only announces it. */
export class RunSale {
  readonly #parts: RunSaleParts
  readonly #told = new Map<Id, { sale: Sale; phase: string }>()
  /** By this process. */
  readonly #settled = new Set<Id>()
  readonly #dropped = new Set<Id>()
  #missedAt = Number.NEGATIVE_INFINITY

  constructor(parts: RunSaleParts) {
    this.#parts = parts
  }

  /** The books first, then the ledger, armed before the sale opens. */
  async create(sale: Omit<NewSale, 'incarnation'>): Promise<SaleChanged> {
    const { sales, ledger } = this.#parts
    const created = await sales.create({ ...sale, incarnation: await ledger.incarnation() })
    if (created.kind === 'changed') await this.#load(created.sale)
    return created
  }

  /** More units: the books first. Fewer, or a lower limit: the ledger first, so that it never gives what the books refuse.
   *  A change that opens the sale is answered when no process says from memory any more that it is closed. */
  async change(saleId: Id, change: SaleChange): Promise<SaleChanged> {
    const { sales, ledger, clock } = this.#parts
    const present = await sales.sale(saleId)
    if (!present) return { kind: 'not-found' }
    const fewer = (change.items ?? []).filter((item) => item.quantity < allotmentOf(present, item.productId))
    const limit = Math.min(present.limit, change.limit ?? present.limit)
    const tighter = fewer.length > 0 || limit < present.limit
    if (tighter) {
      const items = fewer.map(({ productId, quantity }) => ({ productId, allotment: quantity }))
      if (!(await ledger.amend({ ...termsOf(present), limit }, items)))
        return { kind: 'conflict', because: 'more than that is held or sold' }
    }
    const changed = await sales.change(saleId, change)
    if (changed.kind !== 'changed') {
      if (tighter) await ledger.amend(termsOf(present), present.items)
      return changed
    }
    await ledger.amend(termsOf(changed.sale), changed.sale.items)
    if (opens(present, changed.sale, clock.now())) await clock.sleep(LEASE_MS)
    await this.#show(changed.sale)
    return changed
  }

  async #load(sale: Sale): Promise<void> {
    await this.#parts.ledger.load({ terms: termsOf(sale), items: sale.items, holds: [] })
    await this.#show(sale)
  }

  async #show(sale: Sale): Promise<void> {
    const { board, changed } = this.#parts
    const live = board.putOne(sale)
    await this.#count(live.sale.id)
    changed(sale)
  }

  async #count(saleId: Id): Promise<void> {
    const { ledger, board, clock } = this.#parts
    const view = await ledger.look(saleId, Number.MAX_SAFE_INTEGER, 0)
    if (!view) return
    board.setLedgerNow(view.now, clock)
    for (const item of view.items) board.stock(saleId, item.productId, item.remaining)
  }

  /** Brings the board level with the books: what other processes changed, and what happened before a start. */
  async refresh(): Promise<void> {
    const { sales, board, clock } = this.#parts
    // One that comes onto the board meanwhile is in no list that was read before.
    const before = board.all().map(({ sale }) => sale.id)
    board.put(await sales.current(clock.now() - SHOWN_AFTER_END_MS), before)
    for (const { sale } of board.all()) {
      if (sale.settledAt === null) await this.#count(sale.id)
      // What was left is ordinary stock again.
      else for (const { productId } of sale.items) board.stock(sale.id, productId, 0)
    }
  }

  /** For who asks for what is not on the board: another process may have made it since the last look. One look, begun after they
   *  asked, serves all who ask until then. Throws the faults of the stores. */
  readonly lookAgain = inTurn(async () => {
    const { clock } = this.#parts
    const waitMs = this.#missedAt + MISSED_MS - clock.ticks()
    if (waitMs > 0) await clock.sleep(waitMs)
    this.#missedAt = clock.ticks()
    await this.refresh()
  })

  /** Announces what has come. Answers how long until it must look again, milliseconds. */
  async tick(): Promise<number> {
    const { sales, board, push, clock, endingSoonMs } = this.#parts
    await this.refresh()
    // One whose last order was paid late has left the board by now.
    for (const saleId of this.#settled) await this.#drop(saleId)
    const now = board.ledgerNow(clock)
    let next = now + REFRESH_MS
    for (const { sale, remaining } of board.all()) {
      const left = [...remaining.values()].reduce((sum, units) => sum + units, 0)
      const phase = phaseOf(sale, left, now, endingSoonMs)
      const told = this.#told.get(sale.id)
      // A change of its times or units is news as well: those who have it before them look again.
      if (told?.phase !== phase || told.sale !== sale) {
        this.#told.set(sale.id, { sale, phase })
        push.toSale(sale.id, { type: 'sale', saleId: sale.id, status: statusOf(sale, now), phase })
      }
      if (now >= sale.startTime && now < sale.endTime) await sales.announceStart(sale.id)
      if (sale.settledAt !== null) await this.#drop(sale.id)
      else if (now >= sale.endTime) await this.#end(sale)
      for (const edge of [sale.startTime, sale.endTime, sale.endTime - endingSoonMs]) if (edge > now && edge < next) next = edge
    }
    return Math.max(1, next - board.ledgerNow(clock))
  }

  /** What is left goes back to stock, once the ledger has nothing under way either. */
  async #end(sale: Sale): Promise<void> {
    const { sales, ledger, changed } = this.#parts
    if (!ledger.inBooks && !isOver(await ledger.look(sale.id, Number.MAX_SAFE_INTEGER, 0), sale)) return
    if (!(await sales.settleEnd(sale.id))) return
    this.#settled.add(sale.id)
    changed(sale)
  }

  /** A ledger of its own may forget what is settled: it is answered from the books. Each process does it once, as the one that
   *  settled may be gone. */
  async #drop(saleId: Id): Promise<void> {
    if (this.#parts.ledger.inBooks || this.#dropped.has(saleId)) return
    await this.#parts.ledger.drop(saleId)
    this.#dropped.add(saleId)
    this.#settled.delete(saleId)
  }
}

/** Nothing is under way in it any more: what it gave out up to the end was booked and paid or freed. */
function isOver(view: LedgerView | null, sale: Sale): boolean {
  return view?.terms.epoch === sale.epoch && view.now >= sale.endTime && view.items.every((item) => item.held === 0)
}

function opens(before: Sale, after: Sale, now: number): boolean {
  if (now >= after.endTime) return false
  const isAhead = after.startTime < before.startTime && after.startTime < now + LEASE_MS
  return isAhead || (before.pausedByOperator && !after.pausedByOperator)
}

function allotmentOf(sale: Sale, productId: Id): number {
  return sale.items.find((item) => item.productId === productId)?.allotment ?? 0
}
