import assert from 'node:assert/strict'
import { it } from 'node:test'
import { memoryShop } from '../../test/memory-shop.ts'
import type { Id } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import { LocalPush } from '../push/local-push.ts'
import { Outlet } from '../push/outlet.ts'
import { announcer } from './announce.ts'

it('tells a buyer what became of the order, and those who watch of a unit that is free again, not of one that was paid', async () => {
  const shop = memoryShop()
  const process = shop.process()
  const sale = await shop.sale(5, {}, process)
  const push = new LocalPush()
  const settled: Id[] = []
  const announce = announcer(process.board, push, (order) => void settled.push(order.orderId))
  const left = () => process.board.get(sale.id)?.remaining.get(sale.productId)
  for (const [state, remaining] of [
    ['COMPLETED', 5],
    ['FAILED', 4],
    ['CANCELLED', 3],
    ['EXPIRED', 2],
  ] as const) {
    const buyerId = shop.buyer()
    const told: string[] = []
    push.watchBuyer(buyerId, new Outlet({ bufferedAmount: 0, send: (text) => void told.push(text), terminate() {} }))
    const placed = await process.buy(shop.wish(sale, { buyerId }))
    assert.ok(placed.kind === 'accepted')
    const order: Order = { ...((await shop.books.order(placed.orderId)) as Order), state, version: 2 }
    const before = left()
    announce(order, remaining)
    assert.equal(left(), state === 'COMPLETED' ? before : remaining)
    assert.deepEqual(
      told.map((text) => JSON.parse(text)),
      [{ type: 'order', orderId: order.orderId, status: state, version: 2 }],
    )
    assert.equal(settled.at(-1), order.orderId)
  }
})
