import { assert } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import type { Entry, PaymentMethod } from '../core/order.ts'
import type { SaleTerms } from '../core/sale.ts'
import { type Database, type Sql, together } from '../platform/sql.ts'
import type { Ask, Hold, HoldMove, HoldState, ItemCount, Ledger, LedgerImage, LedgerView, Reply } from './ledger.ts'

/** Steps 2 and 3 of `book`: handed in, because the books own the rows. */
export type Record = (sql: Sql, saleId: Id, epoch: number, entries: Entry[]) => Promise<void>

type SaleRow = {
  epoch: number
  seq: number
  start_time: number
  end_time: number
  buyer_limit: number
  paused_by_operator: number
  paused_for_recovery: number
  quiet_until: number | null
  quiet_start: number | null
}
type OrderRow = {
  id: Id
  sale_id: Id
  buyer_id: Id
  product_id: Id
  quantity: number
  state: string
  epoch: number
  seq: number
  key_digest: string
  body_digest: string
  method: PaymentMethod
  released: number
  reserved_at: number
}
type Closed = Extract<Reply, { kind: 'paused' | 'not-started' }>
type Item = { available: number; quiet_until: number }

const COLUMNS =
  'id, sale_id, buyer_id, product_id, quantity, method, state, released, epoch, seq, key_digest, body_digest, reserved_at'
const LIVE = 'released = 0'

/**
 * The ledger of a shop that has no other engine than its database: it decides on the books' own rows and books in the same
 * transaction, so there is one record, one sync to disk, and nothing that could disagree. Commit and release are the books'
 * own moves; `settle` here only says what they came to.
 */
export class SqlLedger implements Ledger {
  readonly inBooks = true
  readonly #db: Database
  readonly #record: Record
  readonly #now: () => number

  constructor(db: Database, record: Record, now: () => number) {
    this.#db = db
    this.#record = record
    this.#now = now
  }

  async incarnation(): Promise<null> {
    return null
  }

  /** The books are loaded already. */
  async load(_image: LedgerImage): Promise<boolean> {
    return false
  }

  async amend(_terms: SaleTerms): Promise<boolean> {
    return true
  }

