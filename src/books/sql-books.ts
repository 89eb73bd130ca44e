import { assert } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import { type Entry, type Order, type OrderState, releases } from '../core/order.ts'
import { DuplicateKey } from '../platform/duplicate-key.ts'
import { type Database, type Sql, together } from '../platform/sql.ts'
import type { Booked, Books, Moved, OrderFilter, OrderMove } from './books.ts'
import { FROM, isVoided, openPayment, refund } from './desk.ts'
import { type OrderRow, orderOf, SELECT_ORDER } from './rows.ts'
import { type DeskTools, SqlDesk, tell } from './sql-desk.ts'

export type BookTools = DeskTools & {
  /** How long an order may wait for its buyer, milliseconds. */
  holdTtlMs: number
}

/** Rolls the transaction back and carries why. */
class Disagreement extends Error {}

/** Sequences of one batch that are looked for at once: some buyers of it may ask for the second time. */
const CLOSE = 1000

/**
 * The record of orders in SQL. Lock order everywhere: orders by id, buyers, wallets by id, sale items by id, last.
 * The hot statements are literal and prepared; each guard is in the statement and its row count is checked.
 */
export class SqlBooks implements Books {
  readonly #db: Database
  readonly #tools: BookTools

  constructor(db: Database, tools: BookTools) {
    this.#db = db
    this.#tools = tools
  }

