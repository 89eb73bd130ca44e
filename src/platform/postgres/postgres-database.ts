import type { CompiledQuery } from 'kysely'
import pg from 'pg'
import { assert } from '../../core/assert.ts'
import { Fault } from '../../core/fault.ts'
import type { Clock } from '../clock.ts'
import { DuplicateKey } from '../duplicate-key.ts'
import type { Random } from '../random.ts'
import { type Database, isValue, type Sql, type Value } from '../sql.ts'
import type { PostgresAddress } from './address.ts'
import { type Asked, Batch } from './batch.ts'
import { Clash, faultOf, isRefusal, numbered, postgresFacts } from './dialect.ts'
import { RemoteTime } from './remote-time.ts'

export type PostgresTools = {
  clock: Pick<Clock, 'ticks' | 'sleep'>
  random: Random
  /** A statement took longer than a second. Its text has no values. */
  slow(text: string, ms: number): void
  /** A connection that nobody used was lost. */
  lost(error: Error): void
}

const SLOW_MS = 1000
/** For a connection, free or new, milliseconds. */
const CONNECT_MS = 5000
/** Calls that may wait for a connection; beyond it they are refused at once. */
const WAITING_MAX = 20_000
/** Of one transaction. The pauses between them double and end at about a second in all. */
const ATTEMPTS = 8
const PAUSE_MS = 5
/** Between two statements of a transaction: a process that was stopped in the middle holds its locks no longer than this. */
const IDLE_MS = 10_000
/** A server that does not even end what takes too long is given up after this much more, milliseconds. */
const SILENT_MS = 5000
/** Texts that are kept translated. Those that list their values make one for each length, so there must be an end. */
const TEXTS_MAX = 500

/** int8, numeric and bool: what is counted and summed is a number here, and a fact is 0 or 1. */
const readers: Record<number, (text: string) => number> = { 20: whole, 1700: whole, 16: (text) => Number(text === 't') }
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => readers[oid] ?? pg.types.getTypeParser(oid, format as 'text'),
}

/**
 * Transactions over pools of connections, READ COMMITTED: what is decided on was locked before it was read (`facts.forUpdate`)
 * or is guarded in the statement that changes it. A transaction that lost to another one is run again as a whole.
 *
 * Nothing outlives a transaction on its connection: no prepared statement, no setting, no session lock. So a pgbouncer in
 * transaction mode may stand between. The price is that each statement is parsed anew.
 */
export class PostgresDatabase implements Database {
  readonly facts = postgresFacts
  /** As of its last answers; none was heard before the first transaction. */
  readonly now = (): number => this.#time.now()
  readonly #tools: PostgresTools
  readonly #writers: pg.Pool
  readonly #readers: pg.Pool
  readonly #time: RemoteTime
  readonly #begin: { write: string; read: string }
  readonly #texts = new Map<string, string>()

  constructor(address: PostgresAddress, tools: PostgresTools) {
    this.#tools = tools
    this.#time = new RemoteTime(tools.clock.ticks)
    this.#writers = this.#pool(address, address.writes)
    this.#readers = this.#pool(address, address.reads)
    const settings = `SELECT set_config('statement_timeout', '${address.statementMs}', true),
      set_config('idle_in_transaction_session_timeout', '${IDLE_MS}', true),
      floor(extract(epoch FROM clock_timestamp()) * 1000) AS now`
    this.#begin = {
      write: `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${settings}`,
      read: `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${settings}`,
    }
  }

  #pool({ url, statementMs }: PostgresAddress, max: number): pg.Pool {
    const pool = new pg.Pool({
      connectionString: url,
      application_name: 'doorbuster',
      max,
      types,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: statementMs + SILENT_MS,
      idleTimeoutMillis: 30_000,
    })
    pool.on('error', this.#tools.lost)
    // In use: whoever uses it learns it from the statement.
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  }

  async write<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    let wasTaken = false
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transaction(this.#writers, this.#begin.write, work)
      } catch (error) {
        // Another transaction wrote it between this one's reading and its insert: what it wrote can be read now.
        const isTaken: boolean = error instanceof DuplicateKey && !wasTaken
        wasTaken ||= isTaken
        if (!(isTaken || error instanceof Clash) || attempt === ATTEMPTS) throw error
        await this.#pause(attempt)
      }
    }
  }

  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#transaction(this.#readers, this.#begin.read, work)
  }

  /** After what was begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#writers.end(), this.#readers.end()])
  }

  #pause(attempt: number): Promise<void> {
    const { clock, random } = this.#tools
    return clock.sleep((PAUSE_MS * 2 ** attempt * random.word()) / 2 ** 32)
  }

  async #transaction<T>(pool: pg.Pool, begin: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    if (pool.waitingCount >= WAITING_MAX) throw new Fault('store-busy', 'refused', 'too many calls wait for the database')
    const connection = await this.#connect(pool, begin)
    try {
      const value = await work(connection)
      await connection.commit()
      return value
    } catch (error) {
      await connection.rollback()
      throw error
    } finally {
      connection.release()
    }
  }

  /** With its transaction begun. A connection that broke while nobody used it is found here, and another one taken. */
  async #connect(pool: pg.Pool, begin: string): Promise<Connection> {
    for (let attempt = 1; ; attempt++) {
      const client = await pool.connect().catch((error) => {
        throw faultOf(error, 'no connection')
      })
      const connection = new Connection(client, (text) => this.#numbered(text), this.#tools)
      try {
        const { clock } = this.#tools
        const askedAt = clock.ticks()
        const now = await connection.begin(begin)
        this.#time.heard(now, askedAt, clock.ticks())
        return connection
      } catch (error) {
        connection.release(true)
        if (attempt > pool.options.max || !(error instanceof Fault && error.code === 'store-away')) throw error
      }
    }
  }

  #numbered(text: string): string {
    let known = this.#texts.get(text)
    if (known === undefined) {
      if (this.#texts.size >= TEXTS_MAX) this.#texts.clear()
      known = numbered(text)
      this.#texts.set(text, known)
    }
    return known
  }
}

