import type { MemoryRecord, MemorySale } from '../src/books/memory-record.ts'
import { isOpenAttempt } from '../src/core/attempt.ts'
import type { Id } from '../src/core/ids.ts'
import { isFinal, isLive, type Order, type OrderState, unitOf } from '../src/core/order.ts'
import type { CardGateway } from './card-gateway.ts'
import { short } from './words.ts'
import type { World } from './world.ts'

/** Which state may follow which: I7, the machine of an order. */
const EDGES: Record<OrderState, readonly OrderState[]> = {
  // What waits for us does not expire.
  RESERVATION_PENDING: ['PAYMENT_PENDING', 'COMPLETED', 'FAILED', 'CANCELLED'],
  PAYMENT_PENDING: ['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'],
  COMPLETED: ['REFUND_DUE'],
  FAILED: ['REFUND_DUE'],
  CANCELLED: ['REFUND_DUE'],
  EXPIRED: ['REFUND_DUE'],
  REFUND_DUE: ['REFUNDED'],
  REFUNDED: [],
}
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0)
const unitsOf = (orders: Order[]): number => sum(orders.map((order) => order.quantity))

/**
 * The laws of the books, true after every change: recounted here from the orders and the journal, without the code that is on
 * trial (I1, I2, I4, I7 and stock).
 */
export class BookLaws {
  readonly #world: World
  readonly #record: MemoryRecord
  readonly #gateway: CardGateway
  readonly #known = new Map<Id, { state: OrderState; version: number; facts: string }>()
  readonly #stock = new Map<Id, number>()
  readonly #paused = new Map<Id, boolean>()

  constructor(world: World, record: MemoryRecord, gateway: CardGateway) {
    this.#world = world
    this.#gateway = gateway
    this.#record = record
  }

