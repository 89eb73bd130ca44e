import type { Id } from '../core/ids.ts'
import type { Sql } from '../platform/sql.ts'

type Counts = { productId: Id; available: number; held: number; sold: number }

const LIVE = "state NOT IN ('FAILED', 'CANCELLED', 'EXPIRED')"

/** Those items of a sale that are not what its orders say, as they should be. */
export async function wrongItems(sql: Sql, saleId: Id): Promise<Counts[]> {
  const orders = await sql.all<Omit<Counts, 'available'>>(
    `SELECT product_id AS productId,
       sum(CASE WHEN state IN ('RESERVATION_PENDING', 'PAYMENT_PENDING') THEN quantity ELSE 0 END) AS held,
       sum(CASE WHEN state IN ('COMPLETED', 'REFUND_DUE', 'REFUNDED') THEN quantity ELSE 0 END) AS sold
     FROM orders WHERE sale_id = ? GROUP BY product_id`,
    saleId,
  )
  const items = await sql.all<Counts & { allotment: number; returned: number }>(
    `SELECT product_id AS productId, available, held, sold, allotment, returned FROM sale_items
     WHERE sale_id = ? ORDER BY product_id`,
    saleId,
  )
  return items.flatMap(({ productId, allotment, returned, ...found }) => {
    const { held, sold } = orders.find((one) => one.productId === productId) ?? { held: 0, sold: 0 }
    const available = allotment - returned - held - sold
    const isRight = available === found.available && held === found.held && sold === found.sold
    return isRight ? [] : [{ productId, available, held, sold }]
  })
}

/** Answers how many buyers had other units than their orders say. */
export async function recountBuyers(sql: Sql, saleId: Id): Promise<number> {
  const wrong = await sql.run(
    `INSERT INTO sale_buyers (sale_id, buyer_id, taken)
     SELECT sale_id, buyer_id, sum(quantity) FROM orders WHERE sale_id = ? AND ${LIVE} GROUP BY sale_id, buyer_id
     ON CONFLICT (sale_id, buyer_id) DO UPDATE SET taken = excluded.taken WHERE sale_buyers.taken <> excluded.taken`,
    saleId,
  )
  const without = await sql.run(
    `UPDATE sale_buyers SET taken = 0 WHERE sale_id = ? AND taken > 0 AND NOT EXISTS (
       SELECT 1 FROM orders o WHERE o.buyer_id = sale_buyers.buyer_id AND o.sale_id = sale_buyers.sale_id AND o.${LIVE})`,
    saleId,
  )
  return wrong + without
}
