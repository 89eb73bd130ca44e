import type { Id } from '../core/ids.ts'
import { isLive, type Order, unitOf } from '../core/order.ts'
import { type Sale, termsOf } from '../core/sale.ts'
import type { ItemTally, MoneyTally, NewSale, SaleChange, SaleChanged, Sales, SaleTally } from './books.ts'
import type { MemoryItem, MemoryRecord, MemorySale } from './memory-record.ts'

type Refusal = Exclude<SaleChanged, { kind: 'changed' }>

/** The record of sales as an executable specification: each method checks first and changes after, so it is all or nothing. */
export class MemorySales implements Sales {
  readonly #record: MemoryRecord
  readonly #now: () => number

  constructor(record: MemoryRecord, now: () => number) {
    this.#record = record
    this.#now = now
  }

  async create({ items, ...sale }: NewSale): Promise<SaleChanged> {
    const refusal = items.map((item) => this.#lacks(item.productId, item.quantity)).find(Boolean)
    if (refusal) return refusal
    for (const { productId, quantity } of items) this.#restock(productId, -quantity)
    const made: MemorySale = {
      ...sale,
      epoch: 1,
      pausedByOperator: false,
      pausedForRecovery: false,
      createdAt: this.#now(),
      startToldAt: null,
      settledAt: null,
      taken: new Map(),
      items: items.map(({ quantity, ...item }) => ({
        ...item,
        allotment: quantity,
        available: quantity,
        held: 0,
        sold: 0,
        returned: 0,
      })),
    }
    this.#record.sales.set(sale.id, made)
    return { kind: 'changed', sale: this.#view(made) }
  }

  async change(saleId: Id, { items = [], ...change }: SaleChange): Promise<SaleChanged> {
    const sale = this.#record.sales.get(saleId)
    if (!sale) return { kind: 'not-found' }
    if (this.#now() >= sale.endTime) return { kind: 'conflict', because: 'the sale has ended' }
    const most = Math.max(0, ...sale.taken.values())
    if (change.limit !== undefined && most > change.limit) return { kind: 'conflict', because: `a buyer has ${most} units` }
    const refusal = items.map(({ productId, quantity }) => this.#resists(sale, productId, quantity)).find(Boolean)
    if (refusal) return refusal
    for (const { productId, quantity } of items) {
      const item = sale.items.find((one) => one.productId === productId) as MemoryItem
      this.#restock(productId, item.allotment - quantity)
      item.available += quantity - item.allotment
      item.allotment = quantity
    }
    for (const [name, value] of Object.entries(change)) if (value !== undefined) Object.assign(sale, { [name]: value })
    return { kind: 'changed', sale: this.#view(sale) }
  }

  /** Why ordinary stock cannot give so many. */
  #lacks(productId: Id, quantity: number): Refusal | undefined {
    const product = this.#record.products.get(productId)
    if (!product) return { kind: 'no-such-product', productId }
    const { stock } = product
    return stock !== null && stock < quantity ? { kind: 'not-enough-stock', productId, stock } : undefined
  }

  /** Why the item cannot have this allotment. */
  #resists(sale: MemorySale, productId: Id, allotment: number): Refusal | undefined {
    const item = sale.items.find((one) => one.productId === productId)
    if (!item) return { kind: 'no-such-product', productId }
    if (allotment > item.allotment) return this.#lacks(productId, allotment - item.allotment)
    if (allotment >= item.held + item.sold) return undefined
    return { kind: 'conflict', because: `${item.held + item.sold} units are held or sold` }
  }

  #restock(productId: Id, units: number): void {
    const product = this.#record.products.get(productId)
    if (product && product.stock !== null) product.stock += units
  }

  /** What is left, when the sale is over. */
  #giveBack(item: MemoryItem): void {
    this.#restock(item.productId, item.available)
    item.returned += item.available
    item.available = 0
  }

  async sale(id: Id): Promise<Sale | null> {
    const sale = this.#record.sales.get(id)
    return sale ? this.#view(sale) : null
  }

  async current(endedAfter = Number.MAX_SAFE_INTEGER): Promise<Sale[]> {
    return [...this.#record.sales.values()]
      .filter((sale) => sale.settledAt === null || sale.endTime > endedAfter)
      .sort((a, b) => a.startTime - b.startTime || (a.id < b.id ? -1 : 1))
      .map((sale) => this.#view(sale))
  }

  async list(limit: number, after: Id | undefined): Promise<Sale[]> {
    return [...this.#record.sales.values()]
      .filter((sale) => !after || sale.id < after)
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit)
      .map((sale) => this.#view(sale))
  }

  async announceStart(saleId: Id): Promise<boolean> {
    const now = this.#now()
    const sale = this.#record.sales.get(saleId)
    if (!sale || sale.startToldAt !== null || now < sale.startTime || now >= sale.endTime) return false
    sale.startToldAt = now
    this.#record.tell('sale-started', saleId, now)
    return true
  }

  async settleEnd(saleId: Id): Promise<boolean> {
    const now = this.#now()
    const sale = this.#record.sales.get(saleId)
    if (!sale || sale.settledAt !== null || sale.pausedForRecovery || now < sale.endTime) return false
    if (sale.items.some((item) => item.held > 0)) return false
    sale.settledAt = now
    if (sale.incarnation !== null) sale.epoch++
    for (const item of sale.items) this.#giveBack(item)
    this.#record.tell('sale-ended', saleId, now)
    return true
  }

  async raiseEpoch(saleId: Id, epoch: number, incarnation: string | null): Promise<boolean> {
    const sale = this.#record.sales.get(saleId)
    if (sale?.epoch !== epoch || sale.settledAt !== null) return false
    Object.assign(sale, { epoch: epoch + 1, incarnation, pausedForRecovery: true })
    return true
  }

  async clearRecovery(saleId: Id, epoch: number): Promise<boolean> {
    const sale = this.#record.sales.get(saleId)
    if (sale?.epoch !== epoch) return false
    sale.pausedForRecovery = false
    return true
  }

  async tally(saleId: Id): Promise<SaleTally | null> {
    const sale = this.#record.sales.get(saleId)
    if (!sale) return null
    const orders = [...this.#record.orders.values()].filter((order) => order.saleId === saleId)
    const items = sale.items.map(({ price, currency, ...item }): ItemTally => {
      const own = orders.filter((order) => order.productId === item.productId)
      const units = (state: string) => unitsOf(own.filter((order) => unitOf(order) === state))
      return { ...item, heldByOrders: units('held'), soldByOrders: units('sold') }
    })
    const wrong = [...sale.taken].filter(
      ([buyerId, taken]) =>
        taken > sale.limit || taken !== unitsOf(orders.filter((order) => order.buyerId === buyerId && isLive(order))),
    )
    return {
      terms: termsOf(sale),
      items: items.sort((a, b) => (a.productId < b.productId ? -1 : 1)),
      taken: [...sale.taken.values()].reduce((sum, units) => sum + units, 0),
      buyersWrong: wrong.length,
    }
  }

  async recount(saleId: Id): Promise<boolean> {
    const sale = this.#record.sales.get(saleId)
    const tally = await this.tally(saleId)
    if (!sale || !tally) return false
    const counted = tally.items.map(({ productId, allotment, returned, heldByOrders: held, soldByOrders: sold }) => ({
      item: sale.items.find((item) => item.productId === productId) as MemoryItem,
      counts: { available: allotment - returned - held - sold, held, sold },
    }))
    if (counted.some(({ counts }) => counts.available < 0)) return false
    let wasWrong = false
    for (const { item, counts } of counted) {
      wasWrong ||= item.available !== counts.available || item.held !== counts.held || item.sold !== counts.sold
      Object.assign(item, counts)
      if (sale.settledAt !== null) this.#giveBack(item)
    }
    const live = [...this.#record.orders.values()].filter((order) => order.saleId === saleId && isLive(order))
    for (const buyerId of new Set([...sale.taken.keys(), ...live.map((order) => order.buyerId)])) {
      const units = unitsOf(live.filter((order) => order.buyerId === buyerId))
      wasWrong ||= (sale.taken.get(buyerId) ?? 0) !== units
      sale.taken.set(buyerId, units)
    }
    return wasWrong
  }

  async moneyTally(stuckMs: number): Promise<MoneyTally> {
    const stuckBefore = this.#now() - stuckMs
    const { journal, wallets } = this.#record
    const orders = [...this.#record.orders.values()]
    const sumOf = (rows: { amount: number }[]) => rows.reduce((sum, row) => sum + row.amount, 0)
    const earned = (entry: string) => journal.find((row) => row.account === 'sales' && row.entry === entry)?.amount
    const attempts = [...this.#record.attempts.values()].flat().map((one) => one.attempt)
    const amountIn = (...states: string[]) => sumOf(attempts.filter((attempt) => states.includes(attempt.state)))
    const stands = (order: Order): boolean => {
      const due = order.price * order.quantity
      const paid = earned(`payment:${order.orderId}`)
      if (order.state === 'COMPLETED') {
        const isCaptured = attempts.some((one) => one.orderId === order.orderId && one.state === 'CAPTURED' && one.amount === due)
        return paid === due && (order.method === 'credit' || isCaptured)
      }
      const isRefund = order.state === 'REFUND_DUE' || order.state === 'REFUNDED'
      if (isRefund && paid !== undefined) return paid === due && earned(`reversal:${order.orderId}`) === -due
      return paid === undefined
    }
    const belongs = ({ entry, orderId }: { entry: string; orderId: Id | null }): boolean => {
      const order = orders.find((one) => one.orderId === orderId)
      if (entry === `reversal:${order?.orderId}`) return order?.state === 'REFUND_DUE' || order?.state === 'REFUNDED'
      return entry === `payment:${order?.orderId}`
    }
    return {
      entriesWrong: [...Map.groupBy(journal, (row) => row.entry).values()].filter((rows) => sumOf(rows) !== 0).length,
      walletsWrong: [...wallets].filter(
        ([id, { balance }]) => balance !== sumOf(journal.filter((row) => row.account === `wallet:${id}`)),
      ).length,
      paymentsWrong:
        orders.filter((order) => !stands(order)).length +
        journal.filter((row) => row.account === 'sales' && !belongs(row)).length,
      captured: {
        byJournal: 0 - sumOf(journal.filter((row) => row.account === 'gateway')),
        byAttempts: amountIn('CAPTURED', 'REFUND_DUE'),
      },
      owed: {
        byJournal: sumOf(journal.filter((row) => row.account === 'refunds')),
        byAttempts: amountIn('REFUND_DUE'),
      },
      ordersStuck: orders.filter((order) => unitOf(order) === 'held' && order.createdAt < stuckBefore).length,
    }
  }

  async removeDrill(drillId: Id): Promise<void> {
    const record = this.#record
    const isGone = (saleId: Id) => record.sales.get(saleId)?.drillId === drillId
    const orders = new Set([...record.orders.values()].filter((order) => isGone(order.saleId)).map((order) => order.orderId))
    const accounts = new Set([...record.wallets].filter(([, one]) => one.drillId === drillId).map(([id]) => `wallet:${id}`))
    const entries = new Set(record.journal.filter((row) => accounts.has(row.account)).map((row) => row.entry))
    record.journal = record.journal.filter((row) => !entries.has(row.entry) && !orders.has(row.orderId ?? ''))
    for (const account of accounts) record.wallets.delete(account.slice('wallet:'.length))
    for (const [id, { row }] of record.outbox) if (orders.has(row.refId)) record.outbox.delete(id)
    for (const id of orders) {
      record.attempts.delete(id)
      record.orders.delete(id)
      record.history.delete(id)
    }
    for (const id of record.sales.keys()) if (isGone(id)) record.sales.delete(id)
  }

  #view(sale: MemorySale): Sale {
    return {
      ...termsOf(sale),
      name: sale.name,
      banner: sale.banner,
      createdAt: sale.createdAt,
      settledAt: sale.settledAt,
      drillId: sale.drillId,
      items: sale.items.map(({ productId, allotment, price, currency }) => {
        const product = this.#record.products.get(productId)
        return {
          productId,
          allotment,
          price,
          currency,
          name: product?.name ?? '',
          image: product?.image ?? null,
          listPrice: product?.price ?? price,
        }
      }),
    }
  }
}

const unitsOf = (orders: Order[]): number => orders.reduce((units, order) => units + order.quantity, 0)
