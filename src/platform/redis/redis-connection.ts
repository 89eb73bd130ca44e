import { createClient, ErrorReply } from 'redis'
import { Fault } from '../../core/fault.ts'
import type { Clock } from '../clock.ts'
import type { RedisAddress } from './redis-address.ts'

/** No call takes longer than this, and no connection longer to open. The same as a purchase's patience: what a server that
 *  stood still finds afterwards came too late to reserve anything. */
const CALL_MS = 2000
/** Calls that may be under way; at 64 purchases each they hold about 25 MB. More are refused at once. */
const CALLS_MAX = 1000

/** What a server says of itself. `incarnation`: its `run_id`, which changes with each restart, and its replication id, which changes with each promotion: one that
 *  was primary, then replica, then primary again has the same `run_id` and the data of another. */
export type RedisFacts = { incarnation: string; role: string; mode: string; version: string; evicts: string }
export type RedisReply = string | number | null | RedisReply[]

/** The server answers and cannot be used as it is set: a person must act. The message says how. */
export class RedisUnusable extends Error {
  override name = 'RedisUnusable'
}

type Client = ReturnType<typeof makeClient>

/** A server refused before it wrote anything. What else a script fails with, as for want of a right, may have come half way. */
const REFUSALS =
  /^(OOM|MISCONF|READONLY|LOADING|BUSY|MASTERDOWN|NOREPLICAS|NOSCRIPT|NOAUTH|WRONGPASS|CLUSTERDOWN|MOVED)\b|command not allowed when used memory/

/**
 * One connection to one running server, for as long as it lasts; it is never opened again. So each reply is of the server whose
 * incarnation was read on it first, and no call that was asked of one server is ever sent to another.
 */
export class RedisConnection {
  readonly facts: RedisFacts
  readonly #client: Client
  readonly #clock: Clock
  /** Is resolved when it can no longer be used. */
  readonly ended: Promise<void>
  #isUsable = true
  readonly #end: () => void

  private constructor(client: Client, facts: RedisFacts, clock: Clock) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#client = client
    this.#clock = clock
    this.facts = facts
    this.ended = promise
    this.#end = () => {
      this.#isUsable = false
      resolve()
    }
    client.on('end', this.#end)
    client.on('error', this.#end)
  }

  /** Throws what the network or the server has against it. */
  static async open(
    address: Omit<RedisAddress, 'sentinel' | 'hosts'>,
    host: { host: string; port: number },
    clock: Clock,
  ): Promise<RedisConnection> {
    const client = makeClient(address, host)
    // Whoever awaits hears of it; without a listener it would end the process.
    client.on('error', () => {})
    const opened = new AbortController()
    const { promise: tooLate, reject } = Promise.withResolvers<never>()
    void clock.sleep(CALL_MS, opened.signal).then(() => reject(new Error(`no answer within ${CALL_MS} ms`)))
    const opening = client.connect().then(() => client.sendCommand<string>(['INFO']))
    try {
      return new RedisConnection(client, factsOf(await Promise.race([opening, tooLate])), clock)
    } catch (error) {
      opening.catch(() => {})
      if (client.isOpen) client.destroy()
      throw error
    } finally {
      opened.abort()
    }
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  /** Throws `Fault`: `refused` where the command was never written or the server refused it, else `unknown`. */
  call(args: string[]): Promise<RedisReply> {
    return this.#inTime(this.#client.sendCommand<RedisReply>(args))
  }

  /** From now on this connection only listens, and takes no call but PING; `heard` is called once for each message, in order.
   *  Throws `Fault`. */
  listen(channel: string, heard: (text: string) => void): Promise<void> {
    return this.#inTime(this.#client.subscribe(channel, heard))
  }

  async #inTime<T>(reply: Promise<T>): Promise<T> {
    const answered = new AbortController()
    const { promise: tooLate, reject } = Promise.withResolvers<never>()
    void this.#clock.sleep(CALL_MS + 1, answered.signal).then(() => {
      if (answered.signal.aborted) return
      // With every other call on it: what still comes on this connection nobody waits for.
      reject(new Fault('redis-silent', 'unknown', `Redis did not answer within ${CALL_MS} ms`))
      this.destroy()
    })
    try {
      return await Promise.race([reply, tooLate])
    } catch (error) {
      reply.catch(() => {})
      const fault = faultOf(error as Error)
      // A primary that became a replica: whoever is the primary now is found by opening again.
      if (/^(READONLY|MASTERDOWN)/.test(fault.message)) this.destroy()
      throw fault
    } finally {
      answered.abort()
    }
  }

  /** What is under way is still answered. */
  async close(): Promise<void> {
    this.#end()
    if (this.#client.isOpen) await this.#client.close()
  }

  destroy(): void {
    this.#end()
    if (this.#client.isOpen) this.#client.destroy()
  }
}

function makeClient(
  { tls, username, password, database }: Omit<RedisAddress, 'sentinel' | 'hosts'>,
  at: { host: string; port: number },
) {
  return createClient({
    RESP: 2,
    socket: {
      ...at,
      ...(tls ? { tls: true as const } : {}),
      connectTimeout: CALL_MS,
      reconnectStrategy: false,
    },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database,
    disableOfflineQueue: true,
    commandsQueueMaxLength: CALLS_MAX,
    // Of a command that could not be written within that time. Its `socketTimeout` does not help against a server that stands
    // still: it is of a socket where nothing moves, and each command written to the dead starts it anew.
    commandOptions: { timeout: CALL_MS },
    maintNotifications: 'disabled',
    disableClientInfo: true,
  })
}

function faultOf(error: Error): Fault {
  if (error instanceof Fault) return error
  const { message } = error
  if (message === 'The queue is full') return new Fault('redis-busy', 'refused', 'too many calls wait for Redis')
  if (error instanceof ErrorReply) return new Fault('redis-refused', REFUSALS.test(message) ? 'refused' : 'unknown', message)
  // By name: these three are said only of what was not written.
  const unwritten = ['ClientClosedError', 'ClientOfflineError', 'TimeoutError'].includes(error.constructor.name)
  if (unwritten) return new Fault('redis-down', 'refused', `Redis takes no commands: ${message}`)
  return new Fault('redis-silent', 'unknown', `the connection to Redis broke before the answer: ${message}`)
}

function factsOf(info: string): RedisFacts {
  const value = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
  return {
    incarnation: `${value('run_id')}:${value('master_replid').slice(0, 16)}`,
    role: value('role'),
    // The second is Valkey's word.
    mode: value('redis_mode') || value('server_mode'),
    version: value('redis_version'),
    evicts: value('maxmemory_policy'),
  }
}
