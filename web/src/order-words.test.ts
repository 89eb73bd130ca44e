import { describe, expect, it } from 'vitest'
import de from './locales/de.json'
import en from './locales/en.json'
import { isHeld, nextOf, type Order, toldKey, toneOf } from './order-words.ts'

const statuses = Object.keys(en.order.status) as Order['status'][]
const order = (status: Order['status'], more: Partial<Order> = {}) => ({ status, saleId: 's', ...more }) as Order

describe('the words of an order', () => {
  it.each(statuses)('%s has a tone, says what it means and what comes next, in every language', (status) => {
    expect(toneOf(status)).toMatch(/^(good|warn|bad|muted)$/)
    for (const one of [order(status), order(status, { reason: 'not-enough-credit', couponCode: 'A', expiresAt: 'x' })]) {
      for (const words of [en, de]) {
        expect(words.told).toHaveProperty(toldKey(one))
        expect(words.orderPage.next).toHaveProperty(nextOf(one).key)
        if (nextOf(one).to) expect(words.orderPage.way).toHaveProperty(nextOf(one).key)
        expect(words.orderPage.happened).toHaveProperty(status)
      }
    }
  })
  it('says of an empty wallet that it is empty', () => {
    expect(toldKey(order('FAILED', { reason: 'not-enough-credit' }))).toBe('not-enough-credit')
    expect(toldKey(order('FAILED', { reason: 'card-declined' }))).toBe('FAILED')
    expect(nextOf(order('FAILED', { reason: 'not-enough-credit' })).to).toBe('/account')
  })
  it('tells until when a unit is held, where that is known', () => {
    expect(toldKey(order('PAYMENT_PENDING', { expiresAt: '2026-01-01T00:00:00Z' }))).toBe('held')
    expect(toldKey(order('RESERVATION_PENDING'))).toBe('heldShort')
  })
  it('lets only what is held be called off', () => {
    expect(statuses.filter(isHeld)).toEqual(['RESERVATION_PENDING', 'PAYMENT_PENDING'])
  })
})
