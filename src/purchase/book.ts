import type { Books } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import { type Entry, isLive, type Order, type UnitState, unitOf } from '../core/order.ts'
import type { Ask, Hold, HoldState, Ledger, Reply } from '../ledger/ledger.ts'

/** What a reply of the ledger becomes once the books were asked: only then it may leave the process. */
export type Confirmed = Reply | { kind: 'busy' } | { kind: 'unknown-outcome' }

/** Somebody must rebuild the ledger of this sale from the books: the evidence is of this epoch. */
export type Alarm = (saleId: Id, epoch: number, because: string) => void

/**
 * Nothing the ledger says is believed alone. What it granted, replayed or named is booked; what it refused is checked
 * against the books. A ledger that lives in the books did both in its own transaction.
 * Throws where the books do not answer: what the ledger granted stays granted, so the outcome is unknown then.
 */
export async function confirm(
  { ledger, books, alarm }: { ledger: Ledger; books: Books; alarm: Alarm },
  saleId: Id,
  epoch: number,
  asks: Ask[],
  replies: Reply[],
): Promise<Confirmed[]> {
  if (ledger.inBooks) return replies
  const named = replies.flatMap((reply) => ('entry' in reply && reply.entry ? [reply.entry] : []))
  const booked = named.length === 0 ? ({ kind: 'booked' } as const) : await book(books, alarm, saleId, epoch, named)
  const released = await releasedOf(books, replies)
  const refused = asks.filter((_, i) => !isGranted(replies[i] as Reply))
  if (replies.some((reply) => reply.kind === 'lost')) alarm(saleId, epoch, 'the ledger does not know the sale any more')
  const truth = refused.length === 0 ? { epoch, found: [] } : await books.truth(saleId, refused)
  let next = 0
  return replies.map((reply, i) => {
    const ask = asks[i] as Ask
    if (isGranted(reply)) return booked.kind === 'booked' ? reply : { kind: 'busy' }
    const order = truth.found[next++]
    if (order) return order.bodyDigest === ask.bodyDigest ? { kind: 'replayed', entry: entryOf(order) } : { kind: 'key-reused' }
    if (truth.epoch !== epoch) return { kind: 'busy' }
    const isStale = reply.kind === 'limit-reached' && reply.entry !== null && released.has(reply.entry.orderId)
    if (isStale || (reply.kind === 'limit-reached' && booked.kind !== 'booked')) return { kind: 'busy' }
    return reply
  })
}

/** Of the orders that stand in the way of a buyer, those that the books have freed already: the ledger will follow in a moment. */
async function releasedOf(books: Books, replies: Reply[]): Promise<Set<Id>> {
  const named = replies.flatMap((reply) => (reply.kind === 'limit-reached' && reply.entry ? [reply.entry.orderId] : []))
  const orders = named.length === 0 ? [] : await books.byIds(named)
  return new Set(orders.filter((order) => !isLive(order)).map((order) => order.orderId))
}

function isGranted(reply: Reply): boolean {
  return reply.kind === 'reserved' || reply.kind === 'replayed'
}

/** The one way into the books, for the process that reserved and for catch-up. Repeatable. */
export async function book(books: Books, alarm: Alarm, saleId: Id, epoch: number, entries: Entry[]) {
  const unique = [...new Map(entries.map((entry) => [entry.orderId, entry])).values()]
  const booked = await books.book(saleId, epoch, unique)
  if (booked.kind === 'disagreement') alarm(saleId, epoch, booked.because)
  return booked
}

export function entryOf(entry: Entry): Entry {
  const { orderId, saleId, epoch, seq, buyerId, productId, quantity, method, keyDigest, bodyDigest, reservedAt } = entry
  return { orderId, saleId, epoch, seq, buyerId, productId, quantity, method, keyDigest, bodyDigest, reservedAt }
}

const HOLDS: Record<UnitState, HoldState> = { held: 'PENDING', sold: 'COMMITTED', free: 'CANCELLED' }

/** The hold that an order stands for. */
export function holdOf(order: Order): Hold {
  return { ...entryOf(order), state: HOLDS[unitOf(order)] }
}
