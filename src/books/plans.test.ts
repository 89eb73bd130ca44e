import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openSqliteHere } from '../../sim/sqlite-here.ts'
import { fillBooks } from '../../test/filled-books.ts'
import { type HandClock, handClock } from '../../test/hand-clock.ts'
import { askFor, newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { GatewayState } from '../core/payment.ts'
import { eventMigrations } from '../events/sql-event-log.ts'
import { SqlLedger } from '../ledger/sql-ledger.ts'
import { type Database, migrate, type Sql } from '../platform/sql.ts'
import { accountMigrations } from '../shop/accounts/tables.ts'
import { catalogueMigrations } from '../shop/catalogue/tables.ts'
import { SqlBooks } from './sql-books.ts'
import { SqlOutbox } from './sql-outbox.ts'
import { SqlAttempts, SqlInbox } from './sql-payments.ts'
import { SqlSales } from './sql-sales.ts'
import { SqlWallets } from './sql-wallets.ts'
import { bookMigrations } from './tables.ts'

/** The tables that grow with every order, by their names and as the statements call them; those that wait are few. */
const LARGE =
  /^SCAN (orders|o|sale_buyers|b|order_log|coupons|c|wallets|w|journal|j|attempts|a|attempt_log|gateway_events)\b(?! USING INDEX orders_waiting)/

/** As `database`, and notes every statement in `texts`. */
function noting(database: Database, texts: Set<string>): Database {
  const note = (sql: Sql): Sql => ({
    all(text, ...values) {
      texts.add(text)
      return sql.all(text, ...values)
    },
    run(text, ...values) {
      texts.add(text)
      return sql.run(text, ...values)
    },
    rows: sql.rows.bind(sql),
    change: sql.change.bind(sql),
  })
  return {
    facts: database.facts,
    read: (work) => database.read((sql) => work(note(sql))),
    write: (work) => database.write((sql) => work(note(sql))),
  }
}

// Looking for orders without an event read all of a million orders in the thread that accepts: 0.8 s, twice a minute.
it('reads no table from end to end that grows with every order', async () => {
  const { db, database } = openSqliteHere()
  const clock = handClock()
  await migrate(database, [...catalogueMigrations, ...accountMigrations, ...bookMigrations, ...eventMigrations], clock.now())
  fillBooks(db, 1000)
  // No statistics, as in a shop.
  const texts = new Set<string>()
  const noted = noting(database, texts)
  const books = new SqlBooks(noted, { now: clock.now, newId, newCode: () => newId(), holdTtlMs: 1 })
  const ledger = new SqlLedger(noted, books.record.bind(books), clock.now)
  const sales = new SqlSales(noted, clock.now)
  const wallets = new SqlWallets(noted, { now: clock.now, newId })
  const buyerId = newId()
  db.exec("UPDATE sale_items SET available = 6, allotment = allotment + 6 WHERE sale_id = 'sale'")
  await noted.write((sql) => wallets.open(sql, [buyerId], [9000], 'EUR'))
  const asks = [1, 2, 3].map((i) => askFor(clock, 'product' as Id, { buyerId: i === 1 ? buyerId : newId() }))
  const [first, ...others] = (await ledger.reserve('sale' as Id, 1, asks)).map((reply) => {
    assert.ok(reply.kind === 'reserved')
    return reply.entry
  })
  assert.ok(first)
  const { orderId } = first
  await ledger.reserve('sale' as Id, 1, [askFor(clock, 'product' as Id, { buyerId })])
  await ledger.look('sale' as Id, 1000, 250)
  await ledger.settle('sale' as Id, [{ orderId, to: 'commit' }])
  await ledger.entries('sale' as Id, 1, 0, clock.now(), 9)
  await books.book('sale' as Id, 1, [first, ...others])
  await books.truth('sale' as Id, [first])
  await books.move([
    { orderId, by: 'pay' },
    ...others.map((one) => ({ orderId: one.orderId, by: 'cancel' as const, reason: '' })),
  ])
  await books.order(orderId)
  await books.byIds([orderId])
  await books.history(orderId)
  for (const filter of [{ buyerId }, { saleId: 'sale' as Id, buyerId }, { buyerId, waiting: true }]) {
    await books.orders({ ...filter, limit: 9 })
    await books.orders({ ...filter, limit: 9, after: orderId })
  }
  await books.ordersOf('sale' as Id, { epoch: 1, seq: 9 }, 9)
  await books.expired(9)
  await payByCard(noted, books, ledger, clock)
  const outbox = new SqlOutbox(noted, clock.now)
  await outbox.again(0)
  await outbox.claim('token', 9, 1)
  await outbox.done('token', [1])
  await wallets.credit(buyerId)
  await wallets.journal(buyerId, 9, undefined)
  await wallets.grant(buyerId, 1, 'EUR', '', buyerId)
  await sales.change('sale' as Id, { limit: 3, items: [{ productId: 'product' as Id, quantity: 1007 }] })
  await sales.current(0)
  await sales.list(9, undefined)
  await sales.announceStart('sale' as Id)
  await sales.settleEnd('sale' as Id)
  await sales.raiseEpoch('sale' as Id, 1, null)
  await sales.clearRecovery('sale' as Id, 2)
  await sales.tally('sale' as Id)
  await sales.moneyTally(0)
  await sales.removeDrill(newId())
  const plans = [...texts].flatMap((text) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${text}`)
      .all()
      .map(({ detail }) => ({ step: String(detail), text: text.replace(/\s+/g, ' ') })),
  )
  assert.deepEqual(
    plans.filter(({ step }) => LARGE.test(step)),
    [],
  )
})

/** Through each statement of a payment by card: to its end, and back. */
async function payByCard(database: Database, books: SqlBooks, ledger: SqlLedger, clock: HandClock): Promise<void> {
  const tools = { now: clock.now, newId, newCode: () => newId() }
  const attempts = new SqlAttempts(database, tools)
  const inbox = new SqlInbox(database, clock.now, attempts)
  const [reply] = await ledger.reserve('sale' as Id, 1, [askFor(clock, 'product' as Id, { method: 'card' })])
  assert.ok(reply?.kind === 'reserved')
  const { orderId } = reply.entry
  await books.move([{ orderId, by: 'pay' }])
  const [claimed] = await attempts.claim(9, 1)
  assert.ok(claimed)
  await attempts.later(claimed, 1, true)
  const known = { orderId, txnId: 'txn', amount: claimed.amount, currency: claimed.currency, redirectUrl: null, reason: null }
  const view = (state: GatewayState, attempt: number) => ({ ...known, state, attempt })
  await attempts.see(view('declined', 1))
  const event = { id: 'event', type: 'told', created: 0, view: view('captured', 2) }
  await inbox.read([event, { ...event, id: 'another', view: { ...event.view, amount: 1 } }], 'next')
  await inbox.receive([event])
  await inbox.apply(9)
  await inbox.cursor()
  await inbox.quarantined(9, undefined)
  await inbox.quarantined(9, 'another')
  await inbox.dismiss('another')
  await books.move([{ orderId, by: 'expire', reason: '' }])
  await books.move([{ orderId, by: 'refund', reason: '', returnUnit: true }])
  await attempts.see(view('refunded', 2))
  await attempts.of(orderId)
  await attempts.byTxn('txn')
  assert.equal((await books.order(orderId))?.state, 'REFUNDED')
}
