import type { Id } from '../core/ids.ts'

/** A hint to a browser. It may be lost and costs nothing then: the status API is the truth. */
export type OrderHint = { type: 'order'; orderId: Id; status: string; version: number }
export type StockHint = { type: 'stock'; saleId: Id; items: { productId: Id; remaining: number }[]; at: string }
export type SaleHint = { type: 'sale'; saleId: Id; status: string; phase: string }

/** `sent` to another process or `heard` of one, `lost` on the way, `ignored` because it was not what a process of ours says. */
export type HintResult = 'sent' | 'heard' | 'lost' | 'ignored'

/** Neither throws, waits, or holds more than a bounded number of hints. */
export interface Push {
  /** To all sockets of the buyer, in whichever process they are. */
  toBuyer(buyerId: Id, hint: OrderHint): void
  /** To all who watch the sale in this process; others look at it again. */
  toSale(saleId: Id, hint: StockHint | SaleHint): void
}
