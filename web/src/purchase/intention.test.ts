import { beforeEach, describe, expect, it } from 'vitest'
import { useIntention } from './intention.ts'

describe('an intention to buy', () => {
  beforeEach(() => localStorage.clear())
  const window = (buyer: string | undefined = 'ann') => useIntention('sale', () => buyer)

  it('has one key through a double click, a reload and a second window', () => {
    const { key } = window().current('shoe', 1, 0)
    expect(window().current('shoe', 1, 10).key).toBe(key)
    expect(window().interrupted(59_000)?.key).toBe(key)
  })

  it('is another one for another product, another quantity and another buyer', () => {
    const { key } = window().current('shoe', 1, 0)
    expect(window('bob').current('shoe', 1, 0).key).not.toBe(key)
    expect(window().current('shoe', 2, 0).key).not.toBe(key)
    expect(window().current('hat', 2, 0).key).not.toBe(key)
  })

  it('is not asked for again unasked by who comes back later', () => {
    const { key } = window().current('shoe', 1, 0)
    expect(window().interrupted(60_000)).toBeUndefined()
    expect(window().current('shoe', 1, 60_000).key).not.toBe(key)
  })

  it('ends with its order: the next wish has a key of its own', () => {
    const mine = window()
    const { key } = mine.current('shoe', 1, 0)
    mine.accepted('order-1')
    expect(window().orderId()).toBe('order-1')
    expect(window().interrupted(1)).toBeUndefined()
    expect(window().current('shoe', 1, 1).key).not.toBe(key)
  })

  it('outlives what somebody else wrote in its place', () => {
    localStorage.setItem('doorbuster.intention.sale.ann', '{not json')
    expect(window().current('shoe', 1, 0).key).toMatch(/^[\w-]{36}$/)
  })
})
