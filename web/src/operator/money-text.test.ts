import { describe, expect, it } from 'vitest'
import { exampleOf, majorUnits, minorUnits } from './money-text.ts'

describe('an amount that is typed', () => {
  it.each([
    ['19.99', 'EUR', 'en', 1999],
    ['19,99', 'EUR', 'de', 1999],
    ['19,99', 'EUR', 'en', 1999],
    ['19.99', 'EUR', 'de', 1999],
    [' 20 ', 'EUR', 'en', 2000],
    ['0', 'EUR', 'en', 0],
    ['0.1', 'EUR', 'en', 10],
    ['1.10', 'EUR', 'en', 110],
    ['4.35', 'EUR', 'en', 435],
    ['500', 'JPY', 'en', 500],
    ['1.234', 'KWD', 'en', 1234],
    ['1,234', 'KWD', 'de', 1234],
    ['90071992547409.91', 'EUR', 'en', Number.MAX_SAFE_INTEGER],
  ])('%j in %s, %s, is %i', (text, currency, locale, amount) => expect(minorUnits(text, currency, locale)).toBe(amount))

  it.each([
    ['19.999', 'EUR', 'en'],
    ['19.990', 'EUR', 'en'],
    ['1.999', 'EUR', 'de'],
    ['1,999', 'EUR', 'en'],
    ['1,999.00', 'EUR', 'en'],
    ['1,999', 'KWD', 'en'],
    ['1.999', 'KWD', 'de'],
    ['5.0', 'JPY', 'en'],
    ['-1', 'EUR', 'en'],
    ['1e3', 'EUR', 'en'],
    ['', 'EUR', 'en'],
    ['.5', 'EUR', 'en'],
    ['5.', 'EUR', 'en'],
    ['€5', 'EUR', 'en'],
    ['٥', 'EUR', 'en'],
    ['90071992547409.92', 'EUR', 'en'],
  ])('%j in %s, %s, is none', (text, currency, locale) => expect(minorUnits(text, currency, locale)).toBeUndefined())
})

describe('an amount to be edited', () => {
  it.each([
    [1999, 'EUR', 'en', '19.99'],
    [1999, 'EUR', 'de', '19,99'],
    [5, 'EUR', 'en', '0.05'],
    [0, 'EUR', 'en', '0.00'],
    [500, 'JPY', 'de', '500'],
    [1, 'KWD', 'en', '0.001'],
    [Number.MAX_SAFE_INTEGER, 'EUR', 'en', '90071992547409.91'],
  ])('%i %s in %s is %s, and is read back', (amount, currency, locale, text) => {
    expect(majorUnits(amount, currency, locale)).toBe(text)
    expect(minorUnits(text, currency, locale)).toBe(amount)
  })

  it('has an example in the language', () => expect([exampleOf('EUR', 'en'), exampleOf('EUR', 'de')]).toEqual(['19.99', '19,99']))
})
