import { createHash } from 'node:crypto'
import { Fault } from '../../core/fault.ts'
import type { Clock } from '../clock.ts'
import type { RedisAddress } from './redis-address.ts'
import { RedisConnection, type RedisFacts, type RedisReply, RedisUnusable } from './redis-connection.ts'

/** Waited before the second attempt to connect, then twice as long each time up to the most, milliseconds. */
const AGAIN_MS = 50
const AGAIN_MOST_MS = 1000

export type Script = { text: string; sha: string }
/** Why a server must not be used, in a sentence that says what to set. */
export type RedisCheck = (facts: RedisFacts) => string | undefined

export type LinkParts = {
  clock: Clock
  check: RedisCheck
  /** The connection is gone or could not be opened again; `null`: it is there again. */
  told: (because: string | null) => void
}

export function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Keeps a connection to whichever server is the primary. While there is none, calls are refused at once. */
export class RedisLink {
  readonly #address: RedisAddress
  readonly #parts: LinkParts
  readonly #stopping = new AbortController()
  readonly #channels = new Map<string, (text: string) => void>()
  #connection: RedisConnection | undefined
  #opening: Promise<void> | undefined
  #renewing: Promise<void> | undefined

  private constructor(address: RedisAddress, parts: LinkParts) {
    this.#address = address
    this.#parts = parts
  }

  /** Throws `RedisUnusable` where it cannot be had now. */
  static async open(address: RedisAddress, parts: LinkParts): Promise<RedisLink> {
    const link = new RedisLink(address, parts)
    try {
      link.#use(await link.#connect())
    } catch (error) {
      if (error instanceof RedisUnusable) throw error
      const places = address.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
      throw new RedisUnusable(`Redis at ${places} cannot be used (${reasonOf(error)}): start it, or mend the address.`)
    }
    return link
  }

  /** The same, where it may be had later: until then it is told why not, and calls are refused. */
  static async openLater(address: RedisAddress, parts: LinkParts): Promise<RedisLink> {
    const link = new RedisLink(address, parts)
    try {
      link.#use(await link.#connect())
    } catch (error) {
      parts.told(reasonOf(error))
      link.#opening = link.#reopen().finally(() => (link.#opening = undefined))
    }
    return link
  }

  /** Of the server at the other end now. Throws `Fault`, `refused`. */
  get incarnation(): string {
    return this.#present().facts.incarnation
  }

  /** Runs a script, and says of which server the reply is. `argsOf` is handed that server's incarnation. Throws `Fault`. */
  async run(script: Script, keys: string[], argsOf: (incarnation: string) => string[]): Promise<RedisReply> {
    const connection = this.#present()
    const call = ['EVALSHA', script.sha, String(keys.length), ...keys, ...argsOf(connection.facts.incarnation)]
    try {
      return await connection.call(call)
    } catch (error) {
      if (!(error instanceof Fault && error.message.startsWith('NOSCRIPT'))) throw error
    }
    // A server that was just started, or whose scripts somebody flushed, has yet to learn it.
    await connection.call(['SCRIPT', 'LOAD', script.text])
    return connection.call(call)
  }

  /** Throws `Fault`. */
  call(...args: string[]): Promise<RedisReply> {
    return this.#present().call(args)
  }

  /**
   * Hears what is published on a channel, again after each loss of the connection; what is published in between is lost. A link
   * that listens is for nothing else but `PING`, which finds out that the server stands still. Once a channel. Throws `Fault`, and is
   * listened to from the next connection on all the same.
   */
  async listen(channel: string, heard: (text: string) => void): Promise<void> {
    this.#channels.set(channel, heard)
    await this.#present().listen(channel, heard)
  }

  /** Connects anew, to be sure of whom it speaks to; what is under way is still answered by the old one. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined))
    return this.#renewing
  }

  async #renew(): Promise<void> {
    const before = this.#connection
    if (!before) return this.#opening
    const fresh = await this.#connect().catch(() => undefined)
    if (!fresh) return
    if (this.#connection !== before || this.#stopping.signal.aborted) return fresh.close()
    this.#use(fresh)
    await before.close()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#connection?.close()
    await this.#renewing
    await this.#opening
  }

  #present(): RedisConnection {
    if (this.#connection?.isUsable) return this.#connection
    throw new Fault('redis-down', 'refused', 'there is no connection to Redis')
  }

  #use(connection: RedisConnection): void {
    this.#connection = connection
    void connection.ended.then(() => {
      if (this.#connection !== connection || this.#stopping.signal.aborted) return
      this.#connection = undefined
      this.#parts.told('the connection broke')
      this.#opening = this.#reopen().finally(() => (this.#opening = undefined))
    })
  }

  async #reopen(): Promise<void> {
    const { clock, told } = this.#parts
    for (let wait = AGAIN_MS; !this.#stopping.signal.aborted; wait = Math.min(wait * 2, AGAIN_MOST_MS)) {
      try {
        this.#use(await this.#connect())
        told(null)
        return
      } catch (error) {
        told(reasonOf(error))
      }
      await clock.sleep(wait, this.#stopping.signal)
    }
  }

  async #connect(): Promise<RedisConnection> {
    const { clock, check } = this.#parts
    const connection = await RedisConnection.open(this.#address, await this.#primary(), clock)
    const { facts } = connection
    try {
      for (const [channel, heard] of this.#channels) await connection.listen(channel, heard)
    } catch (error) {
      connection.destroy()
      throw error
    }
    const because = facts.role === 'master' ? check(facts) : undefined
    if (facts.role === 'master' && because === undefined) return connection
    connection.destroy()
    if (because === undefined) throw new Error(`it is a ${facts.role || 'server of an unknown role'}, not the primary`)
    throw new RedisUnusable(because)
  }

  /** As the first Sentinel says that can be asked. */
  async #primary(): Promise<{ host: string; port: number }> {
    const { hosts, sentinel } = this.#address
    if (sentinel === null) return hosts[0] as { host: string; port: number }
    const plain = { tls: false, username: undefined, password: undefined, database: 0 }
    const heard: string[] = []
    for (const place of hosts) {
      try {
        const asked = await RedisConnection.open(plain, place, this.#parts.clock)
        const found = await asked.call(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', sentinel]).finally(() => asked.destroy())
        const [host, port] = Array.isArray(found) ? found : []
        if (typeof host === 'string') return { host, port: Number(port) }
        heard.push(`${place.host}:${place.port} does not know ${sentinel}`)
      } catch (error) {
        heard.push(`${place.host}:${place.port} ${reasonOf(error)}`)
      }
    }
    throw new Error(`no Sentinel names the primary: ${heard.join('; ')}`)
  }
}

/** A refused connection carries its reason in a code, and an empty message where several addresses were tried. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message: string; code?: string }
  return message || code || String(error)
}
