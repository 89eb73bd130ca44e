import { after, before, describe } from 'node:test'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../../test/postgres-server.ts'
import { openDatabase } from '../../../test/postgres-stores.ts'
import { accountsContract } from './accounts.contract.ts'

describe('accounts on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  const databases = new Map<string, string>()
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  accountsContract('PostgreSQL', async (dataDir) => {
    const url = databases.get(dataDir) ?? (await server.newDatabase())
    databases.set(dataDir, url)
    return openDatabase(url)
  })
})
