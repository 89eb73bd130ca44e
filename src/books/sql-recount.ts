import type { Id } from '../core/ids.ts'
import type { Database, Sql } from '../platform/sql.ts'

/*
 * What the audit counts row by row, page by page, each page in the order of a key and of indexes that hold all it needs. Measured
 * with a million orders: wallets in the order of their making take five times as long, as each looks for its journal elsewhere;
 * so do buyers whose orders must be read for their quantity and state.
 */

/** A page's rows. One takes less than a tenth of a second: while a statement reads, the write-ahead log cannot begin anew, and
 *  what a statement sorts lies in memory. */
const PAGE = 20_000
/** Behind every id and every entry. */
const END = '~'

type Last = { last: string }
type Wrong = { wrong: number }
type Place = { epoch: number; seq: number }
export type Units = { held: number; sold: number }

/** By product, from the orders of a sale. `sql` is of one moment, so that the pages make a whole. */
export async function unitsOfOrders(sql: Sql, saleId: Id): Promise<Map<Id, Units>> {
  const units = new Map<Id, Units>()
  let after: Place | undefined = { epoch: 0, seq: 0 }
  while (after) {
    const [last]: Place[] = await sql.all<Place>(
      `SELECT epoch, seq FROM orders WHERE sale_id = ? AND (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT 1 OFFSET ${PAGE}`,
      saleId,
      after.epoch,
      after.seq,
    )
    const page = await sql.all<Units & { productId: Id }>(
      `SELECT product_id AS "productId",
         sum(CASE WHEN state IN ('RESERVATION_PENDING', 'PAYMENT_PENDING') THEN quantity ELSE 0 END) AS held,
         sum(CASE WHEN released = 0 AND state NOT IN ('RESERVATION_PENDING', 'PAYMENT_PENDING') THEN quantity ELSE 0 END) AS sold
       FROM orders WHERE sale_id = ? AND (epoch, seq) > (?, ?) AND (epoch, seq) <= (?, ?) GROUP BY product_id`,
      saleId,
      after.epoch,
      after.seq,
      last?.epoch ?? Number.MAX_SAFE_INTEGER,
      last?.seq ?? 0,
    )
    for (const { productId, held, sold } of page) {
      const before = units.get(productId)
      units.set(productId, { held: held + (before?.held ?? 0), sold: sold + (before?.sold ?? 0) })
    }
    after = last
  }
  return units
}

/** Buyers of a sale who have more than its limit, or other units than their orders say. */
export function buyersWrong(db: Database, saleId: Id): Promise<number> {
  return inPages(
    db,
    (sql, after) =>
      sql.all<Last>(
        `SELECT buyer_id AS last FROM sale_buyers WHERE sale_id = ? AND buyer_id > ? ORDER BY buyer_id LIMIT 1 OFFSET ${PAGE}`,
        saleId,
        after,
      ),
    (sql, after, to) =>
      sql.all<Wrong>(
        // One unit for each order, and what is more or less than that: each of the three lies in an index of its own.
        `SELECT count(*) AS wrong FROM sale_buyers b JOIN sales s ON s.id = b.sale_id
         WHERE b.sale_id = ? AND b.buyer_id > ? AND b.buyer_id <= ? AND (b.taken > s.buyer_limit OR b.taken <>
           (SELECT count(*) FROM orders o WHERE o.buyer_id = b.buyer_id AND o.sale_id = b.sale_id)
           + (SELECT coalesce(sum(quantity - 1), 0) FROM orders o
              WHERE o.buyer_id = b.buyer_id AND o.sale_id = b.sale_id AND o.quantity > 1)
           - (SELECT coalesce(sum(quantity), 0) FROM orders o
              WHERE o.buyer_id = b.buyer_id AND o.sale_id = b.sale_id AND o.released = 1))`,
        saleId,
        after,
        to,
      ),
  )
}

/** Entries of the journal that do not sum to zero. */
export function entriesWrong(db: Database): Promise<number> {
  return inPages(
    db,
    (sql, after) =>
      sql.all<Last>(`SELECT entry AS last FROM journal WHERE entry > ? ORDER BY entry LIMIT 1 OFFSET ${PAGE}`, after),
    (sql, after, to) =>
      sql.all<Wrong>(
        `SELECT count(*) AS wrong FROM (
           SELECT sum(amount) AS amount FROM journal WHERE entry > ? AND entry <= ? GROUP BY entry
         ) entries WHERE amount <> 0`,
        after,
        to,
      ),
  )
}

