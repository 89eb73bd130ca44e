import type { HandClock } from '../../test/hand-clock.ts'
import { type Plant, type PlantRow, plantRow } from '../../test/plant.ts'
import type { BooksFixture } from './books.contract.ts'

type Open = {
  stores: Pick<BooksFixture, 'books' | 'attempts' | 'inbox' | 'outbox' | 'sales' | 'events'>
  plant: Plant
} & AsyncDisposable

/** The books in SQL; what other stations do with their tables is planted. */
export function booksOver(open: Open, clock: HandClock, holdTtlMs: number): BooksFixture {
  const { books, attempts, inbox, outbox, sales, events } = open.stores
  const { ask, change } = open.plant
  const insert = (table: string, row: PlantRow) => plantRow(open.plant, table, row)
  return {
    books,
    attempts,
    inbox,
    outbox,
    sales,
    events,
    clock,
    holdTtlMs,
    addProduct(product) {
      const times = { created_at: clock.now(), updated_at: clock.now() }
      const rest = { name: product.id, description: '', currency: 'EUR', attributes: '{}', is_deleted: 0 }
      insert('products', { ...product, ...rest, ...times })
    },
    stockOf: (productId) => (ask('SELECT stock FROM products WHERE id = ?', productId)[0]?.stock ?? null) as number | null,
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
    balanceOf: (userId) => (ask('SELECT balance FROM wallets WHERE user_id = ?', userId)[0]?.balance ?? null) as number | null,
    journalOf: (orderId) =>
      ask('SELECT entry, account, amount FROM journal WHERE order_id = ?', orderId) as {
        entry: string
        account: string
        amount: number
      }[],
    waitForBuyer: (orderId) => void change("UPDATE orders SET state = 'PAYMENT_PENDING' WHERE id = ?", orderId),
    miscount(saleId, productId, { available, held, sold, returned }) {
      const counts = 'SET available = ?, held = ?, sold = ?, returned = ?'
      const values = [available, held, sold, returned]
      change(`UPDATE sale_items ${counts} WHERE sale_id = ? AND product_id = ?`, ...values, saleId, productId)
    },
    mistake(saleId, buyerId, taken) {
      change('DELETE FROM sale_buyers WHERE sale_id = ? AND buyer_id = ?', saleId, buyerId)
      if (taken !== null) insert('sale_buyers', { sale_id: saleId, buyer_id: buyerId, taken })
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  }
}
