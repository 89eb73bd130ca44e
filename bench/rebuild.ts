import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fillBooks } from '../test/filled-books.ts'
import { clientOf } from '../test/postgres-client.ts'
import { startPostgres } from '../test/postgres-server.ts'
import { startRedis } from '../test/redis-server.ts'
import { startShop } from '../test/shop.ts'

/** `node bench/rebuild.ts [orders]`: how long a sale of so many orders is closed whose ledger on Redis was emptied, from the loss to
 *  the line that says it is built anew, with books on PostgreSQL and on SQLite. */
const ORDERS = Number(process.argv[2] ?? 100_000)
const ROUNDS = 5
const SECONDS_MAX = 5

const order = `'01a1fdda-0000-7000-8000-' || lpad(i::text, 12, '0')`
const buyer = `'01a1fdd9-' || lpad(to_hex((i::bigint * 40503) % 65536), 4, '0') || '-7000-8000-' || lpad(i::text, 12, '0')`
const each = `FROM generate_series(1, ${ORDERS}) i`
const filled = [
  `INSERT INTO sales (id, name, start_time, end_time, buyer_limit, epoch, seq, paused_by_operator, paused_for_recovery, created_at)
   VALUES ('sale', 'Filled', 0, 9e15, 1, 1, ${ORDERS}, 0, 0, 0)`,
  `INSERT INTO products (id, name, description, price, currency, kind, attributes, is_deleted, created_at, updated_at)
   VALUES ('product', 'Filled', '', 1999, 'EUR', 'coupon', '{}', 0, 0, 0)`,
  `INSERT INTO sale_items VALUES ('sale', 'product', 0, 1, ${ORDERS}, 0, 0, ${ORDERS}, 0, 1999, 'EUR', 0)`,
  `INSERT INTO orders (id, sale_id, buyer_id, product_id, quantity, price, currency, state, epoch, seq, key_digest, body_digest,
     reserved_at, created_at, updated_at, version)
   SELECT ${order}, 'sale', ${buyer}, 'product', 1, 1999, 'EUR', 'COMPLETED', 1, i, lpad(i::text, 43, '0'), lpad(i::text, 43, '0'),
     0, 0, 0, 2 ${each}`,
  `INSERT INTO sale_buyers SELECT 'sale', ${buyer}, 1 ${each}`,
  `INSERT INTO coupons (order_id, user_id, code, created_at) SELECT ${order}, ${buyer}, 'code ' || i, 0 ${each}`,
]

const dir = mkdtempSync(join(tmpdir(), 'rebuild-'))
const postgres = await startPostgres({ fsync: 'on' })
const redis = await startRedis()
try {
  const DATABASE_URL = await postgres.newDatabase()
  await measured('PostgreSQL', { DATABASE_URL, DATA_DIR: join(dir, 'postgres') }, async () => {
    const client = clientOf(DATABASE_URL)
    await client.connect()
    for (const statement of filled) await client.query(statement)
    await client.end()
  })
  const DATA_DIR = join(dir, 'sqlite')
  await measured('SQLite', { DATA_DIR }, async () => {
    const db = new DatabaseSync(join(DATA_DIR, 'doorbuster.db'))
    fillBooks(db, ORDERS)
    db.close()
  })
} finally {
  await redis.stop()
  await postgres[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
}

async function measured(name: string, env: Record<string, string>, fill: () => Promise<void>): Promise<void> {
  await (await startShop(env)).stop()
  await fill()
  const shop = await startShop({ ...env, LEDGER_URL: redis.url, AUDIT_EVERY: '1h' })
  const rebuilds = () => shop.output().split('ledger-rebuilt').length - 1
  const another = async (than: number) => {
    while (rebuilds() === than) await sleep(5)
  }
  try {
    const t = setInterval(() => console.log(shop.output().slice(-2000)), 4000); await another(0); clearInterval(t)
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = rebuilds()
      const at = performance.now()
      await redis.command('FLUSHALL')
      await another(before)
      times.push((performance.now() - at) / 1000)
    }
    const slowest = Math.max(...times)
    console.log(
      `${name}, ${ORDERS} orders: open again after ${times.map((s) => s.toFixed(1)).join(', ')} s (at most ${SECONDS_MAX})`,
    )
    if (slowest > SECONDS_MAX) process.exitCode = 1
  } finally {
    await shop.stop()
  }
}
