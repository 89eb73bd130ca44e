import { isByCard, isHeld } from '../order-words.ts'
import type { Payment } from '../use-payment.ts'
import type { Attempt } from './use-purchase.ts'

/** All that the one button of a sale can say; its words are `buy.<kind>` in the locales. */
export type Button =
  | { kind: 'opens'; ms: number }
  | { kind: 'sign-in' }
  | { kind: 'buy' }
  | { kind: 'asking' }
  | { kind: 'again'; ms: number }
  | { kind: 'try-again' }
  | { kind: 'unknown' }
  | { kind: 'held'; ms: number | undefined }
  /** By card: its page is not there yet, it waits for the buyer, or it is called off. */
  | { kind: 'opening' }
  | { kind: 'pay'; href: string }
  | { kind: 'cancelling' }
  | { kind: 'yours' }
  | { kind: 'have-one'; orderId: string | undefined }
  | { kind: 'sold-out' }
  | { kind: 'paused' }
  | { kind: 'ended' }
  | { kind: 'wait' }

export type SaleMoment = {
  now: number
  startTime: number
  endTime: number
  isPaused: boolean
  /** Of the chosen item; undefined while it is not known. */
  remaining: number | undefined
  quantity: number
  /** Undefined while it is looked for. */
  isSignedIn: boolean | undefined
}

/** What a visitor has done outranks what the sale does: who holds a unit reads that, whatever else is going on. */
export function buttonOf(attempt: Attempt, moment: SaleMoment, payment?: Payment): Button {
  const { now } = moment
  switch (attempt.step) {
    case 'asking':
      return { kind: 'asking' }
    case 'again':
      return { kind: 'again', ms: attempt.at - now }
    case 'given-up':
      return { kind: attempt.because === 'busy' ? 'try-again' : 'unknown' }
    case 'order':
      return orderButton(attempt.order, payment, now)
    case 'refused':
      if (attempt.code === 'limit-reached') return { kind: 'have-one', orderId: attempt.orderId }
      if (attempt.code === 'sold-out' && (moment.remaining ?? 0) < moment.quantity) return { kind: 'sold-out' }
      return saleButton(moment)
    default:
      return saleButton(moment)
  }
}

type Ordered = Extract<Attempt, { step: 'order' }>['order']

function orderButton(order: Ordered, payment: Payment | undefined, now: number): Button {
  const { status, expiresAt } = order
  if (status === 'COMPLETED') return { kind: 'yours' }
  if (!isHeld(status)) return { kind: 'try-again' }
  if (!isByCard(order)) return { kind: 'held', ms: expiresAt ? Date.parse(expiresAt) - now : undefined }
  return cardButton(payment)
}

function cardButton(payment: Payment | undefined): Button {
  switch (payment?.state) {
    case 'open':
      return payment.redirectUrl ? { kind: 'pay', href: payment.redirectUrl } : { kind: 'opening' }
    case 'authorized':
    case 'captured':
      return { kind: 'held', ms: undefined }
    case 'voiding':
    case 'voided':
      return { kind: 'cancelling' }
    default:
      return { kind: 'opening' }
  }
}

function saleButton({ now, startTime, endTime, isPaused, remaining, quantity, isSignedIn }: SaleMoment): Button {
  if (now >= endTime) return { kind: 'ended' }
  if (isSignedIn === undefined) return { kind: 'wait' }
  // Well before the opening, so that nobody meets a form in the second that counts.
  if (!isSignedIn && (remaining ?? 1) > 0) return { kind: 'sign-in' }
  if (now < startTime) return { kind: 'opens', ms: startTime - now }
  if (isPaused) return { kind: 'paused' }
  if (remaining === undefined) return { kind: 'wait' }
  return remaining < quantity ? { kind: 'sold-out' } : { kind: 'buy' }
}
