import type { components } from './api/schema.d.ts'
import type { Tone } from './components/state-word.vue'
import type { Payment } from './use-payment.ts'

export type Order = components['schemas']['Order']
type Status = Order['status']

const tones: Record<Status, Tone> = {
  RESERVATION_PENDING: 'warn',
  PAYMENT_PENDING: 'warn',
  COMPLETED: 'good',
  FAILED: 'bad',
  CANCELLED: 'muted',
  EXPIRED: 'bad',
  REFUND_DUE: 'warn',
  REFUNDED: 'muted',
}
export const toneOf = (status: Status): Tone => tones[status]

/** The unit is held and nothing is paid: what a buyer may still call off. */
export const isHeld = (status: Status): boolean => status === 'RESERVATION_PENDING' || status === 'PAYMENT_PENDING'

/** Where nothing is said of it, as of an order of long ago, it is by credit. */
export const isByCard = ({ payment }: { payment?: Order['payment'] }): boolean => payment?.method === 'card'

/** The word of its state: the key in `order`. */
export function wordKey(order: Pick<Order, 'status' | 'payment'>, payment?: Payment): string {
  if (!isByCard(order) || !isHeld(order.status)) return `status.${order.status}`
  const key = cardKey(payment)
  return key === 'charging' || key === 'cancelling' ? key : 'toPay'
}

/** An attempt that the gateway never opened was no card of the buyer's. */
const NEVER_OPENED = / the gateway$/

/** How an order that waits for its card stands: the key of the words, `told.<key>`. */
export function cardKey(payment: Payment | undefined): 'opening' | 'toPay' | 'declined' | 'charging' | 'cancelling' {
  const { state, attempt = 1, reason = '' } = payment ?? {}
  if (state === 'authorized' || state === 'captured') return 'charging'
  if (state === 'voiding' || state === 'voided') return 'cancelling'
  if (state === 'declined' || (attempt > 1 && !NEVER_OPENED.test(reason))) return 'declined'
  return state === 'open' ? 'toPay' : 'opening'
}

/** What an order's state means for unit and money: the key of the words, `told.<key>`. */
export function toldKey(order: Pick<Order, 'status' | 'reason' | 'expiresAt' | 'payment'>): string {
  const { status, reason, expiresAt } = order
  if (isHeld(status)) return !expiresAt ? 'heldShort' : isByCard(order) ? 'toPay' : 'held'
  if (status === 'COMPLETED') return 'yours'
  if (isByCard(order) && (status === 'REFUND_DUE' || status === 'REFUNDED')) return `card-${status}`
  return status === 'FAILED' && (reason === 'not-enough-credit' || reason === 'card-declined') ? reason : status
}

/** What a buyer can do next: the key of the words, `orderPage.next.<key>`, and the way there: `to` in the shop, `href` out of
 *  it. `payment`: while it is by card and waits. */
export function nextOf(order: Order, payment?: Payment): { key: string; to?: string; href?: string } {
  const { status, reason, couponCode, saleId } = order
  switch (status) {
    case 'RESERVATION_PENDING':
    case 'PAYMENT_PENDING':
      return isByCard(order) ? nextOfCard(payment) : { key: 'held' }
    case 'COMPLETED':
      return { key: couponCode ? 'coupon' : 'yours' }
    case 'FAILED':
      return reason === 'not-enough-credit' ? { key: 'credit', to: '/account' } : { key: 'again', to: `/sales/${saleId}` }
    case 'CANCELLED':
    case 'EXPIRED':
      return { key: 'again', to: `/sales/${saleId}` }
    case 'REFUND_DUE':
      return { key: isByCard(order) ? 'refundToCard' : 'refund' }
    case 'REFUNDED':
      return isByCard(order) ? { key: 'refundedToCard' } : { key: 'refunded', to: '/account' }
  }
}

function nextOfCard(payment: Payment | undefined): { key: string; href?: string } {
  const key = cardKey(payment)
  return { key, ...(payment?.redirectUrl && { href: payment.redirectUrl }) }
}
