import type { Attempt } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import type { Order, OrderState } from '../core/order.ts'
import type { GatewayEvent } from '../core/payment.ts'
import type { SaleTerms } from '../core/sale.ts'
import type { Happening, OutboxRow } from './books.ts'

export type MemoryProduct = {
  id: Id
  name: string
  image: string | null
  price: number
  kind: 'product' | 'coupon'
  /** `null`: not counted. */
  stock: number | null
}

export type MemoryItem = {
  productId: Id
  allotment: number
  available: number
  held: number
  sold: number
  returned: number
  price: number
  currency: string
}

export type MemorySale = SaleTerms & {
  name: string
  banner: string | null
  createdAt: number
  startToldAt: number | null
  settledAt: number | null
  drillId: Id | null
  items: MemoryItem[]
  /** Units of each buyer's live orders. */
  taken: Map<Id, number>
}

export type MemoryLetter = {
  event: GatewayEvent
  status: 'waiting' | 'applied' | 'quarantined' | 'dismissed'
  because: string
  receivedAt: number
  dueAt: number
}

/** What is in the books, held in memory: `MemoryBooks`, `MemoryOutbox`, `MemorySales` and the rest are views of one record. */
export class MemoryRecord {
  readonly products = new Map<Id, MemoryProduct>()
  readonly wallets = new Map<Id, { balance: number; currency: string; drillId: Id | null }>()
  journal: { entry: string; account: string; amount: number; orderId: Id | null }[] = []
  readonly sales = new Map<Id, MemorySale>()
  readonly orders = new Map<Id, Order>()
  readonly history = new Map<Id, { state: OrderState; at: number }[]>()
  readonly outbox = new Map<number, { row: OutboxRow; token: string | null; leasedUntil: number }>()
  readonly attempts = new Map<Id, { attempt: Attempt; dueAt: number | null }[]>()
  readonly inbox = new Map<string, MemoryLetter>()
  gatewayCursor: string | null = null
  #told = 1
  #last: Promise<unknown> = Promise.resolve()

  /** One change after the other, where one takes more than a step. */
  alone<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change)
    this.#last = done.catch(() => {})
    return done
  }

  addProduct(product: Partial<MemoryProduct> & { id: Id }): void {
    this.products.set(product.id, { name: product.id, image: null, price: 0, kind: 'product', stock: null, ...product })
  }

  openWallet(userId: Id, amount: number, currency: string, drillId: Id | null = null): void {
    this.wallets.set(userId, { balance: amount, currency, drillId })
    this.enter(`opening:${userId}`, `wallet:${userId}`, 'credit-given', amount, null)
  }

  /** Double entry: what one account gets, the other gives. */
  enter(entry: string, to: string, from: string, amount: number, orderId: Id | null): void {
    this.journal.push({ entry, account: to, amount, orderId }, { entry, account: from, amount: -amount, orderId })
  }

  /** Ids come out of order (3, 2, 5, 4, …), as they do where two transactions commit: who reads by a high-water mark misses some. */
  tell(happening: Happening, refId: Id, at: number): void {
    const id = ++this.#told ^ 1
    this.outbox.set(id, { row: { id, happening, refId, at }, token: null, leasedUntil: 0 })
  }

  item(saleId: Id, productId: Id): MemoryItem | undefined {
    return this.sales.get(saleId)?.items.find((item) => item.productId === productId)
  }
}
