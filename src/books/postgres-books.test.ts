import { after, before, describe } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { type PostgresServer, startBouncer, startPostgres, withoutBouncer, withoutPostgres } from '../../test/postgres-server.ts'
import { HOLD_TTL_MS, openPostgresStores } from '../../test/postgres-stores.ts'
import { type BooksFixture, booksContract } from './books.contract.ts'
import { booksOver } from './sql-books.fixture.contract.ts'

describe('the books on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  booksContract('PostgreSQL', async () => opened(await server.newDatabase()))

  describe('behind a pgbouncer in transaction mode', { skip: withoutBouncer }, () => {
    let bouncer: Awaited<ReturnType<typeof startBouncer>>
    before(async () => {
      bouncer = await startBouncer(server)
    })
    after(() => bouncer[Symbol.asyncDispose]())

    booksContract('PostgreSQL, pgbouncer', async () => {
      const url = await server.newDatabase()
      return opened(bouncer.through(url), url)
    })
  })
})

async function opened(url: string, direct = url): Promise<BooksFixture> {
  const clock = handClock()
  return booksOver(await openPostgresStores(clock, url, direct), clock, HOLD_TTL_MS)
}
