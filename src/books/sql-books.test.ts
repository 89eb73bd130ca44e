import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { handClock } from '../../test/hand-clock.ts'
import { HOLD_TTL_MS, openSqliteStores } from '../../test/sqlite-stores.ts'
import { booksContract } from './books.contract.ts'

// Through the real threads; what other stations do with their tables is planted by a connection of the test's own.
booksContract('SQLite', async () => {
  const clock = handClock()
  const open = await openSqliteStores(clock)
  const { books, attempts, inbox, outbox, sales, events } = open.stores
  const insert = (table: string, row: Record<string, SQLInputValue>) => insertRow(open.plant, table, row)
  const one = (text: string, ...values: SQLInputValue[]) => open.plant.prepare(text).get(...values)
  return {
    books,
    attempts,
    inbox,
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
    stockOf: (productId) => (one('SELECT stock FROM products WHERE id = ?', productId)?.stock ?? null) as number | null,
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
    balanceOf: (userId) => (one('SELECT balance FROM wallets WHERE user_id = ?', userId)?.balance ?? null) as number | null,
    journalOf: (orderId) =>
      open.plant
        .prepare('SELECT entry, account, amount FROM journal WHERE order_id = ?')
        .all(orderId)
        .map((row) => ({ ...row }) as { entry: string; account: string; amount: number }),
    waitForBuyer(orderId) {
      open.plant.prepare("UPDATE orders SET state = 'PAYMENT_PENDING' WHERE id = ?").run(orderId)
    },
    miscount(saleId, productId, { available, held, sold, returned }) {
      const changed = 'UPDATE sale_items SET available = ?, held = ?, sold = ?, returned = ? WHERE sale_id = ? AND product_id = ?'
      open.plant.prepare(changed).run(available, held, sold, returned, saleId, productId)
    },
    mistake(saleId, buyerId, taken) {
      open.plant.prepare('DELETE FROM sale_buyers WHERE sale_id = ? AND buyer_id = ?').run(saleId, buyerId)
      if (taken !== null) insert('sale_buyers', { sale_id: saleId, buyer_id: buyerId, taken })
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  }
})

function insertRow(db: DatabaseSync, table: string, row: Record<string, SQLInputValue>): void {
  const names = Object.keys(row)
  db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`).run(...Object.values(row))
}
