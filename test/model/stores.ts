import { openSqliteHere, tablesOf } from '../../sim/sqlite-here.ts'
import type { Books, Outbox, Sales } from '../../src/books/books.ts'
import { MemoryBooks, MemoryOutbox } from '../../src/books/memory-books.ts'
import { MemoryRecord } from '../../src/books/memory-record.ts'
import { MemorySales } from '../../src/books/memory-sales.ts'
import type { Id } from '../../src/core/ids.ts'
import type { Order } from '../../src/core/order.ts'
import type { EventLog } from '../../src/events/event-log.ts'
import { MemoryEventLog } from '../../src/events/memory-event-log.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { MemoryLedger } from '../../src/ledger/memory-ledger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { publish } from '../../src/purchase/publish.ts'
import { settleOrders } from '../../src/purchase/settle-order.ts'
import type { Wallets } from '../../src/shop/accounts/routes.ts'
import { makeStores } from '../../src/stores.ts'
import type { HandClock } from '../hand-clock.ts'
import { newId } from '../samples.ts'
import { HOLD_TTL_MS } from './model.ts'

type Announce = (order: Order, remaining: number) => void

/** The stores of a shop, and what a test does with them that no route does. */
export type TestStores = {
  books: Books
  sales: Sales
  ledger: Ledger
  outbox: Outbox
  events: EventLog
  wallets: Wallets
  /** Publishes and settles all there is. */
  settle(announce: Announce): Promise<void>
  /** `null`: not counted. */
  addProduct(stock: number | null): Promise<Id>
  addBuyer(credit: number): Promise<Id>
  stockOf(productId: Id): Promise<number | null>
  /** No route leads there yet: the order waits for its buyer. */
  openCard(orderId: Id): void
}

const PRICE = { price: 100, currency: 'EUR' }

export async function memoryStores({ now }: HandClock): Promise<TestStores> {
  const record = new MemoryRecord()
  const events = new MemoryEventLog(now)
  const outbox = new MemoryOutbox(record, now, (orderId) => events.isWaiting(orderId))
  const books = new MemoryBooks(record, { now, newCode: newId, holdTtlMs: HOLD_TTL_MS })
  const sales = new MemorySales(record, now)
  const ledger = new MemoryLedger(now, () => 'run 1')
  const balanceOf = (id: Id) => ({ amount: record.wallets.get(id)?.balance ?? 0, currency: 'EUR' })
  return {
    ...{ books, sales, ledger, outbox, events },
    wallets: {
      credit: async (id) => balanceOf(id),
      journal: async () => [],
      async grant(id, amount) {
        const wallet = record.wallets.get(id)
        if (!wallet) return undefined
        wallet.balance += amount
        record.enter(`grant:${newId()}`, `wallet:${id}`, 'credit-given', amount, null)
        return balanceOf(id)
      },
    },
    async settle(announce) {
      while (await publish({ books, sales, outbox, events, newId, published() {} }));
      while (await settleOrders({ books, ledger, events, newId, announce }));
    },
    async addProduct(stock) {
      const id = newId()
      record.addProduct({ id, stock, price: PRICE.price })
      return id
    },
    async addBuyer(credit) {
      const id = newId()
      record.openWallet(id, credit, 'EUR')
      return id
    },
    stockOf: async (id) => record.products.get(id)?.stock ?? null,
    openCard: (id) => void Object.assign(record.orders.get(id) ?? {}, { state: 'PAYMENT_PENDING' }),
  }
}

/** The shop's own, over one file in memory that each call finds empty. */
export function sqliteStores() {
  let file: ReturnType<typeof openFile> | undefined
  return async ({ now }: HandClock): Promise<TestStores> => {
    file ??= openFile(now)
    const { db, tables, own } = await file
    for (const table of tables) db.exec(`DELETE FROM ${table}`)
    const { relay, catalogue, accounts, ...stores } = oneByOne(own)
    return {
      ...stores,
      async settle(announce) {
        while (await relay.publish());
        for (let more = true; more; ) {
          const batch = await relay.settle()
          for (const { order, remaining } of batch.settled) announce(order, remaining)
          more = batch.more
        }
      },
      async addProduct(stock) {
        const id = newId()
        await catalogue.create(id, { name: id, ...PRICE, stock }, now())
        return id
      },
      async addBuyer(credit) {
        const id = newId()
        await accounts.register({ id, email: id, name: null, passwordHash: '', roles: ['buyer'] }, credit, now())
        return id
      },
      stockOf: async (id) => (await catalogue.product(id))?.stock ?? null,
      openCard: (id) => void db.prepare("UPDATE orders SET state = 'PAYMENT_PENDING' WHERE id = ?").run(id),
    }
  }
}

async function openFile(now: () => number) {
  const { db, database } = openSqliteHere()
  systemClock.now = now
  const own = makeStores(database, { holdTtlMs: HOLD_TTL_MS, currency: 'EUR' })
  await own.schema.migrate()
  return { db, own, tables: tablesOf(db) }
}

/** As the thread takes them: a call begins when the one before it is through. */
function oneByOne<T extends Record<string, object>>(stores: T): T {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (store: object) =>
    new Proxy(store, {
      get(target, name) {
        const method = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...args: unknown[]) => {
          last = last.catch(() => {}).then(() => Reflect.apply(method, target, args))
          return last
        }
      },
    })
  return Object.fromEntries(Object.entries(stores).map(([name, store]) => [name, inTurn(store)])) as T
}
