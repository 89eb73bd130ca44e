import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lossy, type MemoryShop, memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** What a process left that died after the ledger had answered. */
async function reserveOnly(shop: MemoryShop, sale: { id: Id; productId: Id; epoch?: number }, many: number): Promise<Id[]> {
  const asks = Array.from({ length: many }, () => {
    const { saleId, ...asked } = shop.wish(sale)
    return { ...asked, orderId: newId(), deadline: shop.clock.now() }
  })
  const replies = await shop.ledger.reserve(sale.id, sale.epoch ?? 1, asks)
  assert.ok(replies.every((reply) => reply.kind === 'reserved'))
  return asks.map((ask) => ask.orderId)
}

const statesOf = async (shop: MemoryShop, ids: Id[]) =>
  (await Promise.all(ids.map((id) => shop.books.order(id)))).map((order) => order?.state)

describe('catch-up', () => {
  it('books what a process reserved and did not live to book, once it is a second old, and it is settled as any other', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(5, {}, process)
    const [orderId] = (await reserveOnly(shop, sale, 1)) as [Id]
    await shop.clock.advance(1000)
    assert.equal(await process.catchUp(), false)
    assert.equal(await shop.books.order(orderId), null, 'its process may still be about to')
    assert.equal(process.state.booked, 0)
    await shop.clock.advance(1)
    await process.catchUp()
    assert.equal((await shop.books.order(orderId))?.state, 'RESERVATION_PENDING')
    assert.equal(process.state.booked, 1)
    await shop.settleAll(process)
    assert.deepEqual(await statesOf(shop, [orderId]), ['COMPLETED'])
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('does nothing to what is booked, and reads on from there', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(9, {}, process)
    await process.buy(shop.wish(sale))
    await shop.clock.advance(1001)
    await process.catchUp()
    const before = { ...ledger.calls }
    for (let i = 0; i < 3; i++) await process.catchUp()
    assert.equal(ledger.calls.entries, before.entries, 'there is nothing new')
    assert.equal((await shop.outbox.waiting()).count, 1)
    const ids = await reserveOnly(shop, sale, 2)
    await shop.clock.advance(1001)
    await process.catchUp()
    assert.deepEqual(await statesOf(shop, ids), ['RESERVATION_PENDING', 'RESERVATION_PENDING'])
  })

  it('moves on only past what is booked: what failed is tried again', async () => {
    const shop = memoryShop()
    const books = lossy(shop.books)
    const process = shop.process({ books })
    const sale = await shop.sale(9, {}, process)
    const ids = await reserveOnly(shop, sale, 2)
    await shop.clock.advance(1001)
    for (const how of ['refused', 'unheard'] as const) {
      books.fail('book', how)
      await assert.rejects(process.catchUp())
    }
    await process.catchUp()
    assert.deepEqual(await statesOf(shop, ids), ['RESERVATION_PENDING', 'RESERVATION_PENDING'])
    assert.equal((await shop.outbox.waiting()).count, 2)
  })

  it('does not pass over what the books refuse: it raises an alarm until the sale is rebuilt', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(9, {}, process)
    const ids = await reserveOnly(shop, sale, 1)
    const terms = shop.record.sales.get(sale.id)
    assert.ok(terms)
    terms.limit = 0
    await shop.clock.advance(1001)
    for (let i = 0; i < 2; i++) await process.catchUp()
    assert.equal(process.alarms.length, 2)
    terms.limit = 1
    await process.catchUp()
    assert.deepEqual(await statesOf(shop, ids), ['RESERVATION_PENDING'])
  })

  it('takes many in batches, and asks for another turn until all are booked', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(600, {}, process)
    const ids = await reserveOnly(shop, sale, 600)
    await shop.clock.advance(1001)
    const turns = [await process.catchUp(), await process.catchUp(), await process.catchUp(), await process.catchUp()]
    assert.deepEqual(turns, [true, true, false, false])
    assert.equal((await statesOf(shop, ids)).filter((state) => state === 'RESERVATION_PENDING').length, 600)
  })

  it('stops before a sequence that the ledger does not show, and calls it evidence', async () => {
    const shop = memoryShop()
    const holey: Ledger = Object.create(shop.ledger, {
      inBooks: { value: false },
      look: { value: (...args: Parameters<Ledger['look']>) => shop.ledger.look(...args) },
      entries: {
        value: async (...args: Parameters<Ledger['entries']>) =>
          (await shop.ledger.entries(...args)).filter((hold) => hold.seq !== 2),
      },
    })
    const process = shop.process({ ledger: holey })
    const sale = await shop.sale(9, {}, shop.process())
    const ids = await reserveOnly(shop, sale, 3)
    await shop.clock.advance(1001)
    await process.catchUp()
    assert.deepEqual(await statesOf(shop, ids), ['RESERVATION_PENDING', undefined, undefined])
    assert.deepEqual(process.alarms, [{ epoch: 1, because: 'the ledger has no entry 2' }])
  })

  it('books nothing of an epoch that has passed, and begins anew with the next', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(9, {}, process)
    await process.buy(shop.wish(sale))
    await shop.clock.advance(1001)
    await process.catchUp()
    const late = await reserveOnly(shop, sale, 1)
    await shop.clock.advance(1001)
    await shop.sales.raiseEpoch(sale.id, 1, 'run 1')
    await process.catchUp()
    assert.deepEqual(await statesOf(shop, late), [undefined])
    assert.deepEqual(process.alarms, [])
    await shop.sales.clearRecovery(sale.id, 2)
    const raised = await shop.sales.sale(sale.id)
    assert.ok(raised)
    await shop.ledger.load({ terms: raised, items: raised.items, holds: [] })
    const fresh = await reserveOnly(shop, { ...sale, epoch: 2 }, 1)
    await shop.clock.advance(1001)
    await process.catchUp()
    assert.deepEqual(await statesOf(shop, fresh), ['RESERVATION_PENDING'])
  })

  it('leaves a sale alone that the ledger has lost, and goes on with the others', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const [lost, whole] = [await shop.sale(9, {}, process), await shop.sale(9, {}, process)]
    const ids = [...(await reserveOnly(shop, lost, 1)), ...(await reserveOnly(shop, whole, 1))]
    await shop.clock.advance(1001)
    await shop.ledger.drop(lost.id)
    await process.catchUp()
    assert.deepEqual(await statesOf(shop, ids), [undefined, 'RESERVATION_PENDING'])
    assert.deepEqual(process.alarms, [])
  })

  it('reads no more of a sale that is over', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(9, { endTime: shop.clock.now() + 2000 }, process)
    await process.buy(shop.wish(sale))
    await shop.clock.advance(2000)
    await process.catchUp()
    await shop.settleAll(process)
    await process.runSale.tick()
    const before = { ...ledger.calls }
    assert.equal(await process.catchUp(), false)
    assert.deepEqual(ledger.calls, before)
  })

  it('has nothing to do where the ledger lives in the books', async () => {
    const shop = memoryShop()
    const sales = lossy(shop.sales)
    const inBooks: Ledger = Object.create(shop.ledger, { inBooks: { value: true } })
    assert.equal(await shop.process({ ledger: inBooks, sales }).catchUp(), false)
    assert.deepEqual(sales.calls, {})
  })
})
