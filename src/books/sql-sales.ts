import type { Id } from '../core/ids.ts'
import type { Sale } from '../core/sale.ts'
import type { Database, Sql } from '../platform/sql.ts'
import type { ItemTally, MoneyTally, NewSale, SaleChange, SaleChanged, Sales, SaleTally } from './books.ts'
import { type ItemRow, saleOf, termsOf } from './rows.ts'
import { tell } from './sql-desk.ts'
import { buyersWrong, cardMoney, entriesWrong, paymentsWrong, unitsOfOrders, walletsWrong } from './sql-recount.ts'
import { recountItems, repairBuyers, unitsOfBuyers } from './sql-repair.ts'
import type { BookTables } from './tables.ts'

/** A price in another currency cannot stand beside the sale's: then there is none but that. */
const SELECT_ITEMS = `SELECT i.*, p.name, p.image,
    CASE WHEN p.currency = i.currency THEN p.price ELSE i.price END AS list_price
  FROM sale_items i JOIN products p ON p.id = i.product_id
  WHERE i.sale_id = ? ORDER BY i.position`

/** Takes the transaction back and becomes the answer. */
class Refusal extends Error {
  readonly answer: SaleChanged
  constructor(answer: SaleChanged) {
    super(answer.kind)
    this.answer = answer
  }
}

export class SqlSales implements Sales {
  readonly #db: Database
  readonly #now: () => number

  constructor(db: Database, now: () => number) {
    this.#db = db
    this.#now = now
  }

