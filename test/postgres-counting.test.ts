import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../src/core/fault.ts'
import { makeLog } from '../src/platform/log.ts'
import { postgresAddress } from '../src/platform/postgres/address.ts'
import { openPostgresStores } from '../src/postgres-stores.ts'
import { clientOf } from './postgres-client.ts'
import { startPostgres, withoutPostgres } from './postgres-server.ts'

const none = '0190f7b4-0000-7000-8000-000000000001'

test('what counts for the audit has longer than a statement may take, and keeps nobody waiting', {
  skip: withoutPostgres,
}, async () => {
  await using server = await startPostgres()
  const url = await server.newDatabase()
  const address = postgresAddress(`${url}?statement_timeout=500`) ?? assert.fail()
  const settings = { holdTtlMs: 1000, currency: 'EUR', replicaUrl: null }
  await using opened = await openPostgresStores(settings, address, makeLog('silent'))
  const { books, sales } = opened.stores
  const other = clientOf(url)
  await other.connect()
  try {
    await other.query('BEGIN')
    for (const table of ['sales', 'orders', 'journal']) await other.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    let counted = false
    const counts = Promise.all([sales.tally(none), sales.moneyTally(1000)]).then(() => {
      counted = true
    })
    await assert.rejects(books.order(none), Fault)
    await assert.rejects(books.order(none), Fault)
    assert.equal(counted, false)
    await other.query('ROLLBACK')
    await counts
    assert.equal(await books.order(none), null)
  } finally {
    await other.end()
  }
})
