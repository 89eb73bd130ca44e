import { SqlBooks } from './books/sql-books.ts'
import { SqlOutbox } from './books/sql-outbox.ts'
import { SqlAttempts, SqlInbox } from './books/sql-payments.ts'
import { raiseEveryEpoch } from './books/sql-restored.ts'
import { SqlSales } from './books/sql-sales.ts'
import { SqlWallets } from './books/sql-wallets.ts'
import { bookMigrations } from './books/tables.ts'
import type { Order } from './core/order.ts'
import { eventMigrations, SqlEventLog } from './events/sql-event-log.ts'
import type { Ledger } from './ledger/ledger.ts'
import { SqlLedger } from './ledger/sql-ledger.ts'
import { SqlPeers } from './peers/sql-peers.ts'
import { peerMigrations } from './peers/tables.ts'
import { systemClock } from './platform/clock.ts'
import { idMaker, readableCode, systemRandom } from './platform/random.ts'
import { type Database, joined, type Migration, migrate } from './platform/sql.ts'
import { publish } from './purchase/publish.ts'
import { settleOrders } from './purchase/settle-order.ts'
import { SqlAccounts } from './shop/accounts/sql-accounts.ts'
import { SqlKeyring } from './shop/accounts/sql-keyring.ts'
import { SqlOidcModels } from './shop/accounts/sql-oidc-models.ts'
import { accountMigrations } from './shop/accounts/tables.ts'
import { SqlCatalogue } from './shop/catalogue/sql-catalogue.ts'
import { catalogueMigrations } from './shop/catalogue/tables.ts'

/** Of every store, in the order in which they run. */
export const migrations: readonly Migration[] = [
  ...catalogueMigrations,
  ...accountMigrations,
  ...bookMigrations,
  ...eventMigrations,
  ...peerMigrations,
]

export type StoreSettings = { holdTtlMs: number; currency: string }

export type Stores = ReturnType<typeof makeStores>

/** Every store over one database. A database thread loads this module by its address; the main thread sees only the types. */
export function makeStores(db: Database, { holdTtlMs, currency }: StoreSettings) {
  const now = db.now ?? systemClock.now
  const newId = idMaker(systemClock, systemRandom)
  const tools = { now, newId, newCode: () => readableCode(systemRandom) }
  const pathOver = (db: Database) => {
    const books = new SqlBooks(db, { ...tools, holdTtlMs })
    const ledger: Ledger = new SqlLedger(db, books.record.bind(books), now)
    const [sales, outbox, events] = [new SqlSales(db, now), new SqlOutbox(db, now), new SqlEventLog(db, now)]
    return { books, ledger, sales, outbox, events, newId }
  }
  const { books, ledger, sales, outbox, events } = pathOver(db)
  const attempts = new SqlAttempts(db, tools)
  const inbox = new SqlInbox(db, now, attempts)
  const wallets = new SqlWallets(db, { now, newId })
  return {
    schema: {
      migrate: () => migrate(db, migrations, systemClock.now()),
      /** For the one process that holds the database: what the one before it had claimed is free again, and need not wait. */
      async takeOver(): Promise<void> {
        await outbox.freeAll()
        await events.freeAll()
      },
      /** After its tables were filled with the record of another database. */
      async restored(): Promise<void> {
        await this.takeOver()
        await db.write(raiseEveryEpoch)
      },
    },
    /** What follows acceptance, where all of it lives in one database: a batch is one call and one transaction. */
    relay: {
      publish: (): Promise<boolean> => db.write((sql) => publish({ ...pathOver(joined(db, sql)), published() {} })),
      /** `settled`: to be announced where the buyers are. */
      settle: () =>
        db.write(async (sql) => {
          const settled: { order: Order; remaining: number }[] = []
          const announce = (order: Order, remaining: number) => settled.push({ order, remaining })
          return { more: await settleOrders({ ...pathOver(joined(db, sql)), announce }), settled }
        }),
    },
    books,
    attempts,
    inbox,
    outbox,
    sales,
    wallets,
    ledger,
    events,
    accounts: new SqlAccounts(db, (sql, ids, credits) => wallets.open(sql, ids, credits, currency)),
    models: new SqlOidcModels(db),
    keyring: new SqlKeyring(db),
    peers: new SqlPeers(db, now),
    catalogue: new SqlCatalogue(db),
  }
}