  create(sale: NewSale): Promise<SaleChanged> {
    return this.#changing(async (sql) => {
      await sql.run(
        `INSERT INTO sales (id, name, banner, start_time, end_time, buyer_limit, epoch, incarnation, seq, paused_by_operator,
           paused_for_recovery, recovery_since, start_told_at, settled_at, drill_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, 1, ?, 0, 0, 0, NULL, NULL, NULL, ?, ?)`,
        sale.id,
        sale.name,
        sale.banner,
        sale.startTime,
        sale.endTime,
        sale.limit,
        sale.incarnation,
        sale.drillId,
        this.#now(),
      )
      for (const [position, item] of sale.items.entries()) {
        await takeStock(sql, item.productId, item.quantity)
        await sql.run(
          `INSERT INTO sale_items (sale_id, product_id, position, epoch, allotment, available, held, sold, returned, price,
             currency, quiet_until)
           VALUES (?, ?, ?, 1, ?, ?, 0, 0, 0, ?, ?, 0)`,
          sale.id,
          item.productId,
          position,
          item.quantity,
          item.quantity,
          item.price,
          item.currency,
        )
      }
      return sale.id
    })
  }

  change(saleId: Id, change: SaleChange): Promise<SaleChanged> {
    return this.#changing(async (sql) => {
      const row = await this.#lock(sql, saleId)
      if (!row) throw new Refusal({ kind: 'not-found' })
      if (this.#now() >= row.end_time) throw new Refusal({ kind: 'conflict', because: 'the sale has ended' })
      if (change.limit !== undefined) await checkLimit(sql, saleId, change.limit)
      for (const { productId, quantity } of change.items ?? []) await reallot(sql, saleId, productId, quantity)
      await sql.run(
        `UPDATE sales SET name = ?, banner = ?, start_time = ?, end_time = ?, buyer_limit = ?, paused_by_operator = ? WHERE id = ?`,
        change.name ?? row.name,
        change.banner === undefined ? row.banner : change.banner,
        change.startTime ?? row.start_time,
        change.endTime ?? row.end_time,
        change.limit ?? row.buyer_limit,
        change.pausedByOperator === undefined ? row.paused_by_operator : Number(change.pausedByOperator),
        saleId,
      )
      return saleId
    })
  }

  async #changing(work: (sql: Sql) => Promise<Id>): Promise<SaleChanged> {
    try {
      return await this.#db.write(async (sql) => {
        const sale = await readSale(sql, await work(sql))
        return sale ? { kind: 'changed', sale } : { kind: 'not-found' }
      })
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      throw error
    }
  }

  /** Nothing is reserved in the sale, and nobody else changes it, until the transaction ends. */
  async #lock(sql: Sql, saleId: Id): Promise<BookTables['sales'] | undefined> {
    const { forUpdate } = this.#db.facts
    const [row] = await sql.all<BookTables['sales']>(`SELECT * FROM sales WHERE id = ? ${forUpdate()}`, saleId)
    return row
  }

  /** After the sale itself, in the order in which everybody takes them. */
  #lockItems(sql: Sql, saleId: Id): Promise<BookTables['sale_items'][]> {
    const { forUpdate } = this.#db.facts
    return sql.all(`SELECT * FROM sale_items WHERE sale_id = ? ORDER BY product_id ${forUpdate()}`, saleId)
  }

  sale(id: Id): Promise<Sale | null> {
    return this.#db.read((sql) => readSale(sql, id))
  }

  current(endedAfter = Number.MAX_SAFE_INTEGER): Promise<Sale[]> {
    return this.#db.read(async (sql) => {
      const rows = await sql.all<BookTables['sales']>(
        'SELECT * FROM sales WHERE settled_at IS NULL OR end_time > ? ORDER BY start_time, id',
        endedAfter,
      )
      return readItems(sql, rows)
    })
  }

  list(limit: number, after: Id | undefined): Promise<Sale[]> {
    return this.#db.read(async (sql) =>
      readItems(
        sql,
        await sql.all<BookTables['sales']>('SELECT * FROM sales WHERE id < ? ORDER BY id DESC LIMIT ?', after ?? '~', limit),
      ),
    )
  }

  announceStart(saleId: Id): Promise<boolean> {
    const now = this.#now()
    return this.#db.write(async (sql) => {
      const told = await sql.run(
        'UPDATE sales SET start_told_at = ? WHERE id = ? AND start_told_at IS NULL AND start_time <= ? AND end_time > ?',
        now,
        saleId,
        now,
        now,
      )
      if (told === 1) await tell(sql, 'sale-started', saleId, now)
      return told === 1
    })
  }

  settleEnd(saleId: Id): Promise<boolean> {
    const now = this.#now()
    return this.#db.write(async (sql) => {
      if (!(await this.#lock(sql, saleId))) return false
      const items = await this.#lockItems(sql, saleId)
      if (items.some((item) => item.held > 0)) return false
      const settled = await sql.run(
        `UPDATE sales SET settled_at = ?, epoch = epoch + CASE WHEN incarnation IS NULL THEN 0 ELSE 1 END
         WHERE id = ? AND settled_at IS NULL AND paused_for_recovery = 0 AND end_time <= ?`,
        now,
        saleId,
        now,
      )
      if (settled !== 1) return false
      for (const item of items) await giveBack(sql, saleId, item.product_id, item.available)
      await tell(sql, 'sale-ended', saleId, now)
      return true
    })
  }

  recount(saleId: Id): Promise<boolean> {
    return this.#db.write(async (sql) => {
      const sale = await this.#lock(sql, saleId)
      if (!sale) return false
      // Every move ends with its item: none of this sale comes to its end while the orders are counted.
      await this.#lockItems(sql, saleId)
      const { wrong, live } = await recountItems(sql, saleId)
      if (wrong.some(({ available }) => available < 0)) return false
      const buyers = await repairBuyers(sql, saleId, live)
      for (const { productId, available, held, sold } of wrong) {
        await sql.run(
          'UPDATE sale_items SET available = ?, held = ?, sold = ? WHERE sale_id = ? AND product_id = ?',
          available,
          held,
          sold,
          saleId,
          productId,
        )
        if (sale.settled_at !== null) await giveBack(sql, saleId, productId, available)
      }
      return buyers + wrong.length > 0
    })
  }

  raiseEpoch(saleId: Id, epoch: number, incarnation: string | null): Promise<boolean> {
    return this.#db.write(async (sql) => {
      const raised = await sql.run(
        `UPDATE sales SET epoch = epoch + 1, incarnation = ?, seq = 0, paused_for_recovery = 1, recovery_since = ?
         WHERE id = ? AND epoch = ? AND settled_at IS NULL`,
        incarnation,
        this.#now(),
        saleId,
        epoch,
      )
      if (raised === 1) await sql.run('UPDATE sale_items SET epoch = ? WHERE sale_id = ?', epoch + 1, saleId)
      return raised === 1
    })
  }

  clearRecovery(saleId: Id, epoch: number): Promise<boolean> {
    return this.#db.write(
      async (sql) =>
        (await sql.run(
          'UPDATE sales SET paused_for_recovery = 0, recovery_since = NULL WHERE id = ? AND epoch = ?',
          saleId,
          epoch,
        )) === 1,
    )
  }

  async tally(saleId: Id): Promise<SaleTally | null> {
    const counted = await this.#db.read(async (sql) => {
      const [row] = await sql.all<BookTables['sales']>('SELECT * FROM sales WHERE id = ?', saleId)
      if (!row) return null
      const items = await sql.all<Omit<ItemTally, 'heldByOrders' | 'soldByOrders'>>(
        `SELECT product_id AS "productId", allotment, available, held, sold, returned FROM sale_items
         WHERE sale_id = ? ORDER BY product_id`,
        saleId,
      )
      const taken = await unitsOfBuyers(sql, saleId)
      return { terms: termsOf(row), items, taken, units: await unitsOfOrders(sql, saleId) }
    })
    if (!counted) return null
    const { terms, taken, units } = counted
    const items = counted.items.map((item) => {
      const { held, sold } = units.get(item.productId) ?? { held: 0, sold: 0 }
      return { ...item, heldByOrders: held, soldByOrders: sold }
    })
    return { terms, items, taken, buyersWrong: await buyersWrong(this.#db, saleId) }
  }

  async moneyTally(stuckMs: number): Promise<MoneyTally> {
    const stuckBefore = this.#now() - stuckMs
    const [stuck] = await this.#db.read((sql) =>
      sql.all<{ count: number }>(
        `SELECT count(*) AS count FROM orders WHERE state IN ('RESERVATION_PENDING', 'PAYMENT_PENDING') AND created_at < ?`,
        stuckBefore,
      ),
    )
    return {
      entriesWrong: await entriesWrong(this.#db),
      walletsWrong: await walletsWrong(this.#db),
      paymentsWrong: await paymentsWrong(this.#db),
      ...(await cardMoney(this.#db)),
      ordersStuck: stuck?.count ?? 0,
    }
  }

  removeDrill(drillId: Id): Promise<void> {
    return this.#db.write(async (sql) => {
      const sales = 'SELECT id FROM sales WHERE drill_id = ?'
      const orders = `SELECT id FROM orders WHERE sale_id IN (${sales})`
      const users = 'SELECT id FROM users WHERE drill_id = ?'
      const accounts = "SELECT 'wallet:' || id FROM users WHERE drill_id = ?"
      for (const text of [
        ...['payment', 'reversal'].map(
          (name) => `DELETE FROM journal WHERE entry IN (SELECT '${name}:' || id FROM orders WHERE sale_id IN (${sales}))`,
        ),
        ...['late', 'refund'].map(
          (name) =>
            `DELETE FROM journal WHERE entry IN (SELECT '${name}:' || order_id || ':' || number FROM attempts WHERE order_id IN (${orders}))`,
        ),
        `DELETE FROM attempt_log WHERE order_id IN (${orders})`,
        `DELETE FROM attempts WHERE order_id IN (${orders})`,
        `DELETE FROM journal WHERE entry IN (SELECT entry FROM journal WHERE account IN (${accounts}))`,
        `DELETE FROM wallets WHERE user_id IN (${users})`,
        `DELETE FROM coupons WHERE order_id IN (${orders})`,
        `DELETE FROM order_log WHERE order_id IN (${orders})`,
        `DELETE FROM outbox WHERE ref_id IN (${orders})`,
        `DELETE FROM sale_buyers WHERE sale_id IN (${sales})`,
        `DELETE FROM sale_items WHERE sale_id IN (${sales})`,
        `DELETE FROM orders WHERE sale_id IN (${sales})`,
        'DELETE FROM sales WHERE drill_id = ?',
      ]) {
        await sql.run(text, drillId)
      }
    })
  }
}

/** Out of ordinary stock, where that is counted. */
async function takeStock(sql: Sql, productId: Id, quantity: number): Promise<void> {
  const [product] = await sql.all<{ stock: number | null }>(
    'SELECT stock FROM products WHERE id = ? AND is_deleted = 0',
    productId,
  )
  if (!product) throw new Refusal({ kind: 'no-such-product', productId })
  if (product.stock === null) return
  const taken = await sql.run('UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?', quantity, productId, quantity)
  if (taken !== 1) throw new Refusal({ kind: 'not-enough-stock', productId, stock: product.stock })
}

/** What buyers have already, they keep: the audit would call it a breach of the limit. */
async function checkLimit(sql: Sql, saleId: Id, limit: number): Promise<void> {
  const [row] = await sql.all<{ most: number | null }>('SELECT max(taken) AS most FROM sale_buyers WHERE sale_id = ?', saleId)
  const most = row?.most ?? 0
  if (most > limit) throw new Refusal({ kind: 'conflict', because: `a buyer has ${most} units` })
}

/** Back into ordinary stock, where that is counted. It ends at 2^53-1: somebody may have set it to that while the units were away. */
async function giveStock(sql: Sql, productId: Id, quantity: number): Promise<void> {
  await sql.run(
    'UPDATE products SET stock = CASE WHEN stock > ? THEN ? ELSE stock + ? END WHERE id = ? AND stock IS NOT NULL',
    Number.MAX_SAFE_INTEGER - quantity,
    Number.MAX_SAFE_INTEGER,
    quantity,
    productId,
  )
}

/** What is left of an item, when the sale is over. */
async function giveBack(sql: Sql, saleId: Id, productId: Id, available: number): Promise<void> {
  if (available === 0) return
  await giveStock(sql, productId, available)
  await sql.run(
    'UPDATE sale_items SET available = 0, returned = returned + ? WHERE sale_id = ? AND product_id = ? AND available = ?',
    available,
    saleId,
    productId,
    available,
  )
}

/** Up takes from ordinary stock, down gives back; never below what is held and sold. */
async function reallot(sql: Sql, saleId: Id, productId: Id, quantity: number): Promise<void> {
  const [item] = await sql.all<BookTables['sale_items']>(
    'SELECT * FROM sale_items WHERE sale_id = ? AND product_id = ?',
    saleId,
    productId,
  )
  if (!item) throw new Refusal({ kind: 'no-such-product', productId })
  const more = quantity - item.allotment
  if (more > 0) await takeStock(sql, productId, more)
  if (more < 0) await giveStock(sql, productId, -more)
  const changed = await sql.run(
    'UPDATE sale_items SET allotment = ?, available = available + ? WHERE sale_id = ? AND product_id = ? AND available + ? >= 0',
    quantity,
    more,
    saleId,
    productId,
    more,
  )
  if (changed !== 1) throw new Refusal({ kind: 'conflict', because: `${item.held + item.sold} units are held or sold` })
}

async function readSale(sql: Sql, id: Id): Promise<Sale | null> {
  const rows = await sql.all<BookTables['sales']>('SELECT * FROM sales WHERE id = ?', id)
  return (await readItems(sql, rows))[0] ?? null
}

async function readItems(sql: Sql, rows: BookTables['sales'][]): Promise<Sale[]> {
  const sales: Sale[] = []
  for (const row of rows) sales.push(saleOf(row, await sql.all<ItemRow>(SELECT_ITEMS, row.id)))
  return sales
}
