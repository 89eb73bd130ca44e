import type { Id } from './ids.ts'
import { isFinal, type Order, type Release } from './order.ts'
import type { GatewayState } from './payment.ts'

/**
 * An attempt to pay an order by card. `CREATED`: written before the gateway is asked, so it may have heard or not. `VOIDING`: we
 * want it void, and the gateway has not said so yet. `REFUND_DUE`: the money was taken and must go back. What a call did not
 * answer is never an end: it is asked again with the same key, or looked up.
 */
export const attemptStates = [
  'CREATED',
  'OPEN',
  'AUTHORIZED',
  'VOIDING',
  'CAPTURED',
  'DECLINED',
  'VOIDED',
  'REFUND_DUE',
  'REFUNDED',
] as const
export type AttemptState = (typeof attemptStates)[number]

export type Attempt = {
  orderId: Id
  /** From 1. A new one only after a definite no to the one before. */
  number: number
  state: AttemptState
  /** What becomes of the order when this attempt is void. */
  ending: 'cancel' | 'expire' | null
  txnId: string | null
  redirectUrl: string | null
  /** Minor units. */
  amount: number
  currency: string
  reason: string | null
  /** Until when the buyer may pay, milliseconds: the order's. */
  expiresAt: number
  createdAt: number
  updatedAt: number
  /** How often the gateway was asked in this state without an answer. */
  tries: number
  version: number
}

/** More than this many cards, and the order has failed. */
export const ATTEMPTS_MAX = 5

/** It may still take money, or is known to have done so and to owe it. */
export const isOpenAttempt = (state: AttemptState): boolean =>
  state === 'CREATED' || state === 'OPEN' || state === 'AUTHORIZED' || state === 'VOIDING'

/** A capture outranks every no, and an older word never undoes a newer one. What was taken and given back before we knew is as
 *  good as void. */
const NEXT: Record<AttemptState, Partial<Record<GatewayState, AttemptState>>> = {
  CREATED: {
    open: 'OPEN',
    authorized: 'AUTHORIZED',
    captured: 'CAPTURED',
    declined: 'DECLINED',
    voided: 'VOIDED',
    refunded: 'VOIDED',
  },
  OPEN: { authorized: 'AUTHORIZED', captured: 'CAPTURED', declined: 'DECLINED', voided: 'VOIDED', refunded: 'VOIDED' },
  AUTHORIZED: { captured: 'CAPTURED', declined: 'DECLINED', voided: 'VOIDED', refunded: 'VOIDED' },
  VOIDING: { captured: 'CAPTURED', declined: 'DECLINED', voided: 'VOIDED', refunded: 'VOIDED' },
  CAPTURED: { refunded: 'REFUNDED' },
  DECLINED: { captured: 'CAPTURED' },
  VOIDED: { captured: 'CAPTURED' },
  REFUND_DUE: { refunded: 'REFUNDED' },
  REFUNDED: {},
}

/** The state that follows from what the gateway says; `undefined` where that is no news. */
export function nextState(state: AttemptState, seen: GatewayState): AttemptState | undefined {
  return NEXT[state][seen]
}

/** What an attempt that came to a state means for its order, decided here for every store. */
export type Consequence =
  | { kind: 'none' }
  /** The order is paid; every other open attempt is voided. */
  | { kind: 'complete' }
  /** Money came that nobody needs: the attempt is refunded, and an order that had ended says so. */
  | { kind: 'late' }
  | { kind: 'end'; by: Release; reason: string }
  /** A new attempt under the next number. */
  | { kind: 'again' }
  /** The money is back. */
  | { kind: 'refunded' }

export function consequenceOf(
  order: Pick<Order, 'state' | 'expiresAt'>,
  attempt: Pick<Attempt, 'number' | 'ending'>,
  to: AttemptState,
  /** Of the order: another attempt is open. */
  another: boolean,
  now: number,
): Consequence {
  if (to === 'REFUNDED') return { kind: 'refunded' }
  if (to === 'CAPTURED') return { kind: isFinal(order.state) ? 'late' : 'complete' }
  if ((to !== 'DECLINED' && to !== 'VOIDED') || isFinal(order.state) || another) return { kind: 'none' }
  if (attempt.ending === 'cancel') return { kind: 'end', by: 'cancel', reason: 'cancelled' }
  if (attempt.ending === 'expire' || now >= (order.expiresAt ?? 0)) return { kind: 'end', by: 'expire', reason: 'hold-expired' }
  if (attempt.number >= ATTEMPTS_MAX) return { kind: 'end', by: 'fail', reason: 'card-declined' }
  return { kind: 'again' }
}

/** The natural keys of what we ask of the gateway: the same wish is the same key, whoever asks and however often. */
export const gatewayKey = (
  wish: 'pay' | 'capture' | 'void' | 'refund',
  { orderId, number }: Pick<Attempt, 'orderId' | 'number'>,
) => `${wish}:${orderId}:${number}`
