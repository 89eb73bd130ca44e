import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lossy, memoryShop } from '../../test/memory-shop.ts'
import type { Id } from '../core/ids.ts'
import { publish } from './publish.ts'
import { cancelOrder, expireOrders, settleOrders } from './settle-order.ts'

async function bought() {
  const shop = memoryShop()
  const process = shop.process()
  const sale = await shop.sale(3, {}, process)
  const wish = shop.wish(sale)
  const told = process.watch(wish.buyerId)
  const placed = await process.buy(wish)
  assert.ok(placed.kind === 'accepted')
  const { orderId } = placed
  const { clock, events, outbox, books, sales } = shop
  const parts = { ...process.ports, events, announce: process.announce, newId: () => `worker ${clock.now()}` }
  return {
    ...{ ...shop, process, sale, told, orderId, parts },
    publish: () => publish({ books, sales, outbox, events, newId: () => `relay ${clock.now()}`, published() {} }),
    settle: () => settleOrders(parts),
    state: async () => (await books.order(orderId))?.state,
    hold: async () => (await shop.ledger.entries(sale.id, 1, 0, Number.MAX_SAFE_INTEGER, 9))[0]?.state,
  }
}

const types = (shop: { events: { events: { type: string }[] } }): string[] => shop.events.events.map((event) => event.type)

describe('publishing', () => {
  it('tells of an order once, however often its row is published', async () => {
    const shop = await bought()
    const [row] = await shop.outbox.claim('slow', 9, 10)
    assert.ok(row)
    assert.equal(await shop.publish(), false)
    assert.deepEqual(types(shop), [], 'another one has it')
    await shop.clock.advance(10)
    await shop.publish()
    assert.deepEqual(types(shop), ['OrderCreated', 'InventoryReserved'])
    await shop.clock.advance(20_000)
    await shop.publish()
    assert.equal(types(shop).length, 2)
    assert.equal((await shop.outbox.waiting()).count, 0)
  })

  it('keeps the row until the events are in the log', async () => {
    const shop = await bought()
    const { books, sales, outbox, clock } = shop
    const events = lossy(shop.events)
    for (const how of ['lost', 'unheard'] as const) {
      events.fail('append', how)
      await assert.rejects(publish({ books, sales, outbox, events, newId: () => how, published() {} }))
      assert.equal((await outbox.waiting()).count, 1)
      await clock.advance(10_000)
    }
    await shop.publish()
    assert.deepEqual(types(shop), ['OrderCreated', 'InventoryReserved'])
  })
})

describe('settling', () => {
  it('goes on after a crash between any two steps, and pays once', async () => {
    for (const [port, method, how] of [
      ['books', 'move', 'lost'],
      ['books', 'move', 'unheard'],
      ['ledger', 'settle', 'lost'],
      ['ledger', 'settle', 'unheard'],
      ['events', 'ack', 'lost'],
      ['events', 'ack', 'unheard'],
    ] as const) {
      const shop = await bought()
      await shop.publish()
      const ports = { books: lossy(shop.books), ledger: lossy(shop.ledger), events: lossy(shop.events) }
      ports[port].fail(method as never, how)
      await assert.rejects(settleOrders({ ...shop.parts, ...ports }))
      await shop.clock.advance(30_000)
      await shop.settle()
      assert.deepEqual([await shop.state(), await shop.hold()], ['COMPLETED', 'COMMITTED'], `${port}.${method} ${how}`)
      assert.equal(shop.record.journal.filter((row) => row.orderId === shop.orderId).length, 2)
      assert.equal((await shop.events.lag('payments')).count, 0)
      assert.deepEqual(await shop.imbalances(), [])
    }
  })

  it('pays once where two workers have the same event', async () => {
    const shop = await bought()
    await shop.publish()
    const [slow] = await shop.events.take('payments', 'slow', 9, 10)
    assert.ok(slow)
    await shop.clock.advance(10)
    await Promise.all([shop.settle(), shop.books.move([{ orderId: shop.orderId, by: 'credit' }])])
    assert.equal(shop.record.journal.filter((row) => row.orderId === shop.orderId).length, 2)
    assert.equal(await shop.events.ack('payments', 'slow', [slow.position]), 0)
  })

  it('asks for another turn while there may be more', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(100, {}, process)
    await Promise.all(Array.from({ length: 100 }, () => process.buy(shop.wish(sale))))
    const { books, sales, outbox, events, clock } = shop
    const relay = { books, sales, outbox, events, clock, newId: () => 'relay', published() {} }
    while (await publish(relay));
    let turns = 1
    while (await settleOrders({ ...process.ports, events, announce: process.announce, newId: () => 'worker' })) turns++
    assert.ok(turns > 1)
    assert.deepEqual((await books.orders({ saleId: sale.id, waiting: true, limit: 9 })).length, 0)
    assert.deepEqual(await shop.imbalances(), [])
  })
})

describe('cancelling and expiring', () => {
  it('frees the unit in the books, then in the ledger, and tells the buyer', async () => {
    const shop = await bought()
    const done = await cancelOrder(shop.parts, shop.orderId, 'the buyer')
    assert.ok(done.kind === 'cancelled' && done.order.reason === 'cancelled by the buyer')
    assert.deepEqual([await shop.state(), await shop.hold()], ['CANCELLED', 'CANCELLED'])
    assert.deepEqual(JSON.parse(shop.told[0] ?? ''), { type: 'order', orderId: shop.orderId, status: 'CANCELLED', version: 2 })
    await shop.publish()
    await shop.settle()
    assert.equal(await shop.state(), 'CANCELLED')
    assert.deepEqual(await cancelOrder(shop.parts, shop.orderId, 'the buyer'), { kind: 'conflict', state: 'CANCELLED' })
    assert.deepEqual(await cancelOrder(shop.parts, shop.sale.id, 'the buyer'), { kind: 'not-found' })
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('comes too late once the order is paid', async () => {
    const shop = await bought()
    await shop.publish()
    const [cancelled] = await Promise.all([cancelOrder(shop.parts, shop.orderId, 'the buyer'), shop.settle()])
    const state = await shop.state()
    assert.equal(cancelled.kind, state === 'CANCELLED' ? 'cancelled' : 'conflict')
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('ends by the clock what waits for its buyer, and never what waits for us', async () => {
    const shop = await bought()
    const ours = await shop.process.buy(shop.wish(shop.sale))
    assert.ok(ours.kind === 'accepted')
    Object.assign(shop.record.orders.get(shop.orderId) ?? {}, { state: 'PAYMENT_PENDING' })
    await shop.clock.advance(600_000)
    assert.equal(await expireOrders(shop.parts), false)
    assert.deepEqual([await shop.state(), await shop.hold()], ['EXPIRED', 'CANCELLED'])
    assert.equal((await shop.books.order(ours.orderId as Id))?.state, 'RESERVATION_PENDING')
  })
})
