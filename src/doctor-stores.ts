import type { Config } from './config.ts'
import { openLedger } from './open-stores.ts'
import { systemClock as clock } from './platform/clock.ts'
import { makeLog } from './platform/log.ts'
import type { PostgresAddress } from './platform/postgres/address.ts'
import { PostgresDatabase } from './platform/postgres/postgres-database.ts'
import { idMaker, systemRandom as random } from './platform/random.ts'
import type { RedisAddress } from './platform/redis/redis-address.ts'
import { RedisLink } from './platform/redis/redis-link.ts'
import { COUNTING } from './postgres-stores.ts'
import { migrations } from './stores.ts'

/** Prints what `look` found, or, of what is wrong, its message, which says what to do. Answers whether it was well. */
export type Check = (name: string, look: () => string | Promise<string>) => Promise<boolean>

/** The oldest that is tried, as the server says it. */
const POSTGRES_MIN = 130_000
/** How far the clocks of two machines may be apart before people are told the wrong time, milliseconds. */
const CLOCKS_MS = 1000

/** What is elsewhere: the database with its replica, the ledger, and what processes share. */
export async function examineStores(config: Config, check: Check): Promise<void> {
  const { databaseUrl, replicaUrl, cacheUrl } = config
  if (databaseUrl !== 'sqlite:') await withPostgres(databaseUrl, (db) => examineDatabase(db, databaseUrl, check))
  if (replicaUrl) await withPostgres(replicaUrl, (db) => examineReplica(db, check))
  if (config.ledgerUrl !== 'sql:' && config.ledgerUrl !== 'sqlite:') await examineLedger(config, config.ledgerUrl, check)
  if (cacheUrl) await check('CACHE_URL', async () => serverIn(await infoOf(cacheUrl, 'CACHE_URL')))
}

async function withPostgres(address: PostgresAddress, examine: (db: PostgresDatabase) => Promise<void>): Promise<void> {
  const ignored = () => {}
  await using db = new PostgresDatabase({ ...address, reads: 1, writes: 1 }, { clock, random, slow: ignored, lost: ignored })
  await examine(db)
}

async function rowOf<Row>(db: PostgresDatabase, text: string): Promise<Row> {
  const [row] = await db.read((sql) => sql.all<Row>(text))
  return row as Row
}

