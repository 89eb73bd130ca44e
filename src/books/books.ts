import type { Id } from '../core/ids.ts'
import type { Entry, Order, OrderState, Release } from '../core/order.ts'
import type { Sale, SaleTerms } from '../core/sale.ts'

export type Booked =
  | { kind: 'booked' }
  /** The batch is of another epoch: nothing that was not booked before is booked. */
  | { kind: 'epoch-passed' }
  /** Another order stands under the same sequence or key, or a guard refused: ledger and books disagree. Nothing was booked. */
  | { kind: 'disagreement'; because: string }

/** By credit the order comes to its end; by card its first attempt is written, and it waits for its buyer. */
export type Payment = { orderId: Id; by: 'pay' }
/** Of an order that was paid. With `returnUnit` its unit goes back: to the sale, or to ordinary stock where that is settled. */
export type Refund = { orderId: Id; by: 'refund'; reason: string; returnUnit: boolean }
/** `Release` ends an order that was not paid; its unit goes back to the sale in the same transaction. */
export type OrderMove = Payment | Refund | { orderId: Id; by: Release; reason: string }

export type Moved =
  | { kind: 'moved'; order: Order; remaining: number }
  /** It is to end, once the gateway says that its payment is void; until then nothing is decided. */
  | { kind: 'voiding'; order: Order }
  /** The order was not in a state that this move starts from; nothing changed. */
  | { kind: 'unchanged'; order: Order }
  | { kind: 'not-found'; orderId: Id }

export type OrderFilter = { buyerId?: Id; saleId?: Id; waiting?: boolean; limit: number; after?: Id }

/** What the outbox says happened. The payload is made when it is published, from the frozen facts of the order or sale. */
export type Happening =
  | 'order-booked'
  | 'order-completed'
  | 'order-failed'
  | 'order-cancelled'
  | 'order-expired'
  | 'order-refunded'
  | 'sale-started'
  | 'sale-ended'
export type OutboxRow = { id: number; happening: Happening; refId: Id; at: number }

/** The record of orders. Each method is one transaction, durable when it returns; `Fault` `refused`: nothing was written. Time is
 *  the books' own, here and below: the clocks of processes may differ. */
export interface Books {
  /** PROTOCOL's book: read epoch, order ids, sequences and keys; insert what is missing; guard buyers and items. Repeatable. */
  book(saleId: Id, epoch: number, entries: Entry[]): Promise<Booked>
  /** What the books know of these keys, in their order, and the epoch: a refusal needs it too. */
  truth(saleId: Id, asks: { buyerId: Id; keyDigest: string }[]): Promise<{ epoch: number; found: (Order | null)[] }>
  /** Each order stands alone within the one transaction: an empty wallet fails its own order only. Repeatable. */
  move(moves: OrderMove[]): Promise<Moved[]>
  order(id: Id): Promise<Order | null>
  /** Those that there are, in any order. */
  byIds(ids: Id[]): Promise<Order[]>
  history(id: Id): Promise<{ state: OrderState; at: number }[]>
  /** Newest first. */
  orders(filter: OrderFilter): Promise<Order[]>
  /** In order of (epoch, sequence), for rebuild and sweep. */
  ordersOf(saleId: Id, after: { epoch: number; seq: number }, max: number): Promise<Order[]>
  /** Waiting for their buyer past their time: the only orders that the clock may end. A payment that the gateway is asked about
   *  is ours to finish, and so not among them. */
  expired(max: number): Promise<Id[]>
}

/** Facts to be told, written in the transaction of the change. Claimed row by row, never read by a high-water mark: two
 *  transactions commit out of id order. */
export interface Outbox {
  /** Leases rows that nobody holds, oldest first, for `leaseMs`. */
  claim(token: string, max: number, leaseMs: number): Promise<OutboxRow[]>
  /** Removes what `token` still holds; answers how many. */
  done(token: string, ids: number[]): Promise<number>
  /** `oldestMs`: how long the oldest has waited. */
  waiting(): Promise<{ count: number; oldestMs: number }>
  /** Tells again of every order that was booked more than `ageMs` ago and is still unpaid without its event being told. */
  again(ageMs: number): Promise<number>
}

