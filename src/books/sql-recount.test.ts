import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSqliteHere } from '../../sim/sqlite-here.ts'
import { fillBooks } from '../../test/filled-books.ts'
import { migrate } from '../platform/sql.ts'
import { catalogueMigrations } from '../shop/catalogue/tables.ts'
import { SqlSales } from './sql-sales.ts'
import { bookMigrations } from './tables.ts'

/** More than two pages of each table, and the last one not full. */
const ORDERS = 50_000
const ORDER = (i: number) => `01a1fdda-0000-7000-8000-${String(i).padStart(12, '0')}`
const NO_CARDS = { captured: { byJournal: 0, byAttempts: 0 }, owed: { byJournal: 0, byAttempts: 0 } }
const NOTHING = {
  buyersWrong: 0,
  entriesWrong: 0,
  walletsWrong: 0,
  paymentsWrong: 0,
  ordersStuck: 0,
  ...NO_CARDS,
  held: 0,
  sold: ORDERS,
}

/** What is changed, and what is then found of it. Rows at both ends and on either side of a page's end are changed. */
const planted: [string, string, Partial<typeof NOTHING>][] = [
  [
    'wallets with a cent too much',
    `UPDATE wallets SET balance = balance + 1 WHERE user_id IN
     (SELECT user_id FROM (SELECT user_id, row_number() OVER (ORDER BY user_id) AS i FROM wallets)
      WHERE i IN (1, 20000, 20001, 20002, 40001, 40002, 40003, ${ORDERS}))`,
    { walletsWrong: 8 },
  ],
  [
    'entries with a cent too much',
    `UPDATE journal SET amount = amount + 1 WHERE account LIKE 'wallet:%' AND entry IN
     (SELECT entry FROM (SELECT entry, row_number() OVER (ORDER BY entry) AS i FROM journal WHERE account LIKE 'wallet:%')
      WHERE i IN (1, 10000, 10001, 10002, 20001, 20002, ${2 * ORDERS}))`,
    { entriesWrong: 7, walletsWrong: 7 },
  ],
  [
    'two entries that are wrong by as much as each other',
    `UPDATE journal SET amount = amount + CASE entry WHEN 'payment:${ORDER(7)}' THEN 5 ELSE -5 END
     WHERE account = 'sales' AND entry IN ('payment:${ORDER(7)}', 'payment:${ORDER(30_000)}')`,
    { entriesWrong: 2, paymentsWrong: 2 },
  ],
  [
    'half an entry',
    `DELETE FROM journal WHERE entry = 'payment:${ORDER(ORDERS)}' AND account <> 'sales'`,
    { entriesWrong: 1, walletsWrong: 1 },
  ],
  [
    'orders that nobody paid',
    `DELETE FROM journal WHERE entry IN ('payment:${ORDER(1)}', 'payment:${ORDER(20_001)}', 'payment:${ORDER(ORDERS)}')`,
    { paymentsWrong: 3, walletsWrong: 3 },
  ],
  [
    'payments of orders that were not completed',
    `UPDATE orders SET state = 'RESERVATION_PENDING', created_at = 9e15 WHERE id IN ('${ORDER(1)}', '${ORDER(40_000)}')`,
    { paymentsWrong: 2, held: 2, sold: ORDERS - 2 },
  ],
  [
    'payments without an order',
    `UPDATE journal SET entry = 'payment:' || CASE entry WHEN 'payment:${ORDER(1)}' THEN '00' WHEN 'payment:${ORDER(2)}' THEN '~~' ELSE 'x' END
     WHERE entry IN ('payment:${ORDER(1)}', 'payment:${ORDER(2)}', 'payment:${ORDER(3)}')`,
    { paymentsWrong: 6 },
  ],
  [
    'earnings that are no payment',
    `UPDATE journal SET entry = 'grant:1' WHERE entry = 'payment:${ORDER(1)}'`,
    { paymentsWrong: 2 },
  ],
  [
    'buyers with other units than their orders say',
    `UPDATE sale_buyers SET taken = CASE WHEN buyer_id < '01a1fdd9-8' THEN 0 ELSE 2 END WHERE buyer_id IN
     (SELECT buyer_id FROM (SELECT buyer_id, row_number() OVER (ORDER BY buyer_id) AS i FROM sale_buyers)
      WHERE i IN (1, 20001, 20002, 40002, ${ORDERS}))`,
    { buyersWrong: 5 },
  ],
  ['a limit that nobody kept', 'UPDATE sales SET buyer_limit = 0', { buyersWrong: ORDERS }],
  [
    'an order of more',
    `UPDATE orders SET quantity = 3 WHERE id = '${ORDER(9)}'`,
    { buyersWrong: 1, paymentsWrong: 1, sold: ORDERS + 2 },
  ],
  [
    'an order that was released',
    `UPDATE orders SET state = 'FAILED', released = 1 WHERE id = '${ORDER(9)}'`,
    { buyersWrong: 1, paymentsWrong: 1, sold: ORDERS - 1 },
  ],
  [
    'an order of more that was released',
    `UPDATE orders SET state = 'EXPIRED', released = 1, quantity = 3 WHERE id = '${ORDER(9)}'`,
    { buyersWrong: 1, paymentsWrong: 1, sold: ORDERS - 1 },
  ],
  [
    'an order that is gone',
    `DELETE FROM orders WHERE id = '${ORDER(20_001)}'`,
    { buyersWrong: 1, paymentsWrong: 1, sold: ORDERS - 1 },
  ],
]

