import type { Clock } from '../platform/clock.ts'
import type { OwnRate } from './rate.ts'

/**
 * The generic cell rate algorithm (ITU-T I.371): one number a key, the time at which all its turns would be used up if they
 * were taken at the even rate. Beyond `remembered` keys the one first seen is forgotten; that gives nothing away as long as
 * they do not all come within burst / perSecond seconds, after which a key is as good as new.
 */
export class LocalRate implements OwnRate {
  readonly #clock: Clock
  readonly #remembered: number
  readonly #usedUpTo = new Map<string, number>()

  constructor(clock: Clock, remembered = 200_000) {
    this.#clock = clock
    this.#remembered = remembered
  }

  take(key: string, perSecond: number, burst: number): number {
    const now = this.#clock.ticks()
    const turn = 1000 / perSecond
    const known = this.#usedUpTo.get(key)
    const usedUpTo = known === undefined || known < now ? now : known
    const wait = usedUpTo - now - (burst - 1) * turn
    // Sums of fractions of a millisecond: less than a thousandth is no wait.
    if (wait > 0.001) return Math.ceil(wait)
    if (known === undefined && this.#usedUpTo.size >= this.#remembered) {
      const [oldest] = this.#usedUpTo.keys()
      this.#usedUpTo.delete(oldest as string)
    }
    this.#usedUpTo.set(key, usedUpTo + turn)
    return 0
  }
}

/** For load tests: nobody waits. */
export const noRate: OwnRate = { take: () => 0 }
