import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { currencyDigits, minorUnits, money } from './money.ts'

suite('decimal text becomes minor units', () => {
  const read = [
    ['19.99', 'EUR', 1999],
    ['19.9', 'EUR', 1990],
    ['19', 'EUR', 1900],
    ['0.07', 'EUR', 7],
    ['0', 'EUR', 0],
    [' 5 ', 'EUR', 500],
    ['19.990', 'EUR', 1999],
    ['19.900', 'EUR', 1990],
    ['19.000', 'EUR', 1900],
    ['500', 'JPY', 500],
    ['500.00', 'JPY', 500],
    ['1.234', 'KWD', 1234],
    ['9007199254740.991', 'KWD', Number.MAX_SAFE_INTEGER],
    ['9999999999999', 'EUR', 999_999_999_999_900],
  ] as const
  for (const [text, currency, amount] of read) {
    test(`"${text}" ${currency}`, () => assert.equal(minorUnits(text, currency), amount))
  }
})

suite('what is not an amount of the currency is none', () => {
  const refused = [
    ['', 'EUR'],
    ['-1', 'EUR'],
    ['+1', 'EUR'],
    ['1,99', 'EUR'],
    ['1e3', 'EUR'],
    ['.5', 'EUR'],
    ['5.', 'EUR'],
    ['1.2.3', 'EUR'],
    ['a1', 'EUR'],
    ['1 000', 'EUR'],
    ['19.991', 'EUR'],
    ['19.001', 'EUR'],
    ['1.0000', 'EUR'],
    ['500.5', 'JPY'],
    ['10000000000000', 'EUR'],
    ['9007199254740.992', 'KWD'],
  ] as const
  for (const [text, currency] of refused) {
    test(`"${text}" ${currency}`, () => assert.equal(minorUnits(text, currency), undefined))
  }
})

test('a currency has its own number of digits, and an amount its currency', () => {
  assert.deepEqual(['EUR', 'JPY', 'KWD'].map(currencyDigits), [2, 0, 3])
  assert.deepEqual(money(1999, 'EUR'), { amount: 1999, currency: 'EUR' })
})
