import { assert } from '../../core/assert.ts'

/** How far two clocks may part within a millisecond, milliseconds. */
const DRIFT = 0.001

/**
 * The time of another machine, as far as one can know it: what that machine said was true after it was asked and before the
 * answer came. What several answers say together is narrower than a single one.
 */
export class RemoteTime {
  readonly #ticks: () => number
  /** Of that time less the ticks of this process: it lies between the two. */
  #between: { from: number; to: number; at: number } | undefined

  /** @param ticks milliseconds of this process, from any fixed point; they never step back. */
  constructor(ticks: () => number) {
    this.#ticks = ticks
  }

  /** @param now what the other machine said, in whole milliseconds. */
  heard(now: number, askedAt: number, answeredAt: number): void {
    const heard = { from: now - answeredAt, to: now + 1 - askedAt, at: answeredAt }
    const known = this.#between
    const drift = known ? DRIFT * (answeredAt - known.at) : 0
    const from = Math.max(heard.from, known ? known.from - drift : heard.from)
    const to = Math.min(heard.to, known ? known.to + drift : heard.to)
    // Nothing that both allow: one of the clocks was set, or stood still.
    this.#between = from <= to ? { from, to, at: answeredAt } : heard
  }

  /** Milliseconds since 1970. */
  now(): number {
    assert(this.#between, 'the other machine was asked for its time before')
    return Math.floor(this.#ticks() + (this.#between.from + this.#between.to) / 2)
  }
}
