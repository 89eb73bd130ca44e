import type { Caller } from '../core/caller.ts'
import type { Clock } from '../platform/clock.ts'
import { type Random, secret } from '../platform/random.ts'

const GOOD_FOR_MS = 30_000
const MOST = 100_000

/** A browser cannot send a header with a WebSocket, and a token in an address would end up in logs: so a ticket, which is of
 *  no use to who reads it later. */
export class Tickets {
  readonly #clock: Clock
  readonly #random: Random
  /** Oldest first, and they all live equally long. */
  readonly #given = new Map<string, { caller: Caller; until: number }>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** `undefined`: too many are out. */
  give(caller: Caller): string | undefined {
    const now = this.#clock.ticks()
    for (const [ticket, { until }] of this.#given) {
      if (until > now) break
      this.#given.delete(ticket)
    }
    if (this.#given.size >= MOST) return undefined
    const ticket = secret(this.#random, 24)
    this.#given.set(ticket, { caller, until: now + GOOD_FOR_MS })
    return ticket
  }

  /** Works once. */
  take(ticket: string): Caller | undefined {
    const given = this.#given.get(ticket)
    this.#given.delete(ticket)
    return given && given.until > this.#clock.ticks() ? given.caller : undefined
  }
}
