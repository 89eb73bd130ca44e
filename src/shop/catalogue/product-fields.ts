import { minorUnits } from '../../core/money.ts'
import { type Changes, type ProductKind, productKinds } from './catalogue.ts'

/** What a row of a file, or a request's body, says of a product before it is believed. Absent: nothing; null: empty. */
export type Fields = { [F in Exclude<keyof Changes, 'price'>]?: unknown } & {
  /** Decimal text in `currency` (`19.99`), or money in minor units (`{amount, currency}`). */
  price?: unknown
}
/** One product of a file, or why that line cannot be one. */
export type Row = { line: number; fields: Fields } | { line: number; reason: string }
export type Problem = { field: string; message: string }
export type ReadFields = (fields: Fields) => { changes: Changes; problems: Problem[] }

class Refusal {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const MAX_HTML = 65_536
/** MySQL's `text` ends at 65,535 bytes; a character has up to four. */
const MAX_DESCRIPTION = 16_000

/** `shopCurrency` is that of a price that names none. */
export async function fieldReader(shopCurrency: string): Promise<ReadFields> {
  const { clean } = await import('./clean.ts')
  return (fields) => {
    const problems: Problem[] = []
    function take<T>(field: keyof Fields, check: (value: unknown) => T | Refusal): T | undefined {
      const value = fields[field]
      if (value === undefined) return undefined
      const checked = check(value)
      if (!(checked instanceof Refusal)) return checked
      problems.push({ field, message: checked.message })
      return undefined
    }
    const currency = take('currency', (value) => (value === null ? shopCurrency : currencyOf(value)))
    const money = take('price', (value) => priceOf(value, currency, shopCurrency))
    const changes: Changes = {
      handle: take('handle', (value) => textOf(value, 200)),
      name: take('name', (value) => textOf(value, 200) ?? new Refusal('is missing')),
      description: take('description', (value) => descriptionOf(value, clean)),
      price: money?.amount,
      currency: money?.currency,
      category: take('category', (value) => textOf(value, 100)),
      kind: take('kind', kindOf),
      image: take('image', imageOf),
      stock: take('stock', stockOf),
      attributes: take('attributes', attributesOf),
    }
    return { changes, problems }
  }
}

/** One line of plain text; null when nothing is left of it. */
function textOf(value: unknown, most: number): string | null | Refusal {
  if (value === null) return null
  if (typeof value !== 'string') return new Refusal('must be text')
  const line = value.replace(/\s+/g, ' ').trim()
  if (line.length > most) return new Refusal(`is longer than ${most} characters`)
  if (!isStorable(line)) return new Refusal('holds characters that are not text')
  return line === '' ? null : line
}

function descriptionOf(value: unknown, clean: (html: string) => string): string | Refusal {
  if (value === null) return ''
  if (typeof value !== 'string') return new Refusal('must be text')
  if (value.length > MAX_HTML) return new Refusal(`is longer than ${MAX_HTML} characters`)
  if (!isStorable(value)) return new Refusal('holds characters that are not text')
  const cleaned = clean(value)
  return cleaned.length > MAX_DESCRIPTION ? new Refusal(`is longer than ${MAX_DESCRIPTION} characters once cleaned`) : cleaned
}

/** PostgreSQL refuses NUL, and half a surrogate pair is read back as another character. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(text)
}

const currencies = new Set(Intl.supportedValuesOf('currency'))

function currencyOf(value: unknown): string | Refusal {
  const known = typeof value === 'string' && currencies.has(value)
  return known ? value : new Refusal('must be the three capital letters of a currency, such as EUR')
}

type Money = { amount: number; currency: string }

/** A bare number is refused: whether 1999 means euros or cents would be a guess. */
function priceOf(value: unknown, currency: string | undefined, shopCurrency: string): Money | Refusal {
  if (value === null) return new Refusal('is missing')
  if (typeof value === 'string') {
    const unit = currency ?? shopCurrency
    const amount = minorUnits(value, unit)
    return amount === undefined ? new Refusal(`"${value.slice(0, 40)}" is not an amount of ${unit}`) : { amount, currency: unit }
  }
  if (typeof value !== 'object') return new Refusal('must be decimal text such as "19.99" or {"amount", "currency"}')
  const { amount, currency: own, ...rest } = value as Record<string, unknown>
  if (!Number.isSafeInteger(amount) || (amount as number) < 0 || Object.keys(rest).length > 0) {
    return new Refusal('must have an integer "amount" in minor units from 0 on, a "currency", and nothing else')
  }
  const named = currencyOf(own)
  if (named instanceof Refusal) return named
  if (currency !== undefined && currency !== named) return new Refusal('is in another currency than "currency" says')
  return { amount: amount as number, currency: named }
}

function kindOf(value: unknown): ProductKind | Refusal {
  if (value === null) return 'product'
  return productKinds.find((kind) => kind === value) ?? new Refusal(`must be ${productKinds.join(' or ')}`)
}

const OWN_IMAGE = /^\/images\/[\w-]+(?:[./][\w-]+)*$/

/** A link is kept, never followed: a server that fetches what a file names can be sent into its own network. */
function imageOf(value: unknown): string | null | Refusal {
  const address = typeof value === 'string' ? value.trim() : value
  if (address === null || address === '') return null
  if (typeof address === 'string' && address.length <= 2000) {
    if (OWN_IMAGE.test(address)) return address
    const url = URL.parse(address)
    if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.href
  }
  return new Refusal('must be an address that begins with https:// or http://, or a path below /images/')
}

function stockOf(value: unknown): number | null | Refusal {
  if (value === null) return null
  const counted = Number.isSafeInteger(value) && (value as number) >= 0
  return counted ? (value as number) : new Refusal('must be a whole number from 0 on, or empty when it is not counted')
}

function attributesOf(value: unknown): Record<string, string> | Refusal {
  const attributes: Record<string, string> = {}
  for (const [key, text] of Object.entries(value as Record<string, string>)) {
    const name = textOf(key, 100)
    const worth = textOf(text, 200)
    if (name instanceof Refusal || worth instanceof Refusal) return new Refusal('are too long or hold what is not text')
    if (name === '__proto__') return new Refusal('may not be called __proto__')
    if (name !== null && worth !== null) attributes[name] = worth
  }
  return attributes
}