  reserve(saleId: Id, epoch: number, asks: Ask[]): Promise<Reply[]> {
    return this.#db.write(async (sql) => {
      const [sale] = await sql.all<SaleRow>(
        `SELECT epoch, seq, start_time, end_time, buyer_limit, paused_by_operator, paused_for_recovery, quiet_until, quiet_start
         FROM sales WHERE id = ? ${this.#db.facts.forUpdate()}`,
        saleId,
      )
      if (!sale) return asks.map(() => ({ kind: 'lost' }) as const)
      if (sale.epoch !== epoch) return asks.map(() => ({ kind: 'epoch-passed' }) as const)
      const batch = new Batch(sql, saleId, sale, this.#now())
      await batch.read(asks)
      const replies: Reply[] = []
      for (const ask of asks) replies.push(await batch.decide(ask))
      if (batch.entries.length > 0) {
        const counted = await sql.run(
          'UPDATE sales SET seq = ? WHERE id = ? AND epoch = ? AND seq = ?',
          batch.seq,
          saleId,
          epoch,
          sale.seq,
        )
        assert(counted === 1, 'the sequence belongs to this transaction')
        await this.#record(sql, saleId, epoch, batch.entries)
      }
      return replies
    })
  }

  settle(saleId: Id, moves: HoldMove[]): Promise<('moved' | 'unchanged' | 'unknown')[]> {
    return this.#db.read(async (sql) => {
      const settled: ('unchanged' | 'unknown')[] = []
      for (const { orderId } of moves) {
        const [row] = await sql.all('SELECT id FROM orders WHERE id = ? AND sale_id = ?', orderId, saleId)
        settled.push(row ? 'unchanged' : 'unknown')
      }
      return settled
    })
  }

  look(saleId: Id, afterSeq: number, quietMs: number): Promise<LedgerView | null> {
    return this.#db.write(async (sql) => {
      const now = this.#now()
      // Else another process could take the last unit between the two statements: the item would be seen sold out and not be quiet.
      const lock = quietMs > 0 ? this.#db.facts.forUpdate() : ''
      const [sale] = await sql.all<SaleRow>(`SELECT * FROM sales WHERE id = ? ${lock}`, saleId)
      if (!sale) return null
      if (quietMs > 0) {
        await sql.run('UPDATE sale_items SET quiet_until = ? WHERE sale_id = ? AND available = 0', now + quietMs, saleId)
        const closed = closedBy(sale, now)
        if (closed) {
          const start = closed.kind === 'paused' ? null : closed.startTime
          await sql.run('UPDATE sales SET quiet_until = ?, quiet_start = ? WHERE id = ?', now + quietMs, start, saleId)
        }
      }
      const items = await sql.all<ItemCount>(
        'SELECT product_id AS "productId", allotment, available AS remaining, held, sold FROM sale_items WHERE sale_id = ? ORDER BY position',
        saleId,
      )
      const buyers = await sql.all<{ buyer_id: Id }>(
        // As a pair, so that the index starts behind it: written out with OR, each probe read the whole sale.
        'SELECT buyer_id FROM orders WHERE sale_id = ? AND (epoch, seq) > (?, ?)',
        saleId,
        afterSeq === 0 ? 0 : sale.epoch,
        afterSeq,
      )
      return {
        terms: {
          id: saleId,
          startTime: sale.start_time,
          endTime: sale.end_time,
          epoch: sale.epoch,
          incarnation: null,
          limit: sale.buyer_limit,
          pausedByOperator: sale.paused_by_operator === 1,
          pausedForRecovery: sale.paused_for_recovery === 1,
        },
        seq: sale.seq,
        now,
        items,
        buyers: buyers.map((row) => row.buyer_id),
      }
    })
  }

  entries(saleId: Id, epoch: number, afterSeq: number, before: number, max: number): Promise<Hold[]> {
    return this.#db.read(async (sql) => {
      const rows = await sql.all<OrderRow>(
        `SELECT ${COLUMNS} FROM orders WHERE sale_id = ? AND epoch = ? AND seq > ? AND reserved_at < ? ORDER BY seq LIMIT ?`,
        saleId,
        epoch,
        afterSeq,
        before,
        max,
      )
      return rows.map((row) => ({ ...entryOf(row), state: holdStateOf(row) }))
    })
  }

  /** The orders stay: they are the record. */
  async drop(_saleId: Id): Promise<void> {}
}

/** One batch under way: what it gave out is not in the tables yet. To be read before it decides. */
class Batch {
  readonly entries: Entry[] = []
  seq: number
  readonly #sql: Sql
  readonly #saleId: Id
  readonly #sale: SaleRow
  readonly #now: number
  readonly #items = new Map<Id, Item>()
  readonly #booked = new Map<string, Entry>()
  readonly #taken = new Map<Id, number>()
  readonly #byBuyer = new Map<Id, Entry[]>()

  constructor(sql: Sql, saleId: Id, sale: SaleRow, now: number) {
    this.#sql = sql
    this.#saleId = saleId
    this.#sale = sale
    this.#now = now
    this.seq = sale.seq
  }

