import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { assert } from '../../core/assert.ts'
import { Fault } from '../../core/fault.ts'
import type { Database, Sql } from '../sql.ts'
import { openSqlite, SqliteConnection, sqliteFacts } from './connection.ts'
import type { Answer, Call, ThreadSettings } from './sqlite-database.ts'

/**
 * The thread that owns a SQLite connection, so that a sync to disk never stops the thread that answers requests.
 * All calls that wait share one transaction and one sync, each store's write in a savepoint of its own: one that fails takes
 * back its own statements and no other's. Urgent calls (acceptance) go first; the others fill the transaction up to a bound of time, so
 * that settling shares the write with acceptance and never holds it up for long.
 */
const settings = workerData as ThreadSettings
const port = parentPort
assert(port, 'this file runs as a thread')

/** How long calls that are not urgent may lengthen a transaction, milliseconds. */
const FILL_MS = 4
/** While purchases wait, the others get this share of what acceptance takes: as even partners they left it a quarter of the
 *  time (7,300 accepted a second in place of what the table in docs/performance.md says). They catch up after the crowd. */
const SHARE = 0.25
let allowanceMs = FILL_MS

const file = openSqlite(settings.path, settings.readOnly)
const connection = new SqliteConnection(file)
const database: Database = { facts: sqliteFacts, read: (work) => work(connection), write }
const { makeStores } = (await import(settings.stores)) as {
  makeStores: (db: Database, options: unknown) => Record<string, Record<string, unknown>>
}
const stores = makeStores(database, settings.options)

const urgent: Call[] = []
const later: Call[] = []
let working = false

/** After `stop` no call comes. It too may be found by the loop below, not by the listener. */
function receive(call: Call | 'stop'): void {
  if (call === 'stop') {
    file.close()
    port?.close()
  } else if (call.urgent) urgent.push(call)
  else later.push(call)
}

port.on('message', (call: Call | 'stop') => {
  receive(call)
  if (!working && call !== 'stop') void work()
})
port.postMessage({ stores: Object.keys(stores) })

async function work(): Promise<void> {
  working = true
  while (true) {
    for (let more = receiveMessageOnPort(port as never); more; more = receiveMessageOnPort(port as never)) receive(more.message)
    if (urgent.length + later.length === 0) break
    port?.postMessage(settings.readOnly ? await readAll() : await writeAll())
  }
  working = false
}

/** A store's transaction, as a savepoint of the one that is open. */
async function write<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
  connection.exec('SAVEPOINT store')
  try {
    const value = await work(connection)
    connection.exec('RELEASE store')
    return value
  } catch (error) {
    connection.exec('ROLLBACK TO store')
    connection.exec('RELEASE store')
    throw error
  }
}

async function readAll(): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const call of [...urgent.splice(0), ...later.splice(0)]) answers.push(await answer(call))
  return answers
}

async function writeAll(): Promise<Answer[]> {
  const taken: Call[] = []
  try {
    connection.exec('BEGIN IMMEDIATE')
  } catch (error) {
    return [...urgent.splice(0), ...later.splice(0)].map((call) => failed(call, error))
  }
  const answers: Answer[] = []
  const take = async (call: Call) => {
    taken.push(call)
    answers.push(await answer(call))
  }
  const begun = performance.now()
  const crowded = urgent.length > 0
  try {
    for (let call = urgent.shift(); call; call = urgent.shift()) await take(call)
    if (!crowded) allowanceMs = FILL_MS
    while (later.length > 0 && allowanceMs > 0) {
      const started = performance.now()
      await take(later.shift() as Call)
      allowanceMs -= performance.now() - started
    }
  } catch (error) {
    rollback()
    return taken.map((call) => failed(call, error))
  }
  try {
    connection.exec('COMMIT')
    if (crowded) allowanceMs = Math.min(FILL_MS, allowanceMs + SHARE * (performance.now() - begun))
    return answers
  } catch (error) {
    rollback()
    return taken.map((call) => failed(call, afterCommit(error)))
  }
}

/** Where the disk failed under the sync, the record may be found whole by the next start. A full disk wrote no such record. */
function afterCommit(error: unknown): unknown {
  if (!(error instanceof Fault) || error.code !== 'store-failed') return error
  return new Fault(error.code, 'unknown', error.message)
}

/** A full disk may have ended the transaction already. */
function rollback(): void {
  try {
    connection.exec('ROLLBACK')
  } catch {}
}

async function answer(call: Call): Promise<Answer> {
  try {
    const store = stores[call.store] as Record<string, (...args: unknown[]) => Promise<unknown>>
    const method = store[call.method]
    assert(method, `no such call: ${call.store}.${call.method}`)
    return { id: call.id, value: await method.apply(store, call.args) }
  } catch (error) {
    return failed(call, error)
  }
}

function failed(call: Call, error: unknown): Answer {
  const { name, message, stack } = error as Error
  if (error instanceof Fault) return { id: call.id, error: { name, message, code: error.code, outcome: error.outcome } }
  return { id: call.id, error: { name, message: `${call.store}.${call.method}: ${message}`, stack } }
}
