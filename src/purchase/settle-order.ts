import type { Books, Moved, OrderMove } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import { isFinal, type Order, unitOf } from '../core/order.ts'
import type { Event, EventLog } from '../events/event-log.ts'
import type { HoldMove, Ledger } from '../ledger/ledger.ts'

/** Small, because acceptance waits for a batch that has begun: 32 take about 3 ms. */
const BATCH_MAX = 32
/** Whoever is killed amid a batch keeps its buyers waiting for so long; done twice it does nothing. */
const LEASE_MS = 5_000

export type SettleParts = {
  books: Pick<Books, 'move'>
  ledger: Ledger
  events: EventLog
  newId: () => Id
  /** An order came to its end, and so much is now left of its item: for those who wait and watch. */
  announce: (order: Order, remaining: number) => void
}

/** What follows a change of the books. */
export type MoveParts = Pick<SettleParts, 'books' | 'ledger' | 'announce'>

/** Event log → payment → books → ledger → push, a batch at a time; each order in it stands alone. True when there may be
 *  more. Repeating it does nothing: every change is a compare-and-set. */
export async function settleOrders(parts: SettleParts): Promise<boolean> {
  const { events, newId } = parts
  const token = newId()
  const deliveries = await events.take('payments', token, BATCH_MAX, LEASE_MS)
  if (deliveries.length === 0) return false
  await moveOrders(
    parts,
    [...new Set(deliveries.map(({ event }) => orderIdOf(event)))].map((orderId) => ({ orderId, by: 'pay' })),
  )
  await events.ack(
    'payments',
    token,
    deliveries.map(({ position }) => position),
  )
  return deliveries.length === BATCH_MAX
}

function orderIdOf(event: Event): Id {
  return event.subject
}

/** The books decide, and the rest follows. */
async function moveOrders(parts: MoveParts, moves: OrderMove[]): Promise<Moved[]> {
  const done = await parts.books.move(moves)
  await follow(parts, done)
  return done
}

/** The ledger follows the books by order id, and who waits is told. What is lost here is repeated by the sweeper, and the status
 *  API tells the truth meanwhile. */
export async function follow(parts: Omit<MoveParts, 'books'>, done: Moved[]): Promise<void> {
  const bySale = new Map<Id, HoldMove[]>()
  for (const one of done) {
    if (one.kind === 'not-found' || !isFinal(one.order.state)) continue
    const { saleId, orderId } = one.order
    const holdMoves = bySale.get(saleId) ?? []
    holdMoves.push({ orderId, to: followed(one.order) })
    bySale.set(saleId, holdMoves)
  }
  try {
    if (!parts.ledger.inBooks) for (const [saleId, holdMoves] of bySale) await parts.ledger.settle(saleId, holdMoves)
  } finally {
    // Decided it is, whatever the ledger says: nobody need wait for that.
    for (const one of done) if (one.kind === 'moved') parts.announce(one.order, one.remaining)
  }
}

function followed(order: Order): HoldMove['to'] {
  if (unitOf(order) === 'sold') return 'commit'
  return order.state === 'REFUND_DUE' || order.state === 'REFUNDED' ? 'return' : 'release'
}

/** An order that waits for its buyer past its time ends; what waits for us does not. */
export async function expireOrders(parts: MoveParts & { books: Pick<Books, 'expired'> }): Promise<boolean> {
  const ids = await parts.books.expired(BATCH_MAX)
  if (ids.length > 0)
    await moveOrders(
      parts,
      ids.map((orderId) => ({ orderId, by: 'expire', reason: 'hold-expired' }) as const),
    )
  return ids.length === BATCH_MAX
}

export type Cancelled =
  | { kind: 'cancelled'; order: Order }
  /** The gateway is asked to void the payment first; the order ends when it has. */
  | { kind: 'voiding'; order: Order }
  | { kind: 'conflict'; state: string }
  | { kind: 'not-found' }

/** By its buyer or an administrator, while it is not paid. Cancel and settle are both compare-and-set: one wins. */
export async function cancelOrder(parts: MoveParts, orderId: Id, by: string): Promise<Cancelled> {
  const [one] = (await moveOrders(parts, [{ orderId, by: 'cancel', reason: `cancelled by ${by}` }])) as [Moved]
  if (one.kind === 'not-found') return { kind: 'not-found' }
  if (one.kind === 'unchanged') return { kind: 'conflict', state: one.order.state }
  return { kind: one.kind === 'voiding' ? 'voiding' : 'cancelled', order: one.order }
}

/** Of an order that is paid: the money goes back, at once or as soon as the gateway says so, and the unit with it where that is
 *  wished. Once: a second time is a conflict. */
export async function refundOrder(parts: MoveParts, orderId: Id, reason: string, returnUnit: boolean): Promise<Cancelled> {
  const [one] = (await moveOrders(parts, [{ orderId, by: 'refund', reason, returnUnit }])) as [Moved]
  if (one.kind === 'not-found') return { kind: 'not-found' }
  return one.kind === 'moved' ? { kind: 'cancelled', order: one.order } : { kind: 'conflict', state: one.order.state }
}
