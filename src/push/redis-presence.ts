import { readFileSync } from 'node:fs'
import type { Id } from '../core/ids.ts'
import { Batches } from '../platform/batches.ts'
import type { Clock } from '../platform/clock.ts'
import { type RedisLink, scriptOf } from '../platform/redis/redis-link.ts'

export type PresenceParts = {
  link: Pick<RedisLink, 'run' | 'incarnation'>
  serverId: Id
  clock: Clock
  /** What is said of a buyer is good for so long, and is said again three times in it. */
  lifeMs: number
}

/** One script call stops all others for as long as it runs, some microseconds for each of these. */
const AT_ONCE_MAX = 250
const WAITING_MAX = 50_000

const script = scriptOf(readFileSync(new URL('lua/register.lua', import.meta.url), 'utf8'))

/** By server id, where a buyer's sockets are. */
export const serversOf = (buyerId: Id): string => `live_servers:${buyerId}`

/** Which buyers have sockets in this process, as Redis knows it. */
export class RedisPresence {
  readonly #parts: PresenceParts
  readonly #here = new Set<Id>()
  readonly #changed: Batches<Id>
  /** All who are here were told to that server. Undefined: some may not have been. */
  #told: { incarnation: string; at: number } | undefined

  constructor(parts: PresenceParts) {
    this.#parts = parts
    this.#changed = new Batches({
      soon: parts.clock.soon,
      waitingMax: WAITING_MAX,
      atOnceMax: AT_ONCE_MAX,
      send: (buyers) => this.#say(buyers),
      lost: () => {
        this.#told = undefined
      },
    })
  }

  /** Resolves when Redis knows it, or was asked in vain: then it is told later. Repeating it does nothing. */
  add(buyerId: Id): Promise<void> {
    this.#here.add(buyerId)
    return this.#changed.add(buyerId, buyerId)
  }

  remove(buyerId: Id): void {
    if (this.#here.delete(buyerId)) void this.#changed.add(buyerId, buyerId)
  }

  /** Says all of it again where it is about to run out, or where another server has taken over, or one was lost. Throws `Fault`. */
  async renew(): Promise<void> {
    const { link, clock, lifeMs } = this.#parts
    const told = { incarnation: link.incarnation, at: clock.ticks() }
    const isFresh = this.#told?.incarnation === told.incarnation && told.at - this.#told.at < lifeMs / 3
    if (isFresh) return
    this.#told = told
    const all = [...this.#here]
    try {
      for (let from = 0; from < all.length; from += AT_ONCE_MAX) await this.#say(all.slice(from, from + AT_ONCE_MAX))
    } catch (error) {
      this.#told = undefined
      throw error
    }
  }

  /** Takes all of it back, as far as Redis answers. */
  async stop(): Promise<void> {
    for (const buyerId of this.#here) this.remove(buyerId)
    await this.#changed.idle()
  }

  /** What is so when it is said, not when it came to pass: the last that is said is right. */
  async #say(buyers: Id[]): Promise<void> {
    const { link, serverId, lifeMs } = this.#parts
    const flags = buyers.map((buyerId) => (this.#here.has(buyerId) ? '1' : '0'))
    await link.run(script, buyers.map(serversOf), () => [serverId, String(lifeMs), ...flags])
  }
}
