import type { WebSocket } from 'ws'
import type { Books } from '../books/books.ts'
import type { Caller } from '../core/caller.ts'
import { type Id, isId } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import type { OwnRate } from '../gate/rate.ts'
import type { Clock } from '../platform/clock.ts'
import { time } from '../platform/http.ts'
import type { Board, Live } from '../purchase/board.ts'
import { Outlet, type Watching } from '../push/outlet.ts'
import type { OrderHint, SaleHint, StockHint } from '../push/push.ts'
import { momentOf, stockOf } from './sale-view.ts'

export type LiveSocketParts = {
  watching: Watching
  board: Pick<Board, 'get'>
  books: Pick<Books, 'orders'>
  rate: OwnRate
  clock: Clock
  endingSoonMs: number
}

const SALES_MAX = 50
/** A page subscribes once for each thing it shows; a snapshot of orders is a read of the books. */
const FRAMES = { perSecond: 5, burst: 20 }
/** In the snapshot of a buyer's orders: the newest, and those that wait. */
const NEWEST_ORDERS = 5
const WAITING_ORDERS_MAX = 50

/** One browser, or program, that watches. */
export class LiveSocket {
  readonly socket: WebSocket
  /** Null: watches in public. */
  readonly caller: Caller | null
  /** Has answered the last ping. */
  answered = true
  readonly #id: Id
  readonly #parts: LiveSocketParts
  readonly #outlet: Outlet
  readonly #sales = new Set<Id>()

  constructor(id: Id, socket: WebSocket, caller: Caller | null, parts: LiveSocketParts) {
    this.#id = id
    this.socket = socket
    this.caller = caller
    this.#parts = parts
    this.#outlet = new Outlet(socket)
    socket.on('pong', () => {
      this.answered = true
    })
    socket.on('message', (data, isBinary) => this.#take(isBinary ? undefined : String(data)))
    socket.once('close', () => parts.watching.forget(this.#outlet, this.#sales, caller?.id))
  }

  send(frame: object): void {
    this.#outlet.send(JSON.stringify(frame))
  }

  #take(text: string | undefined): void {
    const wanted = this.#read(text)
    if (typeof wanted === 'string') {
      this.#refuse(wanted)
      return
    }
    for (const live of wanted.sales) this.#watchSale(live)
    if (wanted.buyer) void this.#watchOrders(wanted.buyer)
  }

  /** What a frame asks for, or why it is refused: then it has no effect, whatever else is in it. */
  #read(text: string | undefined): { sales: Live[]; buyer: Caller | null } | string {
    const { rate, board } = this.#parts
    if (rate.take(`live ${this.#id}`, FRAMES.perSecond, FRAMES.burst) > 0) return `At most ${FRAMES.perSecond} frames a second.`
    const topics = text === undefined ? undefined : topicsOf(text)
    if (!topics) return 'Send {"subscribe": ["sale:<id>", "orders"]}.'
    if (topics.includes('orders') && !this.caller) return '"orders" needs a ticket of POST /api/v1/live/ticket.'
    const sales: Live[] = []
    for (const topic of new Set(topics)) {
      if (topic === 'orders') continue
      const saleId = topic.startsWith('sale:') ? topic.slice('sale:'.length) : ''
      if (!isId(saleId)) return 'A topic is "sale:<id>" or "orders".'
      const live = board.get(saleId)
      if (!live) return `There is no current sale ${saleId}.`
      sales.push(live)
    }
    const watched = new Set([...this.#sales, ...sales.map(({ sale }) => sale.id)])
    if (watched.size > SALES_MAX) return `At most ${SALES_MAX} sales a connection.`
    return { sales, buyer: topics.includes('orders') ? this.caller : null }
  }

  #refuse(detail: string): void {
    this.send({ type: 'error', detail })
  }

  #watchSale(live: Live): void {
    const { watching, clock, endingSoonMs } = this.#parts
    const now = clock.now()
    this.#sales.add(live.sale.id)
    watching.watchSale(live.sale.id, this.#outlet)
    this.send(stockHint(live, now))
    this.send({
      type: 'sale',
      saleId: live.sale.id,
      ...momentOf(live.sale, live.remaining, now, endingSoonMs),
    } satisfies SaleHint)
  }

  /** Watches in all processes before it reads, so that nothing falls in between; `version` tells which of two hints is newer. */
  async #watchOrders({ id: buyerId }: Caller): Promise<void> {
    const { watching, books } = this.#parts
    await watching.watchBuyer(buyerId, this.#outlet)
    try {
      const waiting = await books.orders({ buyerId, waiting: true, limit: WAITING_ORDERS_MAX })
      const newest = await books.orders({ buyerId, limit: NEWEST_ORDERS })
      const orders = new Map([...waiting, ...newest].map((order) => [order.orderId, order]))
      for (const order of orders.values()) this.send(orderHint(order))
    } catch {
      this.#refuse('Your orders cannot be read now; what happens to them is told. Subscribe again for all of them.')
    }
  }
}

function topicsOf(text: string): string[] | undefined {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof frame !== 'object' || frame === null) return undefined
  const { subscribe, ...more } = frame as { subscribe?: unknown }
  if (!Array.isArray(subscribe) || subscribe.length === 0 || Object.keys(more).length > 0) return undefined
  return subscribe.every((topic) => typeof topic === 'string') ? subscribe : undefined
}

export function stockHint({ sale, remaining }: Live, now: number): StockHint {
  return { type: 'stock', saleId: sale.id, items: stockOf(sale, remaining), at: time(now) }
}

function orderHint({ orderId, state, version }: Order): OrderHint {
  return { type: 'order', orderId, status: state, version }
}
