import { beforeEach, describe, expect, it } from 'vitest'
import { useIntention, type Wish } from './intention.ts'

const wish = (productId: string, quantity = 1, method: Wish['method'] = 'credit') => ({ productId, quantity, method })

describe('an intention to buy', () => {
  beforeEach(() => localStorage.clear())
  const window = (buyer: string | undefined = 'ann') => useIntention('sale', () => buyer)

  it('has one key through a double click, a reload and a second window', () => {
    const { key } = window().current(wish('shoe'), 0)
    expect(window().current(wish('shoe'), 10).key).toBe(key)
    expect(window().interrupted(59_000)?.key).toBe(key)
  })

  it('is another one for another product, another quantity, another way to pay and another buyer', () => {
    const { key } = window().current(wish('shoe'), 0)
    expect(window('bob').current(wish('shoe'), 0).key).not.toBe(key)
    expect(window().current(wish('shoe', 2), 0).key).not.toBe(key)
    expect(window().current(wish('hat', 2), 0).key).not.toBe(key)
    expect(window().current(wish('shoe', 1, 'card'), 0).key).not.toBe(key)
  })

  it('is not asked for again unasked by who comes back later', () => {
    const { key } = window().current(wish('shoe'), 0)
    expect(window().interrupted(60_000)).toBeUndefined()
    expect(window().current(wish('shoe'), 60_000).key).not.toBe(key)
  })

  it('ends with its order: the next wish has a key of its own', () => {
    const mine = window()
    const { key } = mine.current(wish('shoe'), 0)
    mine.accepted('order-1')
    expect(window().orderId()).toBe('order-1')
    expect(window().interrupted(1)).toBeUndefined()
    expect(window().current(wish('shoe'), 1).key).not.toBe(key)
  })

  it('outlives what somebody else wrote in its place', () => {
    localStorage.setItem('doorbuster.intention.sale.ann', '{not json')
    expect(window().current(wish('shoe'), 0).key).toMatch(/^[\w-]{36}$/)
  })
})
