import { Fault } from '../../core/fault.ts'
import type { Clock } from '../clock.ts'
import type { RedisReply } from './redis-connection.ts'
import { type RedisLink, type Script, scriptOf } from './redis-link.ts'

/** After a call that was not answered, and between probes, milliseconds. */
const REST_MS = 1000
const PROBE = scriptOf('return 1')

export type BriefLinkParts = {
  link: Pick<RedisLink, 'run'>
  clock: Clock
  /** How long a caller waits at most, milliseconds. */
  mostMs: number
  /** Once each time Redis is given up for a while. */
  lost: (because: string) => void
}

/** Calls of a Redis that its callers can do without: each is answered soon or not at all, and after one that was not, none is
 *  made until Redis answers again. Who finds that out waits for nobody's request. */
export class BriefLink {
  readonly #parts: BriefLinkParts
  readonly #stopping = new AbortController()
  #probing: Promise<void> | undefined

  constructor(parts: BriefLinkParts) {
    this.#parts = parts
  }

  get isAway(): boolean {
    return this.#probing !== undefined
  }

  /** `undefined`: no answer, go on without; it may have been done all the same, and later than now. */
  async run(script: Script, keys: string[], args: string[]): Promise<RedisReply | undefined> {
    if (this.isAway) return undefined
    const reply = await this.#ask(script, keys, args)
    if (!(reply instanceof Fault)) return reply
    if (!this.isAway && !this.#stopping.signal.aborted) {
      this.#parts.lost(reply.message)
      this.#probing = this.#probe().finally(() => (this.#probing = undefined))
    }
    return undefined
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#probing
  }

  async #ask(script: Script, keys: string[], args: string[]): Promise<RedisReply | Fault> {
    const { link, mostMs } = this.#parts
    const answered = new AbortController()
    try {
      return await Promise.race([link.run(script, keys, () => args), this.#late(mostMs, answered.signal)])
    } catch (error) {
      if (error instanceof Fault) return error
      throw error
    } finally {
      answered.abort()
    }
  }

  /** After the input that is waiting was read: it is no fault of Redis's when this process itself stood still. */
  async #late(ms: number, signal: AbortSignal): Promise<Fault> {
    const { clock } = this.#parts
    await clock.sleep(ms, signal)
    if (!signal.aborted) await new Promise<void>((resolve) => clock.soon(resolve))
    return new Fault('redis-silent', 'unknown', `no answer within ${ms} ms`)
  }

  async #probe(): Promise<void> {
    const { signal } = this.#stopping
    do await this.#parts.clock.sleep(REST_MS, signal)
    while (!signal.aborted && (await this.#ask(PROBE, [], [])) instanceof Fault)
  }
}
