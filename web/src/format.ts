import { useI18n } from 'vue-i18n'

export type Money = { amount: number; currency: string }

/** ISO 4217 by way of Intl: EUR 2, JPY 0, KWD 3. */
export const currencyDigits = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

/** Money, times and numbers in the visitor's language. */
export function useFormat() {
  const { locale } = useI18n()
  return {
    /** Whole amounts without the cents: €20, but €19.99. */
    money({ amount, currency }: Money): string {
      const fraction = currencyDigits(currency)
      const minimumFractionDigits = amount % 10 ** fraction === 0 ? 0 : fraction
      // As a text with an exponent: a division loses the cents of very large sums.
      const exact = `${amount}e-${fraction}` as Intl.StringNumericLiteral
      return new Intl.NumberFormat(locale.value, { style: 'currency', currency, minimumFractionDigits }).format(exact)
    },
    /** What is saved, in per cent and rounded down; nothing where nothing is. */
    saving(before: Money, after: Money): string | undefined {
      const share = 1 - after.amount / before.amount
      if (!(share >= 0.01)) return undefined
      return new Intl.NumberFormat(locale.value, { style: 'percent' }).format(-Math.floor(share * 100) / 100)
    },
    number: (value: number): string => new Intl.NumberFormat(locale.value).format(value),
    moment: (time: string | number): string =>
      new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time)),
    instant: (time: string | number): string =>
      new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(time)),
    /** To the minute, rounded down: until then at least. */
    until: (time: string | number): string =>
      new Intl.DateTimeFormat(locale.value, { timeStyle: 'short' }).format(new Date(time)),
    clock: (time: string | number): string =>
      new Intl.DateTimeFormat(locale.value, { timeStyle: 'medium' }).format(new Date(time)),
  }
}

/** `2 d 03:04:05`, `03:04:05` or `04:05`: rounded up, so that nothing says 00:00 while it is not yet so. */
export function span(ms: number): { days: number; clock: string } {
  const all = Math.max(0, Math.ceil(ms / 1000))
  const days = Math.floor(all / 86_400)
  const hours = Math.floor(all / 3600) % 24
  const two = (value: number) => String(value).padStart(2, '0')
  const clock = `${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`
  return { days, clock: days > 0 || hours > 0 ? `${two(hours)}:${clock}` : clock }
}
