import { currencyDigits } from '../format.ts'

/**
 * What was typed in major units (`19.99`, in German `19,99`) as minor units; `undefined` for all that is not plainly an amount of
 * this currency. Works on the text: `19.99 * 100` is not 1999 in binary floating point. Either mark is a decimal one, as the
 * keyboard of a phone may not have the page's; with three digits behind it the other language's would be a thousand.
 */
export function minorUnits(text: string, currency: string, locale: string): number | undefined {
  const match = /^(\d{1,15})(?:([.,])(\d+))?$/.exec(text.trim())
  if (!match) return undefined
  const [, whole = '', mark, fraction = ''] = match
  const digits = currencyDigits(currency)
  if (fraction.length > digits) return undefined
  if (mark !== undefined && mark !== decimalMark(locale) && fraction.length === 3) return undefined
  const amount = Number(`${whole}${fraction.padEnd(digits, '0')}`)
  return Number.isSafeInteger(amount) ? amount : undefined
}

/** The text that `minorUnits` reads back as the same amount, with all digits of the currency. */
export function majorUnits(amount: number, currency: string, locale: string): string {
  const digits = currencyDigits(currency)
  const all = String(amount).padStart(digits + 1, '0')
  return digits === 0 ? all : `${all.slice(0, -digits)}${decimalMark(locale)}${all.slice(-digits)}`
}

/** How an amount is written here, for those who wrote it otherwise. */
export const exampleOf = (currency: string, locale: string): string => majorUnits(1999, currency, locale)

function decimalMark(locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(1.5)
  return parts.find(({ type }) => type === 'decimal')?.value ?? '.'
}