export type NewSale = {
  id: Id
  name: string
  banner: string | null
  startTime: number
  endTime: number
  limit: number
  /** Of the ledger that it will be loaded into. */
  incarnation: string | null
  drillId: Id | null
  items: { productId: Id; price: number; currency: string; quantity: number }[]
}
export type SaleChange = {
  name?: string
  banner?: string | null
  startTime?: number
  endTime?: number
  limit?: number
  pausedByOperator?: boolean
  /** New allotments. */
  items?: { productId: Id; quantity: number }[]
}
export type SaleChanged =
  | { kind: 'changed'; sale: Sale }
  | { kind: 'not-found' }
  | { kind: 'no-such-product'; productId: Id }
  | { kind: 'not-enough-stock'; productId: Id; stock: number }
  /** An allotment below what is held and sold, a limit below what a buyer has, or a change of a sale that has ended. */
  | { kind: 'conflict'; because: string }

export type ItemTally = {
  productId: Id
  allotment: number
  available: number
  held: number
  sold: number
  /** Went back to ordinary stock when the sale ended. */
  returned: number
  /** Recounted from the orders. */
  heldByOrders: number
  soldByOrders: number
}
export type SaleTally = {
  terms: SaleTerms
  items: ItemTally[]
  /** Units of all buyers, by their rows. */
  taken: number
  /** Buyers whose units exceed the limit, or whose row differs from the recount of their orders. */
  buyersWrong: number
}
export type MoneyTally = {
  /** Entries of the journal that do not sum to zero. */
  entriesWrong: number
  /** Wallets whose balance is not the sum of their journal. */
  walletsWrong: number
  /** Completed orders whose payment in the journal is not their price, and payments without a completed order. */
  paymentsWrong: number
  /** What the gateway took and did not give back, minor units of all currencies together: by the journal, and by the attempts. */
  captured: { byJournal: number; byAttempts: number }
  /** What is to be given back, likewise. */
  owed: { byJournal: number; byAttempts: number }
  /** Waiting longer than their time. */
  ordersStuck: number
}

export interface Sales {
  /** Takes each quantity out of ordinary stock, where that is counted, in the same transaction. */
  create(sale: NewSale): Promise<SaleChanged>
  change(saleId: Id, change: SaleChange): Promise<SaleChanged>
  sale(id: Id): Promise<Sale | null>
  /** Not settled yet, plus those that ended after `endedAfter`. */
  current(endedAfter?: number): Promise<Sale[]>
  list(limit: number, after: Id | undefined): Promise<Sale[]>
  /** Marks the start as told and writes it to the outbox; true for the one caller that did it. */
  announceStart(saleId: Id): Promise<boolean>
  /** After the end: once nothing is held any more and no recovery is under way, what is left goes back to ordinary stock; the
   *  epoch of a sale with a ledger of its own is raised, so that nothing of it can be booked any more. True when that is done. */
  settleEnd(saleId: Id): Promise<boolean>
  /** Epoch + 1, for a ledger of this incarnation, and paused for recovery, where the epoch is still `epoch` and the
   *  sale is not settled: one winner. */
  raiseEpoch(saleId: Id, epoch: number, incarnation: string | null): Promise<boolean>
  clearRecovery(saleId: Id, epoch: number): Promise<boolean>
  tally(saleId: Id): Promise<SaleTally | null>
  /** Counts the items of a sale and the units of its buyers anew from its orders; orders, allotments and money stay as they are,
   *  and what a settled sale then has left goes back to ordinary stock. True where something was wrong; false, and nothing is
   *  changed, where nothing was, or where an item's orders are more than its allotment. Repeatable. */
  recount(saleId: Id): Promise<boolean>
  /** @param stuckMs an order that waits longer than this is stuck. */
  moneyTally(stuckMs: number): Promise<MoneyTally>
  /** A rehearsal's sale, orders and money; its buyers are the accounts', to be removed after it. */
  removeDrill(drillId: Id): Promise<void>
}
