import type { Books, Happening, Outbox, OutboxRow } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import type { Sale } from '../core/sale.ts'
import type { Event, EventLog } from '../events/event-log.ts'

/** Small, because acceptance waits for a batch that has begun: 64 take about 2 ms. */
const BATCH_MAX = 64
/** Whoever is killed amid a batch keeps its events for so long; published twice they are one. */
const LEASE_MS = 5_000

export type PublishParts = {
  books: Pick<Books, 'byIds'>
  sales: { sale(id: Id): Promise<Sale | null> }
  outbox: Outbox
  events: EventLog
  newId: () => Id
  published: () => void
}

/** Outbox → event log, claimed row by row, at least once. True when there may be more. */
export async function publish({ books, sales, outbox, events, newId, published }: PublishParts): Promise<boolean> {
  const token = newId()
  const rows = await outbox.claim(token, BATCH_MAX, LEASE_MS)
  if (rows.length === 0) return false
  const orders = new Map((await books.byIds(rows.map((row) => row.refId))).map((order) => [order.orderId, order]))
  const told: Event[] = []
  for (const row of rows) {
    const order = orders.get(row.refId)
    if (order) told.push(...orderEvents(row, order))
    else {
      const sale = await sales.sale(row.refId)
      if (sale) told.push(saleEvent(row, sale))
    }
  }
  await events.append(told)
  await outbox.done(
    token,
    rows.map((row) => row.id),
  )
  published()
  return rows.length === BATCH_MAX
}

/** The same row makes the same ids, so that publishing it twice adds nothing; a later telling makes new ones. */
function event(row: OutboxRow, type: string, topic: Event['topic'], data: Event['data']): Event {
  return { id: `${row.refId}:${type}:${row.at}`, type, topic, subject: row.refId, time: row.at, data }
}

function orderEvents(row: OutboxRow, order: Order): Event[] {
  const { orderId, buyerId: userId, saleId, productId, quantity, currency, reason } = order
  const price = { amount: order.price, currency }
  const total = { amount: order.price * quantity, currency }
  const bought = { orderId, userId, saleId, productId, quantity, price }
  const orders = 'doorbuster.orders'
  const payments = 'doorbuster.payments'
  const paid = { orderId, userId, amount: total, paymentTxnId: order.txnId ?? `credit:${orderId}` }
  const made: Record<Exclude<Happening, 'sale-started' | 'sale-ended'>, () => Event[]> = {
    'order-booked': () => [event(row, 'OrderCreated', orders, bought), event(row, 'InventoryReserved', payments, bought)],
    'order-completed': () => [
      event(row, 'PurchaseCompleted', payments, paid),
      event(row, 'OrderConfirmed', orders, { orderId, status: 'COMPLETED', paymentTxnId: paid.paymentTxnId }),
    ],
    'order-failed': () => [event(row, 'ReservationFailed', orders, { orderId, userId, reason })],
    'order-expired': () => [event(row, 'ReservationFailed', orders, { orderId, userId, reason })],
    'order-refunded': () => [event(row, 'RefundCompleted', payments, paid)],
    'order-cancelled': () => [event(row, 'OrderCancelled', orders, { orderId, userId, reason })],
  }
  return made[row.happening as keyof typeof made]()
}

function saleEvent(row: OutboxRow, sale: Sale): Event {
  const saleId = sale.id
  if (row.happening === 'sale-ended') return event(row, 'FlashSaleEnded', 'doorbuster.sales', { saleId })
  const items = sale.items.map(({ productId, allotment }) => ({ productId, quantity: allotment }))
  const duration = sale.endTime - sale.startTime
  return event(row, 'FlashSaleStarted', 'doorbuster.sales', { saleId, items, startTime: sale.startTime, duration })
}
