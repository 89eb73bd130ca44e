import type { Id } from './ids.ts'

/**
 * How an attempt to pay stands at the gateway. `open`: its page waits for the buyer. `authorized`: the card holds the money for
 * us. `captured`: the money is taken. The others are ends; of them only `captured` may still become `refunded`.
 */
export const gatewayStates = ['open', 'authorized', 'captured', 'declined', 'voided', 'refunded'] as const
export type GatewayState = (typeof gatewayStates)[number]

/** What the gateway knows of an attempt. */
export type GatewayView = {
  orderId: Id
  /** From 1; each attempt is one transaction at the gateway. */
  attempt: number
  txnId: string
  state: GatewayState
  /** Minor units, as it was asked for. */
  amount: number
  currency: string
  /** Where the buyer pays, while it is open. */
  redirectUrl: string | null
  /** Why it was declined, in the gateway's word. */
  reason: string | null
}

/** What the gateway tells by itself: early, late, twice or never; `id` is the same each time. Times are milliseconds. */
export type GatewayEvent = { id: string; type: string; created: number; view: GatewayView }