async function examineDatabase(db: PostgresDatabase, { reads, writes }: PostgresAddress, check: Check): Promise<void> {
  if (!(await check('DATABASE_URL', () => postgresVersion(db, 'DATABASE_URL')))) return
  await check('database rights', () => rights(db))
  await check('database tables', () => tables(db))
  await check('database clock', () => {
    const apart = Math.round(db.now() - clock.now())
    if (Math.abs(apart) > CLOCKS_MS)
      throw new Error(`its clock is ${apart} ms ahead of the one here: set both by NTP, sales start by the database's`)
    return `${Math.abs(apart)} ms from the one here`
  })
  await check('database connections', () => connections(db, writes + reads + COUNTING.reads))
  await check('database durability', async () => {
    const names = ['fsync', 'full_page_writes', 'synchronous_commit']
    const found = await rowOf<Record<string, string>>(
      db,
      `SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`)}`,
    )
    const off = names.filter((name) => found[name] === 'off')
    if (off.length > 0) throw new Error(`set ${off.join(' and ')} to on: a power loss would take orders that were accepted`)
    return `synchronous_commit ${found.synchronous_commit}`
  })
}

async function postgresVersion(db: PostgresDatabase, setting: string): Promise<string> {
  const text = `SELECT current_setting('server_version') AS name, current_setting('server_version_num')::integer AS number`
  const { name, number } = await rowOf<{ name: string; number: number }>(db, text).catch((error: Error) => {
    throw new Error(`it cannot be reached (${error.message}): start it, or mend ${setting}`)
  })
  if (number < POSTGRES_MIN) throw new Error(`PostgreSQL ${name} is too old: 13 or newer is needed`)
  return `PostgreSQL ${name}`
}

async function rights(db: PostgresDatabase): Promise<string> {
  const text = `SELECT current_user AS name, current_schema() AS schema, pg_is_in_recovery() AS replica,
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS makes`
  const found = await rowOf<{ name: string; schema: string | null; replica: number; makes: number }>(db, text)
  if (found.replica === 1) throw new Error('it is a replica, which takes no orders: name the primary in DATABASE_URL')
  const schema = found.schema ?? 'public'
  if (found.makes === 0)
    throw new Error(`${found.name} may not make tables: GRANT CREATE, USAGE ON SCHEMA ${schema} TO "${found.name}"`)
  return `${found.name} may make tables in ${schema}`
}

async function tables(db: PostgresDatabase): Promise<string> {
  const applied = await appliedTo(db)
  const known = migrations.map(({ id }) => id)
  const newer = applied.filter((id) => !known.includes(id))
  if (newer.length > 0) throw new Error(`they are of a newer version (${newer.join(', ')}): start that one`)
  const pending = known.filter((id) => !applied.includes(id))
  return pending.length === 0 ? 'up to date' : `the next start makes ${pending.join(', ')}`
}

async function appliedTo(db: PostgresDatabase): Promise<string[]> {
  const { there } = await rowOf<{ there: number }>(db, "SELECT to_regclass('migrations') IS NOT NULL AS there")
  if (there === 0) return []
  return (await db.read((sql) => sql.all<{ id: string }>('SELECT id FROM migrations'))).map(({ id }) => id)
}

/** @param wanted of one process, at most. */
async function connections(db: PostgresDatabase, wanted: number): Promise<string> {
  const { most, used } = await rowOf<{ most: number; used: number }>(
    db,
    `SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS most,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS used`,
  )
  const said = `a process of the shop takes up to ${wanted} of ${most}`
  if (wanted > most) throw new Error(`${said}: raise max_connections, or lower writes and reads in DATABASE_URL`)
  return `${said}, ${used} are in use`
}

async function examineReplica(db: PostgresDatabase, check: Check): Promise<void> {
  if (!(await check('DATABASE_REPLICA_URL', () => postgresVersion(db, 'DATABASE_REPLICA_URL')))) return
  await check('replica tables', async () => {
    const applied = await appliedTo(db)
    const behind = migrations.map(({ id }) => id).filter((id) => !applied.includes(id))
    if (behind.length > 0)
      throw new Error(`it has not ${behind.join(', ')}: let it follow the database of DATABASE_URL, or wait for it`)
    const { replica } = await rowOf<{ replica: number }>(db, 'SELECT pg_is_in_recovery() AS replica')
    return replica === 1 ? 'up to date, follows' : 'up to date; it is not a standby, so something else must fill it'
  })
}

async function examineLedger(config: Config, address: RedisAddress, check: Check): Promise<void> {
  const isFit = await check('LEDGER_URL', async () => {
    const info = await infoOf(address, 'LEDGER_URL')
    const ledger = await openLedger(config, makeLog('silent'))
    const from = clock.ticks()
    // By a script, as every purchase: its user may run them, and the keys are not refused.
    const looked = ledger?.look(idMaker(clock, random)(), 0, 0).finally(() => ledger.stop())
    await looked?.catch((error: Error) => {
      throw new Error(`it refuses what the shop needs (${error.message}): docs/operations.md names the rights`)
    })
    return `${serverIn(info)}, answers in ${Math.ceil(clock.ticks() - from)} ms`
  })
  if (!isFit) return
  await check('ledger persistence', async () => {
    const info = await infoOf(address, 'LEDGER_URL')
    const failed = ['rdb_last_bgsave_status', 'aof_last_write_status'].filter((name) => valueIn(info, name) === 'err')
    if (failed.length > 0) throw new Error(`${failed.join(', ')}: its disk fails or is full; it may refuse to write`)
    return valueIn(info, 'aof_enabled') === '1' ? 'appendonly' : 'no append-only file: each restart builds running sales anew'
  })
}

async function infoOf(address: RedisAddress, setting: string): Promise<string> {
  const link = await RedisLink.open(address, { clock, check: () => undefined, told: () => {} })
  try {
    return String(await link.call('INFO'))
  } catch (error) {
    throw new Error(`it does not answer (${(error as Error).message}): look at its log and at ${setting}`)
  } finally {
    await link.stop()
  }
}

function serverIn(info: string): string {
  const valkey = valueIn(info, 'valkey_version')
  const name = valkey === '' ? `Redis ${valueIn(info, 'redis_version')}` : `Valkey ${valkey}`
  return `${name}, ${valueIn(info, 'maxmemory_policy')}`
}

function valueIn(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
}
