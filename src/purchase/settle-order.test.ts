import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { altered, lossy, memoryShop } from '../../test/memory-shop.ts'
import type { Id } from '../core/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
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
      await clock.advance(5_000)
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
      await shop.clock.advance(5_000)
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
    await Promise.all([shop.settle(), shop.books.move([{ orderId: shop.orderId, by: 'pay' }])])
    assert.equal(shop.record.journal.filter((row) => row.orderId === shop.orderId).length, 2)
    assert.equal(await shop.events.ack('payments', 'slow', [slow.position]), 0)
  })

  it('asks for another turn while there may be more, and tells the ledger of each order once', async () => {
    const shop = memoryShop()
    const told: string[] = []
    const settle: Ledger['settle'] = (saleId, moves) => {
      told.push(...moves.map(({ orderId, to }) => `${to} ${orderId}`))
      return shop.ledger.settle(saleId, moves)
    }
    const process = shop.process({ ledger: altered(shop.ledger, { settle }) })
    const sale = await shop.sale(100, {}, process)
    const placed = await Promise.all(Array.from({ length: 100 }, () => process.buy(shop.wish(sale))))
    const { books, sales, outbox, events, clock } = shop
    const relay = { books, sales, outbox, events, clock, newId: () => 'relay', published() {} }
    assert.deepEqual([await publish(relay), await publish(relay)], [true, false])
    const turn = () => settleOrders({ ...process.ports, events, announce: process.announce, newId: () => 'worker' })
    assert.deepEqual([await turn(), await turn(), await turn(), await turn()], [true, true, true, false])
    assert.deepEqual(told.sort(), placed.map((one) => `commit ${one.kind === 'accepted' && one.orderId}`).sort())
    assert.deepEqual((await books.orders({ saleId: sale.id, waiting: true, limit: 9 })).length, 0)
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('asks nobody for anything where there is nothing to do', async () => {
    const shop = memoryShop()
    const [books, events] = [lossy(shop.books), lossy(shop.events)]
    const process = shop.process({ books })
    assert.equal(await settleOrders({ ...process.ports, events, announce: process.announce, newId: () => 'worker' }), false)
    assert.equal(await expireOrders({ ...process.ports, books, announce: process.announce }), false)
    assert.deepEqual([books.calls, events.calls], [{ expired: 1 }, { take: 1 }])
  })

  it('is all where the ledger lives in the books', async () => {
    const shop = await bought()
    await shop.publish()
    const ledger = lossy(altered(shop.ledger, { inBooks: true }))
    await settleOrders({ ...shop.parts, ledger })
    assert.equal(await shop.state(), 'COMPLETED')
    assert.deepEqual(ledger.calls, {})
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

  it('asks for another turn while more may have expired', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(40, {}, process)
    await Promise.all(Array.from({ length: 40 }, () => process.buy(shop.wish(sale))))
    for (const order of shop.record.orders.values()) Object.assign(order, { state: 'PAYMENT_PENDING' })
    await shop.clock.advance(600_000)
    const turn = () => expireOrders({ ...process.ports, announce: process.announce })
    assert.deepEqual([await turn(), await turn()], [true, false])
    assert.deepEqual(new Set([...shop.record.orders.values()].map(({ state }) => state)), new Set(['EXPIRED']))
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
