import { assert } from '../core/assert.ts'
import type { Attempt, AttemptState } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import type { Order, OrderState } from '../core/order.ts'
import type { Sql } from '../platform/sql.ts'
import type { Happening } from './books.ts'
import { type Desk, HAPPENED } from './desk.ts'
import type { BookTables } from './tables.ts'

export type DeskTools = {
  now: () => number
  newId: () => Id
  /** A coupon's code. */
  newCode: () => string
}

/** What one transaction does to an item: units out of held, into sold, into available. */
type Units = { saleId: Id; productId: Id; held: number; sold: number; available: number }

/** The changes of a payment in one transaction. Items are counted last, in order of their ids: one statement an item, however
 *  many orders the transaction moves. */
export class SqlDesk implements Desk {
  readonly now: number
  readonly #sql: Sql
  readonly #tools: DeskTools
  readonly #items = new Map<string, Units>()
  readonly #left = new Map<string, number>()

  constructor(sql: Sql, tools: DeskTools) {
    this.#sql = sql
    this.#tools = tools
    this.now = tools.now()
  }

  async attemptsOf({ orderId }: Order): Promise<Attempt[]> {
    return (await this.#sql.all<AttemptRow>('SELECT * FROM attempts WHERE order_id = ? ORDER BY number', orderId)).map(attemptOf)
  }

  async addAttempt({ orderId, price, quantity, currency, expiresAt }: Order, number: number): Promise<void> {
    await this.#sql.run(
      `INSERT INTO attempts (order_id, number, state, ending, txn_id, redirect_url, amount, currency, reason, expires_at,
         created_at, updated_at, due_at, tries, version)
       VALUES (?, ?, 'CREATED', NULL, NULL, NULL, ?, ?, NULL, ?, ?, ?, ?, 0, 1)`,
      orderId,
      number,
      price * quantity,
      currency,
      expiresAt ?? this.now,
      this.now,
      this.now,
      this.now,
    )
    await this.#log(orderId, number, 1, 'CREATED')
  }