/** One transaction. */
class Connection implements Sql {
  readonly #client: pg.PoolClient
  readonly #numbered: (text: string) => string
  readonly #tools: PostgresTools
  readonly #waiting: Asked[] = []
  #isAsking = false
  /** When what the server is at began, ticks. */
  #since = 0
  #isOpen = false
  #isBroken = false
  /** The fault that spoiled the transaction: the server refuses whatever comes after it. */
  #spoiled: Fault | undefined

  constructor(client: pg.PoolClient, numbered: (text: string) => string, tools: PostgresTools) {
    this.#client = client
    this.#numbered = numbered
    this.#tools = tools
  }

  async all<Row>(text: string, ...values: Value[]): Promise<Row[]> {
    return (await this.#ask(text, values)).rows as Row[]
  }

  async run(text: string, ...values: Value[]): Promise<number> {
    return (await this.#ask(text, values)).changed
  }

  rows<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    return this.all<Row>(query.sql, ...(query.parameters as Value[]))
  }

  change(query: CompiledQuery<unknown>): Promise<number> {
    return this.run(query.sql, ...(query.parameters as Value[]))
  }

  #ask(text: string, values: Value[]): Promise<{ rows: object[]; changed: number }> {
    assert(this.#isOpen, `a statement after the end of its transaction: ${text}`)
    for (const value of values) assert(isValue(value), `only plain values can be bound: ${text}`)
    const { promise, resolve, reject } = Promise.withResolvers<{ rows: object[]; changed: number }>()
    this.#waiting.push({
      text: this.#numbered(text),
      values: values.map(storable),
      answer: (answer) => {
        this.#took(text)
        resolve(answer)
      },
      fail: (error) => {
        this.#took(text)
        reject(this.#spoil(faultOf(error, text)))
      },
    })
    if (!this.#isAsking) this.#soon()
    return promise
  }

  #spoil(fault: Fault): Fault {
    if (fault.code === 'store-away') this.#isBroken = true
    this.#spoiled ??= fault
    return this.#spoiled
  }

  /** When all who were just answered have asked what they ask next, so that it goes together. */
  #soon(): void {
    this.#isAsking = true
    queueMicrotask(() => process.nextTick(() => void this.#send()))
  }

  async #send(): Promise<void> {
    const asked = this.#waiting.splice(0)
    if (this.#spoiled) for (const one of asked) one.fail(this.#spoiled)
    else {
      this.#since = this.#tools.clock.ticks()
      const batch = new Batch(asked, types)
      this.#client.query(batch)
      await batch.done
    }
    this.#isAsking = false
    if (this.#waiting.length > 0) this.#soon()
  }

  /** Answers the database's time. */
  async begin(text: string): Promise<number> {
    try {
      const answers = (await this.#client.query(text)) as unknown as pg.QueryResult<{ now: number }>[]
      this.#isOpen = true
      return answers[1]?.rows[0]?.now ?? Number.NaN
    } catch (error) {
      throw faultOf(error, 'BEGIN')
    }
  }

  async commit(): Promise<void> {
    this.#isOpen = false
    try {
      this.#since = this.#tools.clock.ticks()
      const { command } = await this.#client.query('COMMIT').finally(() => this.#took('COMMIT'))
      if (command === 'COMMIT') return
    } catch (error) {
      const { code, message } = faultOf(error, 'COMMIT')
      if (isRefusal(error)) throw faultOf(error, 'COMMIT')
      this.#isBroken = true
      throw new Fault(code, 'unknown', message)
    }
    throw new Fault('store-failed', 'refused', 'COMMIT: a statement had failed, and the transaction was taken back')
  }

  async rollback(): Promise<void> {
    if (!this.#isOpen || this.#isBroken) return
    this.#isOpen = false
    await this.#client.query('ROLLBACK').catch(() => {
      this.#isBroken = true
    })
  }

  /** A broken connection is closed; the server takes back what was not committed. */
  release(isBroken = this.#isBroken): void {
    this.#client.release(isBroken)
  }

  /** A statement was answered, and the next one began. */
  #took(text: string): void {
    const now = this.#tools.clock.ticks()
    const ms = now - this.#since
    this.#since = now
    if (ms > SLOW_MS) this.#tools.slow(text, ms)
  }
}

/** The server refuses NUL in a text. It becomes what the driver makes of half a surrogate pair. */
function storable(value: Value): Value {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Fault('store-failed', 'refused', `${text} is no whole number within 2^53-1`)
  return value
}
