import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { type Plant, plantRow, sqlitePlant } from '../../test/plant.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../test/postgres-server.ts'
import { openPostgresStores } from '../../test/postgres-stores.ts'
import { newId } from '../../test/samples.ts'
import { openSqliteStores } from '../../test/sqlite-stores.ts'
import type { Stores } from '../stores.ts'

type Open = { stores: Pick<Stores, 'wallets'>; plant: Plant } & AsyncDisposable

function walletsContract(name: string, open: () => Promise<Open>): void {
  describe(`wallets: ${name}`, () => {
    it('keeps the longest reason that may be given, with who gave it', async () => {
      await using opened = await open()
      const { stores, plant } = opened
      const [owner, by] = [newId(), newId()]
      plantRow(plant, 'wallets', { user_id: owner, balance: 0, currency: 'EUR' })
      for (const reason of ['x'.repeat(200), '\u{1f381}'.repeat(200)]) {
        const balance = await stores.wallets.grant(owner, 5, 'EUR', reason, by)
        assert.equal((await stores.wallets.journal(owner, 1, undefined))[0]?.reason, reason)
        assert.equal(balance?.currency, 'EUR')
        const kept = plant.ask("SELECT reason FROM journal WHERE account = 'credit-given'").map((row) => row.reason)
        assert.ok(kept.includes(`${reason} (${by})`))
      }
      assert.deepEqual(await stores.wallets.credit(owner), { amount: 10, currency: 'EUR' })
    })

    it('grants in its own currency, to whom there is, and no more than can be counted', async () => {
      await using opened = await open()
      const { stores, plant } = opened
      const owner = newId()
      plantRow(plant, 'wallets', { user_id: owner, balance: 1, currency: 'EUR' })
      for (const [to, amount, currency] of [
        [owner, 1, 'USD'],
        [newId(), 1, 'EUR'],
        [owner, Number.MAX_SAFE_INTEGER, 'EUR'],
      ] as const) {
        assert.equal(await stores.wallets.grant(to, amount, currency, 'why', newId()), undefined)
      }
      assert.deepEqual(await stores.wallets.journal(owner, 9, undefined), [])
    })
  })
}

walletsContract('SQLite', async () => {
  const open = await openSqliteStores(handClock())
  return { ...open, plant: sqlitePlant(open.plant) }
})

describe('wallets on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  walletsContract('PostgreSQL', async () => openPostgresStores(handClock(), await server.newDatabase()))
})
