import { currencyDigits } from '../core/money.ts'
import { type OrderState, orderStates } from '../core/order.ts'

export type DrillSettings = {
  buyers: number
  units: number
  /** Share of the buyers who cannot pay, 0 to 1. */
  noCredit: number
  /** Requests that each buyer sends at once. */
  parallel: number
  /** All arrive within so many milliseconds. */
  overMs: number
  /** Sale pages that are open beside the crowd. */
  watchers: number
  /** Share of the buyers who pay by card, 0 to 1. */
  card: number
  /** Null: the gateway does what it did before. */
  gateway: GatewayMood | null
}

/** `chaos`: every fault of the demo gateway in a tenth of the cases. */
export type GatewayMood = 'chaos' | 'calm'

/** Whether the buyer at this index is of a share that is spread evenly among all: floor(buyers * share) of them, as the shop
 *  spreads those who cannot pay. */
export function isOfShare(index: number, share: number): boolean {
  return Math.floor((index + 1) * share) > Math.floor(index * share)
}

/** What became of the orders by card. Amounts in minor units of `currency`. */
export type Cards = {
  price: { amount: number; currency: string }
  orders: number
  completed: number
  expired: number
  failed: number
  /** Taken when the order had ended, and given back. */
  refunded: number
  /** Cards that were tried, and those of them that were declined. */
  attempts: number
  declined: number
  /** Buyers who left the gateway's page for good. */
  left: number
  /** Buyers none of whose orders was completed. */
  unpaid: number
  /** Taken and not given back during the rehearsal: by the shop's journal, and by the gateway's own books. */
  journal: number
  gateway: number
  /** Taken, to be given back, and not given back yet. */
  owed: number
}

export type ItemCount = { allotment: number; remaining: number; held: number; sold: number }

/** What the open pages saw since the opening. */
export type Watched = {
  wanted: number
  /** Open at the opening: shown the stock and not lost since. */
  open: number
  /** Connections that ended before the rehearsal did; their pages came back. */
  dropped: number
  /** Told to all of them together. */
  frames: number
  /** At each index, how many frames of stock were read so many milliseconds after the shop made them. */
  lags: number[]
  polls: number
  /** Without an answer, or with another than 200. */
  failedPolls: number
}

/** What was seen. Times are milliseconds from the opening. */
export type Result = {
  settings: DrillSettings
  url: string
  machine: string
  /** Milliseconds since 1970. */
  startedAt: number
  /** When each request was due, whether or not an earlier one had been answered. */
  arrivals: number[]
  /** `latency` counts from when the request was due: a crowd that is kept waiting does not look faster for it. */
  answers: { at: number; latency: number; word: string; status: number }[]
  /** Connections that ended without an answer, and those that were not taken. */
  lost: number
  refused: number
  gaveUp: number
  stock: { at: number; remaining: number }[]
  /** Distinct orders answered 202, by the state they ended in; `unknown`: the shop does not know them. */
  told: Partial<Record<OrderState | 'unknown', number>>
  /** Buyers with more than one order that was not released. */
  twice: number
  item: ItemCount
  auditFailures: string[]
  settledAt: number
  /** Null: nobody paid by card. */
  cards: Cards | null
  /** Null: there were none. */
  watched: Watched | null
  /** Milliseconds of processor that the shop's process took from the opening until all was settled; null: it does not say. */
  shopCpuMs: number | null
}

/** `currency`: both sides are amounts in its minor units. */
export type Equation = { says: string; left: number; right: number; currency?: string }

export const holds = ({ left, right }: Equation): boolean => left === right

