import type { Id } from '../core/ids.ts'
import type { SaleTerms } from '../core/sale.ts'

/** How long a refusal may be given from memory, counted from when the probe was sent. The ledger keeps quiet for as long. */
export const LEASE_MS = 250
/** So close to the start or the end of a sale only the ledger answers. */
const EDGE_MS = 2000

export type Refusal =
  | { kind: 'sold-out'; remaining: 0 }
  | { kind: 'not-started'; startTime: number }
  | { kind: 'ended' }
  | { kind: 'paused' }

export type Probe = { terms: SaleTerms; seq: number; now: number; items: { productId: Id; remaining: number }[]; buyers: Id[] }

/**
 * What a probe of the ledger allows this process to answer by itself for a moment, for one sale. A buyer with any order in
 * the sale is never refused from memory: a replay outranks every refusal.
 */
export class Lease {
  #terms: SaleTerms | undefined
  #soldOut = new Set<Id>()
  #buyers = new Set<Id>()
  #seq = 0
  #sentAt = Number.NEGATIVE_INFINITY
  /** The ledger's clock less this process's ticks. */
  #offset = 0

  /** For the next probe: only orders above this are new. */
  get seq(): number {
    return this.#seq
  }

  get epoch(): number {
    return this.#terms?.epoch ?? 0
  }

  /** @param sentAt ticks of this process when the probe left. */
  grant(probe: Probe, sentAt: number): void {
    if (probe.terms.epoch !== this.epoch) this.#buyers.clear()
    this.#terms = probe.terms
    this.#seq = probe.seq
    this.#sentAt = sentAt
    this.#offset = probe.now - sentAt
    for (const buyer of probe.buyers) this.#buyers.add(buyer)
    this.#soldOut = new Set(probe.items.filter((item) => item.remaining === 0).map((item) => item.productId))
  }

  /** Half its life: time to probe again while it is still good, so that a crowd never meets a gap. */
  isStale(ticks: number): boolean {
    return ticks - this.#sentAt > LEASE_MS / 2
  }

  refuse(productId: Id, buyerId: Id, ticks: number): Refusal | undefined {
    const terms = this.#terms
    if (!terms || ticks - this.#sentAt >= LEASE_MS || this.#buyers.has(buyerId)) return undefined
    const now = ticks + this.#offset
    if (Math.abs(now - terms.startTime) < EDGE_MS || Math.abs(now - terms.endTime) < EDGE_MS) return undefined
    if (now >= terms.endTime) return { kind: 'ended' }
    if (terms.pausedByOperator || terms.pausedForRecovery) return { kind: 'paused' }
    if (now < terms.startTime) return { kind: 'not-started', startTime: terms.startTime }
    return this.#soldOut.has(productId) ? { kind: 'sold-out', remaining: 0 } : undefined
  }
}