  /** What the tables know of those who ask and of what they ask for, all at once. */
  async read(asks: Ask[]): Promise<void> {
    const products = new Set(asks.map((ask) => ask.productId))
    await together([
      ...asks.map((ask) => this.#readKey(ask)),
      ...asks.map(({ buyerId }) => this.#readTaken(buyerId)),
      ...[...products].map((productId) => this.#readItem(productId)),
    ])
  }

  async #readKey({ buyerId, keyDigest }: Ask): Promise<void> {
    const [row] = await this.#sql.all<OrderRow>(
      `SELECT ${COLUMNS} FROM orders WHERE buyer_id = ? AND sale_id = ? AND key_digest = ?`,
      buyerId,
      this.#saleId,
      keyDigest,
    )
    if (row) this.#booked.set(`${buyerId} ${keyDigest}`, entryOf(row))
  }

  async #readTaken(buyerId: Id): Promise<void> {
    const [row] = await this.#sql.all<{ taken: number }>(
      'SELECT taken FROM sale_buyers WHERE sale_id = ? AND buyer_id = ?',
      this.#saleId,
      buyerId,
    )
    this.#taken.set(buyerId, row?.taken ?? 0)
  }

  async #readItem(productId: Id): Promise<void> {
    const [item] = await this.#sql.all<Item>(
      'SELECT available, quiet_until FROM sale_items WHERE sale_id = ? AND product_id = ?',
      this.#saleId,
      productId,
    )
    if (item) this.#items.set(productId, item)
  }

  async decide(ask: Ask): Promise<Reply> {
    const sale = this.#sale
    const now = this.#now
    const known = this.#known(ask)
    if (known) return known.bodyDigest === ask.bodyDigest ? { kind: 'replayed', entry: known } : { kind: 'key-reused' }
    if (now > ask.deadline) return { kind: 'late' }
    if (now >= sale.end_time) return { kind: 'ended' }
    const closed = closedBy(sale, now) ?? saidFromMemory(sale, now)
    if (closed) return closed
    const item = this.#items.get(ask.productId)
    if (!item) return { kind: 'not-found' }
    const limit = sale.buyer_limit
    if (this.#takenBy(ask.buyerId) + ask.quantity > limit) {
      return { kind: 'limit-reached', limit, entry: await this.#newestLive(ask.buyerId) }
    }
    const quiet = now < item.quiet_until
    if (quiet || item.available < ask.quantity) return { kind: 'sold-out', remaining: quiet ? 0 : item.available }
    item.available -= ask.quantity
    const { deadline, ...asked } = ask
    const entry: Entry = { ...asked, saleId: this.#saleId, epoch: sale.epoch, seq: ++this.seq, reservedAt: now }
    this.entries.push(entry)
    const own = this.#byBuyer.get(ask.buyerId)
    if (own) own.push(entry)
    else this.#byBuyer.set(ask.buyerId, [entry])
    return { kind: 'reserved', entry, remaining: item.available }
  }

  #known({ buyerId, keyDigest }: Ask): Entry | undefined {
    const fresh = this.#byBuyer.get(buyerId)?.find((entry) => entry.keyDigest === keyDigest)
    return fresh ?? this.#booked.get(`${buyerId} ${keyDigest}`)
  }

  #takenBy(buyerId: Id): number {
    const fresh = this.#byBuyer.get(buyerId) ?? []
    return fresh.reduce((sum, entry) => sum + entry.quantity, this.#taken.get(buyerId) ?? 0)
  }

  async #newestLive(buyerId: Id): Promise<Entry | null> {
    const fresh = this.#byBuyer.get(buyerId)?.at(-1)
    if (fresh) return fresh
    const [row] = await this.#sql.all<OrderRow>(
      // With the plain columns SQLite took the index of (sale, epoch, sequence) for the order, and read the whole sale backwards.
      `SELECT ${COLUMNS} FROM orders WHERE buyer_id = ? AND sale_id = ? AND ${LIVE} ORDER BY epoch + 0 DESC, seq + 0 DESC LIMIT 1`,
      buyerId,
      this.#saleId,
    )
    return row ? entryOf(row) : null
  }
}

function closedBy(sale: SaleRow, now: number): Closed | undefined {
  if (sale.paused_by_operator || sale.paused_for_recovery) return { kind: 'paused' }
  return now < sale.start_time ? { kind: 'not-started', startTime: sale.start_time } : undefined
}

/** A start that was not moved opens the sale to the millisecond: close to it no process answers from memory. */
function saidFromMemory({ quiet_until, quiet_start }: SaleRow, now: number): Closed | undefined {
  if (now >= (quiet_until ?? 0)) return undefined
  if (quiet_start === null) return { kind: 'paused' }
  return now < quiet_start ? { kind: 'not-started', startTime: quiet_start } : undefined
}

function entryOf(row: OrderRow): Entry {
  return {
    orderId: row.id,
    saleId: row.sale_id,
    epoch: row.epoch,
    seq: row.seq,
    buyerId: row.buyer_id,
    productId: row.product_id,
    quantity: row.quantity,
    method: row.method,
    keyDigest: row.key_digest,
    bodyDigest: row.body_digest,
    reservedAt: row.reserved_at,
  }
}

function holdStateOf({ state, released }: OrderRow): HoldState {
  if (state === 'RESERVATION_PENDING' || state === 'PAYMENT_PENDING') return 'PENDING'
  return released === 1 ? 'CANCELLED' : 'COMMITTED'
}
