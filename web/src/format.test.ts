import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { span, useFormat } from './format.ts'
import { i18n } from './i18n.ts'

function format(): ReturnType<typeof useFormat> {
  let made: ReturnType<typeof useFormat> | undefined
  const holder = defineComponent(() => {
    made = useFormat()
    return () => h('i')
  })
  mount(holder, { global: { plugins: [i18n] } })
  if (!made) throw new Error('not mounted')
  return made
}

describe('money', () => {
  it('counts the digits of its currency', () => {
    const { money } = format()
    expect(money({ amount: 1999, currency: 'EUR' })).toBe('€19.99')
    expect(money({ amount: 2000, currency: 'EUR' })).toBe('€20')
    expect(money({ amount: 9_007_199_254_740_991, currency: 'EUR' })).toBe('€90,071,992,547,409.91')
    expect(money({ amount: 500, currency: 'JPY' })).toBe('¥500')
    expect(money({ amount: 1500, currency: 'KWD' }).replace(/\s/g, ' ')).toBe('KWD 1.500')
  })

  it('never promises a larger saving than there is', () => {
    const { saving } = format()
    const euro = (amount: number) => ({ amount, currency: 'EUR' })
    expect(saving(euro(3000), euro(2000))).toBe('-33%')
    expect(saving(euro(10_000), euro(9950))).toBeUndefined()
    expect(saving(euro(1000), euro(1500))).toBeUndefined()
    expect(saving(euro(0), euro(0))).toBeUndefined()
  })
})

describe('a span of time', () => {
  it.each([
    [0, 0, '00:00'],
    [1, 0, '00:01'],
    [999, 0, '00:01'],
    [61_000, 0, '01:01'],
    [3_600_000, 0, '01:00:00'],
    [90_061_000, 1, '01:01:01'],
    [-5, 0, '00:00'],
  ])('%d ms', (ms, days, clock) => {
    expect(span(ms)).toEqual({ days, clock })
  })
})