/** What must be true whatever happened; PROTOCOL's equations as a buyer and an operator can check them from outside. */
export function equations(result: Result): Equation[] {
  const { settings, told, item } = result
  const count = (...states: OrderState[]) => states.reduce((sum, state) => sum + (told[state] ?? 0), 0)
  const yes = Object.values(told).reduce((sum, orders) => sum + orders, 0)
  const ended = count('COMPLETED', 'FAILED', 'EXPIRED', 'CANCELLED', 'REFUND_DUE', 'REFUNDED')
  const unavailable = result.answers.filter(({ status }) => status >= 500 && status !== 503).length
  return [
    { says: 'told yes = completed + failed + expired + cancelled + refunded', left: yes, right: ended },
    { says: 'allotment = left + held + sold', left: item.allotment, right: item.remaining + item.held + item.sold },
    { says: 'sold = told yes and completed', left: item.sold, right: count('COMPLETED') },
    { says: 'sold = all that could be sold', left: item.sold, right: Math.min(settings.units, ableToPay(result)) },
    { says: 'buyers with two orders = 0', left: result.twice, right: 0 },
    { says: 'answers 5xx other than 503 = 0', left: unavailable, right: 0 },
    { says: 'refused connections = 0', left: result.refused, right: 0 },
    { says: 'requests never answered = 0', left: result.gaveUp, right: 0 },
    { says: 'equations of the audit that fail = 0', left: result.auditFailures.length, right: 0 },
    ...(result.cards ? moneyEquations(result.cards) : []),
  ]
}

function moneyEquations({ price: { amount, currency }, completed, journal, gateway, owed }: Cards): Equation[] {
  const right = completed * amount
  return [
    { says: 'taken by card - given back = price of what was sold by card, in our books', left: journal, right, currency },
    { says: 'taken by card - given back = price of what was sold by card, at the gateway', left: gateway, right, currency },
    { says: 'owed to buyers by card = 0', left: owed, right: 0, currency },
  ]
}

/** Who left the gateway's page, or had every card declined, wanted no unit in the end. */
function ableToPay({ settings: { buyers, noCredit, card }, cards }: Result): number {
  let able = 0
  for (let i = 0; i < buyers; i++) if (isOfShare(i, card) || !isOfShare(i, noCredit)) able++
  return able - (cards?.unpaid ?? 0)
}

/** In one line, the answer first. */
export function verdict(result: Result): string {
  const failed = equations(result).filter((equation) => !holds(equation)).length
  const { item, told } = result
  const lost = orderStates.reduce(
    (orders, state) => (unfinished(state) ? orders + (told[state] ?? 0) : orders),
    told.unknown ?? 0,
  )
  const exact = failed === 0 ? 'exact' : 'NOT exact'
  const balance = failed === 0 ? 'balanced' : `${failed} ${failed === 1 ? 'equation fails' : 'equations fail'}`
  return `${exact}: ${number(item.sold)} of ${number(item.allotment)} sold, ${number(lost)} lost, ${balance}`
}

const unfinished = (state: OrderState): boolean => state === 'RESERVATION_PENDING' || state === 'PAYMENT_PENDING'

const percentiles = [50, 90, 95, 99, 100] as const

/** Nearest rank; the hundredth is the maximum. NaN of nothing. */
export function latencies(values: number[]): { percentile: number; ms: number }[] {
  const sorted = values.toSorted((a, b) => a - b)
  return percentiles.map((percentile) => ({ percentile, ms: sorted[Math.ceil((percentile / 100) * sorted.length) - 1] ?? NaN }))
}

/** Nearest rank of the lags of stock, milliseconds. NaN of nothing. */
export function lagOf({ lags }: Watched, percentile: number): number {
  const all = lags.reduce((sum, count) => sum + count, 0)
  let before = 0
  for (const [ms, count = 0] of lags.entries()) {
    before += count
    if (before > 0 && before >= (percentile / 100) * all) return ms
  }
  return NaN
}

/** How often each word was answered, most frequent first. */
export function wordCounts(result: Result): [word: string, count: number][] {
  const counts = new Map<string, number>()
  for (const { word } of result.answers) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}

/** Both sides of an equation, as people read them. */
export function sides({ left, right, currency }: Equation): [string, string] {
  if (currency === undefined) return [number(left), number(right)]
  return [amountText(left, currency), amountText(right, currency)]
}

function amountText(minor: number, currency: string): string {
  const digits = currencyDigits(currency)
  const whole = (minor / 10 ** digits).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${whole} ${currency}`
}

export const number = (value: number): string => value.toLocaleString('en')
export const milliseconds = (value: number): string => (Number.isNaN(value) ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`)