  async setAttempt(attempt: Attempt, change: Partial<Attempt>, dueIn: number | null): Promise<void> {
    const { orderId, number, version } = attempt
    Object.assign(attempt, change, { updatedAt: this.now, tries: 0, version: version + 1 })
    const changed = await this.#sql.run(
      `UPDATE attempts SET state = ?, ending = ?, txn_id = ?, redirect_url = ?, reason = ?, updated_at = ?, due_at = ?, tries = 0,
         version = version + 1
       WHERE order_id = ? AND number = ? AND version = ?`,
      attempt.state,
      attempt.ending,
      attempt.txnId,
      attempt.redirectUrl,
      attempt.reason,
      this.now,
      dueIn === null ? null : this.now + dueIn,
      orderId,
      number,
      version,
    )
    assert(changed === 1, 'an attempt that was read in this transaction does not change under it')
    await this.#log(orderId, number, attempt.version, attempt.state)
  }

  async #log(orderId: Id, number: number, version: number, state: AttemptState): Promise<void> {
    await this.#sql.run(
      'INSERT INTO attempt_log (order_id, number, version, state, at) VALUES (?, ?, ?, ?, ?)',
      orderId,
      number,
      version,
      state,
      this.now,
    )
  }

  async end(order: Order, state: 'FAILED' | 'CANCELLED' | 'EXPIRED', reason: string): Promise<void> {
    await this.#move(order, state, reason, true)
    await this.#free(order)
    this.#count(order, -order.quantity, 0, order.quantity)
  }

  async complete(order: Order): Promise<void> {
    await this.#move(order, 'COMPLETED', null, false)
    this.#count(order, -order.quantity, order.quantity, 0)
    const [product] = await this.#sql.all<{ kind: string }>('SELECT kind FROM products WHERE id = ?', order.productId)
    if (product?.kind !== 'coupon') return
    order.couponCode = this.#tools.newCode()
    await this.#sql.run(
      'INSERT INTO coupons (order_id, user_id, code, created_at) VALUES (?, ?, ?, ?)',
      order.orderId,
      order.buyerId,
      order.couponCode,
      this.now,
    )
  }

  async wait(order: Order): Promise<void> {
    await this.#move(order, 'PAYMENT_PENDING', null, false)
  }

  async refundDue(order: Order, reason: string, returnUnit: boolean): Promise<void> {
    if (order.state === 'COMPLETED') await tell(this.#sql, 'order-cancelled', order.orderId, this.now)
    await this.#sql.run('UPDATE coupons SET voided_at = ? WHERE order_id = ?', this.now, order.orderId)
    order.couponCode = null
    await this.#move(order, 'REFUND_DUE', reason, order.released || returnUnit)
    if (!returnUnit) return
    await this.#free(order)
    // The item first: whoever settles the sale holds it, and is seen to have settled it when it is ours.
    const { saleId, productId } = order
    await this.#sql.run('UPDATE sale_items SET sold = sold WHERE sale_id = ? AND product_id = ?', saleId, productId)
    const [sale] = await this.#sql.all<{ settled_at: number | null }>('SELECT settled_at FROM sales WHERE id = ?', order.saleId)
    if (sale?.settled_at === null) this.#count(order, 0, -order.quantity, order.quantity)
    else await this.#toStock(order)
  }

  async refunded(order: Order): Promise<void> {
    await this.#move(order, 'REFUNDED', order.reason, order.released)
  }

  async enter(entry: string, kind: string, to: string, from: string, amount: number, order: Order): Promise<void> {
    if (to.startsWith('wallet:')) {
      const paid = await this.#sql.run(
        'UPDATE wallets SET balance = balance + ? WHERE user_id = ? AND currency = ?',
        amount,
        order.buyerId,
        order.currency,
      )
      assert(paid === 1, 'what was paid from a wallet goes back to it')
    }
    for (const [account, signed] of [
      [from, -amount],
      [to, amount],
    ] as const) {
      await this.#sql.run(
        'INSERT INTO journal (id, entry, account, kind, amount, order_id, reason, at) VALUES (?, ?, ?, ?, ?, ?, NULL, ?)',
        this.#tools.newId(),
        entry,
        account,
        kind,
        signed,
        order.orderId,
        this.now,
      )
    }
  }

  /** The compare-and-set itself, with its log line and what is to be told. */
  async #move(order: Order, state: OrderState, reason: string | null, released: boolean): Promise<void> {
    const changed = await this.#sql.run(
      `UPDATE orders SET state = ?, released = ?, reason = ?, txn_id = ?, updated_at = ?, version = version + 1
       WHERE id = ? AND state = ? AND version = ?`,
      state,
      Number(released),
      reason,
      order.txnId,
      this.now,
      order.orderId,
      order.state,
      order.version,
    )
    assert(changed === 1, 'an order that was read in this transaction does not change under it')
    Object.assign(order, { state, released, reason, updatedAt: this.now, version: order.version + 1 })
    await this.#sql.run(
      'INSERT INTO order_log (order_id, version, state, at) VALUES (?, ?, ?, ?)',
      order.orderId,
      order.version,
      state,
      this.now,
    )
    const happened = HAPPENED[state]
    if (happened) await tell(this.#sql, happened, order.orderId, this.now)
  }

  async #free(order: Order): Promise<void> {
    const freed = await this.#sql.run(
      'UPDATE sale_buyers SET taken = taken - ? WHERE sale_id = ? AND buyer_id = ? AND taken >= ?',
      order.quantity,
      order.saleId,
      order.buyerId,
      order.quantity,
    )
    assert(freed === 1, 'a buyer holds what their orders say')
  }

  /** Nobody can buy it in the sale any more. */
  async #toStock({ saleId, productId, quantity }: Order): Promise<void> {
    const returned = await this.#sql.run(
      'UPDATE sale_items SET sold = sold - ?, returned = returned + ? WHERE sale_id = ? AND product_id = ? AND sold >= ?',
      quantity,
      quantity,
      saleId,
      productId,
      quantity,
    )
    assert(returned === 1, 'an item has sold what its orders say')
    await this.#sql.run('UPDATE products SET stock = stock + ? WHERE id = ? AND stock IS NOT NULL', quantity, productId)
  }

  #count({ saleId, productId }: Order, held: number, sold: number, available: number): void {
    const key = `${productId} ${saleId}`
    const sum = this.#items.get(key) ?? { saleId, productId, held: 0, sold: 0, available: 0 }
    this.#items.set(key, { ...sum, held: sum.held + held, sold: sum.sold + sold, available: sum.available + available })
  }

  /** Once, after everything else of the transaction. */
  async countItems(): Promise<void> {
    for (const [, { saleId, productId, held, sold, available }] of [...this.#items].sort()) {
      const changed = await this.#sql.run(
        `UPDATE sale_items SET held = held + ?, sold = sold + ?, available = available + ?
         WHERE sale_id = ? AND product_id = ? AND held >= ? AND sold >= ?`,
        held,
        sold,
        available,
        saleId,
        productId,
        -held,
        -sold,
      )
      assert(changed === 1, 'an item holds and has sold what its orders say')
    }
  }

  /** What is left of an order's item, now that all are counted. */
  async remaining({ saleId, productId }: Order): Promise<number> {
    const key = `${productId} ${saleId}`
    const known = this.#left.get(key)
    if (known !== undefined) return known
    const [item] = await this.#sql.all<{ available: number }>(
      'SELECT available FROM sale_items WHERE sale_id = ? AND product_id = ?',
      saleId,
      productId,
    )
    const left = item?.available ?? 0
    this.#left.set(key, left)
    return left
  }
}

export type AttemptRow = BookTables['attempts']

export function attemptOf(row: AttemptRow): Attempt {
  return {
    orderId: row.order_id,
    number: row.number,
    state: row.state as AttemptState,
    ending: row.ending as Attempt['ending'],
    txnId: row.txn_id,
    redirectUrl: row.redirect_url,
    amount: row.amount,
    currency: row.currency,
    reason: row.reason,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    tries: row.tries,
    version: row.version,
  }
}

/** What happened, told in the transaction that made it happen. */
export async function tell(sql: Sql, happening: Happening, refId: Id, at: number): Promise<void> {
  await sql.run('INSERT INTO outbox (happening, ref_id, at, token, leased_until) VALUES (?, ?, ?, NULL, 0)', happening, refId, at)
}
