import type { Id } from '../core/ids.ts'
import type { Clock } from '../platform/clock.ts'
import type { Peers } from './peers.ts'

/** How long the lead lasts that is not renewed; after a process that was killed, work rests for as long. */
export const LEAD_MS = 10_000
export const RENEWED_EVERY_MS = 3000

type LeadParts = { peers: Peers; clock: Clock; lease: string; process: Id }

/**
 * Whether this process is the one that does what one is enough for. It saves work and protects nothing: one that stood still may
 * believe for a moment that it still leads, so all that is done under it is a compare-and-set of its own.
 */
export class Lead {
  readonly #parts: LeadParts
  #until = Number.NEGATIVE_INFINITY
  #asked = false

  constructor(parts: LeadParts) {
    this.#parts = parts
  }

  /** A turn of its loop. */
  async renew(): Promise<boolean> {
    const { peers, clock, lease, process } = this.#parts
    const sent = clock.ticks()
    const token = await peers.take(lease, process, LEAD_MS)
    this.#asked = true
    // Counted from before it was asked: here it never lasts longer than there.
    this.#until = token === null ? Number.NEGATIVE_INFINITY : sent + LEAD_MS
    return false
  }

  async leads(): Promise<boolean> {
    if (!this.#asked) await this.renew()
    return this.#parts.clock.ticks() < this.#until
  }
}
