import type { Id } from '../core/ids.ts'
import type { Sql } from '../platform/sql.ts'
import { type Units, unitsOfOrders } from './sql-recount.ts'

type Counts = Units & { productId: Id; available: number }

/** Those items of a sale that are not what its orders say, as they should be, and how many units all its orders hold. */
export async function recountItems(sql: Sql, saleId: Id): Promise<{ wrong: Counts[]; live: number }> {
  const units = await unitsOfOrders(sql, saleId)
  const items = await sql.all<Counts & { allotment: number; returned: number }>(
    `SELECT product_id AS "productId", available, held, sold, allotment, returned FROM sale_items
     WHERE sale_id = ? ORDER BY product_id`,
    saleId,
  )
  const wrong = items.flatMap(({ productId, allotment, returned, ...found }) => {
    const { held, sold } = units.get(productId) ?? { held: 0, sold: 0 }
    const available = allotment - returned - held - sold
    const isRight = available === found.available && held === found.held && sold === found.sold
    return isRight ? [] : [{ productId, available, held, sold }]
  })
  return { wrong, live: [...units.values()].reduce((sum, { held, sold }) => sum + held + sold, 0) }
}

const OF_BUYER = 'FROM orders o WHERE o.buyer_id = b.buyer_id AND o.sale_id = b.sale_id'
/** Buyers of one statement: a database elsewhere ends what takes too long. */
const PAGE = 20_000

/** Sets right what buyers of a sale have; answers how many it was wrong for. @param live units of all orders that stand. */
export async function repairBuyers(sql: Sql, saleId: Id, live: number): Promise<number> {
  let wrong = 0
  for (let after: Id | undefined = ''; after !== undefined; ) {
    const [last]: { buyerId: Id }[] = await sql.all(
      `SELECT buyer_id AS "buyerId" FROM sale_buyers WHERE sale_id = ? AND buyer_id > ? ORDER BY buyer_id LIMIT 1 OFFSET ${PAGE}`,
      saleId,
      after,
    )
    wrong += await repairPage(sql, saleId, after, last?.buyerId ?? '~')
    after = last?.buyerId
  }
  if ((await unitsOfBuyers(sql, saleId)) === live) return wrong
  const missing = await sql.run(
    `INSERT INTO sale_buyers (sale_id, buyer_id, taken)
     SELECT o.sale_id, o.buyer_id, sum(o.quantity) FROM orders o
     WHERE o.sale_id = ? AND o.released = 0
       AND NOT EXISTS (SELECT 1 FROM sale_buyers b WHERE b.sale_id = o.sale_id AND b.buyer_id = o.buyer_id)
     GROUP BY o.sale_id, o.buyer_id`,
    saleId,
  )
  return wrong + missing
}

async function repairPage(sql: Sql, saleId: Id, after: Id, to: Id): Promise<number> {
  const wrong = await sql.all<{ buyerId: Id; units: number }>(
    // In pieces that each lie in an index, as the audit looks for them.
    `SELECT "buyerId", units FROM (
       SELECT b.buyer_id AS "buyerId", b.taken,
         (SELECT count(*) ${OF_BUYER}) + (SELECT coalesce(sum(quantity - 1), 0) ${OF_BUYER} AND o.quantity > 1)
         - (SELECT coalesce(sum(quantity), 0) ${OF_BUYER} AND o.released = 1) AS units
       FROM sale_buyers b WHERE b.sale_id = ? AND b.buyer_id > ? AND b.buyer_id <= ?
     ) recount WHERE taken <> units`,
    saleId,
    after,
    to,
  )
  for (const { buyerId, units } of wrong)
    await sql.run('UPDATE sale_buyers SET taken = ? WHERE sale_id = ? AND buyer_id = ?', units, saleId, buyerId)
  return wrong.length
}

/** Of all buyers of a sale, by their rows. */
export async function unitsOfBuyers(sql: Sql, saleId: Id): Promise<number> {
  const [all] = await sql.all<{ taken: number | null }>('SELECT sum(taken) AS taken FROM sale_buyers WHERE sale_id = ?', saleId)
  return all?.taken ?? 0
}
