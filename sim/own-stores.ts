import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { type MemoryItem, type MemoryLetter, type MemoryProduct, MemoryRecord } from '../src/books/memory-record.ts'
import { type OrderRow, orderOf, SELECT_ORDER, termsOf } from '../src/books/rows.ts'
import { SqlBooks } from '../src/books/sql-books.ts'
import { type AttemptRow, attemptOf } from '../src/books/sql-desk.ts'
import { SqlOutbox } from '../src/books/sql-outbox.ts'
import { SqlAttempts, SqlInbox } from '../src/books/sql-payments.ts'
import { SqlSales } from '../src/books/sql-sales.ts'
import { type BookTables, bookMigrations } from '../src/books/tables.ts'
import type { Id } from '../src/core/ids.ts'
import type { Order, OrderState } from '../src/core/order.ts'
import type { GatewayEvent } from '../src/core/payment.ts'
import { eventMigrations, SqlEventLog } from '../src/events/sql-event-log.ts'
import type { LedgerView } from '../src/ledger/ledger.ts'
import { SqlLedger } from '../src/ledger/sql-ledger.ts'
import { idMaker } from '../src/platform/random.ts'
import { type Database, migrate } from '../src/platform/sql.ts'
import { holdOf } from '../src/purchase/book.ts'
import { publish } from '../src/purchase/publish.ts'
import { settleOrders } from '../src/purchase/settle-order.ts'
import { catalogueMigrations } from '../src/shop/catalogue/tables.ts'
import type { CardGateway } from './card-gateway.ts'
import type { Dice } from './dice.ts'
import type { Stores } from './house.ts'
import type { Known, Premises } from './premises.ts'
import type { Process } from './process.ts'
import { openSqliteHere, tablesOf } from './sqlite-here.ts'
import { EPOCH, type World } from './world.ts'

type File = { db: DatabaseSync; database: Database; tables: string[] }
/** One for all worlds of a thread: making the tables takes longer than most worlds do. */
let file: Promise<File> | undefined
const prepared = new Map<string, StatementSync>()

async function openFile(): Promise<File> {
  const { db, database } = openSqliteHere()
  await migrate(database, [...catalogueMigrations, ...bookMigrations, ...eventMigrations], EPOCH)
  return { db, database, tables: tablesOf(db) }
}

/** The embedded shop: SQLite in the process itself, a ledger that lives in the books, and nothing else to fail. */
export class OwnStores implements Premises {
  readonly record = new MemoryRecord()
  readonly hasLost = false
  readonly #world: World
  readonly #db: DatabaseSync
  readonly gateway: CardGateway
  readonly #stores: Omit<Stores, 'gateway'> & { outbox: SqlOutbox; events: SqlEventLog; ledger: SqlLedger }
  #fullUntil = 0

  static async open(world: World, dice: Dice, gateway: CardGateway, holdTtlMs: number): Promise<OwnStores> {
    file ??= openFile()
    const { db, database, tables } = await file
    for (const table of tables) db.exec(`DELETE FROM ${table}`)
    return new OwnStores(world, dice, gateway, holdTtlMs, db, database)
  }

  private constructor(world: World, dice: Dice, gateway: CardGateway, holdTtlMs: number, db: DatabaseSync, database: Database) {
    this.#world = world
    this.#db = db
    this.gateway = gateway
    let codes = 0
    const now = () => EPOCH + world.time
    const newId = idMaker({ now, ticks: now, sleep: async () => {}, soon() {} }, dice)
    const tools = { now, newId, newCode: () => `code-${++codes}` }
    const books = new SqlBooks(database, { ...tools, holdTtlMs })
    const attempts = new SqlAttempts(database, tools)
    const inbox = new SqlInbox(database, now, attempts)
    const outbox = new SqlOutbox(database, now)
    const sales = new SqlSales(database, now)
    const events = new SqlEventLog(database, now)
    const ledger = new SqlLedger(database, books.record.bind(books), now)
    const relay = {
      publish: () => database.write(() => publish({ books, sales, outbox, events, newId, published() {} })),
      settle: () =>
        database.write(async () => {
          const settled: { order: Order; remaining: number }[] = []
          const announce = (order: Order, remaining: number) => settled.push({ order, remaining })
          return { more: await settleOrders({ books, ledger, events, newId, announce }), settled }
        }),
    }
    this.#stores = { books, outbox, sales, events, ledger, relay, attempts, inbox }
  }

  /** What the process before had claimed is free again. */
  portsOf(process: Process): Stores {
    const { books, outbox, sales, events, ledger, relay, attempts, inbox } = this.#stores
    const isDown = () => this.#world.time < this.#fullUntil
    const own = <T extends object>(name: string, store: T) => ({ name, dies: true, isDown, reach: () => store })
    void outbox.freeAll().then(() => events.freeAll())
    return {
      books: process.port(own('books', books)),
      outbox: process.port(own('outbox', outbox)),
      sales: process.port(own('sales', sales)),
      events: process.port(own('events', events)),
      ledger: process.port(own('ledger', ledger), { inBooks: true }),
      attempts: process.port(own('attempts', attempts)),
      inbox: process.port(own('inbox', inbox)),
      gateway: process.port(this.gateway),
      relay: process.port(own('relay', relay as NonNullable<Stores['relay']>)),
    }
  }

  fillDisk(ms: number): void {
    this.#world.tell('disk', `is full for ${ms} ms`)
    this.#fullUntil = this.#world.time + ms
  }

