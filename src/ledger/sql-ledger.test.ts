import type { DatabaseSync } from 'node:sqlite'
import { handClock } from '../../test/hand-clock.ts'
import { openSqliteStores } from '../../test/sqlite-stores.ts'
import type { Books, OrderMove } from '../books/books.ts'
import { assert } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import type { SaleTerms } from '../core/sale.ts'
import { ledgerContract } from './ledger.contract.ts'
import type { HoldMove, HoldState, Ledger, LedgerImage } from './ledger.ts'

// In the books, through the real threads. What a ledger of its own does by itself is here done to the books.
ledgerContract('in the books, SQLite', async () => {
  const clock = handClock()
  const open = await openSqliteStores(clock)
  const { ledger, books } = open.stores
  return {
    ledger,
    clock,
    load: async (image) => plantSale(open.plant, image),
    amend: async (terms, items) => changeSale(open.plant, terms, items),
    settle: (saleId, moves) => settleInBooks(ledger, books, saleId, moves),
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  }
})

/** The books' own move, and then the ledger's `settle`, which must agree that there is nothing left to do. */
async function settleInBooks(ledger: Ledger, books: Books, saleId: Id, moves: HoldMove[]) {
  const moved = await books.move(
    moves.map(({ orderId, to }): OrderMove => {
      if (to === 'return') return { orderId, by: 'refund', reason: 'returned', returnUnit: true }
      return to === 'commit' ? { orderId, by: 'pay' } : { orderId, by: 'cancel', reason: 'released' }
    }),
  )
  const settled = await ledger.settle(saleId, moves)
  return moved.map(({ kind }, i) => {
    assert(settled[i] === (kind === 'not-found' ? 'unknown' : 'unchanged'), 'what the books moved is moved in the ledger')
    assert(kind !== 'voiding', 'nobody pays by card here')
    return kind === 'not-found' ? 'unknown' : kind
  })
}

const STATES: Record<HoldState, string> = {
  PENDING: 'RESERVATION_PENDING',
  COMMITTED: 'COMPLETED',
  CANCELLED: 'CANCELLED',
  RETURNED: 'REFUNDED',
}

function plantSale(db: DatabaseSync, { terms, items, holds }: LedgerImage): boolean {
  const insert = (table: string, row: Record<string, string | number | null>) => {
    const names = Object.keys(row)
    db.prepare(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${names.map(() => '?')})`).run(...Object.values(row))
  }
  const units = (state: HoldState, productId: Id) =>
    holds.reduce((sum, hold) => sum + (hold.state === state && hold.productId === productId ? hold.quantity : 0), 0)
  const { id, epoch, limit, startTime, endTime, pausedByOperator, pausedForRecovery } = terms
  const sale = {
    id,
    epoch,
    start_time: startTime,
    end_time: endTime,
    buyer_limit: limit,
    name: id,
    seq: 0,
    created_at: startTime,
  }
  db.exec('BEGIN IMMEDIATE')
  insert('sales', { ...sale, paused_by_operator: Number(pausedByOperator), paused_for_recovery: Number(pausedForRecovery) })
  for (const [position, { productId, allotment }] of items.entries()) {
    const [held, sold] = [units('PENDING', productId), units('COMMITTED', productId)]
    const counts = { allotment, available: allotment - held - sold, held, sold, returned: 0, quiet_until: 0 }
    insert('sale_items', { sale_id: id, product_id: productId, position, epoch, price: 1, currency: 'EUR', ...counts })
  }
  for (const hold of holds) {
    const times = { reserved_at: hold.reservedAt, created_at: hold.reservedAt, updated_at: hold.reservedAt }
    const what = { id: hold.orderId, product_id: hold.productId, quantity: hold.quantity, price: 1, currency: 'EUR' }
    const unit = { method: hold.method, released: Number(hold.state === 'CANCELLED' || hold.state === 'RETURNED') }
    const place = { sale_id: id, buyer_id: hold.buyerId, epoch: hold.epoch, seq: hold.seq, state: STATES[hold.state], version: 1 }
    insert('orders', { ...what, ...unit, ...place, ...times, key_digest: hold.keyDigest, body_digest: hold.bodyDigest })
    insert('wallets', { user_id: hold.buyerId, balance: 1_000_000, currency: 'EUR' })
    const isLive = hold.state === 'PENDING' || hold.state === 'COMMITTED'
    insert('sale_buyers', { sale_id: id, buyer_id: hold.buyerId, taken: isLive ? hold.quantity : 0 })
  }
  // Whoever comes to pay can.
  db.exec(`CREATE TRIGGER IF NOT EXISTS rich AFTER INSERT ON sale_buyers BEGIN
    INSERT OR IGNORE INTO wallets (user_id, balance, currency) VALUES (NEW.buyer_id, 1000000, 'EUR'); END`)
  db.exec('COMMIT')
  return true
}

function changeSale(db: DatabaseSync, terms: SaleTerms, items: { productId: Id; allotment: number }[]): boolean {
  db.exec('BEGIN IMMEDIATE')
  const changed = [
    db
      .prepare(
        `UPDATE sales SET start_time = ?, end_time = ?, buyer_limit = ?, paused_by_operator = ?, paused_for_recovery = ?
         WHERE id = ? AND epoch = ?`,
      )
      .run(
        terms.startTime,
        terms.endTime,
        terms.limit,
        Number(terms.pausedByOperator),
        Number(terms.pausedForRecovery),
        terms.id,
        terms.epoch,
      ),
    ...items.map(({ productId, allotment }) =>
      db
        .prepare(
          `UPDATE sale_items SET available = ? - held - sold, allotment = ?
           WHERE sale_id = ? AND product_id = ? AND held + sold <= ?`,
        )
        .run(allotment, allotment, terms.id, productId, allotment),
    ),
  ].every(({ changes }) => Number(changes) === 1)
  db.exec(changed ? 'COMMIT' : 'ROLLBACK')
  return changed
}
