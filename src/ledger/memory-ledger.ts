import { assert } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import type { Entry } from '../core/order.ts'
import { type SaleTerms, termsOf } from '../core/sale.ts'
import type { Ask, Hold, HoldMove, HoldState, ItemCount, Ledger, LedgerImage, LedgerView, Reply } from './ledger.ts'

type Item = ItemCount & { quietUntil: number }
type Closed = Extract<Reply, { kind: 'paused' | 'not-started' }>
type Held = {
  terms: SaleTerms
  seq: number
  items: Map<Id, Item>
  /** By order id, in order of sequence. */
  holds: Map<Id, Hold>
  byKey: Map<string, Hold>
  taken: Map<Id, number>
  /** What a probe heard last, and until when that may be said from memory. */
  quiet: { until: number; closed: Closed } | undefined
}

const isLive = (state: HoldState): boolean => state === 'PENDING' || state === 'COMMITTED'
const keyOf = (entry: { buyerId: Id; keyDigest: string }): string => `${entry.buyerId} ${entry.keyDigest}`

/** The ledger as an executable specification: every other one is compared with it on the same calls. */
export class MemoryLedger implements Ledger {
  readonly inBooks = false
  readonly #now: () => number
  readonly #incarnation: () => string | null
  readonly #sales = new Map<Id, Held>()

  constructor(now: () => number, incarnation: () => string | null = () => null) {
    this.#now = now
    this.#incarnation = incarnation
  }

  async incarnation(): Promise<string | null> {
    return this.#incarnation()
  }

  #known(saleId: Id): Held | undefined {
    const held = this.#sales.get(saleId)
    return held?.terms.incarnation === this.#incarnation() ? held : undefined
  }

  async load(image: LedgerImage): Promise<boolean> {
    const present = this.#sales.get(image.terms.id)
    if (image.terms.incarnation !== this.#incarnation()) return false
    if (present && present.terms.epoch >= image.terms.epoch) return false
    const held: Held = {
      terms: termsOf(image.terms),
      seq: 0,
      items: new Map(),
      holds: new Map(),
      byKey: new Map(),
      taken: new Map(),
      quiet: undefined,
    }
    for (const { productId, allotment } of image.items) {
      held.items.set(productId, { productId, allotment, remaining: allotment, held: 0, sold: 0, quietUntil: 0 })
    }
    for (const hold of image.holds) this.#remember(held, { ...hold })
    for (const item of held.items.values()) assert(item.remaining >= 0, 'what is loaded balances')
    this.#sales.set(image.terms.id, held)
    return true
  }

  #remember(held: Held, hold: Hold): void {
    held.holds.set(hold.orderId, hold)
    held.byKey.set(keyOf(hold), hold)
    if (!isLive(hold.state)) return
    const item = held.items.get(hold.productId)
    assert(item, 'an order is of an item of its sale')
    item.remaining -= hold.quantity
    item[hold.state === 'PENDING' ? 'held' : 'sold'] += hold.quantity
    held.taken.set(hold.buyerId, (held.taken.get(hold.buyerId) ?? 0) + hold.quantity)
  }

  async amend(terms: SaleTerms, items: { productId: Id; allotment: number }[]): Promise<boolean> {
    const held = this.#known(terms.id)
    if (held?.terms.epoch !== terms.epoch) return false
    for (const { productId, allotment } of items) {
      const item = held.items.get(productId)
      if (!item || allotment < item.held + item.sold) return false
    }
    for (const { productId, allotment } of items) {
      const item = held.items.get(productId) as Item
      item.remaining += allotment - item.allotment
      item.allotment = allotment
    }
    held.terms = termsOf(terms)
    return true
  }

  async reserve(saleId: Id, epoch: number, asks: Ask[]): Promise<Reply[]> {
    const held = this.#known(saleId)
    if (!held) return asks.map(() => ({ kind: 'lost' }))
    const now = this.#now()
    return asks.map((ask) => (held.terms.epoch === epoch ? decide(held, ask, now) : { kind: 'epoch-passed' }))
  }

  async settle(saleId: Id, moves: HoldMove[]): Promise<('moved' | 'unchanged' | 'unknown')[]> {
    const held = this.#known(saleId)
    return moves.map(({ orderId, to }) => {
      const hold = held?.holds.get(orderId)
      const item = hold && held?.items.get(hold.productId)
      if (!held || !hold || !item) return 'unknown'
      const pending = hold.state === 'PENDING'
      const allowed = to === 'return' ? isLive(hold.state) : pending
      if (!allowed) return 'unchanged'
      item[pending ? 'held' : 'sold'] -= hold.quantity
      if (to === 'commit') item.sold += hold.quantity
      else {
        item.remaining += hold.quantity
        held.taken.set(hold.buyerId, (held.taken.get(hold.buyerId) ?? 0) - hold.quantity)
      }
      hold.state = to === 'commit' ? 'COMMITTED' : to === 'release' ? 'CANCELLED' : 'RETURNED'
      assert(item.held >= 0 && item.sold >= 0 && item.remaining <= item.allotment, 'an item adds up')
      return 'moved'
    })
  }

  async look(saleId: Id, afterSeq: number, quietMs: number): Promise<LedgerView | null> {
    const held = this.#known(saleId)
    if (!held) return null
    const now = this.#now()
    const items = [...held.items.values()]
    for (const item of items) if (quietMs > 0 && item.remaining === 0) item.quietUntil = now + quietMs
    const closed = closedBy(held.terms, now)
    if (quietMs > 0 && closed) held.quiet = { until: now + quietMs, closed }
    return {
      terms: { ...held.terms },
      seq: held.seq,
      now,
      items: items.map(({ quietUntil, ...count }) => count),
      buyers: [...held.holds.values()]
        .filter((hold) => (hold.epoch < held.terms.epoch ? afterSeq === 0 : hold.seq > afterSeq))
        .map((hold) => hold.buyerId),
    }
  }

  async entries(saleId: Id, epoch: number, afterSeq: number, before: number, max: number): Promise<Hold[]> {
    const found: Hold[] = []
    for (const hold of this.#known(saleId)?.holds.values() ?? []) {
      if (hold.epoch === epoch && hold.seq > afterSeq && hold.reservedAt < before) found.push({ ...hold })
    }
    return found.sort((a, b) => a.seq - b.seq).slice(0, max)
  }

  async drop(saleId: Id): Promise<void> {
    this.#sales.delete(saleId)
  }
}

