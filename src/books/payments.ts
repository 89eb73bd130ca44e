import type { Attempt } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import type { GatewayEvent, GatewayView } from '../core/payment.ts'

/** What a view of the gateway made of the books. */
export type Seen =
  /** `stale`: the books knew that, or better. `remaining`: of the order's item. */
  | { kind: 'news' | 'stale'; attempt: Attempt; order: Order; remaining: number }
  /** No such attempt: the word is ahead of the books, or not about us. Nothing was written. */
  | { kind: 'early' }
  /** Another amount, currency or transaction than the attempt's. Nothing was written: a human must look. */
  | { kind: 'mismatch'; because: string }

/** Attempts to pay by card. Each method is one transaction; time is the books'. */
export interface Attempts {
  /** Those that are due to be asked about, oldest first; nobody else is handed them for `leaseMs`. */
  claim(max: number, leaseMs: number): Promise<Attempt[]>
  /** Merges what the gateway says into the attempt and its order, by compare-and-set. Repeatable, in any order. */
  see(view: GatewayView): Promise<Seen>
  /** Nothing was learned: ask again in so long. @param counts the gateway may have heard it. Does nothing where the attempt has changed meanwhile. */
  later(attempt: Attempt, ms: number, counts: boolean): Promise<void>
  /** The gateway will never take it, or never had it: as a decline, without a transaction. */
  giveUp(attempt: Attempt, reason: string): Promise<Seen>
  /** Of an order, by their numbers. */
  of(orderId: Id): Promise<Attempt[]>
  byTxn(txnId: string): Promise<Attempt | null>
}

export type Quarantined = GatewayEvent & { because: string; receivedAt: number }

/** A word that is ahead of its order is tried again this often, and for so long. */
export const EARLY_AGAIN_MS = 5000
export const EARLY_MAX_MS = 24 * 3600_000

/** What the gateway told by itself: stored before it is answered, applied later, once. */
export interface Inbox {
  /** Answers how many are new. Durable when it returns; repeatable. */
  receive(events: GatewayEvent[]): Promise<number>
  /** Applies what is due, each in a transaction with its mark. What is early waits and is tried again for a day, then it is
   *  quarantined, as is what does not match. */
  apply(max: number): Promise<Seen[]>
  /** Newest first. */
  quarantined(limit: number, after: string | undefined): Promise<Quarantined[]>
  /** A human has looked. True for the one call that did it. */
  dismiss(id: string): Promise<boolean>
  /** Up to where the gateway's own list has been read. */
  cursor(): Promise<string | null>
  /** In one transaction with `receive` of what was read. */
  read(events: GatewayEvent[], next: string | null): Promise<number>
}
