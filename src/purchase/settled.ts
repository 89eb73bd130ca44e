import type { Books } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import type { Clock } from '../platform/clock.ts'
import { Outlet, type Watching } from '../push/outlet.ts'

/** A hint may be lost. */
const LOOK_EVERY_MS = 250

export type SettledParts = {
  books: Pick<Books, 'order'>
  clock: Clock
  /** Hears what other processes settle; null where this one alone does, as with a database in a file. */
  watching: Pick<Watching, 'watchBuyer' | 'forget'> | null
}

/** For those who wait until an order is settled. */
export class Settled {
  readonly #parts: SettledParts
  readonly #waiting = new Map<Id, Set<(order: Order) => void>>()

  constructor(parts: SettledParts) {
    this.#parts = parts
  }

  /** By this process. */
  announce(order: Order): void {
    for (const tell of this.#waiting.get(order.orderId) ?? []) tell(order)
  }

  /** The order as soon as it is settled, whichever process does it; `undefined` when that takes longer than `ms`, or when the books
   *  cannot be read. */
  async within(orderId: Id, ms: number): Promise<Order | undefined> {
    const { clock, watching } = this.#parts
    const { promise: heard, resolve: tell } = Promise.withResolvers<Order | undefined>()
    const done = new AbortController()
    this.#wait(orderId, tell)
    try {
      const known = await this.#look(orderId)
      if (known && isSettled(known)) return known
      void clock.sleep(ms, done.signal).then(() => tell(undefined))
      if (known && watching) void this.#watch(known, watching, tell, done.signal)
      return await heard
    } finally {
      done.abort()
      this.#leave(orderId, tell)
    }
  }

  /** Looks when the buyer is told something, and now and then. Nobody waits for the hints to come: what came before them is found
   *  by the look that follows. */
  async #watch(
    { orderId, buyerId }: Order,
    watching: NonNullable<SettledParts['watching']>,
    tell: (order: Order) => void,
    done: AbortSignal,
  ): Promise<void> {
    let pause = new AbortController()
    const look = () => pause.abort()
    const outlet = new Outlet({ bufferedAmount: 0, send: look, terminate() {} })
    void watching.watchBuyer(buyerId, outlet).then(look)
    while (!done.aborted) {
      await this.#parts.clock.sleep(LOOK_EVERY_MS, AbortSignal.any([done, pause.signal]))
      pause = new AbortController()
      const order = done.aborted ? null : await this.#look(orderId)
      if (!order || !isSettled(order)) continue
      tell(order)
      break
    }
    watching.forget(outlet, [], buyerId)
  }

  /** It was accepted, whether the books can be read now or not. */
  #look(orderId: Id): Promise<Order | null> {
    return this.#parts.books.order(orderId).catch(() => null)
  }

  #wait(orderId: Id, tell: (order: Order) => void): void {
    const all = this.#waiting.get(orderId) ?? new Set()
    this.#waiting.set(orderId, all.add(tell))
  }

  #leave(orderId: Id, tell: (order: Order) => void): void {
    const all = this.#waiting.get(orderId)
    all?.delete(tell)
    if (all?.size === 0) this.#waiting.delete(orderId)
  }
}

const isSettled = (order: Order): boolean => order.state !== 'RESERVATION_PENDING'
