import type { MemoryRecord } from '../src/books/memory-record.ts'
import type { Id } from '../src/core/ids.ts'
import { isLive, type Order } from '../src/core/order.ts'
import type { HoldMove, LedgerImage, LedgerView, Reply } from '../src/ledger/ledger.ts'
import type { Ask } from './host.ts'
import type { Known } from './premises.ts'
import { placedWords, purchaseWords, short } from './words.ts'
import { EPOCH, type World } from './world.ts'

/** What memory says was true so long ago at most: a lease counts from its probe, and so does the ledger's quiet. */
export const MEMORY_MS = 250
/** A reserve that reaches the ledger later than this after the buyer's request was given up long ago. */
const GIVEN_UP_MS = 3000

/** What the ledger that counts said of a sale from a moment on; `null` while no ledger counts. */
type Seen = { from: number; view: LedgerView | null; books: { startTime: number; endTime: number; paused: boolean } }

/** What buyers were told is true (I3, I8, I9): looked at when it is said. */
export class Promises {
  readonly #world: World
  readonly #record: MemoryRecord
  readonly #seen = new Map<Id, Seen[]>()
  readonly #accepted = new Map<string, Id>()
  readonly #refused = new Map<string, Ask>()
  readonly #versions = new Map<Id, number>()
  readonly #probes = new Map<string, number>()
  /** Of each hold in a ledger: until when it took units. */
  readonly #holds = new Map<Id, { saleId: Id; buyerId: Id; quantity: number; releasedAt: number }>()
  readonly asks: Ask[] = []
  /** The ledger lives in the books: it has no settling of its own. */
  inBooks = false
  /** How far a ledger's clock may be from the world's. */
  skewMs = 0

  constructor(world: World, record: MemoryRecord) {
    this.#world = world
    this.#record = record
  }

