import type { Order } from '../core/order.ts'
import type { Push } from '../push/push.ts'
import type { Board } from './board.ts'

/** Tells those who watch: a unit that is free again, and the buyer's own news. What is lost here is found at the status API. */
export function announcer(board: Board, push: Push, settled: (order: Order) => void) {
  return (order: Order, remaining: number): void => {
    const { orderId, buyerId, saleId, productId, state, version } = order
    if (state !== 'COMPLETED') board.stock(saleId, productId, remaining)
    push.toBuyer(buyerId, { type: 'order', orderId, status: state, version })
    settled(order)
  }
}
