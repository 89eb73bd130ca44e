import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { HandClock } from '../../test/hand-clock.ts'
import { newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { Entry, Order } from '../core/order.ts'
import type { GatewayState, GatewayView } from '../core/payment.ts'
import type { EventLog } from '../events/event-log.ts'
import { bookingContract } from './booking.contract.ts'
import type { Books, NewSale, Outbox, Sales } from './books.ts'
import { compareBooks } from './books-comparison.contract.ts'
import { inboxContract } from './inbox.contract.ts'
import { movingContract } from './moving.contract.ts'
import { outboxContract } from './outbox.contract.ts'
import { paymentsContract } from './payments.contract.ts'
import { type Attempts, EARLY_MAX_MS, type Inbox } from './payments.ts'
import { refundsContract } from './refunds.contract.ts'
import { salesContract } from './sales.contract.ts'

export type BooksFixture = {
  books: Books
  outbox: Outbox
  sales: Sales
  attempts: Attempts
  inbox: Inbox
  /** `outbox.again` asks it. */
  events: EventLog
  /** The database's own. */
  clock: HandClock
  holdTtlMs: number
  addProduct(product: { id: Id; price: number; kind: 'product' | 'coupon'; stock: number | null }): void
  stockOf(productId: Id): number | null
  openWallet(userId: Id, amount: number, currency: string, drillId: Id | null): void
  /** `null`: there is no such wallet. */
  balanceOf(userId: Id): number | null
  journalOf(orderId: Id): { entry: string; account: string; amount: number }[]
  /** As one by card, with no attempt under way: the order waits for its buyer. */
  waitForBuyer(orderId: Id): void
  /** Somebody changes what the books have counted. */
  miscount(saleId: Id, productId: Id, counts: { available: number; held: number; sold: number; returned: number }): void
  /** The same for a buyer's units in a sale; `null`: the row is gone. */
  mistake(saleId: Id, buyerId: Id, taken: number | null): void
} & Partial<AsyncDisposable>

export const PRICE = 100

/** A shop's books with what every test needs of them. */
export type BooksWorld = ReturnType<typeof worldOf>

/** What every `Books`, `Outbox` and `Sales` over the same record must do. */
export function booksContract(name: string, make: () => Promise<BooksFixture>): void {
  describe(`books: ${name}`, () => {
    let world: BooksWorld
    before(async () => {
      world = worldOf(await make())
    })
    after(async () => world[Symbol.asyncDispose]?.())
    beforeEach(() => world.drain())
    afterEach(() => world.balances())

    describe('book', () => bookingContract(() => world))
    describe('move', () => movingContract(() => world))
    describe('payments by card', () => paymentsContract(() => world))
    describe('refunds', () => refundsContract(() => world))
    describe('inbox', () => inboxContract(() => world))
    describe('outbox', () => outboxContract(() => world))
    describe('sales', () => salesContract(() => world))
    it('answer and end as the books in memory do, call by call', () => compareBooks(world))
  })
}

function worldOf(made: BooksFixture) {
  const { books, outbox, sales, attempts, inbox, clock } = made

  function product(more: Partial<Parameters<BooksFixture['addProduct']>[0]> = {}): Id {
    const id = newId()
    made.addProduct({ id, price: 2 * PRICE, kind: 'product', stock: null, ...more })
    return id
  }

  function buyer(amount = 10 * PRICE, currency = 'EUR'): Id {
    const id = newId()
    made.openWallet(id, amount, currency, null)
    return id
  }

  /** Open for an hour, 5 units of one product, one a buyer. */
  function newSale(more: Partial<NewSale> = {}): NewSale {
    return {
      id: newId(),
      name: 'A sale',
      banner: null,
      startTime: clock.now() - 1000,
      endTime: clock.now() + 3600_000,
      limit: 1,
      incarnation: null,
      drillId: null,
      items: more.items ?? [{ productId: product(), price: PRICE, currency: 'EUR', quantity: 5 }],
      ...more,
    }
  }

  async function sale(more: Partial<NewSale> = {}) {
    const made = newSale(more)
    assert.equal((await sales.create(made)).kind, 'changed')
    return { ...made, productId: made.items[0]?.productId as Id }
  }

  /** As a ledger would have granted it: one unit, for a new rich buyer, under a new key. */
  function entry(sale: { id: Id; productId: Id }, seq: number, more: Partial<Entry> = {}): Entry {
    const orderId = newId()
    return {
      orderId,
      saleId: sale.id,
      epoch: 1,
      seq,
      buyerId: more.buyerId ?? buyer(),
      productId: sale.productId,
      quantity: 1,
      method: 'credit',
      keyDigest: `key ${orderId}`,
      bodyDigest: 'body',
      reservedAt: clock.now(),
      ...more,
    }
  }

  /** Books what must be booked. */
  async function booked(sale: { id: Id; productId: Id }, seq: number, more: Partial<Entry> = {}): Promise<Entry> {
    const granted = entry(sale, seq, more)
    assert.deepEqual(await books.book(sale.id, granted.epoch, [granted]), { kind: 'booked' })
    return granted
  }

  /** Waits for its buyer with its first attempt. */
  async function byCard(sale: { id: Id; productId: Id }, seq: number, more: Partial<Entry> = {}): Promise<Id> {
    const { orderId } = await booked(sale, seq, { method: 'card', ...more })
    const [moved] = await books.move([{ orderId, by: 'pay' }])
    assert.ok(moved?.kind === 'moved' && moved.order.state === 'PAYMENT_PENDING')
    return orderId
  }

  /** What the gateway says of an order of one unit. */
  function view(orderId: Id, state: GatewayState, more: Partial<GatewayView> = {}): GatewayView {
    const { attempt = 1 } = more
    const known = { txnId: `txn ${orderId} ${attempt}`, amount: PRICE, currency: 'EUR', redirectUrl: null, reason: null }
    return { orderId, attempt, state, ...known, ...more }
  }

  async function order(id: Id): Promise<Order> {
    const found = await books.order(id)
    assert.ok(found)
    return found
  }

  async function counts(saleId: Id) {
    const tally = await sales.tally(saleId)
    return tally?.items.map(({ available, held, sold, returned }) => ({ available, held, sold, returned }))
  }

  /** What is to be told, in its order, and takes it away. */
  async function told(): Promise<{ happening: string; refId: Id }[]> {
    const token = newId()
    const rows = await outbox.claim(token, 100_000, 1)
    await outbox.done(
      token,
      rows.map((row) => row.id),
    )
    return rows.map(({ happening, refId }) => ({ happening, refId }))
  }

  /** No test sees what another one left waiting or to be told. */
  async function drain(): Promise<void> {
    await clock.advance(EARLY_MAX_MS)
    await inbox.apply(100_000)
    for (const { id } of await inbox.quarantined(100_000, undefined)) await inbox.dismiss(id)
    const left = await books.orders({ waiting: true, limit: 100_000 })
    await books.move(left.map(({ orderId }) => ({ orderId, by: 'cancel', reason: 'the test is over' })))
    for (const { orderId, number, state, amount, currency, txnId } of await attempts.claim(100_000, 1)) {
      const known = { attempt: number, amount, currency, ...(txnId !== null && { txnId }) }
      await attempts.see(view(orderId, state === 'REFUND_DUE' ? 'refunded' : 'voided', known))
    }
    assert.deepEqual(await attempts.claim(100_000, 1), [])
    await told()
    assert.equal((await outbox.waiting()).count, 0)
  }

  /** Whatever happened, the shop adds up. */
  async function balances(): Promise<void> {
    for (const { id } of await sales.list(100_000, undefined)) {
      const tally = await sales.tally(id)
      for (const item of tally?.items ?? []) {
        assert.equal(item.allotment, item.available + item.held + item.sold + item.returned)
        assert.equal(item.held, item.heldByOrders)
        assert.equal(item.sold, item.soldByOrders)
      }
      assert.equal(tally?.buyersWrong, 0)
      const standing = tally?.items.reduce((sum, item) => sum + item.held + item.sold, 0)
      assert.equal(tally?.taken, standing)
    }
    const { captured, owed, ...wrong } = await sales.moneyTally(Number.MAX_SAFE_INTEGER)
    assert.deepEqual(wrong, { entriesWrong: 0, walletsWrong: 0, paymentsWrong: 0, ordersStuck: 0 })
    assert.equal(captured.byJournal, captured.byAttempts)
    assert.equal(owed.byJournal, owed.byAttempts)
  }

  return { ...made, product, buyer, newSale, sale, entry, booked, byCard, view, order, counts, told, drain, balances }
}