  async book(saleId: Id, epoch: number, entries: Entry[]): Promise<Booked> {
    if (entries.length === 0) return { kind: 'booked' }
    const attempt = (isClose: boolean) => {
      let asClose = isClose
      return this.#db.write((sql) => {
        const booked = this.#bookMissing(sql, saleId, epoch, entries, asClose)
        asClose = false
        return booked
      })
    }
    try {
      return await attempt(areClose(entries)).catch((error) => {
        // Another process booked between this one's reading and its insert, or it stands elsewhere; it can be read now.
        if (error instanceof DuplicateKey || error instanceof Disagreement) return attempt(false)
        throw error
      })
    } catch (error) {
      if (error instanceof Disagreement || error instanceof DuplicateKey) return { kind: 'disagreement', because: error.message }
      throw error
    }
  }

  async #bookMissing(sql: Sql, saleId: Id, epoch: number, entries: Entry[], isClose: boolean): Promise<Booked> {
    const inTurn = [...entries].sort((a, b) => a.seq - b.seq)
    const [[sale], near] = await together([
      sql.all<{ epoch: number }>('SELECT epoch FROM sales WHERE id = ?', saleId),
      isClose ? this.#missingNear(sql, inTurn) : inTurn,
    ])
    const isPassed = sale?.epoch !== epoch
    const missing = isClose && !isPassed ? near : await this.#missing(sql, near)
    if (missing.length === 0) return { kind: 'booked' }
    if (isPassed) return { kind: 'epoch-passed' }
    await this.record(sql, saleId, epoch, missing)
    return { kind: 'booked' }
  }

  /**
   * What was just reserved stands next to each other and is not in the books yet, so one look at its sequences serves for a batch; three
   * looks for each entry were a third of what PostgreSQL did to book it. An order or a key that stands at another sequence is
   * found by its unique index when the entry is inserted, and then each is looked for by itself.
   */
  async #missingNear(sql: Sql, inTurn: Entry[]): Promise<Entry[]> {
    const [first, last] = [inTurn[0] as Entry, inTurn.at(-1) as Entry]
    const rows = await sql.all<{ id: Id; seq: number }>(
      'SELECT id, seq FROM orders WHERE sale_id = ? AND epoch = ? AND seq BETWEEN ? AND ?',
      first.saleId,
      first.epoch,
      first.seq,
      last.seq,
    )
    const booked = new Map(rows.map(({ id, seq }) => [seq, id]))
    for (const { seq, orderId } of inTurn) isTheSame(booked.get(seq), orderId)
    return inTurn.filter(({ seq }) => !booked.has(seq))
  }

  async #missing(sql: Sql, inTurn: Entry[]): Promise<Entry[]> {
    const booked = await together(inTurn.map((entry) => this.#isBooked(sql, entry)))
    return inTurn.filter((_, i) => !booked[i])
  }

  async #isBooked(sql: Sql, entry: Entry): Promise<boolean> {
    const rows = await sql.all<{ id: Id }>(
      `SELECT id FROM orders WHERE id = ?
       UNION SELECT id FROM orders WHERE sale_id = ? AND epoch = ? AND seq = ?
       UNION SELECT id FROM orders WHERE buyer_id = ? AND sale_id = ? AND key_digest = ?`,
      entry.orderId,
      entry.saleId,
      entry.epoch,
      entry.seq,
      entry.buyerId,
      entry.saleId,
      entry.keyDigest,
    )
    for (const { id } of rows) isTheSame(id, entry.orderId)
    return rows.length > 0
  }

  /** Steps 2 and 3 of `book`, for what is known not to be booked; throws where a guard refuses, and the caller's transaction
   *  must then end without effect. */
  async record(sql: Sql, saleId: Id, epoch: number, entries: Entry[]): Promise<void> {
    const now = this.#tools.now()
    const items = new Map<Id, { price: number; currency: string; quantity: number }>()
    const [terms, [sale]] = await together([
      sql.all<{ product_id: Id; price: number; currency: string }>(
        'SELECT product_id, price, currency FROM sale_items WHERE sale_id = ? ORDER BY product_id',
        saleId,
      ),
      sql.all<{ buyer_limit: number }>('SELECT buyer_limit FROM sales WHERE id = ?', saleId),
    ])
    for (const row of terms) items.set(row.product_id, { ...row, quantity: 0 })
    const priced = entries.map((entry) => {
      const item = items.get(entry.productId)
      if (!item) throw new Disagreement(`the books have no item ${entry.productId} in the sale`)
      item.quantity += entry.quantity
      return { entry, item }
    })
    const limit = sale?.buyer_limit ?? 0
    // The same statement for all, then the next one: what is asked in a row is parsed once. Items last, as everywhere.
    await together([
      ...priced.map(({ entry, item }) => this.#insert(sql, entry, item, now)),
      ...entries.map(({ orderId }) => tell(sql, 'order-booked', orderId, now)),
      ...entries.map((entry) => this.#takeFor(sql, entry, limit)),
      ...[...items].map(([productId, { quantity }]) => this.#hold(sql, saleId, productId, quantity, epoch)),
    ])
  }

  async #hold(sql: Sql, saleId: Id, productId: Id, quantity: number, epoch: number): Promise<void> {
    if (quantity === 0) return
    const guarded = await sql.run(
      `UPDATE sale_items SET available = available - ?, held = held + ?
       WHERE sale_id = ? AND product_id = ? AND available >= ? AND epoch = ?`,
      quantity,
      quantity,
      saleId,
      productId,
      quantity,
      epoch,
    )
    if (guarded !== 1) throw new Disagreement(`the books refuse ${quantity} of item ${productId}: fewer are available`)
  }

  async #insert(sql: Sql, entry: Entry, item: { price: number; currency: string }, now: number): Promise<void> {
    await sql.run(
      `INSERT INTO orders (id, sale_id, buyer_id, product_id, quantity, method, price, currency, state, released, reason, epoch, seq,
         key_digest, body_digest, reserved_at, created_at, updated_at, expires_at, version)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'RESERVATION_PENDING', 0, NULL, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
      entry.orderId,
      entry.saleId,
      entry.buyerId,
      entry.productId,
      entry.quantity,
      entry.method,
      item.price,
      item.currency,
      entry.epoch,
      entry.seq,
      entry.keyDigest,
      entry.bodyDigest,
      entry.reservedAt,
      now,
      now,
      now + this.#tools.holdTtlMs,
    )
  }

  async #takeFor(sql: Sql, { saleId, buyerId, orderId, quantity }: Entry, limit: number): Promise<void> {
    const taken =
      quantity <= limit &&
      (await sql.run(
        `INSERT INTO sale_buyers (sale_id, buyer_id, taken) VALUES (?, ?, ?)
         ON CONFLICT (sale_id, buyer_id) DO UPDATE SET taken = sale_buyers.taken + excluded.taken
         WHERE sale_buyers.taken + excluded.taken <= ?`,
        saleId,
        buyerId,
        quantity,
        limit,
      )) === 1
    if (!taken) throw new Disagreement(`the books refuse order ${orderId}: over the buyer's limit`)
  }

  truth(saleId: Id, asks: { buyerId: Id; keyDigest: string }[]) {
    return this.#db.read(async (sql) => {
      const byKey = `${SELECT_ORDER} WHERE o.buyer_id = ? AND o.sale_id = ? AND o.key_digest = ?`
      const [[sale], rows] = await together([
        sql.all<{ epoch: number }>('SELECT epoch FROM sales WHERE id = ?', saleId),
        together(asks.map(({ buyerId, keyDigest }) => sql.all<OrderRow>(byKey, buyerId, saleId, keyDigest))),
      ])
      return { epoch: sale?.epoch ?? 0, found: rows.map(([row]) => (row ? orderOf(row) : null)) }
    })
  }

  move(moves: OrderMove[]): Promise<Moved[]> {
    return this.#db.write(async (sql) => {
      const inTurn = [...moves.entries()].sort(([, a], [, b]) => (a.orderId < b.orderId ? -1 : a.orderId > b.orderId ? 1 : 0))
      const desk = new SqlDesk(sql, this.#tools)
      const done: Moved[] = []
      // Orders side by side, the moves of one order one after the other.
      const byOrder = Map.groupBy(inTurn, ([, { orderId }]) => orderId)
      const moved = [...byOrder.values()].map(async (own) => {
        for (const [i, move] of own) done[i] = await this.#moveOne(sql, desk, move)
      })
      await together(moved)
      await desk.countItems()
      for (const one of done) if (one.kind === 'moved') one.remaining = await desk.remaining(one.order)
      return done
    })
  }

  async #moveOne(sql: Sql, desk: SqlDesk, move: OrderMove): Promise<Moved> {
    const [row] = await sql.all<OrderRow>(`${SELECT_ORDER} WHERE o.id = ? ${this.#db.facts.forUpdate('o')}`, move.orderId)
    if (!row) return { kind: 'not-found', orderId: move.orderId }
    const order = orderOf(row)
    // Once more where another transaction was waited for: of what it wrote, the lock brings the order alone, not its coupon.
    if (!FROM[move.by].includes(order.state)) return { kind: 'unchanged', order: (await readOrder(sql, order.orderId)) ?? order }
    if (move.by === 'refund') await refund(desk, order, move.reason, move.returnUnit)
    else if (move.by === 'pay') await settle(sql, desk, order)
    else if (await isVoided(desk, order, move.by)) return { kind: 'voiding', order }
    else await desk.end(order, releases[move.by], move.reason)
    return { kind: 'moved', order, remaining: 0 }
  }

  order(id: Id): Promise<Order | null> {
    return this.#db.read((sql) => readOrder(sql, id))
  }

  byIds(ids: Id[]): Promise<Order[]> {
    return this.#db.read(async (sql) => {
      const orders = await together(ids.map((id) => readOrder(sql, id)))
      return orders.flatMap((order) => order ?? [])
    })
  }

  history(id: Id) {
    return this.#db.read(async (sql) => {
      const log = await sql.all<{ state: OrderState; at: number }>(
        `SELECT 'RESERVATION_PENDING' AS state, created_at AS at, 1 AS version FROM orders WHERE id = ?
         UNION ALL SELECT state, at, version FROM order_log WHERE order_id = ? ORDER BY version`,
        id,
        id,
      )
      return log.map(({ state, at }) => ({ state, at }))
    })
  }

  orders({ buyerId, saleId, waiting, limit, after }: OrderFilter): Promise<Order[]> {
    const where: string[] = []
    const values: (string | number)[] = []
    const and = (text: string, ...more: (string | number)[]) => {
      where.push(text)
      values.push(...more)
    }
    if (buyerId) and('o.buyer_id = ?', buyerId)
    if (saleId) and('o.sale_id = ?', saleId)
    if (waiting) and(`o.state IN ('RESERVATION_PENDING', 'PAYMENT_PENDING')`)
    if (after) and('o.id < ?', after)
    const condition = where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''
    return this.#db.read(async (sql) => {
      const rows = await sql.all<OrderRow>(`${SELECT_ORDER} ${condition} ORDER BY o.id DESC LIMIT ?`, ...values, limit)
      return rows.map(orderOf)
    })
  }

  ordersOf(saleId: Id, after: { epoch: number; seq: number }, max: number): Promise<Order[]> {
    return this.#db.read(async (sql) => {
      const rows = await sql.all<OrderRow>(
        `${SELECT_ORDER} WHERE o.sale_id = ? AND (o.epoch, o.seq) > (?, ?) ORDER BY o.epoch, o.seq LIMIT ?`,
        saleId,
        after.epoch,
        after.seq,
        max,
      )
      return rows.map(orderOf)
    })
  }

  expired(max: number): Promise<Id[]> {
    return this.#db.read(async (sql) => {
      const rows = await sql.all<{ id: Id }>(
        // Both states, so that the index of waiting orders serves.
        `SELECT id FROM orders WHERE state IN ('RESERVATION_PENDING', 'PAYMENT_PENDING') AND state = 'PAYMENT_PENDING' AND expires_at <= ?
           AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.order_id = orders.id AND a.state IN ('CREATED', 'AUTHORIZED', 'VOIDING'))
         ORDER BY created_at, id LIMIT ?`,
        this.#tools.now(),
        max,
      )
      return rows.map((row) => row.id)
    })
  }
}