  /** Ordinary stock as it is now is what there is. */
  takeStock(): void {
    for (const { id, stock } of this.#record.products.values()) if (stock !== null) this.#stock.set(id, stock)
  }

  /** What the operator wants stands until the operator wants something else, whatever is rebuilt meanwhile. */
  paused(saleId: Id, paused: boolean): void {
    this.#paused.set(saleId, paused)
  }

  check(): void {
    const orders = [...this.#record.orders.values()]
    for (const sale of this.#record.sales.values()) {
      this.#checkSale(
        sale,
        orders.filter((order) => order.saleId === sale.id),
      )
    }
    this.#checkMoney(orders)
    this.#checkCards(orders)
    for (const order of orders) this.#checkPath(order)
    for (const { id, stock } of this.#record.products.values()) {
      const lent = sum([...this.#record.sales.values()].flatMap(({ items }) => items.map((item) => this.#lent(item, id))))
      const had = this.#stock.get(id)
      if (had !== undefined && had !== (stock ?? 0) + lent)
        this.#world.breaks('stock comes back', `${id}: ${stock} in stock and ${lent} in sales, of ${had}`)
    }
  }

  #lent(item: { productId: Id; allotment: number; returned: number }, productId: Id): number {
    return item.productId === productId ? item.allotment - item.returned : 0
  }

  #checkSale(sale: MemorySale, orders: Order[]): void {
    const world = this.#world
    if (sale.pausedByOperator !== (this.#paused.get(sale.id) ?? false))
      world.breaks("the operator's pause is the operator's", `${sale.id}: ${sale.pausedByOperator}`)
    for (const item of sale.items) {
      const { productId, allotment, available, held, sold, returned } = item
      const counts = `${productId}: ${allotment} = ${available} available + ${held} held + ${sold} sold + ${returned} returned`
      if (Math.min(available, held, sold, returned) < 0) world.breaks('I1 nothing below zero', counts)
      if (available + held + sold + returned !== allotment) world.breaks("I1' every unit is somewhere", counts)
      const own = orders.filter((order) => order.productId === productId)
      const recount = (unit: string) => unitsOf(own.filter((order) => unitOf(order) === unit))
      if (recount('sold') > allotment) world.breaks('I1 no oversell', `${recount('sold')} sold of ${allotment} of ${productId}`)
      if (recount('held') !== held || recount('sold') !== sold)
        world.breaks("I1' the orders say the same", `${counts}, but ${recount('held')} and ${recount('sold')} by the orders`)
    }
    for (const [buyerId, theirs] of Map.groupBy(orders, (order) => order.buyerId)) {
      const units = unitsOf(theirs.filter((order) => isLive(order)))
      if (units > sale.limit) world.breaks('I2 nobody over the limit', `${buyerId} has ${units} of ${sale.limit} in ${sale.id}`)
      if (units !== (sale.taken.get(buyerId) ?? 0)) world.breaks('I2 the buyers add up', `${buyerId} in ${sale.id}`)
    }
    const places = new Set(orders.map(({ epoch, seq }) => `${epoch}/${seq}`))
    if (places.size < orders.length) world.breaks('I3 one order a sequence', `two orders of ${sale.id} share one`)
    const keys = new Set(orders.map(({ buyerId, keyDigest }) => `${buyerId} ${keyDigest}`))
    if (keys.size < orders.length) world.breaks('I9 one order a key', `two orders of ${sale.id} share one`)
  }

  #checkMoney(orders: Order[]): void {
    const { journal, wallets } = this.#record
    const paid = new Map<Id | null, number>()
    const moved = new Map<string, number>()
    for (const { account, amount, orderId } of journal) {
      moved.set(account, (moved.get(account) ?? 0) + amount)
      if (account === 'sales') paid.set(orderId, (paid.get(orderId) ?? 0) + amount)
    }
    if (sum(moved.values()) !== 0) this.#world.breaks("I4' double entry", `the journal sums to ${sum(moved.values())}`)
    for (const [buyerId, { balance }] of wallets) {
      if (balance < 0 || balance !== (moved.get(`wallet:${buyerId}`) ?? 0))
        this.#world.breaks("I4' wallet = opening + journal", `${buyerId} has ${balance}`)
    }
    for (const { orderId, state, price, quantity, buyerId } of orders) {
      const due = state === 'COMPLETED' ? price * quantity : 0
      const got = paid.get(orderId) ?? 0
      if (got !== due)
        this.#world.breaks('I4 charged what is completed', `${buyerId} paid ${got} for ${short(orderId)}, ${state}`)
    }
  }

  /** What the gateway did, whatever we believe: nobody is charged twice at once, and what ended was void before. */
  #checkCards(orders: Order[]): void {
    for (const order of orders) {
      if (order.method !== 'card') continue
      const due = order.price * order.quantity
      const held = this.#takenFrom(order)
      if (held > due && !this.#touched(order))
        this.#world.breaks(
          'I4 charged once',
          `${order.buyerId} is charged ${held} for ${short(order.orderId)}, which costs ${due}`,
        )
      this.#checkTransactions(order)
      const open = (this.#record.attempts.get(order.orderId) ?? []).filter(({ attempt }) => isOpenAttempt(attempt.state))
      if (open.length > 0 && isFinal(order.state) && order.state !== 'COMPLETED' && !this.#wasPaid(order))
        this.#world.breaks('void before the end', `${short(order.orderId)} is ${order.state}, and an attempt is open`)
    }
  }

  /** The same wish is the same transaction: whoever may pay twice might. */
  #checkTransactions({ orderId }: Order): void {
    const own = [...this.#gateway.charged.values()].filter(({ view }) => view.orderId === orderId)
    if (new Set(own.map(({ view }) => view.attempt)).size < own.length && !this.#gateway.forgotten.has(orderId))
      this.#world.breaks('one transaction an attempt', `${short(orderId)} has ${own.map(({ view }) => view.txnId)}`)
  }

  /** Less what was given back. */
  #takenFrom({ orderId }: Order): number {
    const own = [...this.#gateway.charged.values()].filter(({ view }) => view.orderId === orderId)
    return sum(own.map(({ captured, refunded }) => captured - refunded))
  }

  /** A human at the gateway took or gave. */
  #touched({ orderId }: Order): boolean {
    return this.#gateway.byHand.has(orderId)
  }

  #wasPaid({ orderId }: Order): boolean {
    return (this.#record.history.get(orderId) ?? []).some(({ state }) => state === 'COMPLETED')
  }

  /** With everything done, each card has paid for what was completed and for nothing else, and the journal says the same. */
  atEnd(): void {
    for (const { view } of this.#gateway.charged.values()) {
      if (view.state === 'authorized' && !this.#gateway.byHand.has(view.orderId) && !this.#gateway.forgotten.has(view.orderId))
        this.#world.breaks('no card is left holding', `${view.txnId} of ${short(view.orderId)} ${view.attempt}`)
    }
    for (const order of this.#record.orders.values()) {
      const due = order.method === 'card' && order.state === 'COMPLETED' ? order.price * order.quantity : 0
      const taken = this.#takenFrom(order)
      const entered = -sum(
        this.#record.journal.filter((row) => row.account === 'gateway' && row.orderId === order.orderId).map((row) => row.amount),
      )
      if (taken !== due || entered !== due)
        this.#world.breaks(
          'I4 captured - refunded = price of what is completed',
          `${short(order.orderId)} is ${order.state}: ${due}, the gateway has ${taken}, the journal ${entered}`,
        )
    }
  }

  #checkPath(order: Order): void {
    const { orderId, state, version } = order
    const { buyerId, productId, quantity, method, price, epoch, seq, keyDigest, bodyDigest } = order
    const facts = [buyerId, productId, quantity, method, price, epoch, seq, keyDigest, bodyDigest].join(' ')
    const known = this.#known.get(orderId)
    if (known?.state === state && known.version === version && known.facts === facts) return
    const log = this.#record.history.get(orderId) ?? []
    if (known && known.facts !== facts) this.#world.breaks('I7 an order keeps its facts', `${short(orderId)}: ${facts}`)
    // One transaction may take two steps: each is held against the machine.
    for (const [i, { state: to }] of log.entries()) {
      const from = log[i - 1]?.state
      if (from ? !EDGES[from].includes(to) : to !== 'RESERVATION_PENDING')
        this.#world.breaks('I7 a path of the machine', `${short(orderId)} goes from ${from ?? 'nothing'} to ${to}`)
    }
    if (known && known.version >= version)
      this.#world.breaks('I7 a path of the machine', `${short(orderId)} goes back from ${known.state} to ${state}`)
    const now = this.#record.sales.get(order.saleId)?.epoch
    if (!known && epoch !== now)
      this.#world.breaks('nothing new of an old epoch', `${short(orderId)} of epoch ${epoch} is booked in epoch ${now}`)
    if (state === 'EXPIRED' && order.updatedAt < (order.expiresAt ?? 0))
      this.#world.breaks('nothing expires early', `${short(orderId)} had ${(order.expiresAt ?? 0) - order.updatedAt} ms left`)
    if (log.length !== version || log.at(-1)?.state !== state)
      this.#world.breaks('I7 every step is logged', `${short(orderId)}: ${log.map((step) => step.state)}`)
    this.#known.set(orderId, { state, version, facts })
  }
}
