import type { HandClock } from '../../test/hand-clock.ts'
import { type Plant, type PlantRow, plantRow } from '../../test/plant.ts'
import type { Books, OrderMove } from '../books/books.ts'
import { assert } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import type { SaleTerms } from '../core/sale.ts'
import type { LedgerFixture } from './ledger.contract.ts'
import type { HoldMove, HoldState, Ledger, LedgerImage } from './ledger.ts'

type Open = { stores: { ledger: Ledger; books: Books }; plant: Plant } & AsyncDisposable

/** A ledger in the books. What a ledger of its own does by itself is here done to the books. */
export function ledgerOver(open: Open, clock: HandClock): LedgerFixture {
  const { ledger, books } = open.stores
  return {
    ledger,
    clock,
    load: async (image) => plantSale(open.plant, image),
    amend: async (terms, items) => changeSale(open.plant, terms, items),
    settle: (saleId, moves) => settleInBooks(open.plant, ledger, books, saleId, moves),
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  }
}

/** The books' own move, and then the ledger's `settle`, which must agree that there is nothing left to do. */
async function settleInBooks(plant: Plant, ledger: Ledger, books: Books, saleId: Id, moves: HoldMove[]) {
  // Whoever comes to pay can.
  const rich = "SELECT DISTINCT buyer_id, 1000000, 'EUR' FROM orders WHERE sale_id = ?"
  plant.change(`INSERT INTO wallets (user_id, balance, currency) ${rich} ON CONFLICT DO NOTHING`, saleId)
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

function plantSale(plant: Plant, { terms, items, holds }: LedgerImage): boolean {
  const insert = (table: string, row: PlantRow) => plantRow(plant, table, row)
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
  return plant.together(() => {
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
      const place = {
        sale_id: id,
        buyer_id: hold.buyerId,
        epoch: hold.epoch,
        seq: hold.seq,
        state: STATES[hold.state],
        version: 1,
      }
      insert('orders', { ...what, ...unit, ...place, ...times, key_digest: hold.keyDigest, body_digest: hold.bodyDigest })
      insert('wallets', { user_id: hold.buyerId, balance: 1_000_000, currency: 'EUR' })
      const isLive = hold.state === 'PENDING' || hold.state === 'COMMITTED'
      insert('sale_buyers', { sale_id: id, buyer_id: hold.buyerId, taken: isLive ? hold.quantity : 0 })
    }
    return true
  })
}

function changeSale(plant: Plant, terms: SaleTerms, items: { productId: Id; allotment: number }[]): boolean {
  const { id, epoch, limit, startTime, endTime, pausedByOperator, pausedForRecovery } = terms
  return plant.together(() => {
    const changed = [
      plant.change(
        `UPDATE sales SET start_time = ?, end_time = ?, buyer_limit = ?, paused_by_operator = ?, paused_for_recovery = ?
         WHERE id = ? AND epoch = ?`,
        startTime,
        endTime,
        limit,
        Number(pausedByOperator),
        Number(pausedForRecovery),
        id,
        epoch,
      ),
      ...items.map(({ productId, allotment }) =>
        plant.change(
          `UPDATE sale_items SET available = ? - held - sold, allotment = ?
           WHERE sale_id = ? AND product_id = ? AND held + sold <= ?`,
          allotment,
          allotment,
          id,
          productId,
          allotment,
        ),
      ),
    ]
    return changed.every((rows) => rows === 1)
  })
}
