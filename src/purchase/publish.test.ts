import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryShop, PRICE } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import { publish } from './publish.ts'
import { expireOrders } from './settle-order.ts'

/** A sale with an order of two units, and what its shop publishes. */
async function sold() {
  const shop = memoryShop()
  const process = shop.process()
  const sale = await shop.sale(9, { limit: 2 }, process)
  const buy = async (buyerId: Id) => {
    const placed = await process.buy(shop.wish(sale, { buyerId, quantity: 2 }))
    assert.ok(placed.kind === 'accepted')
    return placed.orderId
  }
  const { books, sales, outbox, events } = shop
  let turns = 0
  /** What it tells that was not told before, as `topic type data`. */
  const told = async () => {
    const before = events.events.length
    await publish({ books, sales, outbox, events, newId, published: () => turns++ })
    return events.events.slice(before).map(({ topic, type, subject, data }) => ({ topic, type, subject, data }))
  }
  return { shop, process, sale, buy, told, turns: () => turns }
}

describe('what is told', () => {
  it('of an order from its booking to its payment', async () => {
    const { shop, process, sale, buy, told } = await sold()
    const userId = shop.buyer()
    const orderId = await buy(userId)
    const { id: saleId, productId } = sale
    const bought = { orderId, userId, saleId, productId, quantity: 2, price: { amount: PRICE, currency: 'EUR' } }
    assert.deepEqual(await told(), [
      { topic: 'doorbuster.orders', type: 'OrderCreated', subject: orderId, data: bought },
      { topic: 'doorbuster.payments', type: 'InventoryReserved', subject: orderId, data: bought },
    ])
    await shop.settleAll(process)
    const paymentTxnId = `credit:${orderId}`
    const amount = { amount: 2 * PRICE, currency: 'EUR' }
    assert.deepEqual(await told(), [
      {
        topic: 'doorbuster.payments',
        type: 'PurchaseCompleted',
        subject: orderId,
        data: { orderId, userId, amount, paymentTxnId },
      },
      {
        topic: 'doorbuster.orders',
        type: 'OrderConfirmed',
        subject: orderId,
        data: { orderId, status: 'COMPLETED', paymentTxnId },
      },
    ])
  })

  it('of an order that was not paid, with the reason', async () => {
    const { shop, process, buy, told } = await sold()
    const [poor, waverer, sleeper] = [shop.buyer(0), shop.buyer(), shop.buyer()]
    const [failed, cancelled, expired] = [await buy(poor), await buy(waverer), await buy(sleeper)]
    await shop.books.move([{ orderId: cancelled, by: 'cancel', reason: 'cancelled by the buyer' }])
    Object.assign(shop.record.orders.get(expired) ?? {}, { state: 'PAYMENT_PENDING' })
    await shop.clock.advance(600_000)
    await expireOrders({ ...process.ports, announce: process.announce })
    await shop.books.move([{ orderId: failed, by: 'pay' }])
    const news = (await told()).filter(({ type }) => type !== 'OrderCreated' && type !== 'InventoryReserved')
    const topic = 'doorbuster.orders'
    const why = (userId: Id, orderId: Id, reason: string) => ({ subject: orderId, data: { orderId, userId, reason } })
    assert.deepEqual(news, [
      { topic, type: 'OrderCancelled', ...why(waverer, cancelled, 'cancelled by the buyer') },
      { topic, type: 'ReservationFailed', ...why(sleeper, expired, 'hold-expired') },
      { topic, type: 'ReservationFailed', ...why(poor, failed, 'not-enough-credit') },
    ])
  })

  it('of a sale: its start and its end', async () => {
    const { shop, process, sale, told, turns } = await sold()
    const { id: saleId, startTime, endTime, productId } = sale
    await process.runSale.tick()
    await shop.clock.advance(endTime - shop.clock.now())
    await process.runSale.tick()
    const of = { topic: 'doorbuster.sales', subject: saleId }
    const items = [{ productId, quantity: 9 }]
    assert.deepEqual(await told(), [
      { ...of, type: 'FlashSaleStarted', data: { saleId, items, startTime, duration: endTime - startTime } },
      { ...of, type: 'FlashSaleEnded', data: { saleId } },
    ])
    assert.equal(turns(), 1)
    assert.deepEqual(await told(), [])
    assert.equal(turns(), 1, 'nobody is woken for nothing')
  })

  it('not of a rehearsal that was removed meanwhile, and that is done, too', async () => {
    const { shop, process } = await sold()
    await process.runSale.tick()
    const { books, outbox, events } = shop
    const before = events.events.length
    await publish({ books, sales: { sale: async () => null }, outbox, events, newId, published() {} })
    assert.equal(events.events.length, before)
    assert.equal((await outbox.waiting()).count, 0)
  })

  it('once more, under other ids, of an order whose first news was lost', async () => {
    const { shop, process, buy, told } = await sold()
    await buy(shop.buyer())
    const first = await told()
    const [lost] = await shop.events.take('payments', 'gone', 9, 1000)
    await shop.events.ack('payments', 'gone', [lost?.position ?? 0])
    await shop.clock.advance(30_001)
    await process.sweep()
    assert.deepEqual(await told(), first)
    assert.equal(new Set(shop.events.events.map(({ id }) => id)).size, 2 * first.length)
  })
})
