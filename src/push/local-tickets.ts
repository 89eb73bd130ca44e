import type { Caller } from '../core/caller.ts'
import type { Clock } from '../platform/clock.ts'
import { type Random, secret } from '../platform/random.ts'
import { GOOD_FOR_MS, type Tickets } from './tickets.ts'

const MOST = 100_000

/** For sockets of this process. */
export class LocalTickets implements Tickets {
  readonly #clock: Clock
  readonly #random: Random
  /** Oldest first, and they all live equally long. */
  readonly #given = new Map<string, { caller: Caller; until: number }>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  async give(caller: Caller): Promise<string | undefined> {
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

  async take(ticket: string): Promise<Caller | undefined> {
    const given = this.#given.get(ticket)
    this.#given.delete(ticket)
    return given && given.until > this.#clock.ticks() ? given.caller : undefined
  }
}
