import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { altered, lossy, type MemoryProcess, type MemoryShop, memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { Books } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { sweep } from './sweep.ts'

async function buy(shop: MemoryShop, process: MemoryProcess, sale: { id: Id; productId: Id }, many: number): Promise<Id[]> {
  const placed = await Promise.all(Array.from({ length: many }, () => process.buy(shop.wish(sale))))
  return placed.map((one) => {
    assert.ok(one.kind === 'accepted', JSON.stringify(one))
    return one.orderId
  })
}

const pay = (orderId: Id) => ({ orderId, by: 'pay' }) as const
const cancel = (orderId: Id) => ({ orderId, by: 'cancel', reason: 'test' }) as const

async function counts(shop: MemoryShop, saleId: Id) {
  const item = (await shop.ledger.look(saleId, 0, 0))?.items[0]
  return item && { remaining: item.remaining, held: item.held, sold: item.sold }
}

describe('the sweeper', () => {
  it('repeats in the ledger what the books moved and the ledger was not told', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(4, {}, process)
    const [paid, left] = (await buy(shop, process, sale, 3)) as [Id, Id, Id]
    await shop.books.move([pay(paid), cancel(left)])
    assert.deepEqual(await counts(shop, sale.id), { remaining: 1, held: 3, sold: 0 })
    await process.sweep()
    assert.deepEqual(await counts(shop, sale.id), { remaining: 2, held: 1, sold: 1 })
    await process.sweep()
    assert.deepEqual(await counts(shop, sale.id), { remaining: 2, held: 1, sold: 1 })
    assert.deepEqual(process.alarms, [])
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('goes through any number of orders, of each epoch', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger }, 10_000)
    const sale = await shop.sale(1300, {}, process)
    const old = await buy(shop, process, sale, 600)
    await shop.ledger.drop(sale.id)
    const turn = process.rebuild.turn()
    await shop.clock.advance(250)
    await turn
    await process.runSale.refresh()
    const fresh = await buy(shop, process, sale, 600)
    await shop.books.move([...old, ...fresh].map(pay))
    await process.sweep()
    assert.deepEqual(await counts(shop, sale.id), { remaining: 100, held: 0, sold: 1200 })
    assert.deepEqual(process.alarms, [])
  })

  it('calls an order that the ledger does not know evidence against the ledger', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(4, {}, process)
    const [first] = await buy(shop, process, sale, 2)
    const hidden = Object.create(shop.ledger, {
      inBooks: { value: false },
      look: { value: (...args: Parameters<Ledger['look']>) => shop.ledger.look(...args) },
      settle: { value: (...args: Parameters<Ledger['settle']>) => shop.ledger.settle(...args) },
      entries: {
        value: async (...args: Parameters<Ledger['entries']>) =>
          (await shop.ledger.entries(...args)).filter((hold) => hold.orderId !== first),
      },
    })
    const other = shop.process({ ledger: hidden })
    const { saleId, ...asked } = shop.wish(sale)
    const unbooked = newId()
    await shop.ledger.reserve(sale.id, 1, [{ ...asked, orderId: unbooked, deadline: shop.clock.now() }])
    await shop.clock.advance(5001)
    await other.sweep()
    assert.equal(await shop.books.order(unbooked), null, 'nothing more of it is believed')
    assert.deepEqual(other.alarms, [{ epoch: 1, because: `order ${first} is RESERVATION_PENDING, its hold is lost` }])
  })

  it('calls a hold that gave away what the books still hold or have sold evidence too', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(4, {}, process)
    const [held, sold] = (await buy(shop, process, sale, 2)) as [Id, Id]
    await shop.ledger.settle(sale.id, [{ orderId: held, to: 'release' }])
    await process.sweep()
    await shop.books.move([cancel(held), pay(sold)])
    await shop.ledger.settle(sale.id, [{ orderId: sold, to: 'release' }])
    await process.sweep()
    assert.deepEqual(
      process.alarms.map(({ because }) => because),
      [`order ${held} is RESERVATION_PENDING, its hold is CANCELLED`, `order ${sold} is COMPLETED, its hold is CANCELLED`],
    )
  })

  it('does not mistake a page that has grown old for a contradiction', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(4, {}, process)
    const [orderId] = (await buy(shop, process, sale, 1)) as [Id]
    let page: Order[] | undefined
    const slow: Books = Object.create(shop.books, {
      byIds: { value: (ids: Id[]) => shop.books.byIds(ids) },
      ordersOf: {
        async value(...args: Parameters<Books['ordersOf']>) {
          const read = await shop.books.ordersOf(...args)
          if (page) return read
          page = read
          await shop.books.move([cancel(orderId)])
          await shop.ledger.settle(sale.id, [{ orderId, to: 'release' }])
          return page
        },
      },
    })
    const other = shop.process({ books: slow })
    await other.sweep()
    assert.equal(page?.[0]?.state, 'RESERVATION_PENDING')
    assert.deepEqual(other.alarms, [])
  })

  it('takes back in the ledger what was committed there and is free in the books', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(4, {}, process)
    const [orderId] = (await buy(shop, process, sale, 1)) as [Id]
    await shop.books.move([cancel(orderId)])
    await shop.ledger.settle(sale.id, [{ orderId, to: 'commit' }])
    await process.sweep()
    assert.deepEqual(await counts(shop, sale.id), { remaining: 4, held: 0, sold: 0 })
    const before = { ...ledger.calls }
    await process.sweep()
    assert.equal(ledger.calls.settle, before.settle, 'and once is enough')
    assert.deepEqual(process.alarms, [])
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('asks for nothing more where all is level', async () => {
    const shop = memoryShop()
    const ports = { books: lossy(shop.books), ledger: lossy(shop.ledger) }
    const process = shop.process(ports)
    const sale = await shop.sale(4, {}, process)
    await buy(shop, process, sale, 2)
    for (const port of Object.values(ports)) for (const name of Object.keys(port.calls)) delete port.calls[name]
    await process.sweep()
    assert.deepEqual([ports.books.calls, ports.ledger.calls], [{ ordersOf: 2 }, { look: 2, entries: 2 }])
    await shop.clock.advance(5001)
    await process.sweep()
    assert.deepEqual(ports.books.calls, { ordersOf: 5 }, 'what is old is in the books')
  })

  it('has only to tell again where the ledger lives in the books, and says when there may be more of that', async () => {
    const shop = memoryShop()
    const sales = lossy(shop.sales)
    const ledger = altered(shop.ledger, { inBooks: true })
    const state = { booked: 0 }
    const turn = (told: number) =>
      sweep({ books: shop.books, ledger, sales, outbox: { again: async () => told }, alarm() {}, booked: () => state.booked++ })
    assert.deepEqual([await turn(0), await turn(999), await turn(1000)], [false, false, true])
    assert.equal(state.booked, 2)
    assert.deepEqual(sales.calls, {})
  })

  it('may lose sight of the ledger on its way: the next turn comes', async () => {
    const shop = memoryShop()
    let looks = 0
    const ledger = altered(shop.ledger, { look: async (...args) => (++looks === 2 ? null : shop.ledger.look(...args)) })
    const process = shop.process({ ledger })
    await shop.sale(4)
    await process.sweep()
    assert.deepEqual([looks, process.alarms], [2, []])
  })

  it('books all old holds that are in no books, however many', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(1200, {}, process)
    const asks = Array.from({ length: 1200 }, () => {
      const { saleId, ...asked } = shop.wish(sale)
      return { ...asked, orderId: newId(), deadline: shop.clock.now() }
    })
    await shop.ledger.reserve(sale.id, 1, asks)
    await shop.clock.advance(5001)
    await process.sweep()
    assert.equal((await shop.books.byIds(asks.map(({ orderId }) => orderId))).length, 1200)
    assert.equal(process.state.booked, 3)
  })

  it('stops at an old hold that the books refuse, and calls it evidence', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(4, {}, process)
    const { saleId, ...asked } = shop.wish(sale)
    const orderId = newId()
    await shop.ledger.reserve(sale.id, 1, [{ ...asked, orderId, deadline: shop.clock.now() }])
    Object.assign(shop.record.item(sale.id, sale.productId) ?? {}, { allotment: 0, available: 0 })
    await shop.clock.advance(5001)
    await process.sweep()
    assert.equal(await shop.books.order(orderId), null)
    assert.equal(process.alarms.length, 1)
    assert.match(process.alarms[0]?.because ?? '', /fewer are available/)
    assert.equal(process.state.booked, 0)
  })

  it('books an old hold that even catch-up has missed', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(4, {}, process)
    await buy(shop, process, sale, 1)
    const { saleId, ...asked } = shop.wish(sale)
    const orderId = newId()
    await shop.ledger.reserve(sale.id, 1, [{ ...asked, orderId, deadline: shop.clock.now() }])
    await shop.clock.advance(5000)
    await process.sweep()
    assert.equal(await shop.books.order(orderId), null)
    await shop.clock.advance(1)
    await process.sweep()
    assert.equal((await shop.books.order(orderId))?.state, 'RESERVATION_PENDING')
  })

  it('tells again of what waits for us for half a minute and of which nothing is on its way', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(4, {}, process)
    const [orderId] = (await buy(shop, process, sale, 1)) as [Id]
    const [row] = await shop.outbox.claim('lost', 9, 1)
    await shop.outbox.done('lost', [row?.id ?? 0])
    await shop.clock.advance(30_000)
    await process.sweep()
    assert.equal((await shop.outbox.waiting()).count, 0)
    await shop.clock.advance(1)
    await process.sweep()
    await shop.settleAll(process)
    assert.equal((await shop.books.order(orderId))?.state, 'COMPLETED')
    assert.equal(process.state.booked, 2)
  })

  it('leaves a sale alone that is being rebuilt, or that has no ledger', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(4, {}, process)
    const [paid] = (await buy(shop, process, sale, 1)) as [Id]
    await shop.books.move([pay(paid)])
    await shop.sales.raiseEpoch(sale.id, 1, 'run 1')
    await process.sweep()
    await shop.ledger.drop(sale.id)
    await process.sweep()
    assert.equal(ledger.calls.settle, undefined)
    assert.deepEqual(process.alarms, [])
  })
})
