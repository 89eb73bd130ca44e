import type { Books } from '../books/books.ts'
import { never } from '../core/assert.ts'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import type { OrderState } from '../core/order.ts'
import type { Sale } from '../core/sale.ts'
import { LEASE_MS, Lease } from '../gate/lease.ts'
import type { Ask, Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Board, Live } from './board.ts'
import { type Alarm, type Confirmed, confirm } from './book.ts'

/** Entries of one call to the ledger. */
const BATCH_MAX = 64
/** A reserve that reaches the ledger later than this is refused: its caller has given up, or soon will. */
const PATIENCE_MS = 2000
/** When the ledger has not answered by then, the outcome is unknown. Longer than its patience, so that most answers are true. */
const ANSWER_MS = 3000
const ENDED = { kind: 'ended' } as const

export type Purchase = Omit<Ask, 'orderId' | 'deadline'> & { saleId: Id }

export type Placed =
  | { kind: 'accepted'; orderId: Id; status: OrderState; replayed: boolean }
  | { kind: 'key-reused' | 'ended' | 'paused' | 'not-found' | 'busy' | 'unknown-outcome' }
  | { kind: 'not-started'; startTime: number }
  | { kind: 'limit-reached'; limit: number; orderId: Id | null }
  | { kind: 'sold-out'; remaining: number }

type Waiting = { ask: Ask; answer: (placed: Placed) => void }
type Counter = { saleId: Id; waiting: Waiting[]; inFlight: number; scheduled: boolean; lease: Lease; probing: boolean }

export type PlaceOrderParts = {
  ledger: Ledger
  books: Books
  board: Board
  clock: Clock
  newId: () => Id
  alarm: Alarm
  /** The pipeline behind has fallen too far behind: accepting more would promise what cannot be settled in time. */
  behind: () => boolean
  /** Something was booked: whoever publishes may begin. */
  booked: () => void
  failed: (error: unknown) => void
  waitingMax: number
  /** Calls of one sale that may be under way: what waits meanwhile makes larger batches. */
  inFlightMax: number
}

/**
 * The story of a purchase up to its answer: gathered for one turn of the event loop, decided by the ledger as a batch,
 * confirmed in the books, answered. Losers are answered from memory while a lease lasts.
 */
export class PlaceOrder {
  readonly #parts: PlaceOrderParts
  readonly #counters = new Map<Id, Counter>()
  #waiting = 0

  constructor(parts: PlaceOrderParts) {
    this.#parts = parts
  }

  /** Answers exactly once, possibly before it returns. Never throws: a fault is `busy` or `unknown-outcome`. */
  place(purchase: Purchase, answer: (placed: Placed) => void): void {
    const refusal = this.#refuse(purchase)
    if (refusal) answer(refusal)
    else this.#enqueue(purchase, answer)
  }

  /** How many buyers wait for an answer. */
  get waiting(): number {
    return this.#waiting
  }

