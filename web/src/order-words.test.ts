import { describe, expect, it } from 'vitest'
import de from './locales/de.json'
import en from './locales/en.json'
import { cardKey, isHeld, nextOf, type Order, toldKey, toneOf, wordKey } from './order-words.ts'
import type { Payment } from './use-payment.ts'

const statuses = Object.keys(en.order.status) as Order['status'][]
const order = (status: Order['status'], more: Partial<Order> = {}) => ({ status, saleId: 's', ...more }) as Order

const byCard = { payment: { method: 'card' } } as const
const paying = (state: Payment['state'], more: Partial<Payment> = {}) => ({ orderId: 'o', state, ...more }) as Payment

describe('the words of an order', () => {
  it.each(statuses)('%s has a tone, says what it means and what comes next, in every language', (status) => {
    expect(toneOf(status)).toMatch(/^(good|warn|bad|muted)$/)
    const more = { reason: 'not-enough-credit', couponCode: 'A', expiresAt: 'x' }
    for (const one of [order(status), order(status, more), order(status, { ...more, ...byCard, reason: 'card-declined' })]) {
      for (const words of [en, de]) {
        expect(words.told).toHaveProperty(toldKey(one))
        expect(words.orderPage.next).toHaveProperty(nextOf(one).key)
        if (nextOf(one).to) expect(words.orderPage.way).toHaveProperty(nextOf(one).key)
        expect(words.orderPage.happened).toHaveProperty(status)
        expect(words.order).toHaveProperty(wordKey(one))
      }
    }
  })
  it('says of an empty wallet that it is empty', () => {
    expect(toldKey(order('FAILED', { reason: 'not-enough-credit' }))).toBe('not-enough-credit')
    expect(toldKey(order('FAILED', { reason: 'elsewhere' }))).toBe('FAILED')
    expect(nextOf(order('FAILED', { reason: 'not-enough-credit' })).to).toBe('/account')
  })
  it('tells until when a unit is held, where that is known', () => {
    expect(toldKey(order('PAYMENT_PENDING', { expiresAt: '2026-01-01T00:00:00Z' }))).toBe('held')
    expect(toldKey(order('RESERVATION_PENDING'))).toBe('heldShort')
  })
  it('lets only what is held be called off', () => {
    expect(statuses.filter(isHeld)).toEqual(['RESERVATION_PENDING', 'PAYMENT_PENDING'])
  })
  it('by card that waits, follow its attempts in every language', () => {
    const waits = order('PAYMENT_PENDING', { ...byCard, expiresAt: 'x' })
    const steps = [
      [undefined, 'opening', 'toPay'],
      [paying('created', { attempt: 1 }), 'opening', 'toPay'],
      [paying('open', { attempt: 1, redirectUrl: 'https://pay' }), 'toPay', 'toPay'],
      [paying('declined', { attempt: 1 }), 'declined', 'toPay'],
      [paying('created', { attempt: 2, reason: 'insufficient_funds' }), 'declined', 'toPay'],
      [paying('open', { attempt: 2, redirectUrl: 'https://pay/2' }), 'declined', 'toPay'],
      [paying('authorized', { attempt: 1 }), 'charging', 'charging'],
      [paying('captured', { attempt: 1 }), 'charging', 'charging'],
      [paying('voiding', { attempt: 1 }), 'cancelling', 'cancelling'],
      [paying('voided', { attempt: 1 }), 'cancelling', 'cancelling'],
    ] as const
    for (const [payment, key, word] of steps) {
      expect([cardKey(payment), wordKey(waits, payment)]).toEqual([key, word])
      const next = nextOf(waits, payment)
      expect(next.href).toBe(payment?.redirectUrl)
      for (const words of [en, de]) {
        expect(words.told).toHaveProperty(key)
        expect(words.order).toHaveProperty(word)
        expect(words.orderPage.next).toHaveProperty(next.key)
        if (next.href) expect(words.orderPage.way).toHaveProperty(next.key)
      }
    }
  })
  it('blames no card for a page that the gateway never opened', () => {
    expect(cardKey(paying('open', { attempt: 2, reason: 'unknown to the gateway' }))).toBe('toPay')
  })
  it('sends the money of a card back to the card', () => {
    expect(toldKey(order('REFUNDED', byCard))).toBe('card-REFUNDED')
    expect(nextOf(order('REFUNDED', byCard)).to).toBeUndefined()
    expect(nextOf(order('REFUNDED')).to).toBe('/account')
  })
})
