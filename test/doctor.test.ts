import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { runWith } from './command-line.ts'
import { freePort } from './free-port.ts'
import { clientOf } from './postgres-client.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'doctor-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** All it says, and whether that was well. */
async function doctor(settings: Record<string, string>, code: 0 | 1): Promise<string> {
  const ran = await runWith({ DATA_DIR: join(folder, 'data'), ...settings }, 'doctor')
  assert.equal(ran.code, code, ran.out + ran.errors)
  assert.equal(ran.errors, '', 'people get a sentence, not a stack')
  return ran.out
}

async function asked(url: string, ...texts: string[]): Promise<void> {
  const client = clientOf(url)
  await client.connect()
  for (const text of texts) await client.query(text)
  await client.end()
}

suite('a doctor of PostgreSQL', { skip: withoutPostgres, timeout: 180_000 }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres({ fsync: 'on', max_connections: '30' })
  })
  after(() => server[Symbol.asyncDispose]())

  test('finds what is well, before and after the tables are there', async () => {
    const url = await server.newDatabase()
    const out = await doctor({ DATABASE_URL: url }, 0)
    for (const line of [
      /^ok +DATABASE_URL: PostgreSQL \d+/m,
      /^ok +database rights: shop may make tables in public$/m,
      /^ok +database tables: the next start makes catalogue-1-products, /m,
      /^ok +database clock: \d+ ms from the one here$/m,
      /^ok +database connections: a process of the shop takes up to 22 of 27, \d+ are in use$/m,
      /^ok +database durability: synchronous_commit on$/m,
    ])
      assert.match(out, line)
    assert.equal((await runWith({ DATABASE_URL: url, DATA_DIR: join(folder, 'data') }, 'migrate')).code, 0)
    const copy = await server.newDatabase(url)
    const both = await doctor({ DATABASE_URL: url, DATABASE_REPLICA_URL: copy }, 0)
    assert.match(both, /^ok +database tables: up to date$/m)
    assert.match(both, /^ok +replica tables: up to date; it is not a standby/m)
  })

  test('says what to do where the server is away, or one process would take more connections than it has', async () => {
    const away = `postgres://shop@127.0.0.1:${await freePort()}/shop`
    const out = await doctor({ DATABASE_URL: away, DATABASE_REPLICA_URL: away }, 1)
    assert.match(out, /^WRONG +DATABASE_URL: it cannot be reached \(.*ECONNREFUSED.*: start it, or mend DATABASE_URL$/m)
    assert.match(out, /^WRONG +DATABASE_REPLICA_URL: it cannot be reached .*mend DATABASE_REPLICA_URL$/m)
    assert.doesNotMatch(out, /database rights/)
    const greedy = await doctor({ DATABASE_URL: `${await server.newDatabase()}?writes=20&reads=8` }, 1)
    assert.match(greedy, /^WRONG +database connections: .* up to 30 of 27: raise max_connections, or lower writes and reads/m)
  })

  test('says what to do about rights, durability, newer tables and an empty replica', async () => {
    const url = await server.newDatabase()
    assert.equal((await runWith({ DATABASE_URL: url, DATA_DIR: join(folder, 'data') }, 'migrate')).code, 0)
    await asked(
      url,
      'CREATE ROLE guest LOGIN',
      'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      'GRANT SELECT ON migrations TO guest',
      'ALTER ROLE guest SET synchronous_commit = off',
      "INSERT INTO migrations VALUES ('books-99', 0)",
    )
    const guest = url.replace('shop@', 'guest@')
    const out = await doctor({ DATABASE_URL: guest, DATABASE_REPLICA_URL: await server.newDatabase() }, 1)
    assert.match(out, /^WRONG +database rights: guest may not make tables: GRANT CREATE, USAGE ON SCHEMA public TO "guest"$/m)
    assert.match(out, /^WRONG +database tables: they are of a newer version \(books-99\): start that one$/m)
    assert.match(out, /^WRONG +database durability: set synchronous_commit to on: a power loss would take orders/m)
    assert.match(out, /^WRONG +replica tables: it has not catalogue-1-products, .*: let it follow the database of DATABASE_URL/m)
  })
})

suite('a doctor of Redis', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
  let redis: RedisServer
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.stop())

  test('finds what is well', async () => {
    const out = await doctor({ LEDGER_URL: redis.url, CACHE_URL: `${redis.url}/1` }, 0)
    assert.match(out, /^ok +LEDGER_URL: (Redis|Valkey) [\d.]+, noeviction, answers in \d+ ms$/m)
    assert.match(out, /^ok +ledger persistence: appendonly$/m)
    assert.match(out, /^ok +CACHE_URL: (Redis|Valkey) [\d.]+, noeviction$/m)
  })

  test('says what to do where it is away, throws stock away, or refuses the user', async () => {
    const away = `redis://127.0.0.1:${await freePort()}`
    const out = await doctor({ LEDGER_URL: away, CACHE_URL: `${away}/1` }, 1)
    assert.match(out, /^WRONG +LEDGER_URL: .*ECONNREFUSED.*start it, or mend the address/m)
    assert.match(out, /^WRONG +CACHE_URL: .*ECONNREFUSED/m)
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    assert.match(await doctor({ LEDGER_URL: redis.url }, 1), /^WRONG +LEDGER_URL: .*set maxmemory-policy noeviction/m)
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await redis.command('ACL', 'SETUSER', 'narrow', 'on', '>secret', '~*', '+info', '+ping')
    const narrow = redis.url.replace('//', '//narrow:secret@')
    assert.match(await doctor({ LEDGER_URL: narrow }, 1), /^WRONG +LEDGER_URL: it refuses what the shop needs \(NOPERM/m)
  })
})
