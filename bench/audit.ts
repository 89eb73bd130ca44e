import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startShop } from '../test/shop.ts'

/** `node bench/audit.ts [orders]`: how long an audit of so many orders takes, and the most memory that the shop has meanwhile. */
const ORDERS = Number(process.argv[2] ?? 1_000_000)
const SECONDS_MAX = 10
const MEMORY_MAX_MB = 256

/** A sale of all of them, each sold to a buyer of its own who paid 19.99: what a crowd would have left, in one statement each. */
const FILL = [
  `INSERT INTO sales (id, name, start_time, end_time, buyer_limit, epoch, seq, paused_by_operator, paused_for_recovery, created_at)
   VALUES ('sale', 'Audit', 0, 9e15, 1, 1, ${ORDERS}, 0, 0, 0)`,
  `INSERT INTO products (id, name, description, price, currency, kind, attributes, is_deleted, created_at, updated_at)
   VALUES ('product', 'Audit', '', 1999, 'EUR', 'coupon', '{}', 0, 0, 0)`,
  `INSERT INTO sale_items VALUES ('sale', 'product', 0, 1, ${ORDERS}, 0, 0, ${ORDERS}, 0, 1999, 'EUR', 0)`,
  `CREATE TEMP TABLE n AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < ${ORDERS})
   SELECT i, printf('01a1fdda-0000-7000-8000-%012d', i) AS order_id,
     printf('01a1fdd9-%04x-7000-8000-%012d', (i * 40503) % 65536, i) AS buyer_id FROM r`,
  `INSERT INTO orders SELECT order_id, 'sale', buyer_id, 'product', 1, 1999, 'EUR', 'COMPLETED', NULL, 1, i,
     printf('%043d', i), printf('%043d', i), 0, 0, 0, NULL, 2 FROM n`,
  `INSERT INTO sale_buyers SELECT 'sale', buyer_id, 1 FROM n ORDER BY buyer_id`,
  `INSERT INTO wallets SELECT buyer_id, 0, 'EUR' FROM n`,
  ...[
    ['o1', "'opening:' || buyer_id", "'wallet:' || buyer_id", 'opening', '1999', 'NULL'],
    ['o2', "'opening:' || buyer_id", "'credit-given'", 'opening', '-1999', 'NULL'],
    ['p1', "'payment:' || order_id", "'wallet:' || buyer_id", 'payment', '-1999', 'order_id'],
    ['p2', "'payment:' || order_id", "'sales'", 'payment', '1999', 'order_id'],
  ].map(
    ([id, entry, account, kind, amount, order]) =>
      `INSERT INTO journal SELECT '${id}' || order_id, ${entry}, ${account}, '${kind}', ${amount}, ${order}, NULL, 0 FROM n`,
  ),
]

const dir = mkdtempSync(join(tmpdir(), 'audit-'))
try {
  const empty = await startShop({ DATA_DIR: dir })
  await empty.stop()
  const db = new DatabaseSync(join(dir, 'doorbuster.db'))
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN')
  for (const statement of FILL) db.exec(statement)
  db.exec('COMMIT')
  db.close()
  const shop = await startShop({ DATA_DIR: dir })
  type Audit = { ok: boolean; equations: { id: string; left: number; right: number; holds: boolean }[] }
  const times: number[] = []
  // The most that it had starts anew here: its start is not the audit's.
  writeFileSync(`/proc/${shop.pid}/clear_refs`, '5')
  const before = memoryMb(shop.pid, 'VmRSS')
  for (let i = 0; i < 2; i++) {
    const at = performance.now()
    const { ok, equations } = await shop.api.get<Audit>('/api/v1/admin/audit')
    times.push((performance.now() - at) / 1000)
    if (!ok) throw new Error(JSON.stringify(equations.filter(({ holds }) => !holds)))
  }
  const memory = memoryMb(shop.pid, 'VmHWM')
  await shop.stop()
  const slowest = Math.max(...times)
  console.log(`audit of ${ORDERS} orders: ${times.map((s) => s.toFixed(1)).join(', ')} s (at most ${SECONDS_MAX})`)
  console.log(`memory of the whole shop: ${memory} MB at the most (at most ${MEMORY_MAX_MB}), ${before} MB before`)
  if (slowest > SECONDS_MAX || memory > MEMORY_MAX_MB) process.exitCode = 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function memoryMb(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024)
}