async function settle(sql: Sql, desk: SqlDesk, order: Order): Promise<void> {
  if (order.method === 'card') return openPayment(desk, order)
  const due = order.price * order.quantity
  assert(Number.isSafeInteger(due), 'an amount stays within 2^53-1')
  const paid = await sql.run(
    'UPDATE wallets SET balance = balance - ? WHERE user_id = ? AND currency = ? AND balance >= ?',
    due,
    order.buyerId,
    order.currency,
    due,
  )
  if (paid !== 1) return desk.end(order, 'FAILED', 'not-enough-credit')
  await desk.complete(order)
  await desk.enter(`payment:${order.orderId}`, 'payment', 'sales', `wallet:${order.buyerId}`, due, order)
}

function areClose(entries: Entry[]): boolean {
  const [one, ...others] = entries as [Entry, ...Entry[]]
  return others.every(({ epoch, seq }) => epoch === one.epoch && Math.abs(seq - one.seq) < CLOSE)
}

/** What stands under an entry's order, sequence or key. */
function isTheSame(found: Id | undefined, orderId: Id): void {
  if (found !== undefined && found !== orderId) throw new Disagreement(`order ${found} stands where ${orderId} should`)
}

async function readOrder(sql: Sql, id: Id): Promise<Order | null> {
  const [row] = await sql.all<OrderRow>(`${SELECT_ORDER} WHERE o.id = ?`, id)
  return row ? orderOf(row) : null
}
