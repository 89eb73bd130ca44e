import { assert } from '../core/assert.ts'
import { isOpenAttempt } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import { type Entry, isFinal, type Order, releases } from '../core/order.ts'
import type { Booked, Books, Moved, OrderFilter, OrderMove, Outbox, OutboxRow } from './books.ts'
import { FROM, isVoided, openPayment, refund } from './desk.ts'
import { MemoryDesk, remainingOf } from './memory-desk.ts'
import type { MemoryItem, MemoryRecord, MemorySale } from './memory-record.ts'
import type { BookTools } from './sql-books.ts'

/** The record of orders as an executable specification: each method checks first and changes after, so it is all or nothing. */
export class MemoryBooks implements Books {
  readonly #record: MemoryRecord
  readonly #tools: Omit<BookTools, 'newId'>

  constructor(record: MemoryRecord, tools: Omit<BookTools, 'newId'>) {
    this.#record = record
    this.#tools = tools
  }

  async book(saleId: Id, epoch: number, entries: Entry[]): Promise<Booked> {
    const missing: Entry[] = []
    for (const entry of [...entries].sort((a, b) => a.seq - b.seq)) {
      const standing = this.#standing(entry)
      const other = standing.find((order) => order.orderId !== entry.orderId)
      if (other) return { kind: 'disagreement', because: `order ${other.orderId} stands where ${entry.orderId} should` }
      if (standing.length === 0) missing.push(entry)
    }
    if (missing.length === 0) return { kind: 'booked' }
    const sale = this.#record.sales.get(saleId)
    if (sale?.epoch !== epoch) return { kind: 'epoch-passed' }
    const because = clash(missing) ?? refusal(sale, missing)
    if (because) return { kind: 'disagreement', because }
    for (const entry of missing) this.#insert(sale, entry)
    return { kind: 'booked' }
  }

  /** By order id, by (epoch, sequence) and by (sale, buyer, key). */
  #standing(entry: Entry): Order[] {
    return [...this.#record.orders.values()].filter(
      (order) =>
        order.orderId === entry.orderId ||
        (order.saleId === entry.saleId &&
          ((order.epoch === entry.epoch && order.seq === entry.seq) ||
            (order.buyerId === entry.buyerId && order.keyDigest === entry.keyDigest))),
    )
  }

  #insert(sale: MemorySale, entry: Entry): void {
    const now = this.#tools.now()
    const item = itemOf(sale, entry.productId)
    assert(item, 'the guards have seen the item')
    item.available -= entry.quantity
    item.held += entry.quantity
    sale.taken.set(entry.buyerId, (sale.taken.get(entry.buyerId) ?? 0) + entry.quantity)
    this.#record.orders.set(entry.orderId, {
      ...entry,
      state: 'RESERVATION_PENDING',
      released: false,
      reason: null,
      price: item.price,
      currency: item.currency,
      couponCode: null,
      txnId: null,
      createdAt: now,
      updatedAt: now,
      expiresAt: now + this.#tools.holdTtlMs,
      version: 1,
    })
    this.#record.history.set(entry.orderId, [{ state: 'RESERVATION_PENDING', at: now }])
    this.#record.tell('order-booked', entry.orderId, now)
  }

  async truth(saleId: Id, asks: { buyerId: Id; keyDigest: string }[]) {
    const orders = await this.#all((order) => order.saleId === saleId)
    return {
      epoch: this.#record.sales.get(saleId)?.epoch ?? 0,
      found: asks.map(
        ({ buyerId, keyDigest }) => orders.find((order) => order.buyerId === buyerId && order.keyDigest === keyDigest) ?? null,
      ),
    }
  }

  /** In order of the order ids, whatever the order of the moves. */
  move(moves: OrderMove[]): Promise<Moved[]> {
    return this.#record.alone(() => this.#move(moves))
  }

  async #move(moves: OrderMove[]): Promise<Moved[]> {
    const inTurn = [...moves.entries()].sort(([, a], [, b]) => (a.orderId < b.orderId ? -1 : a.orderId > b.orderId ? 1 : 0))
    const done: Moved[] = []
    for (const [i, move] of inTurn) done[i] = await this.#moveOne(move)
    for (const one of done) if (one.kind === 'moved') one.remaining = remainingOf(this.#record, one.order)
    return done
  }

  async #moveOne(move: OrderMove): Promise<Moved> {
    const order = this.#record.orders.get(move.orderId)
    if (!order) return { kind: 'not-found', orderId: move.orderId }
    if (!FROM[move.by].includes(order.state)) return { kind: 'unchanged', order: { ...order } }
    const desk = new MemoryDesk(this.#record, this.#tools)
    if (move.by === 'refund') await refund(desk, order, move.reason, move.returnUnit)
    else if (move.by === 'pay') await this.#settle(desk, order)
    else if (await isVoided(desk, order, move.by)) return { kind: 'voiding', order: { ...order } }
    else await desk.end(order, releases[move.by], move.reason)
    return { kind: 'moved', order: { ...order }, remaining: 0 }
  }

  async #settle(desk: MemoryDesk, order: Order): Promise<void> {
    if (order.method === 'card') await openPayment(desk, order)
    else if (this.#pay(order)) await desk.complete(order)
    else await desk.end(order, 'FAILED', 'not-enough-credit')
  }

  #pay(order: Order): boolean {
    const wallet = this.#record.wallets.get(order.buyerId)
    const due = order.price * order.quantity
    if (!wallet || wallet.currency !== order.currency || wallet.balance < due) return false
    wallet.balance -= due
    this.#record.enter(`payment:${order.orderId}`, 'sales', `wallet:${order.buyerId}`, due, order.orderId)
    return true
  }

  async order(id: Id): Promise<Order | null> {
    const order = this.#record.orders.get(id)
    return order ? { ...order } : null
  }

  async byIds(ids: Id[]): Promise<Order[]> {
    return this.#all((order) => ids.includes(order.orderId))
  }

  async history(id: Id) {
    return structuredClone(this.#record.history.get(id) ?? [])
  }

  async orders({ buyerId, saleId, waiting, limit, after }: OrderFilter): Promise<Order[]> {
    const found = await this.#all(
      (order) =>
        (!buyerId || order.buyerId === buyerId) &&
        (!saleId || order.saleId === saleId) &&
        (!waiting || !isFinal(order.state)) &&
        (!after || order.orderId < after),
    )
    return found.sort((a, b) => (a.orderId < b.orderId ? 1 : -1)).slice(0, limit)
  }

  async ordersOf(saleId: Id, after: { epoch: number; seq: number }, max: number): Promise<Order[]> {
    const found = await this.#all((order) => order.saleId === saleId && byPlace(order, after) > 0)
    return found.sort(byPlace).slice(0, max)
  }

  async expired(max: number): Promise<Id[]> {
    const now = this.#tools.now()
    const found = await this.#all(
      (order) => order.state === 'PAYMENT_PENDING' && order.expiresAt !== null && order.expiresAt <= now && this.#waits(order),
    )
    return found
      .sort((a, b) => a.createdAt - b.createdAt)
      .slice(0, max)
      .map((order) => order.orderId)
  }

  /** For its buyer, and not for us or the gateway. */
  #waits({ orderId }: Order): boolean {
    const states = (this.#record.attempts.get(orderId) ?? []).map(({ attempt }) => attempt.state)
    return !states.some((state) => state !== 'OPEN' && isOpenAttempt(state))
  }

  async #all(holds: (order: Order) => boolean): Promise<Order[]> {
    return [...this.#record.orders.values()].filter(holds).map((order) => ({ ...order }))
  }
}

