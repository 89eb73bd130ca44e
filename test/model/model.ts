export const HOLD_TTL_MS = 600_000
const SHOWN_AFTER_END_MS = 3600_000

export type Item = { product: number; allotment: number; price: number }
export type Sale = {
  start: number
  end: number
  limit: number
  isPaused: boolean
  items: Item[]
  isSettled: boolean
  isGone: boolean
}
export type Ask = { sale: number; buyer: number; product: number; quantity: number; key: string }
export type Order = Ask & { state: string; reason: string | null; due: number; at: number }
/** A word, and what is said besides. */
export type Said = [string, Record<string, unknown>?]

export const HELD = ['RESERVATION_PENDING', 'PAYMENT_PENDING']
export const SOLD = ['COMPLETED']
const LIVE = [...HELD, ...SOLD]

/** The shop as buyers see it, without stores, batches, ids and failures: the reference. Everything goes by its number. */
export class Model {
  now = 0
  sales: Sale[] = []
  orders: Order[] = []
  balances: number[] = []
  /** Ordinary stock; infinite where it is not counted. */
  stock: number[] = []

  units(of: Partial<Ask>, states = LIVE): number {
    const counted = this.orders.filter((order) => matches(order, of) && states.includes(order.state))
    return counted.reduce((sum, order) => sum + order.quantity, 0)
  }

  left(sale: number, { allotment, product }: Item): number {
    return allotment - this.units({ sale, product })
  }

  purchase({ sale: n, buyer, product, quantity, key }: Ask): Said {
    const sale = this.sales[n]
    const item = sale?.items.find((one) => one.product === product)
    if (!sale || !item || sale.isGone) return ['not-found']
    const known = this.orders.findIndex((order) => matches(order, { sale: n, buyer, key }))
    const { state } = this.orders[known] ?? {}
    if (state && !matches(this.orders[known], { product, quantity })) return ['key-reused']
    if (state) return ['accepted', { order: known, state, isReplay: true }]
    if (this.now >= sale.end) return ['ended']
    if (sale.isPaused) return ['paused']
    if (this.now < sale.start) return ['not-started', { start: sale.start }]
    const own = this.orders.findLastIndex((order) => matches(order, { sale: n, buyer }) && LIVE.includes(order.state))
    if (this.units({ sale: n, buyer }) + quantity > sale.limit) return ['limit-reached', { limit: sale.limit, order: own }]
    if (this.left(n, item) < quantity) return ['sold-out', { remaining: this.left(n, item) }]
    const held = { state: 'RESERVATION_PENDING', reason: null, due: item.price * quantity, at: this.now }
    const order = this.orders.push({ sale: n, buyer, product, quantity, key, ...held }) - 1
    return ['accepted', { order, state: held.state, isReplay: false }]
  }

  settle(): void {
    for (const order of this.orders.filter(({ state }) => state === 'RESERVATION_PENDING')) {
      const balance = (this.balances[order.buyer] ?? 0) - order.due
      Object.assign(order, balance < 0 ? { state: 'FAILED', reason: 'not-enough-credit' } : { state: 'COMPLETED' })
      if (balance >= 0) this.balances[order.buyer] = balance
    }
  }

  /** Time passes; then those have their turn who watch it. */
  pass(ms: number): void {
    this.now += ms
    for (const order of this.orders.filter(({ state, at }) => state === 'PAYMENT_PENDING' && at + HOLD_TTL_MS <= this.now))
      Object.assign(order, { state: 'EXPIRED', reason: 'hold-expired' })
    for (const [n, sale] of this.sales.entries()) {
      if (this.now >= sale.end && !sale.isSettled && this.units({ sale: n }, HELD) === 0) {
        sale.isSettled = true
        for (const item of sale.items) this.stock[item.product] = (this.stock[item.product] ?? 0) + this.left(n, item)
      }
      sale.isGone ||= sale.isSettled && sale.end <= this.now - SHOWN_AFTER_END_MS
    }
  }
}

function matches(order: Order | undefined, of: Partial<Order>): boolean {
  return Object.entries(of).every(([name, value]) => order?.[name as keyof Order] === value)
}
