import { after, before, suite } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../test/postgres-server.ts'
import { openPostgresStores } from '../../test/postgres-stores.ts'
import { peersContract } from './peers.contract.ts'

suite('peers on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  peersContract('PostgreSQL', async () => {
    const clock = handClock()
    const open = await openPostgresStores(clock, await server.newDatabase())
    return { peers: open.stores.peers, pass: clock.advance, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
  })
})
