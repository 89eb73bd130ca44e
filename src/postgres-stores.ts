import type { Config } from './config.ts'
import { Fault } from './core/fault.ts'
import { systemClock as clock } from './platform/clock.ts'
import type { makeLog } from './platform/log.ts'
import type { PostgresAddress } from './platform/postgres/address.ts'
import { PostgresDatabase } from './platform/postgres/postgres-database.ts'
import { systemRandom as random } from './platform/random.ts'
import type { Database } from './platform/sql.ts'
import { counts, mayLag } from './store-calls.ts'
import { makeStores, type Stores } from './stores.ts'

/** The replica could not be asked: so long all is read from the books themselves, milliseconds. */
const REPLICA_REST_MS = 5000

/** What counts a sale row by row takes seconds where there are millions, and is given these: two connections at most, and so long. */
export const COUNTING = { writes: 1, reads: 2, statementMs: 300_000 }

/** The server cannot be used as it is, or not be reached. */
class DatabaseUnusable extends Error {
  override name = 'DatabaseUnusable'
}

/** The stores over a PostgreSQL that several processes may share: its tables are brought up to date by the first that comes.
 *  Throws `DatabaseUnusable`. */
export async function openPostgresStores(
  { holdTtlMs, currency, replicaUrl }: Pick<Config, 'holdTtlMs' | 'currency' | 'replicaUrl'>,
  address: PostgresAddress,
  log: ReturnType<typeof makeLog>,
): Promise<{ stores: Stores } & AsyncDisposable> {
  const database = open(address, log)
  const counter = open({ ...address, ...COUNTING }, log)
  const replica = replicaUrl && open(replicaUrl, log)
  const stack = new AsyncDisposableStack()
  stack.use(database)
  stack.use(counter)
  if (replica) stack.use(replica)
  const settings = { holdTtlMs, currency }
  const stores = makeStores(database, settings)
  try {
    await stores.schema.migrate()
  } catch (error) {
    await stack.disposeAsync()
    if (!(error instanceof Fault)) throw error
    throw new DatabaseUnusable(`The database of DATABASE_URL cannot be used: ${error.message}`)
  }
  const dispose = () => stack.disposeAsync()
  const { facts, now } = database
  const patient: Database = { facts, now, write: database.write.bind(database), read: counter.read.bind(counter) }
  const counting = readFrom(stores, makeStores(patient, settings), counts)
  if (!replica) return { stores: counting, [Symbol.asyncDispose]: dispose }
  const behind = makeStores(restingReplica(database, replica, log), settings)
  return { stores: readFrom(counting, behind, mayLag), [Symbol.asyncDispose]: dispose }
}

/** The database without stores, for a command that moves a whole shop. Throws `DatabaseUnusable`, also while a shop has it open. */
export async function openPostgresAlone(address: PostgresAddress, log: ReturnType<typeof makeLog>): Promise<PostgresDatabase> {
  const database = open(address, log)
  try {
    // Before any other connection of this process.
    const [row] = await database.read((sql) => sql.all<{ others: number }>(OTHERS))
    if (row?.others === 0) return database
    throw new DatabaseUnusable(
      'The database of DATABASE_URL is in use: stop every process of the shop first (behind a pgbouncer, name the server itself).',
    )
  } catch (error) {
    await database[Symbol.asyncDispose]()
    if (!(error instanceof Fault)) throw error
    throw new DatabaseUnusable(`The database of DATABASE_URL cannot be used: ${error.message}`)
  }
}

const OTHERS = `SELECT count(*) AS others FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'doorbuster' AND pid <> pg_backend_pid()`

function open(address: PostgresAddress, log: ReturnType<typeof makeLog>): PostgresDatabase {
  return new PostgresDatabase(address, {
    clock,
    random,
    slow: (text, ms) =>
      log.warn({ event: 'slow-statement', ms: Math.round(ms), text: text.slice(0, 1000) }, 'a statement was slow'),
    lost: (err) =>
      log.warn({ event: 'connection-lost', err }, 'a connection to the database was lost; the next call opens another'),
  })
}

/** Reads from the replica; from the books themselves where that fails, and for a while after. */
function restingReplica(database: PostgresDatabase, replica: PostgresDatabase, log: ReturnType<typeof makeLog>): Database {
  let restsUntil = Number.NEGATIVE_INFINITY
  return {
    facts: database.facts,
    now: database.now,
    write: database.write.bind(database),
    async read(work) {
      if (clock.ticks() < restsUntil) return database.read(work)
      try {
        return await replica.read(work)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        restsUntil = clock.ticks() + REPLICA_REST_MS
        log.warn({ event: 'replica-failed', err: error }, 'the replica does not answer; its reads go to the books')
        return database.read(work)
      }
    },
  }
}

/** These calls are asked of `others`, all else of `stores`. */
function readFrom(stores: Stores, others: Stores, calls: Record<string, readonly string[]>): Stores {
  const mixed = Object.entries(calls).map(([store, methods]) => {
    const asked = (method: string | symbol) => ((methods as readonly unknown[]).includes(method) ? others : stores)
    const face = new Proxy(stores[store as keyof Stores] as object, {
      get(_, method) {
        const from = asked(method)[store as keyof Stores] as unknown as Record<string | symbol, unknown>
        const value = from[method]
        return typeof value === 'function' ? value.bind(from) : value
      },
    })
    return [store, face]
  })
  return { ...stores, ...Object.fromEntries(mixed) }
}
