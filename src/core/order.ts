import type { Id } from './ids.ts'

/** The buyer-visible state of an order. Every edge is a compare-and-set in the books. */
export const orderStates = [
  'RESERVATION_PENDING',
  'PAYMENT_PENDING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
  'REFUND_DUE',
  'REFUNDED',
] as const
export type OrderState = (typeof orderStates)[number]

/** What one unit of an order counts as. `free`: it went back to the sale. */
export type UnitState = 'held' | 'sold' | 'free'

/** A refund may leave the unit with the buyer or take it back: the state alone does not say. */
export function unitOf({ state, released }: Pick<Order, 'state' | 'released'>): UnitState {
  if (released) return 'free'
  return isFinal(state) ? 'sold' : 'held'
}

export const isLive = (order: Pick<Order, 'state' | 'released'>): boolean => !order.released
export const isFinal = (state: OrderState): boolean => state !== 'RESERVATION_PENDING' && state !== 'PAYMENT_PENDING'

/** `credit`: the buyer's wallet, settled by us. `card`: a gateway's page, settled when the gateway says so. */
export const paymentMethods = ['credit', 'card'] as const
export type PaymentMethod = (typeof paymentMethods)[number]

/** What may become of an order that waits, and what that means for its unit. */
export const releases = { fail: 'FAILED', cancel: 'CANCELLED', expire: 'EXPIRED' } as const
export type Release = keyof typeof releases

/** An order as the ledger decides it and as the books record it. `seq` is gap-free within (sale, epoch). */
export type Entry = {
  orderId: Id
  saleId: Id
  epoch: number
  seq: number
  buyerId: Id
  productId: Id
  quantity: number
  method: PaymentMethod
  keyDigest: string
  bodyDigest: string
  /** Ledger time of the reserve, milliseconds. */
  reservedAt: number
}

export type Order = Entry & {
  state: OrderState
  /** Its unit went back, to the sale or, where that is settled, to ordinary stock. */
  released: boolean
  reason: string | null
  /** Of one unit, frozen at the purchase, minor units. */
  price: number
  currency: string
  couponCode: string | null
  /** Of the card payment that completed it. */
  txnId: string | null
  createdAt: number
  updatedAt: number
  expiresAt: number | null
  /** Rises by one with each change of state. */
  version: number
}
