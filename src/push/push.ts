import type { Id } from '../core/ids.ts'

/** A hint to a browser. It may be lost and costs nothing then: the status API is the truth. */
export type OrderHint = { type: 'order'; orderId: Id; status: string; version: number }
export type StockHint = { type: 'stock'; saleId: Id; items: { productId: Id; remaining: number }[]; at: string }
export type SaleHint = { type: 'sale'; saleId: Id; status: string; phase: string }

export interface Push {
  toBuyer(buyerId: Id, hint: OrderHint): void
  /** To all who watch the sale. */
  toSale(saleId: Id, hint: StockHint | SaleHint): void
}