describe('the recount of more rows than a page has', () => {
  const { db, database } = openSqliteHere()
  const sales = new SqlSales(database, () => 1)

  async function found(): Promise<typeof NOTHING> {
    const tally = await sales.tally('sale')
    assert.ok(tally)
    const [item] = tally.items
    assert.ok(item)
    const { heldByOrders: held, soldByOrders: sold } = item
    return { buyersWrong: tally.buyersWrong, ...(await sales.moneyTally(0)), held, sold }
  }

  before(async () => {
    await migrate(database, [...catalogueMigrations, ...bookMigrations], 0)
    fillBooks(db, ORDERS)
  })
  after(() => db.close())

  it('finds nothing where nothing is wrong', async () => assert.deepEqual(await found(), NOTHING))

  for (const [what, change, wrong] of planted) {
    it(`finds each one: ${what}`, async () => {
      db.exec('SAVEPOINT planted')
      db.exec(change)
      const seen = await found()
      db.exec('ROLLBACK TO planted')
      assert.deepEqual(seen, { ...NOTHING, ...wrong })
    })
  }

  it('sets right each buyer on either side of the end of a page, and those who are missing', async () => {
    db.exec('SAVEPOINT planted')
    const rows = 'SELECT buyer_id FROM (SELECT buyer_id, row_number() OVER (ORDER BY buyer_id) AS i FROM sale_buyers) WHERE i IN'
    db.exec(`UPDATE sale_buyers SET taken = 7 WHERE buyer_id IN (${rows} (1, 20000, 20001, 20002, 40002, ${ORDERS}))`)
    db.exec(`DELETE FROM sale_buyers WHERE buyer_id IN (${rows} (5, 20003))`)
    assert.deepEqual([await sales.recount('sale'), await sales.recount('sale')], [true, false])
    const seen = await found()
    db.exec('ROLLBACK TO planted')
    assert.deepEqual(seen, NOTHING)
  })

  it('is content with buyers of several orders and of several units, some of them released', async () => {
    db.exec('SAVEPOINT planted')
    const [buyer] = db.prepare('SELECT buyer_id FROM orders WHERE id = ?').all(ORDER(9))
    db.exec('UPDATE sales SET buyer_limit = 3')
    db.prepare(`UPDATE orders SET buyer_id = ?, quantity = 2 WHERE id = '${ORDER(10)}'`).run(buyer?.buyer_id ?? null)
    db.exec(`UPDATE orders SET state = 'CANCELLED', released = 1, quantity = 2 WHERE id = '${ORDER(11)}'`)
    db.prepare('UPDATE sale_buyers SET taken = 3 WHERE buyer_id = ?').run(buyer?.buyer_id ?? null)
    db.exec(
      `UPDATE sale_buyers SET taken = 0 WHERE buyer_id IN (SELECT substr(account, 8) FROM journal WHERE entry IN ('payment:${ORDER(10)}', 'payment:${ORDER(11)}'))`,
    )
    const seen = await found()
    db.exec('ROLLBACK TO planted')
    assert.deepEqual(seen, { ...NOTHING, paymentsWrong: 2, sold: ORDERS })
  })
})
