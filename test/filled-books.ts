import type { DatabaseSync } from 'node:sqlite'

/** A sale of `orders` units, each sold to a buyer of its own who paid 19.99: what a crowd leaves behind, in one statement a table. */
export function fillBooks(db: DatabaseSync, orders: number): void {
  db.exec('BEGIN')
  for (const statement of statements(orders)) db.exec(statement)
  db.exec('COMMIT')
}

/** Buyers come in another order than their ids have. */
function statements(orders: number): string[] {
  return [
    `INSERT INTO sales (id, name, start_time, end_time, buyer_limit, epoch, seq, paused_by_operator, paused_for_recovery, created_at)
     VALUES ('sale', 'Filled', 0, 9e15, 1, 1, ${orders}, 0, 0, 0)`,
    `INSERT INTO products (id, name, description, price, currency, kind, attributes, is_deleted, created_at, updated_at)
     VALUES ('product', 'Filled', '', 1999, 'EUR', 'coupon', '{}', 0, 0, 0)`,
    `INSERT INTO sale_items VALUES ('sale', 'product', 0, 1, ${orders}, 0, 0, ${orders}, 0, 1999, 'EUR', 0)`,
    `CREATE TEMP TABLE n AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < ${orders})
     SELECT i, printf('01a1fdda-0000-7000-8000-%012d', i) AS order_id,
       printf('01a1fdd9-%04x-7000-8000-%012d', (i * 40503) % 65536, i) AS buyer_id FROM r`,
    `INSERT INTO orders (id, sale_id, buyer_id, product_id, quantity, price, currency, state, reason, epoch, seq, key_digest,
       body_digest, reserved_at, created_at, updated_at, expires_at, version)
     SELECT order_id, 'sale', buyer_id, 'product', 1, 1999, 'EUR', 'COMPLETED', NULL, 1, i,
       printf('%043d', i), printf('%043d', i), 0, 0, 0, NULL, 2 FROM n`,
    `INSERT INTO sale_buyers SELECT 'sale', buyer_id, 1 FROM n ORDER BY buyer_id`,
    `INSERT INTO wallets SELECT buyer_id, 0, 'EUR' FROM n ORDER BY buyer_id`,
    ...[
      ["'opening:' || buyer_id", "'wallet:' || buyer_id", 'opening', '1999', 'NULL', 'buyer_id'],
      ["'opening:' || buyer_id", "'credit-given'", 'opening', '-1999', 'NULL', 'buyer_id'],
      ["'payment:' || order_id", "'wallet:' || buyer_id", 'payment', '-1999', 'order_id', 'order_id'],
      ["'payment:' || order_id", "'sales'", 'payment', '1999', 'order_id', 'order_id'],
    ].map(
      ([entry, account, kind, amount, order, inTurn]) =>
        `INSERT INTO journal (id, entry, account, kind, amount, order_id, reason, at)
         SELECT order_id, ${entry}, ${account}, '${kind}', ${amount}, ${order}, NULL, 0 FROM n ORDER BY ${inTurn}`,
    ),
    'DROP TABLE n',
  ]
}
