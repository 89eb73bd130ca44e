import { after, before, describe } from 'node:test'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../../test/postgres-server.ts'
import { openDatabase } from '../../../test/postgres-stores.ts'
import { catalogueContract } from './catalogue.contract.ts'

describe('the catalogue on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  catalogueContract('PostgreSQL', async () => openDatabase(await server.newDatabase()))
})
