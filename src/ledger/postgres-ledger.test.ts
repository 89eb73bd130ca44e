import { after, before, describe } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../test/postgres-server.ts'
import { openPostgresStores } from '../../test/postgres-stores.ts'
import { ledgerContract } from './ledger.contract.ts'
import { ledgerOver } from './sql-ledger.fixture.contract.ts'

describe('the ledger in the books on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  ledgerContract('in the books, PostgreSQL', async () => {
    const clock = handClock()
    return ledgerOver(await openPostgresStores(clock, await server.newDatabase()), clock)
  })
})
