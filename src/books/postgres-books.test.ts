import { after, before, describe } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import type { PlainClient } from '../../test/postgres-client.ts'
import { type PostgresServer, startBouncer, startPostgres, withoutBouncer, withoutPostgres } from '../../test/postgres-server.ts'
import { HOLD_TTL_MS, openPostgresStores } from '../../test/postgres-stores.ts'
import { type BooksFixture, booksContract } from './books.contract.ts'

describe('the books on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  booksContract('PostgreSQL', async () => booksOver(await server.newDatabase()))

  describe('behind a pgbouncer in transaction mode', { skip: withoutBouncer }, () => {
    let bouncer: Awaited<ReturnType<typeof startBouncer>>
    before(async () => {
      bouncer = await startBouncer(server)
    })
    after(() => bouncer[Symbol.asyncDispose]())

    booksContract('PostgreSQL, pgbouncer', async () => {
      const url = await server.newDatabase()
      return booksOver(bouncer.through(url), url)
    })
  })
})

async function booksOver(url: string, direct = url): Promise<BooksFixture> {
  const clock = handClock()
  const open = await openPostgresStores(clock, url, direct)
  const { books, outbox, sales, events } = open.stores
  const { ask } = open.plant
  const insert = (table: string, row: Record<string, string | number | null>) => insertRow(open.plant, table, row)
  return {
    books,
    outbox,
    sales,
    events,
    clock,
    holdTtlMs: HOLD_TTL_MS,
    addProduct(product) {
      const times = { created_at: clock.now(), updated_at: clock.now() }
      const rest = { name: product.id, description: '', currency: 'EUR', attributes: '{}', is_deleted: 0 }
      insert('products', { ...product, ...rest, ...times })
    },
    stockOf: (productId) => (ask('SELECT stock FROM products WHERE id = $1', productId)[0]?.stock ?? null) as number | null,
    openWallet(userId, amount, currency, drillId) {
      const user = { id: userId, email: `${userId}@example.org`, roles: '["buyer"]', blocked: 0, drill_id: drillId }
      insert('users', { ...user, created_at: clock.now() })
      insert('wallets', { user_id: userId, balance: amount, currency })
      for (const [account, signed] of [
        [`wallet:${userId}`, amount],
        ['credit-given', -amount],
      ] as const) {
        const row = { entry: `opening:${userId}`, account, kind: 'opening', amount: signed, at: clock.now() }
        insert('journal', { id: `${userId.slice(0, 30)}${account.slice(0, 6)}`, ...row })
      }
    },
    balanceOf: (userId) => (ask('SELECT balance FROM wallets WHERE user_id = $1', userId)[0]?.balance ?? null) as number | null,
    journalOf: (orderId) =>
      ask('SELECT entry, account, amount FROM journal WHERE order_id = $1', orderId) as {
        entry: string
        account: string
        amount: number
      }[],
    waitForBuyer: (orderId) => void ask("UPDATE orders SET state = 'PAYMENT_PENDING' WHERE id = $1", orderId),
    miscount(saleId, productId, { available, held, sold, returned }) {
      const counts = 'SET available = $1, held = $2, sold = $3, returned = $4'
      const values = [available, held, sold, returned]
      ask(`UPDATE sale_items ${counts} WHERE sale_id = $5 AND product_id = $6`, ...values, saleId, productId)
    },
    mistake(saleId, buyerId, taken) {
      ask('DELETE FROM sale_buyers WHERE sale_id = $1 AND buyer_id = $2', saleId, buyerId)
      if (taken !== null) insert('sale_buyers', { sale_id: saleId, buyer_id: buyerId, taken })
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  }
}

function insertRow({ ask }: PlainClient, table: string, row: Record<string, string | number | null>): void {
  const names = Object.keys(row)
  ask(`INSERT INTO ${table} (${names}) VALUES (${names.map((_, i) => `$${i + 1}`)})`, ...Object.values(row))
}