/** Wallets whose balance is not the sum of their journal. */
export function walletsWrong(db: Database): Promise<number> {
  return inPages(
    db,
    (sql, after) =>
      sql.all<Last>(`SELECT user_id AS last FROM wallets WHERE user_id > ? ORDER BY user_id LIMIT 1 OFFSET ${PAGE}`, after),
    (sql, after, to) =>
      sql.all<Wrong>(
        `SELECT count(*) AS wrong FROM wallets w WHERE w.user_id > ? AND w.user_id <= ?
           AND w.balance <> (SELECT coalesce(sum(amount), 0) FROM journal j WHERE j.account = 'wallet:' || w.user_id)`,
        after,
        to,
      ),
  )
}

/** An order stands with its payment: a completed one with its price, one that was refunded with its reversal besides, if it ever
 *  was paid, and no other at all. */
const STANDS = `CASE
  WHEN o.state = 'COMPLETED' THEN paid = o.price * o.quantity AND (o.method <> 'card' OR EXISTS (
    SELECT 1 FROM attempts a WHERE a.order_id = o.id AND a.state = 'CAPTURED' AND a.amount = o.price * o.quantity))
  WHEN o.state IN ('REFUND_DUE', 'REFUNDED') AND paid IS NOT NULL THEN paid = o.price * o.quantity AND EXISTS (
    SELECT 1 FROM journal r WHERE r.entry = 'reversal:' || o.id AND r.account = 'sales' AND r.amount = -paid)
  ELSE paid IS NULL END`

/** Orders that were not paid as they should be, and what the shop earned or gave back besides. */
export async function paymentsWrong(db: Database): Promise<number> {
  const [besides] = await db.read((sql) =>
    sql.all<Wrong>(
      `SELECT (SELECT count(*) FROM journal WHERE account = 'sales' AND entry <= 'payment:')
         + (SELECT count(*) FROM journal WHERE account = 'sales' AND entry > 'payment:' || ? AND entry <= 'reversal:')
         + (SELECT count(*) FROM journal WHERE account = 'sales' AND entry > 'reversal:' || ?)
         + (SELECT count(*) FROM journal j LEFT JOIN orders o ON o.id = j.order_id
            WHERE j.account = 'sales' AND j.entry > 'reversal:' AND j.entry <= 'reversal:' || ?
              AND (o.id IS NULL OR o.state NOT IN ('REFUND_DUE', 'REFUNDED'))) AS wrong`,
      END,
      END,
      END,
    ),
  )
  const ofOrders = await inPages(
    db,
    (sql, after) => sql.all<Last>(`SELECT id AS last FROM orders WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${PAGE}`, after),
    (sql, after, to) =>
      sql.all<Wrong>(
        // More payments than were found by their orders belong to none: to count both is quicker than to look for each one's order.
        `SELECT (SELECT count(*) FROM journal WHERE account = 'sales' AND entry > 'payment:' || ? AND entry <= 'payment:' || ?)
           - count(paid) + count(CASE WHEN stands THEN NULL ELSE 1 END) AS wrong
         FROM (
           SELECT paid, ${STANDS} AS stands
           FROM (SELECT o.*, j.amount AS paid FROM orders o LEFT JOIN journal j ON j.entry = 'payment:' || o.id AND j.account = 'sales'
                 WHERE o.id > ? AND o.id <= ?) o
         ) payments`,
        after,
        to,
        after,
        to,
      ),
  )
  return ofOrders + (besides?.wrong ?? 0)
}

/** What the gateway holds for us and what we owe, by the journal and by the attempts. */
export async function cardMoney(db: Database) {
  const [row] = await db.read((sql) =>
    sql.all<{ taken: number | null; held: number | null; owing: number | null; owed: number | null }>(
      `SELECT (SELECT -sum(amount) FROM journal WHERE account = 'gateway') AS taken,
         (SELECT sum(amount) FROM attempts WHERE state IN ('CAPTURED', 'REFUND_DUE')) AS held,
         (SELECT sum(amount) FROM journal WHERE account = 'refunds') AS owing,
         (SELECT sum(amount) FROM attempts WHERE state = 'REFUND_DUE') AS owed`,
    ),
  )
  return {
    captured: { byJournal: row?.taken ?? 0, byAttempts: row?.held ?? 0 },
    owed: { byJournal: row?.owing ?? 0, byAttempts: row?.owed ?? 0 },
  }
}

/** Each page is true of a moment of its own: no row is compared with a row of another page.
 *  @param lastOf the key at the end of the page behind `after`; nothing where that is the last page. */
async function inPages(
  db: Database,
  lastOf: (sql: Sql, after: string) => Promise<Last[]>,
  count: (sql: Sql, after: string, to: string) => Promise<Wrong[]>,
): Promise<number> {
  let sum = 0
  let after: string | undefined = ''
  while (after !== undefined) {
    const from: string = after
    after = (await db.read((sql) => lastOf(sql, from)))[0]?.last
    const to = after ?? END
    const [page] = await db.read((sql) => count(sql, from, to))
    sum += page?.wrong ?? 0
  }
  return sum
}
