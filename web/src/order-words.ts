import type { components } from './api/schema.d.ts'
import type { Tone } from './components/state-word.vue'

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

/** What an order's state means for unit and money: the key of the words, `told.<key>`. */
export function toldKey({ status, reason, expiresAt }: Pick<Order, 'status' | 'reason' | 'expiresAt'>): string {
  if (isHeld(status)) return expiresAt ? 'held' : 'heldShort'
  if (status === 'COMPLETED') return 'yours'
  return status === 'FAILED' && reason === 'not-enough-credit' ? reason : status
}

/** What a buyer can do next: the key of the words, `orderPage.next.<key>`, and the way there. */
export function nextOf(order: Order): { key: string; to?: string } {
  const { status, reason, couponCode, saleId } = order
  switch (status) {
    case 'RESERVATION_PENDING':
    case 'PAYMENT_PENDING':
      return { key: 'held' }
    case 'COMPLETED':
      return { key: couponCode ? 'coupon' : 'yours' }
    case 'FAILED':
      return reason === 'not-enough-credit' ? { key: 'credit', to: '/account' } : { key: 'again', to: `/sales/${saleId}` }
    case 'CANCELLED':
    case 'EXPIRED':
      return { key: 'again', to: `/sales/${saleId}` }
    case 'REFUND_DUE':
      return { key: 'refund' }
    case 'REFUNDED':
      return { key: 'refunded', to: '/account' }
  }
}
