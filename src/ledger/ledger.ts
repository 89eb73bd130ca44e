import type { Id } from '../core/ids.ts'
import type { Entry } from '../core/order.ts'
import type { SaleTerms } from '../core/sale.ts'

/** One purchase as it reaches the ledger. `deadline` is ledger time in milliseconds: later than that the caller has given up. */
export type Ask = Pick<Entry, 'orderId' | 'buyerId' | 'productId' | 'quantity' | 'method' | 'keyDigest' | 'bodyDigest'> & {
  deadline: number
}

export type Reply =
  | { kind: 'reserved'; entry: Entry; remaining: number }
  /** The same key and body as before: never a new sale, also where that order was released since. */
  | { kind: 'replayed'; entry: Entry }
  | { kind: 'key-reused' }
  /** It arrived after its deadline; nothing was reserved. */
  | { kind: 'late' }
  /** The ledger holds another epoch. Nothing was reserved. */
  | { kind: 'epoch-passed' }
  /** The ledger does not know the sale, or only as loaded into another incarnation: its memory went, or it is a copy. Nothing
   *  was reserved. */
  | { kind: 'lost' }
  | { kind: 'not-started'; startTime: number }
  | { kind: 'ended' }
  | { kind: 'paused' }
  | { kind: 'not-found' }
  /** `entry`: the buyer's newest live order. */
  | { kind: 'limit-reached'; limit: number; entry: Entry | null }
  | { kind: 'sold-out'; remaining: number }

export type HoldState = 'PENDING' | 'COMMITTED' | 'CANCELLED' | 'RETURNED'
export type Hold = Entry & { state: HoldState }
export type HoldMove = { orderId: Id; to: 'commit' | 'release' | 'return' }
export type ItemCount = { productId: Id; allotment: number; remaining: number; held: number; sold: number }

export type LedgerImage = { terms: SaleTerms; items: { productId: Id; allotment: number }[]; holds: Hold[] }

export type LedgerView = {
  terms: SaleTerms
  /** The highest sequence given in this epoch; 0 when none was. */
  seq: number
  /** The ledger's own time, milliseconds: it alone opens and closes a sale. */
  now: number
  items: ItemCount[]
  /** Of those orders, live or released, with `seq` above the one asked for. */
  buyers: Id[]
}

/**
 * Who holds what, decided atomically. It may be lost and is rebuilt from the books under a higher epoch.
 * Every method throws `Fault`; `unknown` means it may have happened, and the same call may be repeated.
 */
export interface Ledger {
  /** The ledger lives in the books' database: what `reserve` grants is booked in the same transaction, its refusals were
   *  checked against the books, and the books' own moves are the ledger's. */
  readonly inBooks: boolean
  /** The identity of the running ledger, another one after each restart and failover; `null` in the books. A sale that was
   *  loaded into another incarnation is unknown to every method. */
  incarnation(): Promise<string | null>
  /** Replaces the sale if what is held is of a lower epoch (answers true), else does nothing; nothing either where the terms
   *  name another incarnation. */
  load(image: LedgerImage): Promise<boolean>
  /** Window, limit, pause flags and allotments of a sale of the same epoch. Answers false, and changes nothing, where the
   *  epoch differs or an allotment would fall below held + sold. Repeatable. */
  amend(terms: SaleTerms, items: { productId: Id; allotment: number }[]): Promise<boolean>
  /** Atomic as a batch; each ask is decided in turn: epoch, replay, deadline, window, limit, stock. Repeatable by key. */
  reserve(saleId: Id, epoch: number, asks: Ask[]): Promise<Reply[]>
  /** By order id, guarded by the hold's state; a second time is `unchanged`. A `return` also takes a hold still pending. */
  settle(saleId: Id, moves: HoldMove[]): Promise<('moved' | 'unchanged' | 'unknown')[]>
  /** A probe. `quietMs` above 0 also keeps every item with nothing left sold out for that long, and a sale closed that is paused
   *  or would start later, so that no process refuses from memory what another one just sold. `null`: no such sale. */
  look(saleId: Id, afterSeq: number, quietMs: number): Promise<LedgerView | null>
  /** Entries in order of their sequence, reserved before `before` (ledger time): the outbox that catch-up reads. */
  entries(saleId: Id, epoch: number, afterSeq: number, before: number, max: number): Promise<Hold[]>
  drop(saleId: Id): Promise<void>
}
