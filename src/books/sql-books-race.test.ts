import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openSqliteHere } from '../../sim/sqlite-here.ts'
import { handClock } from '../../test/hand-clock.ts'
import { askFor, newId } from '../../test/samples.ts'
import type { Entry } from '../core/order.ts'
import { type Database, migrate, type Sql } from '../platform/sql.ts'
import { catalogueMigrations } from '../shop/catalogue/tables.ts'
import { SqlBooks } from './sql-books.ts'
import { SqlSales } from './sql-sales.ts'
import { bookMigrations } from './tables.ts'

const clock = handClock()

/** A sale of five in a database of its own. */
async function open() {
  const { db, database } = openSqliteHere()
  await migrate(database, [...catalogueMigrations, ...bookMigrations], clock.now())
  const productId = newId()
  db.prepare(
    `INSERT INTO products (id, name, description, price, currency, kind, attributes, is_deleted, created_at, updated_at)
     VALUES (?, 'A product', '', 100, 'EUR', 'product', '{}', 0, 0, 0)`,
  ).run(productId)
  const saleId = newId()
  const rest = { banner: null, startTime: 0, endTime: clock.now() + 1000, limit: 1, incarnation: null, drillId: null }
  const items = [{ productId, price: 100, currency: 'EUR', quantity: 5 }]
  await new SqlSales(database, clock.now).create({ id: saleId, name: 'A sale', items, ...rest })
  const entry = (seq: number): Entry => {
    const { deadline, ...asked } = askFor(clock, productId)
    return { ...asked, saleId, epoch: 1, seq, reservedAt: clock.now() }
  }
  return { database, saleId, entry }
}

const booksOf = (database: Database) =>
  new SqlBooks(database, { now: clock.now, newId, newCode: () => 'code', holdTtlMs: 60_000 })

/** As where several processes write: `other` books between the reading and the first insert of `write`'s first transaction, and
 *  its commit can be read when that one has failed. */
function interrupted(database: Database, other: () => Promise<unknown>): Database {
  let isFirst = true
  return {
    ...database,
    async write(work) {
      if (!isFirst) return database.write(work)
      // One after the other, as on any connection.
      let before: Promise<unknown> = Promise.resolve()
      const run: Sql['run'] = (text, ...values) => {
        const changed = before.then(async () => {
          if (isFirst && text.startsWith('INSERT INTO orders')) {
            isFirst = false
            await other()
          }
          return database.read((sql) => sql.run(text, ...values))
        })
        before = changed.catch(() => {})
        return changed
      }
      try {
        return await database.write((sql) =>
          work({ run, all: sql.all.bind(sql), rows: sql.rows.bind(sql), change: sql.change.bind(sql) }),
        )
      } catch (error) {
        await other()
        throw error
      }
    },
  }
}

it('reads again what another process booked meanwhile, and books the rest', async () => {
  const { database, saleId, entry } = await open()
  const [both, own] = [entry(1), entry(2)]
  const books = booksOf(interrupted(database, () => booksOf(database).book(saleId, 1, [both])))
  assert.deepEqual(await books.book(saleId, 1, [both, own]), { kind: 'booked' })
  const tally = await new SqlSales(database, clock.now).tally(saleId)
  assert.deepEqual(
    tally?.items.map(({ available, held, heldByOrders }) => [available, held, heldByOrders]),
    [[3, 2, 2]],
  )
})

it('calls it a disagreement where another process booked another order under the sequence', async () => {
  const { database, saleId, entry } = await open()
  const books = booksOf(interrupted(database, () => booksOf(database).book(saleId, 1, [entry(1)])))
  const other = entry(1)
  const answer = await books.book(saleId, 1, [other])
  assert.ok(answer.kind === 'disagreement' && /stands where/.test(answer.because), JSON.stringify(answer))
  assert.equal(await books.order(other.orderId), null)
})
