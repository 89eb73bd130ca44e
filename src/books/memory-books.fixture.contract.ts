import type { HandClock } from '../../test/hand-clock.ts'
import type { MemoryEventLog } from '../events/memory-event-log.ts'
import type { BooksFixture } from './books.contract.ts'
import { MemoryBooks, MemoryOutbox } from './memory-books.ts'
import { MemoryAttempts, MemoryInbox } from './memory-payments.ts'
import { MemoryRecord } from './memory-record.ts'
import { MemorySales } from './memory-sales.ts'

const HOLD_TTL_MS = 600_000

/** The books in memory, for the contract that they must keep and for others to be compared with. */
export function memoryBooks(clock: HandClock, events: MemoryEventLog): BooksFixture {
  const record = new MemoryRecord()
  let codes = 0
  const tools = { now: clock.now, newCode: () => `code-${++codes}` }
  const attempts = new MemoryAttempts(record, tools)
  return {
    books: new MemoryBooks(record, { ...tools, holdTtlMs: HOLD_TTL_MS }),
    attempts,
    inbox: new MemoryInbox(record, attempts, clock.now),
    outbox: new MemoryOutbox(record, clock.now, (orderId) => events.isWaiting(orderId)),
    sales: new MemorySales(record, clock.now),
    events,
    clock,
    holdTtlMs: HOLD_TTL_MS,
    addProduct: (product) => record.addProduct(product),
    stockOf: (productId) => record.products.get(productId)?.stock ?? null,
    openWallet: (userId, amount, currency, drillId) => record.openWallet(userId, amount, currency, drillId),
    balanceOf: (userId) => record.wallets.get(userId)?.balance ?? null,
    journalOf: (orderId) =>
      record.journal.filter((row) => row.orderId === orderId).map(({ entry, account, amount }) => ({ entry, account, amount })),
    waitForBuyer(orderId) {
      Object.assign(record.orders.get(orderId) ?? {}, { state: 'PAYMENT_PENDING' })
    },
    miscount: (saleId, productId, counts) => void Object.assign(record.item(saleId, productId) ?? {}, counts),
    mistake(saleId, buyerId, taken) {
      const sale = record.sales.get(saleId)
      if (taken === null) sale?.taken.delete(buyerId)
      else sale?.taken.set(buyerId, taken)
    },
  }
}
