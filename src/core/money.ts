/** An amount in the minor units of its currency (cents, yen, fils): an integer up to 2^53-1, never a float. */
export type Money = { amount: number; currency: string }

export function money(amount: number, currency: string): Money {
  return { amount, currency }
}

/**
 * Decimal text, as shops export it (`19.99`), to minor units. `undefined` for anything that is not a plain decimal, has more
 * digits than the currency, or is too large. Works on text: `19.99 * 100` is not 1999 in binary floating point.
 */
export function minorUnits(text: string, currency: string): number | undefined {
  const match = /^(\d{1,13})(?:\.(\d{1,3}))?$/.exec(text.trim())
  if (!match) return undefined
  const digits = currencyDigits(currency)
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > digits) return undefined
  const amount = Number(`${match[1]}${fraction.padEnd(digits, '0')}`)
  return Number.isSafeInteger(amount) ? amount : undefined
}

/** ISO 4217 by way of Intl: EUR 2, JPY 0, KWD 3. */
export function currencyDigits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits as number
}
