import type { Id } from '../core/ids.ts'
import type { GatewayEvent, GatewayView } from '../core/payment.ts'

export type Charge = {
  orderId: Id
  attempt: number
  /** Minor units. */
  amount: number
  currency: string
  /** Nobody may pay later than this, milliseconds. */
  expiresAt: number
}

/**
 * Somebody else's money machine. Every call but the reading ones carries a key: the same key again is the same effect, also where
 * the first answer was lost. Each answers what the gateway knows afterwards, so a definite no is a view too: a capture of what is
 * voided changes nothing and answers `voided`. Throws `Fault`: `gateway-down` and `gateway-refused` with `refused` (nothing
 * happened; of the second the same call would be refused again), `gateway-silent` with `unknown` (it may have happened: look it
 * up, or ask again with the same key while the gateway keeps it, 24 h).
 */
export interface Gateway {
  /** Opens a page where the buyer authorizes the charge. */
  authorize(key: string, charge: Charge): Promise<GatewayView>
  /** Takes the whole amount of what is authorized. */
  capture(key: string, txnId: string): Promise<GatewayView>
  /** Ends what is not captured; its page says so from then on. */
  void(key: string, txnId: string): Promise<GatewayView>
  /** Gives back the whole amount of what is captured. */
  refund(key: string, txnId: string): Promise<GatewayView>
  /** By what we gave it, for what we have no `txnId` of. `null`: it never came to be, or not yet. */
  lookup(orderId: Id, attempt: number): Promise<GatewayView | null>
  /** What was told since `after`, oldest first; some of it perhaps again. `next` is the `after` of the next call. */
  events(after: string | null, max: number): Promise<{ events: GatewayEvent[]; next: string | null }>
}

/** `faults`: what it does wrong, each for a share of the cases, 0 to 1. `money`: minor units by currency, since it began. */
export type DemoControls = {
  faults: Record<string, number>
  money: Record<string, { captured: number; refunded: number }>
}

/** What a gateway that moves no money lets its shop see and set besides. Throws as `Gateway` does. */
export interface TestGateway {
  controls(): Promise<DemoControls>
  /** In place of those before; a fault that is not named is off. */
  setFaults(faults: Record<string, number>): Promise<void>
}

/** What arrived at our webhook. `forged`: not by the gateway, or older than 300 s. `unreadable`: signed, but no event of a charge. */
export type Heard = { kind: 'event'; event: GatewayEvent } | { kind: 'forged' } | { kind: 'unreadable'; because: string }

/** Reads a webhook as it came, before anything parsed it; the signature in constant time. `now`: milliseconds. */
export type Webhook = (body: Buffer, header: (name: string) => string | undefined, now: number) => Heard
