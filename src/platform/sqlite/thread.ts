import { constants, getPriority, platform, setPriority } from 'node:os'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { assert } from '../../core/assert.ts'
import { Fault } from '../../core/fault.ts'
import type { Database, Sql } from '../sql.ts'
import { openSqlite, SqliteConnection, sqliteFacts } from './connection.ts'
import type { Answer, Call, Rank, ThreadSettings } from './sqlite-database.ts'

/**
 * The thread that owns a SQLite connection, so that a sync to disk never stops the thread that answers requests.
 * All calls that wait share one transaction and one sync, each store's write in a savepoint of its own: one that fails takes
 * back its own statements and no other's. Acceptance goes first and whole, then what people wait for, then the work behind.
 */
const settings = workerData as ThreadSettings
const port = parentPort
assert(port, 'this file runs as a thread')

/** How long the calls after acceptance may lengthen a transaction, milliseconds. */
const FILL_MS = 4
/** So long after the last purchase it still is a crowd, milliseconds. */
const CROWD_MS = 25
/** Of the time during a crowd, what the work behind acceptance gets; it catches up after the crowd. As an even partner it took
 *  two thirds of the thread, in the gaps between two batches too: 11,000 accepted a second where 20,000 are possible. */
const SHARE = 0.2
/** Steps of Linux's 40: where all processors are busy, it gets a tenth of what a thread of the shop gets. */
const BACKGROUND = 10
/** It goes through the tables from one end to the other. */
const COUNTING_CACHE_KB = 8000
let crowdAt = Number.NEGATIVE_INFINITY
let allowanceMs = FILL_MS
let countedAt = 0

// Linux has it for the thread that asks, the others for the whole process.
if (settings.use === 'count' && platform() === 'linux')
  setPriority(Math.min(getPriority() + BACKGROUND, constants.priority.PRIORITY_LOW))

const readOnly = settings.use !== 'write'
const file = openSqlite(settings.path, readOnly, settings.use === 'count' ? COUNTING_CACHE_KB : undefined)
const connection = new SqliteConnection(file)
const database: Database = { facts: sqliteFacts, read: readOnly ? readMoment : (work) => work(connection), write }
const { makeStores } = (await import(settings.stores)) as {
  makeStores: (db: Database, options: unknown) => Record<string, Record<string, unknown>>
}
const stores = makeStores(database, settings.options)

const waiting: Record<Rank, Call[]> = { first: [], next: [], last: [] }
let working = false
let woken = () => {}

/** After `stop` no call comes. It too may be found by the loop below, not by the listener. */
function receive(call: Call | 'stop'): void {
  if (call === 'stop') {
    file.close()
    port?.close()
  } else waiting[call.rank].push(call)
}

port.on('message', (call: Call | 'stop') => {
  receive(call)
  if (working) woken()
  else if (call !== 'stop') void work()
})
port.postMessage({ stores: Object.keys(stores) })

async function work(): Promise<void> {
  working = true
  while (true) {
    for (let more = receiveMessageOnPort(port as never); more; more = receiveMessageOnPort(port as never)) receive(more.message)
    const others = waiting.first.length + waiting.next.length
    if (others + waiting.last.length === 0) break
    const waitMs = others > 0 || readOnly ? 0 : untilAllowed()
    if (waitMs > 0) await pause(waitMs)
    else port?.postMessage(readOnly ? await readAll() : await writeAll())
  }
  working = false
}

/** Until the work behind acceptance may go on, milliseconds. */
function untilAllowed(): number {
  const now = performance.now()
  const crowded = now - crowdAt < CROWD_MS
  allowanceMs = crowded ? Math.min(FILL_MS, allowanceMs + SHARE * (now - countedAt)) : FILL_MS
  countedAt = now
  return allowanceMs > 0 ? 0 : Math.min(CROWD_MS, -allowanceMs / SHARE)
}

/** Or until a call comes. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    woken = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

/** Alone in this thread, so that it can have a transaction of its own. */
async function readMoment<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
  connection.exec('BEGIN')
  try {
    return await work(connection)
  } finally {
    connection.exec('COMMIT')
  }
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

function everyCall(): Call[] {
  return [...waiting.first.splice(0), ...waiting.next.splice(0), ...waiting.last.splice(0)]
}

async function readAll(): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const call of everyCall()) answers.push(await answer(call))
  return answers
}

async function writeAll(): Promise<Answer[]> {
  const taken: Call[] = []
  try {
    connection.exec('BEGIN IMMEDIATE')
  } catch (error) {
    return everyCall().map((call) => failed(call, error))
  }
  const answers: Answer[] = []
  const take = async (call: Call) => {
    taken.push(call)
    answers.push(await answer(call))
  }
  const { first, next, last } = waiting
  const until = performance.now() + FILL_MS
  try {
    if (first.length > 0) crowdAt = performance.now()
    for (let call = first.shift(); call; call = first.shift()) await take(call)
    while (next.length > 0 && performance.now() < until) await take(next.shift() as Call)
    while (last.length > 0 && untilAllowed() === 0) {
      const started = performance.now()
      await take(last.shift() as Call)
      allowanceMs -= performance.now() - started
    }
  } catch (error) {
    rollback()
    return taken.map((call) => failed(call, error))
  }
  try {
    connection.exec('COMMIT')
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