  /** To be told after every change of the ledger or of the books' sales. */
  see(saleId: Id, view: LedgerView | null): void {
    const sale = this.#record.sales.get(saleId)
    if (!sale) return
    const seen = this.#seen.get(saleId) ?? []
    const paused = sale.pausedByOperator || sale.pausedForRecovery
    const valid = view?.terms.epoch === sale.epoch ? view : null
    seen.push({ from: this.#world.time, view: valid, books: { startTime: sale.startTime, endTime: sale.endTime, paused } })
    this.#seen.set(saleId, seen)
  }

  /** @param now the ledger's own time. @param known what it knows after it. */
  reserved(replies: Reply[], now: number, known: Known): void {
    const { time } = this.#world
    for (const reply of replies) {
      if (reply.kind !== 'reserved') continue
      const { orderId, saleId, buyerId, quantity, keyDigest } = reply.entry
      this.#holds.set(orderId, { saleId, buyerId, quantity, releasedAt: Number.POSITIVE_INFINITY })
      const what = `${short(orderId)} of ${buyerId}`
      if (known) this.#checkGrant(what, now, buyerId, known)
      const isWanted = this.asks.some(
        (ask) =>
          ask.saleId === saleId &&
          ask.buyerId === buyerId &&
          ask.keyDigest === keyDigest &&
          ask.arrivedAt !== undefined &&
          time - ask.arrivedAt <= GIVEN_UP_MS,
      )
      if (!isWanted) this.#world.breaks('nothing is sold to one who gave up', `${what} was reserved when nobody waited any more`)
    }
  }

  /** Limit, stock and window are guarded in the ledger too. */
  #checkGrant(what: string, now: number, buyerId: Id, { view: { terms, items }, holds }: NonNullable<Known>): void {
    if (now < terms.startTime || now >= terms.endTime)
      this.#world.breaks('I8 only within the window', `${what} was reserved ${now - terms.startTime} ms after the start`)
    const own = holds.filter((hold) => hold.buyerId === buyerId && (hold.state === 'PENDING' || hold.state === 'COMMITTED'))
    const units = own.reduce((sum, hold) => sum + hold.quantity, 0)
    if (units > terms.limit) this.#world.breaks('I2 the ledger guards the limit', `${buyerId} holds ${units} of ${terms.limit}`)
    for (const { productId, allotment, remaining, held, sold } of items) {
      if (Math.min(remaining, held, sold) < 0 || remaining + held + sold !== allotment)
        this.#world.breaks("I1' the ledger adds up", `${productId}: ${allotment} = ${remaining} + ${held} + ${sold}`)
    }
  }

  settled(moves: HoldMove[], values: string[]): void {
    for (const [i, { orderId, to }] of moves.entries()) {
      const hold = this.#holds.get(orderId)
      if (hold && values[i] === 'moved' && to !== 'commit') hold.releasedAt = this.#world.time
    }
  }

  /** What the books freed takes no more units in a ledger that lives in them. */
  followBooks(): void {
    for (const [orderId, hold] of this.#holds) {
      const order = this.#record.orders.get(orderId)
      if (this.inBooks && order && !isLive(order)) hold.releasedAt = Math.min(hold.releasedAt, this.#world.time)
    }
  }

  loaded({ holds }: LedgerImage): void {
    for (const { orderId, saleId, buyerId, quantity, state } of holds) {
      const isHeld = state === 'PENDING' || state === 'COMMITTED'
      const known = this.#holds.get(orderId)
      if (isHeld || !known) {
        const releasedAt = isHeld ? Number.POSITIVE_INFINITY : this.#world.time
        this.#holds.set(orderId, { saleId, buyerId, quantity, releasedAt })
      }
    }
  }

  /** A reader asks; what comes back is not older than what was known then. */
  reading(orderId: Id): (version: number) => void {
    const known = this.#versions.get(orderId) ?? 0
    return (version) => {
      if (version < known) this.#world.breaks('I9 a status never goes back', `${short(orderId)}: ${version} after ${known}`)
      this.#versions.set(orderId, Math.max(version, this.#versions.get(orderId) ?? 0))
    }
  }

  probed(process: string, saleId: Id): void {
    this.#probes.set(`${process} ${saleId}`, this.#world.time)
  }

  answered(ask: Ask, process: string): void {
    const { placed } = ask
    if (!placed) return
    if (placed.kind === 'accepted') this.#checkAccepted(ask, placed.orderId)
    if (placed.kind === 'accepted' || placed.kind === 'unknown-outcome') return
    this.#refused.set(keyOf(ask), ask)
    if (placed.kind === 'busy' || placed.kind === 'not-found') return
    const lie = this.#lieIn(ask)
    if (lie) this.#breaks('I9 a refusal is true', ask, lie)
    const age = this.#world.time - (this.#probes.get(`${process} ${ask.saleId}`) ?? Number.NEGATIVE_INFINITY)
    if (ask.fromMemory && age >= MEMORY_MS) this.#breaks('memory lasts 250 ms', ask, `it was ${age} ms old`)
    this.#checkReplay(ask)
  }

  #checkAccepted(ask: Ask, orderId: Id): void {
    const order = this.#record.orders.get(orderId)
    if (!order) {
      this.#breaks('I3 accepted means booked', ask, 'the books do not have it')
      return
    }
    if (order.buyerId !== ask.buyerId || order.keyDigest !== ask.keyDigest || order.saleId !== ask.saleId)
      this.#breaks('I9 same key, same order', ask, `that order is of ${order.buyerId} with ${order.keyDigest}`)
    if (order.bodyDigest !== ask.bodyDigest) this.#breaks('I9 another body is another purchase', ask, `it is ${order.bodyDigest}`)
    const before = this.#accepted.get(keyOf(ask)) ?? orderId
    if (before !== orderId) this.#breaks('I9 same key, same order', ask, `it was ${short(before)} before`)
    this.#accepted.set(keyOf(ask), orderId)
  }

  /** A replay outranks every refusal. */
  #checkReplay(ask: Ask): void {
    const arrived = EPOCH + (ask.arrivedAt ?? 0)
    const order = [...this.#record.orders.values()].find((one) => keyOf(one) === keyOf(ask))
    // Under another body it is no replay, and what memory says of it may be said.
    const isReplay = order?.bodyDigest === ask.bodyDigest && order.createdAt < arrived
    if (isReplay) this.#breaks('a replay outranks refusals', ask, `${short(order.orderId)} was in the books`)
  }

  /** What makes the refusal false at every instant of the request. */
  #lieIn(ask: Ask): string | undefined {
    const { placed, productId } = ask
    const seen = this.#during(ask)
    if (seen.some(({ view }) => view === null) && placed?.kind !== 'limit-reached') return undefined
    const ledgerNow = EPOCH + this.#world.time
    switch (placed?.kind) {
      case 'sold-out': {
        const least = Math.min(
          ...seen.map(({ view }) => view?.items.find((item) => item.productId === productId)?.remaining ?? 0),
        )
        return least >= ask.quantity ? `there were always ${least} left` : undefined
      }
      case 'paused': {
        const isTrue = seen.some(
          ({ view, books }) => books.paused || view?.terms.pausedByOperator || view?.terms.pausedForRecovery,
        )
        return isTrue ? undefined : 'it never was'
      }
      case 'ended': {
        const end = Math.min(...seen.map(({ view, books }) => Math.min(view?.terms.endTime ?? books.endTime, books.endTime)))
        return ledgerNow + this.skewMs < end ? `it ends in ${end - ledgerNow} ms` : undefined
      }
      case 'not-started': {
        const start = Math.max(
          ...seen.map(({ view, books }) => Math.max(view?.terms.startTime ?? books.startTime, books.startTime)),
        )
        const arrived = EPOCH + (ask.arrivedAt ?? 0) - MEMORY_MS - this.skewMs
        return arrived >= start ? `it started ${arrived - start} ms before` : undefined
      }
      case 'limit-reached':
        return this.#limitLie(ask, placed.limit, placed.orderId)
      default:
        return undefined
    }
  }

