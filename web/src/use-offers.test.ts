import { describe, expect, it } from 'vitest'
import { bestOf, type Offer } from './use-offers.ts'

const offer = (saleId: string, phase: Offer['phase'], amount: number, endTime = '2026-01-01T12:00:00Z') =>
  ({ saleId, phase, salePrice: { amount, currency: 'EUR' }, endTime }) as Offer
const NOON = Date.parse('2026-01-01T12:00:00Z')

describe('the best offer of a product', () => {
  it('is the lowest price that can be had', () => {
    const known = [offer('dear', 'Active', 900), offer('gone', 'Sold Out', 100), offer('cheap', 'Ending Soon', 800)]
    expect(bestOf(known, NOON - 1)?.saleId).toBe('cheap')
  })
  it('is one that cannot be bought where there is no other', () => {
    expect(bestOf([offer('gone', 'Sold Out', 100)], NOON - 1)?.saleId).toBe('gone')
  })
  it('ends with its sale', () => {
    expect(bestOf([offer('over', 'Active', 100)], NOON)).toBeUndefined()
    expect(bestOf([offer('over', 'Active', 100), offer('on', 'Active', 200, '2026-01-01T13:00:00Z')], NOON)?.saleId).toBe('on')
  })
})
