import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, roleNames } from './config.ts'
import { systemClock as clock } from './platform/clock.ts'
import type { makeLog } from './platform/log.ts'
import type { PostgresAddress } from './platform/postgres/address.ts'
import { idMaker, systemRandom as random } from './platform/random.ts'
import type { RedisLink } from './platform/redis/redis-link.ts'
import { holdLock } from './platform/sqlite/lock.ts'
import { PassingThread, remoteStores, SqliteThread, type ThreadUse } from './platform/sqlite/sqlite-database.ts'
import { counts, ranks, reads } from './store-calls.ts'
import type { StoreSettings, Stores } from './stores.ts'

type Log = ReturnType<typeof makeLog>

/** The folder belongs to another process: its stores must not be opened. */
class DataInUse extends Error {
  override name = 'DataInUse'
}

/** Three times as long as a process is silent. */
const SEEN_LATELY_MS = 15_000

/** An audit asks once for each sale; to start a thread takes longer than to count a small one. */
const COUNTER_STAYS_MS = 1000

/** Opens the database of the settings, brings its tables up to date, and connects to the ledger where that is elsewhere. Throws what
 *  says how people can mend it. */
export async function openStores(config: Config, log: Log, onBug: (error: Error) => void) {
  const { databaseUrl } = config
  const opened = databaseUrl === 'sqlite:' ? await openEmbedded(config, onBug) : await openElsewhere(config, databaseUrl, log)
  const ledger = await openLedger(config, log)
  return {
    stores: ledger ? { ...opened.stores, ledger } : opened.stores,
    async [Symbol.asyncDispose]() {
      await ledger?.stop()
      await opened[Symbol.asyncDispose]()
    },
  }
}

async function openElsewhere(config: Config, address: PostgresAddress, log: Log) {
  usable(config.dataDir, () => mkdirSync(config.dataDir, { recursive: true, mode: 0o700 }))
  return (await import('./postgres-stores.ts')).openPostgresStores(config, address, log)
}

/** A database elsewhere is not held by one process: those that use it say so there. Throws `DataInUse`. */
export async function mustRest({ config, stores }: { config: Config; stores: Pick<Stores, 'peers'> }): Promise<void> {
  if (config.databaseUrl === 'sqlite:') return
  const seen = await Promise.all(roleNames.map((role) => stores.peers.unseenMs(role)))
  if (seen.every((ms) => ms === null || ms > SEEN_LATELY_MS)) return
  throw new DataInUse('A process of the shop uses this database: stop all of them, and ask again after 15 s.')
}

/** The database of `DATA_DIR`, held for this process. Throws `DataInUse`. */
async function openEmbedded({ dataDir, holdTtlMs, currency }: Config, onBug: (error: Error) => void) {
  const lock = holdData(dataDir)
  const options: StoreSettings = { holdTtlMs, currency }
  const path = join(dataDir, 'doorbuster.db')
  const all = new URL('stores.ts', import.meta.url).href
  const counting = new URL('count-stores.ts', import.meta.url).href
  const open = (use: ThreadUse, stores: string) => SqliteThread.open({ path, use, stores, options }, onBug)
  const writer = await open('write', all)
  await writer.call('schema', 'migrate', [], 'next')
  await writer.call('schema', 'takeOver', [], 'next')
  const reader = await open('read', all)
  const counter = new PassingThread(() => open('count', counting), COUNTER_STAYS_MS)
  return {
    stores: remoteStores<Stores>({ writer, reader, counter }, { reads, counts }, ranks, { ledger: { inBooks: true } }),
    async [Symbol.asyncDispose]() {
      await counter.stop()
      await reader.stop()
      await writer.stop()
      lock[Symbol.dispose]()
    },
  }
}

/** The folder, made where it is missing, held for this process. Throws `DataInUse`, `DataUnusable`. */
export function holdData(dataDir: string): Disposable {
  const lock = usable(dataDir, () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    return holdLock(join(dataDir, 'lock'))
  })
  if (!lock) throw new DataInUse(`${dataDir} is in use by a running shop: stop it first, or set DATA_DIR to another folder.`)
  return lock
}

/** One of its own; undefined where it is in the books. Throws `RedisUnusable`. */
export async function openLedger({ ledgerUrl }: Config, log: Log) {
  if (ledgerUrl === 'sql:' || ledgerUrl === 'sqlite:') return undefined
  const { openRedisLedger } = await import('./ledger/redis-ledger.ts')
  const told = onceEach((because) => {
    if (because === null) log.info({ event: 'ledger-reached' }, 'the ledger is reached again')
    else log.error({ event: 'ledger-lost', because }, 'the ledger cannot be reached; nothing is sold until it can')
  })
  return openRedisLedger(ledgerUrl, { clock, newId: idMaker(clock, random), told })
}

/** What processes share besides the record: `link` for calls, `listener` for messages. */
export type Shared = { link: RedisLink; listener: RedisLink } & AsyncDisposable

/** Connects to the Redis of `CACHE_URL`, now or when it is there: a shop sells without it. Null where none is set. */
export async function openShared({ cacheUrl }: Config, log: Log): Promise<Shared | null> {
  if (cacheUrl === null) return null
  const { RedisLink } = await import('./platform/redis/redis-link.ts')
  const told = onceEach((because) => {
    if (because === null) log.info({ event: 'shared-reached' }, 'the shared Redis is reached again')
    else log.warn({ event: 'shared-lost', because }, 'the shared Redis cannot be reached; each process goes on by itself')
  })
  const link = await RedisLink.openLater(cacheUrl, { clock, check: () => undefined, told })
  const listener = await RedisLink.openLater(cacheUrl, { clock, check: () => undefined, told: () => {} })
  return {
    link,
    listener,
    async [Symbol.asyncDispose]() {
      await listener.stop()
      await link.stop()
    },
  }
}

function onceEach(tell: (because: string | null) => void): (because: string | null) => void {
  let said: string | null = null
  return (because) => {
    if (because === said) return
    said = because
    tell(because)
  }
}

class DataUnusable extends Error {
  override name = 'DataUnusable'
}

function usable<T>(dataDir: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new DataUnusable(
      `DATA_DIR ${dataDir} cannot be used (${(error as Error).message}): it must be a folder that this user may write to.`,
    )
  }
}
