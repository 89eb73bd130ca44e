import type { Id } from '../core/ids.ts'
import type { Outlet, Watching } from './outlet.ts'
import type { OrderHint, Push, SaleHint, StockHint } from './push.ts'

/** A frame takes about 16 µs, most of it the kernel's: so many keep a purchase waiting for 2 ms. */
const AT_ONCE = 100

/** To the sockets of this process. A hint is written as text once, however many watch. */
export class LocalPush implements Push, Watching {
  readonly #soon: (work: () => void) => void
  readonly #sales = new Map<Id, Set<Outlet>>()
  readonly #buyers = new Map<Id, Set<Outlet>>()

  /** `soon`: a clock's. Who watches a sale is told in parts, and what has come meanwhile has its turn in between. */
  constructor(soon = (work: () => void): void => work()) {
    this.#soon = soon
  }

  /** There is nobody else to hear of. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  toBuyer(buyerId: Id, hint: OrderHint): void {
    const watching = this.#buyers.get(buyerId)
    if (!watching) return
    const text = JSON.stringify(hint)
    for (const outlet of watching) outlet.send(text)
  }

  toSale(saleId: Id, hint: StockHint | SaleHint): void {
    const watching = this.#sales.get(saleId)
    if (watching) this.#tell([...watching], `${hint.type} ${saleId}`, JSON.stringify(hint))
  }

  #tell(outlets: Outlet[], topic: string, text: string): void {
    for (const outlet of outlets.splice(-AT_ONCE)) outlet.sendLatest(topic, text)
    if (outlets.length > 0) this.#soon(() => this.#tell(outlets, topic, text))
  }

  watchSale(saleId: Id, outlet: Outlet): void {
    add(this.#sales, saleId, outlet)
  }

  async watchBuyer(buyerId: Id, outlet: Outlet): Promise<void> {
    add(this.#buyers, buyerId, outlet)
  }

  /** Somebody here watches for that buyer. */
  hasBuyer(buyerId: Id): boolean {
    return this.#buyers.has(buyerId)
  }

  forget(outlet: Outlet, saleIds: Iterable<Id>, buyerId: Id | undefined): void {
    for (const saleId of saleIds) remove(this.#sales, saleId, outlet)
    if (buyerId !== undefined) remove(this.#buyers, buyerId, outlet)
  }
}

function add(watching: Map<Id, Set<Outlet>>, id: Id, outlet: Outlet): void {
  const outlets = watching.get(id)
  if (outlets) outlets.add(outlet)
  else watching.set(id, new Set([outlet]))
}

function remove(watching: Map<Id, Set<Outlet>>, id: Id, outlet: Outlet): void {
  const outlets = watching.get(id)
  outlets?.delete(outlet)
  if (outlets?.size === 0) watching.delete(id)
}