  /** What memory can say by itself. A refusal under a lease is worth more than `busy` and costs as little. */
  #refuse({ saleId, productId, buyerId }: Purchase): Placed | undefined {
    const { board, clock, behind, waitingMax } = this.#parts
    const live = board.get(saleId)
    if (!live?.remaining.has(productId)) return { kind: 'not-found' }
    const counter = this.#counter(saleId)
    const ticks = clock.ticks()
    const refusal = counter.lease.refuse(productId, buyerId, ticks)
    if (refusal && counter.lease.isStale(ticks)) void this.#probe(counter)
    if (refusal) return refusal
    return this.#waiting >= waitingMax || behind() ? { kind: 'busy' } : undefined
  }

  #enqueue({ saleId, ...asked }: Purchase, answer: (placed: Placed) => void): void {
    const { board, clock, newId } = this.#parts
    const live = board.get(saleId) as Live
    const counter = this.#counter(saleId)
    counter.waiting.push({ ask: { ...asked, orderId: newId(), deadline: board.ledgerNow(clock) + PATIENCE_MS }, answer })
    this.#waiting++
    if (counter.scheduled || counter.inFlight >= this.#parts.inFlightMax) return
    counter.scheduled = true
    clock.soon(() => {
      counter.scheduled = false
      this.#send(counter, live)
    })
  }

  #counter(saleId: Id): Counter {
    let counter = this.#counters.get(saleId)
    if (!counter) {
      counter = { saleId, waiting: [], inFlight: 0, scheduled: false, lease: new Lease(), probing: false }
      this.#counters.set(saleId, counter)
    }
    return counter
  }

  #send(counter: Counter, live: Live): void {
    while (counter.waiting.length > 0 && counter.inFlight < this.#parts.inFlightMax) {
      const batch = counter.waiting.splice(0, BATCH_MAX)
      counter.inFlight++
      void this.#decide(counter, live, batch).finally(() => {
        counter.inFlight--
        this.#waiting -= batch.length
        this.#send(counter, live)
      })
    }
  }

  async #decide(counter: Counter, live: Live, batch: Waiting[]): Promise<void> {
    const asks = batch.map(({ ask }) => ask)
    const confirmed = await this.#confirmed(live.sale, asks)
    let booked = false
    for (const [i, { ask, answer }] of batch.entries()) {
      const one = confirmed[i] as Confirmed
      if (one.kind === 'replayed') {
        void this.#replay(one.entry.orderId, answer)
        continue
      }
      if (one.kind === 'reserved') {
        booked = true
        this.#parts.board.stock(counter.saleId, ask.productId, one.remaining)
      }
      const placed = placedOf(one)
      if (isLeased(placed)) void this.#probe(counter)
      answer(placed)
    }
    if (booked) this.#parts.booked()
  }

  async #confirmed({ id: saleId, epoch, settledAt }: Sale, asks: Ask[]): Promise<Confirmed[]> {
    const { ledger, clock, failed } = this.#parts
    const all = (kind: 'busy' | 'unknown-outcome') => asks.map(() => ({ kind }) as const)
    const answered = new AbortController()
    const tooLate = clock.sleep(ANSWER_MS, answered.signal).then(() => all('unknown-outcome'))
    const came = (kind: 'busy' | 'unknown-outcome', error: unknown) => {
      failed(error)
      return all(kind)
    }
    // Of what is settled the ledger knows nothing any more, and the books know all.
    const isSettled = settledAt !== null && !ledger.inBooks
    const replies = isSettled ? Promise.resolve(asks.map(() => ENDED)) : ledger.reserve(saleId, epoch, asks)
    const decided = replies.then(
      // Whatever the books' fault says: the ledger has decided, and catch-up may book it yet.
      (replies) => confirm(this.#parts, saleId, epoch, asks, replies).catch((error) => came('unknown-outcome', error)),
      (error) => came(error instanceof Fault && error.outcome === 'refused' ? 'busy' : 'unknown-outcome', error),
    )
    return Promise.race([decided, tooLate]).finally(() => answered.abort('answered'))
  }

  /** The order's present status comes from the books. */
  async #replay(orderId: Id, answer: (placed: Placed) => void): Promise<void> {
    try {
      const order = await this.#parts.books.order(orderId)
      answer(order ? { kind: 'accepted', orderId, status: order.state, replayed: true } : { kind: 'unknown-outcome' })
    } catch (error) {
      this.#parts.failed(error)
      answer({ kind: 'unknown-outcome' })
    }
  }

  /** One probe at a time serves all buyers of the sale. */
  async #probe(counter: Counter): Promise<void> {
    if (counter.probing) return
    counter.probing = true
    const { ledger, board, clock, failed } = this.#parts
    const sentAt = clock.ticks()
    try {
      let view = await ledger.look(counter.saleId, counter.lease.seq, LEASE_MS)
      // Sequences begin anew with an epoch, and so must the list of buyers.
      if (view && counter.lease.seq > 0 && view.terms.epoch !== counter.lease.epoch) {
        view = await ledger.look(counter.saleId, 0, LEASE_MS)
      }
      if (view && (await this.#addBooked(counter.saleId, view))) {
        counter.lease.grant(view, sentAt)
        for (const item of view.items) board.stock(counter.saleId, item.productId, item.remaining)
      }
    } catch (error) {
      failed(error)
    } finally {
      counter.probing = false
    }
  }

  /** A ledger that may have lost orders is not asked alone who has one. False where the epoch changed meanwhile. */
  async #addBooked(saleId: Id, view: { terms: { epoch: number }; buyers: Id[] }): Promise<boolean> {
    const { ledger, books } = this.#parts
    if (ledger.inBooks) return true
    let after = { epoch: 0, seq: 0 }
    for (
      let page = await books.ordersOf(saleId, after, 1000);
      page.length > 0;
      page = await books.ordersOf(saleId, after, 1000)
    ) {
      for (const order of page) view.buyers.push(order.buyerId)
      after = page.at(-1) as { epoch: number; seq: number }
    }
    return (await books.truth(saleId, [])).epoch === view.terms.epoch
  }
}

function isLeased(placed: Placed): boolean {
  if (placed.kind === 'sold-out') return placed.remaining === 0
  return placed.kind === 'not-started' || placed.kind === 'ended' || placed.kind === 'paused'
}

function placedOf(one: Exclude<Confirmed, { kind: 'replayed' }>): Placed {
  switch (one.kind) {
    case 'reserved':
      return { kind: 'accepted', orderId: one.entry.orderId, status: 'RESERVATION_PENDING', replayed: false }
    case 'limit-reached':
      return { kind: 'limit-reached', limit: one.limit, orderId: one.entry?.orderId ?? null }
    // Nothing was reserved, and the same key may be used again at once.
    case 'late':
    case 'epoch-passed':
    case 'lost':
      return { kind: 'busy' }
    case 'sold-out':
    case 'not-started':
    case 'ended':
    case 'paused':
    case 'not-found':
    case 'key-reused':
    case 'busy':
    case 'unknown-outcome':
      return one
    default:
      return never(one)
  }
}