/** Why the guards do not let these in; undefined where they do. */
/** What the unique keys refuse. */
function clash(entries: Entry[]): string | undefined {
  const keys = entries.flatMap(({ orderId, epoch, seq, buyerId, keyDigest }) => [
    orderId,
    `${epoch} ${seq}`,
    `${buyerId} ${keyDigest}`,
  ])
  return new Set(keys).size < keys.length ? 'two entries of the batch have one id, sequence or key' : undefined
}

function refusal(sale: MemorySale, entries: Entry[]): string | undefined {
  const wanted = new Map<Id, number>()
  for (const { orderId, buyerId, productId, quantity } of entries) {
    const item = itemOf(sale, productId)
    if (!item) return `the books have no item ${productId} in the sale`
    const taken = (sale.taken.get(buyerId) ?? 0) + sum(entries.filter((entry) => entry.buyerId === buyerId))
    if (taken > sale.limit) return `the books refuse order ${orderId}: over the buyer's limit`
    wanted.set(productId, (wanted.get(productId) ?? 0) + quantity)
  }
  for (const [productId, quantity] of wanted) {
    if ((itemOf(sale, productId)?.available ?? 0) < quantity) {
      return `the books refuse ${quantity} of item ${productId}: fewer are available`
    }
  }
  return undefined
}

const sum = (entries: Entry[]): number => entries.reduce((units, entry) => units + entry.quantity, 0)
const itemOf = (sale: MemorySale, productId: Id): MemoryItem | undefined =>
  sale.items.find((item) => item.productId === productId)

type Place = { epoch: number; seq: number }
const byPlace = (a: Place, b: Place): number => a.epoch - b.epoch || a.seq - b.seq

export class MemoryOutbox implements Outbox {
  readonly #record: MemoryRecord
  readonly #now: () => number
  readonly #isWaiting: (subject: Id) => boolean

  /** @param isWaiting an event about this order was told and not yet handled. */
  constructor(record: MemoryRecord, now: () => number, isWaiting: (orderId: Id) => boolean) {
    this.#record = record
    this.#now = now
    this.#isWaiting = isWaiting
  }

  async claim(token: string, max: number, leaseMs: number): Promise<OutboxRow[]> {
    const now = this.#now()
    const free = [...this.#record.outbox.values()].filter((one) => one.leasedUntil <= now).slice(0, max)
    for (const one of free) Object.assign(one, { token, leasedUntil: now + leaseMs })
    return free.map(({ row }) => ({ ...row }))
  }

  async done(token: string, ids: number[]): Promise<number> {
    const own = ids.filter((id) => this.#record.outbox.get(id)?.token === token)
    for (const id of own) this.#record.outbox.delete(id)
    return own.length
  }

  async waiting() {
    const rows = [...this.#record.outbox.values()].map(({ row }) => row)
    const now = this.#now()
    return { count: rows.length, oldestMs: Math.max(0, ...rows.map((row) => now - row.at)) }
  }

  async again(ageMs: number): Promise<number> {
    const now = this.#now()
    const told = new Set([...this.#record.outbox.values()].map(({ row }) => row.refId))
    const silent = [...this.#record.orders.values()].filter(
      ({ orderId, state, createdAt }) =>
        state === 'RESERVATION_PENDING' && createdAt < now - ageMs && !told.has(orderId) && !this.#isWaiting(orderId),
    )
    for (const order of silent) this.#record.tell('order-booked', order.orderId, now)
    return silent.length
  }
}
