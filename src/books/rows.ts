import type { Order, OrderState, PaymentMethod } from '../core/order.ts'
import type { Sale, SaleTerms } from '../core/sale.ts'
import type { BookTables } from './tables.ts'

export type OrderRow = BookTables['orders'] & { code: string | null }

const ORDER_COLUMNS = `o.id, o.sale_id, o.buyer_id, o.product_id, o.quantity, o.method, o.price, o.currency, o.state, o.released, o.reason,
  o.epoch, o.seq, o.key_digest, o.body_digest, o.reserved_at, o.created_at, o.updated_at, o.expires_at, o.txn_id, o.version`
/** An order with its coupon. Not by a join: PostgreSQL hashed all coupons for each page of orders until its statistics had caught up with
 *  the sale, and 100 pages took 20 s in place of one. */
export const SELECT_ORDER = `SELECT ${ORDER_COLUMNS},
  (SELECT c.code FROM coupons c WHERE c.order_id = o.id AND c.voided_at IS NULL) AS code FROM orders o`

export function orderOf(row: OrderRow): Order {
  return {
    orderId: row.id,
    saleId: row.sale_id,
    buyerId: row.buyer_id,
    productId: row.product_id,
    quantity: row.quantity,
    method: row.method as PaymentMethod,
    price: row.price,
    currency: row.currency,
    state: row.state as OrderState,
    released: row.released === 1,
    reason: row.reason,
    epoch: row.epoch,
    seq: row.seq,
    keyDigest: row.key_digest,
    bodyDigest: row.body_digest,
    reservedAt: row.reserved_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    version: row.version,
    couponCode: row.code,
    txnId: row.txn_id,
  }
}

export type ItemRow = BookTables['sale_items'] & { name: string; image: string | null; list_price: number }

export function termsOf(row: BookTables['sales']): SaleTerms {
  return {
    id: row.id,
    startTime: row.start_time,
    endTime: row.end_time,
    epoch: row.epoch,
    incarnation: row.incarnation,
    limit: row.buyer_limit,
    pausedByOperator: row.paused_by_operator === 1,
    pausedForRecovery: row.paused_for_recovery === 1,
  }
}

export function saleOf(row: BookTables['sales'], items: ItemRow[]): Sale {
  return {
    ...termsOf(row),
    name: row.name,
    banner: row.banner,
    createdAt: row.created_at,
    settledAt: row.settled_at,
    drillId: row.drill_id,
    items: items.map((item) => ({
      productId: item.product_id,
      allotment: item.allotment,
      price: item.price,
      currency: item.currency,
      name: item.name,
      image: item.image,
      listPrice: item.list_price,
    })),
  }
}