  calm(): void {
    this.#fullUntil = 0
    this.gateway.calm()
  }

  addProduct({ id, price = 0, stock = null, kind = 'product' }: Partial<MemoryProduct> & { id: Id }): void {
    const rest = { name: id, description: '', currency: 'EUR', attributes: '{}', is_deleted: 0 }
    this.#insert('products', { id, price, stock, kind, ...rest, created_at: EPOCH, updated_at: EPOCH })
  }

  openWallet(userId: Id, amount: number): void {
    this.#insert('wallets', { user_id: userId, balance: amount, currency: 'EUR' })
    const row = { entry: `opening:${userId}`, kind: 'opening', at: EPOCH }
    this.#insert('journal', { id: `1 ${userId}`, account: `wallet:${userId}`, amount, ...row })
    this.#insert('journal', { id: `2 ${userId}`, account: 'credit-given', amount: -amount, ...row })
  }

  async view(saleId: Id, epoch: number): Promise<LedgerView | null> {
    const view = await this.#stores.ledger.look(saleId, Number.MAX_SAFE_INTEGER, 0)
    return view?.terms.epoch === epoch ? view : null
  }

  async known(_process: Process, saleId: Id): Promise<{ now: number; known: Known }> {
    const view = await this.#stores.ledger.look(saleId, Number.MAX_SAFE_INTEGER, 0)
    const holds = [...this.record.orders.values()].filter((order) => order.saleId === saleId).map(holdOf)
    return { now: EPOCH + this.#world.time, known: view && { view, holds } }
  }

  async events(): Promise<{ waiting: number; told: Map<Id, string[]> }> {
    const told = new Map<Id, string[]>()
    for (const { subject, type } of this.#all<{ subject: Id; type: string }>(
      'SELECT subject, type FROM events ORDER BY position',
    ))
      told.set(subject, [...(told.get(subject) ?? []), type])
    return { waiting: this.#all('SELECT position FROM event_deliveries').length, told }
  }

  /** The rows as the laws read them. */
  changed(look: () => void): void {
    const { record } = this
    record.products.clear()
    for (const row of this.#all<BookTables['products']>('SELECT * FROM products'))
      record.addProduct({ id: row.id, price: row.price, stock: row.stock })
    record.wallets.clear()
    for (const { user_id, balance, currency } of this.#all<BookTables['wallets']>('SELECT * FROM wallets'))
      record.wallets.set(user_id, { balance, currency, drillId: null })
    record.journal = this.#all('SELECT entry, account, amount, order_id AS orderId FROM journal')
    this.#readSales()
    record.orders.clear()
    record.history.clear()
    for (const row of this.#all<OrderRow>(`${SELECT_ORDER} ORDER BY o.id`)) {
      record.orders.set(row.id, orderOf(row))
      record.history.set(row.id, [{ state: 'RESERVATION_PENDING', at: row.created_at }])
    }
    const log = 'SELECT order_id AS id, state, at FROM order_log ORDER BY order_id, version'
    for (const { id, ...step } of this.#all<{ id: Id; state: OrderState; at: number }>(log)) record.history.get(id)?.push(step)
    record.attempts.clear()
    for (const row of this.#all<AttemptRow>('SELECT * FROM attempts ORDER BY order_id, number')) {
      const own = record.attempts.get(row.order_id) ?? []
      record.attempts.set(row.order_id, [...own, { attempt: attemptOf(row), dueAt: row.due_at }])
    }
    record.inbox.clear()
    for (const { id, status } of this.#all<BookTables['gateway_events']>('SELECT * FROM gateway_events')) {
      const letter = { status: status as MemoryLetter['status'], because: '', receivedAt: 0, dueAt: 0 }
      record.inbox.set(id, { event: { id } as GatewayEvent, ...letter })
    }
    record.outbox.clear()
    for (const { id, ref_id } of this.#all<BookTables['outbox']>('SELECT * FROM outbox'))
      record.outbox.set(id, { row: { id, happening: 'order-booked', refId: ref_id, at: 0 }, token: null, leasedUntil: 0 })
    look()
  }

  #readSales(): void {
    const { sales } = this.record
    sales.clear()
    for (const row of this.#all<BookTables['sales']>('SELECT * FROM sales ORDER BY id')) {
      const { name, banner, created_at: createdAt, start_told_at: startToldAt, settled_at: settledAt } = row
      const more = { name, banner, createdAt, startToldAt, settledAt, drillId: null, items: [], taken: new Map<Id, number>() }
      sales.set(row.id, { ...termsOf(row), ...more })
    }
    for (const row of this.#all<BookTables['sale_items']>('SELECT * FROM sale_items ORDER BY sale_id, position')) {
      const { product_id: productId, allotment, available, held, sold, returned, price, currency } = row
      const item: MemoryItem = { productId, allotment, available, held, sold, returned, price, currency }
      sales.get(row.sale_id)?.items.push(item)
    }
    for (const { sale_id, buyer_id, taken } of this.#all<BookTables['sale_buyers']>('SELECT * FROM sale_buyers'))
      sales.get(sale_id)?.taken.set(buyer_id, taken)
  }

  #all<Row>(text: string): Row[] {
    const statement = prepared.get(text) ?? this.#db.prepare(text)
    prepared.set(text, statement)
    return statement.all() as Row[]
  }

  #insert(table: string, row: Record<string, SQLInputValue>): void {
    const names = Object.keys(row)
    this.#db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`).run(...Object.values(row))
  }
}