function decide(held: Held, ask: Ask, now: number): Reply {
  const { terms } = held
  const known = held.byKey.get(keyOf(ask))
  if (known) return known.bodyDigest === ask.bodyDigest ? { kind: 'replayed', entry: entryOf(known) } : { kind: 'key-reused' }
  if (now > ask.deadline) return { kind: 'late' }
  if (now >= terms.endTime) return { kind: 'ended' }
  const closed = closedBy(terms, now) ?? saidFromMemory(held, now)
  if (closed) return closed
  const item = held.items.get(ask.productId)
  if (!item) return { kind: 'not-found' }
  const taken = held.taken.get(ask.buyerId) ?? 0
  if (taken + ask.quantity > terms.limit)
    return { kind: 'limit-reached', limit: terms.limit, entry: newestLive(held, ask.buyerId) }
  if (item.remaining < ask.quantity || now < item.quietUntil) {
    return { kind: 'sold-out', remaining: now < item.quietUntil ? 0 : item.remaining }
  }
  const { deadline, ...asked } = ask
  const hold: Hold = { ...asked, saleId: terms.id, epoch: terms.epoch, seq: ++held.seq, reservedAt: now, state: 'PENDING' }
  held.holds.set(hold.orderId, hold)
  held.byKey.set(keyOf(hold), hold)
  item.remaining -= ask.quantity
  item.held += ask.quantity
  held.taken.set(ask.buyerId, taken + ask.quantity)
  assert(item.remaining >= 0, 'the ledger never goes below zero')
  return { kind: 'reserved', entry: entryOf(hold), remaining: item.remaining }
}

function closedBy({ pausedByOperator, pausedForRecovery, startTime }: SaleTerms, now: number): Closed | undefined {
  if (pausedByOperator || pausedForRecovery) return { kind: 'paused' }
  return now < startTime ? { kind: 'not-started', startTime } : undefined
}

/** A start that was not moved opens the sale to the millisecond: close to it no process answers from memory. */
function saidFromMemory({ quiet }: Held, now: number): Closed | undefined {
  if (!quiet || now >= quiet.until) return undefined
  return quiet.closed.kind === 'not-started' && now >= quiet.closed.startTime ? undefined : quiet.closed
}

function newestLive(held: Held, buyerId: Id): Entry | null {
  let newest: Hold | null = null
  for (const hold of held.holds.values()) if (hold.buyerId === buyerId && isLive(hold.state)) newest = hold
  return newest && entryOf(newest)
}

function entryOf({ state, ...entry }: Hold): Entry {
  return entry
}