  #limitLie(ask: Ask, limit: number, named: Id | null): string | undefined {
    const from = (ask.arrivedAt ?? 0) - 1
    const order = named === null ? undefined : this.#record.orders.get(named)
    if (named !== null && !order) return `the books do not have ${short(named)}`
    if (order && !this.#wasLive(order, from)) return `${short(order.orderId)} was ${order.state} already`
    if (order && order.buyerId !== ask.buyerId) return `${short(order.orderId)} is of ${order.buyerId}`
    let units = 0
    for (const hold of this.#holds.values()) {
      if (hold.saleId === ask.saleId && hold.buyerId === ask.buyerId && hold.releasedAt >= from) units += hold.quantity
    }
    return units + ask.quantity <= limit ? `${units} of ${limit} are taken` : undefined
  }

  #wasLive(order: Order, from: number): boolean {
    if (isLive(order)) return true
    return (this.#record.history.get(order.orderId)?.at(-1)?.at ?? 0) >= EPOCH + from
  }

  /** What was so at some instant of the request, or so shortly before it that memory may say it. */
  #during(ask: Ask): Seen[] {
    const from = (ask.arrivedAt ?? 0) - MEMORY_MS
    const seen = this.#seen.get(ask.saleId) ?? []
    const first = seen.findLastIndex((one) => one.from <= from)
    return seen.slice(Math.max(0, first))
  }

  /** Who heard nothing but refusals has bought nothing. */
  atEnd(): void {
    for (const order of this.#record.orders.values()) {
      const asks = this.asks.filter((ask) => ask.arrivedAt !== undefined && keyOf(ask) === keyOf(order))
      const isSure =
        asks.length > 0 && asks.every(({ placed }) => placed && placed.kind !== 'accepted' && placed.kind !== 'unknown-outcome')
      const last = this.#refused.get(keyOf(order))
      if (isSure && last) this.#breaks('I9 a no is a no', last, `${short(order.orderId)} is ${order.state}`)
    }
  }

  #breaks(law: string, ask: Ask, what: string): void {
    const said = ask.placed ? placedWords(ask.placed) : 'nothing'
    this.#world.breaks(law, `${ask.buyerId} heard for ${purchaseWords(ask)}: ${said}; but ${what}`)
  }
}

const keyOf = ({ saleId, buyerId, keyDigest }: { saleId: Id; buyerId: Id; keyDigest: string }): string =>
  `${saleId} ${buyerId} ${keyDigest}`
