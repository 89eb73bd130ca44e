import { assert } from '../core/assert.ts'
import type { Attempt } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import type { Order, OrderState } from '../core/order.ts'
import { type Desk, HAPPENED } from './desk.ts'
import type { MemoryRecord } from './memory-record.ts'

/** The changes of a payment in memory. Orders and attempts that it is handed are those of the record. */
export class MemoryDesk implements Desk {
  readonly now: number
  readonly #record: MemoryRecord
  readonly #newCode: () => string

  constructor(record: MemoryRecord, tools: { now: () => number; newCode: () => string }) {
    this.#record = record
    this.now = tools.now()
    this.#newCode = tools.newCode
  }

  async attemptsOf({ orderId }: Order): Promise<Attempt[]> {
    return (this.#record.attempts.get(orderId) ?? []).map((one) => one.attempt)
  }

  async addAttempt(order: Order, number: number): Promise<void> {
    const { orderId, price, quantity, currency, expiresAt } = order
    const attempts = this.#record.attempts.get(orderId) ?? []
    assert(attempts.length === number - 1, 'attempts are numbered without a gap')
    attempts.push({
      attempt: {
        orderId,
        number,
        state: 'CREATED',
        ending: null,
        txnId: null,
        redirectUrl: null,
        amount: price * quantity,
        currency,
        reason: null,
        expiresAt: expiresAt ?? this.now,
        createdAt: this.now,
        updatedAt: this.now,
        tries: 0,
        version: 1,
      },
      dueAt: this.now,
    })
    this.#record.attempts.set(orderId, attempts)
  }

  async setAttempt(attempt: Attempt, change: Partial<Attempt>, dueIn: number | null): Promise<void> {
    Object.assign(attempt, change, { updatedAt: this.now, tries: 0, version: attempt.version + 1 })
    const kept = this.#record.attempts.get(attempt.orderId)?.find((one) => one.attempt === attempt)
    assert(kept, 'an attempt is the record’s')
    kept.dueAt = dueIn === null ? null : this.now + dueIn
  }

  async end(order: Order, state: 'FAILED' | 'CANCELLED' | 'EXPIRED', reason: string): Promise<void> {
    const { item, taken } = this.#units(order)
    assert(item.held >= order.quantity, 'an item holds what its orders say')
    item.held -= order.quantity
    item.available += order.quantity
    taken(-order.quantity)
    this.#move(order, state, reason, true)
  }

  async complete(order: Order): Promise<void> {
    const { item } = this.#units(order)
    assert(item.held >= order.quantity, 'an item holds what its orders say')
    item.held -= order.quantity
    item.sold += order.quantity
    if (this.#record.products.get(order.productId)?.kind === 'coupon') order.couponCode = this.#newCode()
    this.#move(order, 'COMPLETED', null, false)
  }

  async wait(order: Order): Promise<void> {
    this.#move(order, 'PAYMENT_PENDING', null, false)
  }

  async refundDue(order: Order, reason: string, returnUnit: boolean): Promise<void> {
    if (returnUnit) this.#return(order)
    if (order.state === 'COMPLETED') this.#record.tell('order-cancelled', order.orderId, this.now)
    order.couponCode = null
    this.#move(order, 'REFUND_DUE', reason, order.released || returnUnit)
  }

  async refunded(order: Order): Promise<void> {
    this.#move(order, 'REFUNDED', order.reason, order.released)
  }

  async enter(entry: string, _kind: string, to: string, from: string, amount: number, order: Order): Promise<void> {
    assert(!this.#record.journal.some((row) => row.entry === entry), 'an entry is written once')
    const wallet = this.#record.wallets.get(to.slice('wallet:'.length))
    if (to.startsWith('wallet:') && wallet) wallet.balance += amount
    this.#record.enter(entry, to, from, amount, order.orderId)
  }

  #units(order: Order) {
    const sale = this.#record.sales.get(order.saleId)
    const item = this.#record.item(order.saleId, order.productId)
    assert(sale && item, 'an order is of an item of a sale')
    const taken = (more: number) => sale.taken.set(order.buyerId, (sale.taken.get(order.buyerId) ?? 0) + more)
    return { sale, item, taken }
  }

  /** Into the sale, or into ordinary stock where nobody would buy it in the sale any more. */
  #return(order: Order): void {
    const { sale, item, taken } = this.#units(order)
    assert(item.sold >= order.quantity, 'an item has sold what its orders say')
    item.sold -= order.quantity
    taken(-order.quantity)
    if (sale.settledAt === null) {
      item.available += order.quantity
      return
    }
    item.returned += order.quantity
    const product = this.#record.products.get(order.productId)
    if (product && product.stock !== null) product.stock += order.quantity
  }

  #move(order: Order, state: OrderState, reason: string | null, released: boolean): void {
    Object.assign(order, { state, released, reason, updatedAt: this.now, version: order.version + 1 })
    this.#record.history.get(order.orderId)?.push({ state, at: this.now })
    const happened = HAPPENED[state]
    if (happened) this.#record.tell(happened, order.orderId, this.now)
  }
}

/** What the store knows of an item after the change. */
export function remainingOf(record: MemoryRecord, { saleId, productId }: { saleId: Id; productId: Id }): number {
  return record.item(saleId, productId)?.available ?? 0
}
