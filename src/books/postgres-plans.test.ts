import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../test/postgres-server.ts'
import { openDatabase } from '../../test/postgres-stores.ts'
import { askFor } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { Database, Sql, Value } from '../platform/sql.ts'
import { makeStores } from '../stores.ts'

const ROWS = 20_000
/** Those that grow with every order or product; those that wait are few. */
const LARGE = /^(orders|sale_buyers|order_log|coupons|wallets|journal|products|users|events)$/

type Plan = { 'Node Type': string; 'Relation Name'?: string; Plans?: Plan[] }

const filled = [
  `INSERT INTO products SELECT 'product ' || i, NULL, 'A product', '', 100, 'EUR', 'c' || i % 50, 'product', NULL, NULL, '{}', 0, 0, 0
   FROM generate_series(1, ${ROWS}) i`,
  `INSERT INTO sales (id, name, start_time, end_time, buyer_limit, epoch, seq, paused_by_operator, paused_for_recovery, created_at)
   VALUES ('sale', 'A sale', 0, 9e15, 9, 1, ${ROWS}, 0, 0, 0)`,
  `INSERT INTO sale_items VALUES ('sale', 'product 1', 0, 1, ${ROWS + 9}, 9, 0, ${ROWS}, 0, 100, 'EUR', 0)`,
  `INSERT INTO orders (id, sale_id, buyer_id, product_id, quantity, price, currency, state, epoch, seq, key_digest, body_digest,
     reserved_at, created_at, updated_at, version)
   SELECT 'order ' || i, 'sale', 'buyer ' || i % 9000, 'product 1', 1, 100, 'EUR', 'COMPLETED', 1, i, 'key ' || i, '', 0, 0, 0, 2
   FROM generate_series(1, ${ROWS}) i`,
  `INSERT INTO order_log SELECT 'order ' || i, 2, 'COMPLETED', 0 FROM generate_series(1, ${ROWS}) i`,
  `INSERT INTO coupons SELECT 'order ' || i, 'buyer', 'code ' || i, 0 FROM generate_series(1, ${ROWS}) i`,
  `INSERT INTO sale_buyers SELECT 'sale', 'buyer ' || i, 2 FROM generate_series(0, 8999) i`,
  `INSERT INTO wallets SELECT 'buyer ' || i, 900, 'EUR' FROM generate_series(0, 8999) i`,
  `INSERT INTO journal SELECT 'id ' || i, 'payment:order ' || i, 'wallet:buyer ' || i % 9000, 'payment', -100, 'order ' || i, NULL, 0
   FROM generate_series(1, ${ROWS}) i`,
  `INSERT INTO users SELECT 'buyer ' || i, i || '@example.org', NULL, NULL, '["buyer"]', 0, NULL, 0 FROM generate_series(0, 8999) i`,
  `INSERT INTO events (id, type, topic, subject, at, data) SELECT 'event ' || i, '', '', 'order ' || i, 0, '{}'
   FROM generate_series(1, ${ROWS}) i`,
  'ANALYZE',
]

/** As `database`, and asks for the plan of every statement before it runs. */
function explaining(database: Database, seen: (text: string, plan: Plan) => void): Database {
  const explain = async (sql: Sql, text: string, values: readonly unknown[]) => {
    const [row] = await sql.all<{ 'QUERY PLAN': { Plan: Plan }[] }>(`EXPLAIN (FORMAT JSON) ${text}`, ...(values as Value[]))
    const [root] = row?.['QUERY PLAN'] ?? []
    assert.ok(root)
    seen(text.replace(/\s+/g, ' '), root.Plan)
  }
  const around = (sql: Sql): Sql => ({
    all: (text, ...values) => explain(sql, text, values).then(() => sql.all(text, ...values)),
    run: (text, ...values) => explain(sql, text, values).then(() => sql.run(text, ...values)),
    rows: (query) => explain(sql, query.sql, query.parameters).then(() => sql.rows(query)),
    change: (query) => explain(sql, query.sql, query.parameters).then(() => sql.change(query)),
  })
  return {
    facts: database.facts,
    read: (work) => database.read((sql) => work(around(sql))),
    write: (work) => database.write((sql) => work(around(sql))),
  }
}

const scans = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' && plan['Relation Name'] ? [plan['Relation Name']] : []),
  ...(plan.Plans ?? []).flatMap(scans),
]

describe('plans on PostgreSQL', { skip: withoutPostgres, timeout: 120_000 }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  it('reads no large table from end to end to accept, to settle and to list', async () => {
    const clock = handClock()
    await using database = openDatabase(await server.newDatabase())
    const settings = { holdTtlMs: 1000, currency: 'EUR' }
    await makeStores(database, settings).schema.migrate()
    for (const statement of filled) await database.write((sql) => sql.run(statement))
    const found = new Set<string>()
    let statements = 0
    const noted = explaining(database, (text, plan) => {
      statements++
      for (const table of scans(plan)) if (LARGE.test(table)) found.add(`${table}: ${text}`)
    })
    const { books, ledger, catalogue, wallets, outbox, events, accounts, relay } = makeStores(
      { ...noted, now: clock.now },
      settings,
    )
    const [saleId, productId, buyerId, orderId] = ['sale', 'product 1', 'buyer 7', 'order 7'] as [Id, Id, Id, Id]
    const asks = [buyerId, 'buyer 8' as Id].map((buyer) => askFor(clock, productId, { buyerId: buyer }))
    const [reply] = await ledger.reserve(saleId, 1, asks)
    assert.equal(reply?.kind, 'reserved')
    await ledger.look(saleId, ROWS, 250)
    await ledger.entries(saleId, 1, ROWS - 5, clock.now(), 9)
    await books.truth(saleId, [{ buyerId, keyDigest: 'key 7' }])
    await relay.publish()
    const { settled } = await relay.settle()
    assert.equal(settled.length, 2)
    await books.order(orderId)
    await books.history(orderId)
    for (const filter of [{ buyerId }, { buyerId, saleId }, { buyerId, waiting: true }]) {
      await books.orders({ ...filter, limit: 9 })
      await books.orders({ ...filter, limit: 9, after: orderId })
    }
    await books.ordersOf(saleId, { epoch: 1, seq: ROWS - 9 }, 9)
    await books.expired(9)
    await outbox.again(0)
    await events.prune(0)
    await wallets.credit(buyerId)
    await wallets.journal(buyerId, 9, undefined)
    await catalogue.product(productId)
    await catalogue.products(20)
    await catalogue.products(20, 'product 5' as Id, 'c7')
    await catalogue.products(20, undefined, 'c7')
    await accounts.list(undefined, 20, undefined)
    await accounts.byEmail('7@example.org')
    assert.deepEqual([...found], [])
    assert.ok(statements > 50, `${statements} statements were looked at`)
  })
})
