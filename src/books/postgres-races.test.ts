import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { plantRow } from '../../test/plant.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../test/postgres-server.ts'
import { openPostgresStores } from '../../test/postgres-stores.ts'
import { askFor, newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { Entry } from '../core/order.ts'
import type { OrderMove } from './books.ts'

type Opened = Awaited<ReturnType<typeof openPostgresStores>>

const PRICE = 100

// Two processes, each with connections of its own; the second one's clock is an hour behind.
describe('races on PostgreSQL', { skip: withoutPostgres, timeout: 240_000 }, () => {
  let server: PostgresServer
  let one: Opened
  let other: Opened
  const clock = handClock()
  const slowClock = handClock()
  before(async () => {
    server = await startPostgres({ deadlock_timeout: '50ms' })
    const url = await server.newDatabase()
    await clock.advance(3600_000)
    one = await openPostgresStores(clock, url)
    other = await openPostgresStores(slowClock, url)
  })
  after(async () => {
    await one[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  async function saleOf(units: number, more: { products?: number; limit?: number; endTime?: number } = {}) {
    const products = Array.from({ length: more.products ?? 1 }, () => newId())
    const times = { created_at: 0, updated_at: 0 }
    const rest = { description: '', currency: 'EUR', kind: 'product', attributes: '{}', is_deleted: 0, ...times }
    for (const id of products) plantRow(one.plant, 'products', { id, name: 'A product', price: PRICE, stock: units, ...rest })
    const id = newId()
    const items = products.map((productId) => ({ productId, price: PRICE, currency: 'EUR', quantity: units }))
    const terms = { startTime: 0, endTime: more.endTime ?? clock.now() + 3600_000, limit: more.limit ?? 1 }
    const none = { banner: null, incarnation: null, drillId: null }
    assert.equal((await one.stores.sales.create({ id, name: 'A sale', items, ...terms, ...none })).kind, 'changed')
    return { id, products, productId: products[0] as Id }
  }

  const buyerWith = (balance: number): Id => {
    const id = newId()
    plantRow(one.plant, 'wallets', { user_id: id, balance, currency: 'EUR' })
    plantRow(one.plant, 'journal', {
      id,
      entry: `opening:${id}`,
      account: `wallet:${id}`,
      kind: 'opening',
      amount: balance,
      at: 0,
    })
    plantRow(one.plant, 'journal', { id, entry: `opening:${id}`, account: 'given', kind: 'opening', amount: -balance, at: 0 })
    return id
  }

  async function balances(saleId: Id) {
    const tally = await one.stores.sales.tally(saleId)
    assert.ok(tally)
    for (const item of tally.items) {
      assert.equal(item.available + item.held + item.sold + item.returned, item.allotment)
      assert.deepEqual([item.held, item.sold], [item.heldByOrders, item.soldByOrders])
    }
    assert.equal(tally.buyersWrong, 0)
    const { entriesWrong, walletsWrong, paymentsWrong } = await one.stores.sales.moneyTally(0)
    assert.deepEqual([entriesWrong, walletsWrong, paymentsWrong], [0, 0, 0])
    return tally
  }

  it('books an entry once that both processes book at the same moment', async () => {
    const sale = await saleOf(200)
    for (let round = 0; round < 20; round++) {
      const entries = Array.from({ length: 5 }, (_, i): Entry => {
        const { deadline, ...asked } = askFor(clock, sale.productId)
        return { ...asked, saleId: sale.id, epoch: 1, seq: round * 5 + i + 1, reservedAt: clock.now() }
      })
      const answers = await Promise.all([one, other, one, other].map(({ stores }) => stores.books.book(sale.id, 1, entries)))
      assert.deepEqual([...new Set(answers.map(({ kind }) => kind))], ['booked'])
    }
    const [item] = (await balances(sale.id)).items
    assert.deepEqual([item?.available, item?.held], [100, 100])
  })

  it('gives the last unit to one of fifty', async () => {
    for (let round = 0; round < 3; round++) {
      const sale = await saleOf(1)
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (i % 2 ? one : other).stores.ledger.reserve(sale.id, 1, [askFor(clock, sale.productId, { deadline: clock.now() })]),
        ),
      )
      const kinds = replies.flat().map(({ kind }) => kind)
      assert.deepEqual([kinds.filter((kind) => kind === 'reserved').length, new Set(kinds).size], [1, 2])
      await balances(sale.id)
    }
  })

  it('gives a buyer who asks everywhere at once no more than the limit, and one key one order', async () => {
    const sale = await saleOf(100, { limit: 3 })
    const [buyerId, deadline] = [newId(), clock.now()]
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        (i % 2 ? one : other).stores.ledger.reserve(sale.id, 1, [
          askFor(clock, sale.productId, { buyerId, deadline, keyDigest: `key ${i % 10}` }),
        ]),
      ),
    )
    const kinds = replies.flat().map(({ kind }) => kind)
    assert.equal(kinds.filter((kind) => kind === 'reserved').length, 3)
    assert.equal((await balances(sale.id)).taken, 3)
  })

  it('comes to the end of every order where all pay and cancel at once, crosswise', async () => {
    const sale = await saleOf(60, { products: 3, limit: 4 })
    const buyers = Array.from({ length: 10 }, () => buyerWith(2 * PRICE))
    const asks = Array.from({ length: 40 }, (_, i) =>
      askFor(clock, sale.products[i % 3] as Id, { buyerId: buyers[i % 10] as Id, deadline: clock.now() }),
    )
    await one.stores.ledger.reserve(sale.id, 1, asks)
    const ids = asks.map(({ orderId }) => orderId)
    const pay = (orderId: Id): OrderMove => ({ orderId, by: 'pay' })
    const cancel = (orderId: Id): OrderMove => ({ orderId, by: 'cancel', reason: 'no' })
    const batches = Array.from({ length: 24 }, (_, i) => {
      const some = ids.filter((_, j) => (j * 7 + i) % 3 > 0)
      return (i % 2 ? one : other).stores.books.move(some.map(i % 4 === 3 ? cancel : pay))
    })
    await Promise.all(batches)
    const [item] = (await balances(sale.id)).items
    assert.equal(item?.held, 0)
    assert.equal((await one.stores.books.orders({ saleId: sale.id, waiting: true, limit: 99 })).length, 0)
  })

  it('strands and invents no unit where a sale ends while others reserve and cancel in it', async () => {
    for (let round = 0; round < 15; round++) {
      // Over for the one, open for the other, whose clock is behind.
      const sale = await saleOf(10, { endTime: clock.now() - 1000 })
      const late = () => askFor(slowClock, sale.productId)
      const [first] = await other.stores.ledger.reserve(sale.id, 1, [late()])
      assert.ok(first?.kind === 'reserved')
      const reserves = Array.from({ length: 5 }, () => other.stores.ledger.reserve(sale.id, 1, [late()]))
      const ends = Array.from({ length: 5 }, () => one.stores.sales.settleEnd(sale.id))
      const moves = [{ orderId: first.entry.orderId, by: 'cancel' as const, reason: '' }]
      await Promise.all([...reserves, one.stores.books.move(moves), ...ends])
      const waiting = await one.stores.books.orders({ saleId: sale.id, waiting: true, limit: 9 })
      await one.stores.books.move(waiting.map(({ orderId }) => ({ orderId, by: 'cancel', reason: '' })))
      const isSettled = (await ends.reduce(async (any, end) => (await any) || (await end), Promise.resolve(false))) as boolean
      if (!isSettled) assert.equal(await one.stores.sales.settleEnd(sale.id), true)
      const [item] = (await balances(sale.id)).items
      const [product] = one.plant.ask('SELECT stock FROM products WHERE id = ?', sale.productId)
      assert.deepEqual([item?.available, product?.stock], [0, item?.returned])
    }
  })

  it('counts a sale anew while it is paid and cancelled, and is right', async () => {
    for (let round = 0; round < 4; round++) {
      const sale = await saleOf(40)
      const asks = Array.from({ length: 30 }, () =>
        askFor(clock, sale.productId, { buyerId: buyerWith(PRICE), deadline: clock.now() }),
      )
      await one.stores.ledger.reserve(sale.id, 1, asks)
      one.plant.change('UPDATE sale_items SET available = available - 1 WHERE sale_id = ?', sale.id)
      const moves = asks.map(({ orderId }, i) =>
        (i % 2 ? one : other).stores.books.move([i % 3 ? { orderId, by: 'pay' } : { orderId, by: 'cancel', reason: '' }]),
      )
      await Promise.all([...moves.slice(0, 15), one.stores.sales.recount(sale.id), ...moves.slice(15)])
      await balances(sale.id)
    }
  })

  it('counts a sale anew while others buy, pay and cancel in it, and no unit slips between', async () => {
    const entriesOf = (sale: { id: Id; productId: Id }, from: number) =>
      Array.from({ length: 4 }, (_, i): Entry => {
        const { deadline, ...asked } = askFor(clock, sale.productId, { buyerId: buyerWith(PRICE) })
        return { ...asked, saleId: sale.id, epoch: 1, seq: from + i, reservedAt: clock.now() }
      })
    for (let round = 0; round < 12; round++) {
      const sale = await saleOf(200)
      // Of two ledgers: one outside books what it gave out, and knows no lock of the sale.
      const isOutside = round % 2 === 0
      const early = Array.from({ length: 8 }, (_, i) => entriesOf(sale, i * 4 + 1)).flat()
      for (const entry of early) assert.equal((await one.stores.books.book(sale.id, 1, [entry])).kind, 'booked')
      one.plant.change('UPDATE sales SET seq = 1000 WHERE id = ?', sale.id)
      one.plant.change('UPDATE sale_items SET sold = sold + 3, available = available - 3 WHERE sale_id = ?', sale.id)
      one.plant.change(
        'UPDATE sale_buyers SET taken = taken + 1 WHERE sale_id = ? AND buyer_id = ?',
        sale.id,
        early[0]?.buyerId ?? '',
      )
      const buys = Array.from({ length: 16 }, async (_, i) => {
        const { stores } = i % 2 ? one : other
        const entries = entriesOf(sale, 100 + i * 4)
        if (isOutside) return stores.books.book(sale.id, 1, entries)
        return stores.ledger.reserve(
          sale.id,
          1,
          entries.map((entry) => ({ ...entry, deadline: clock.now() })),
        )
      })
      const moves = early.map(({ orderId }, i) =>
        (i % 2 ? one : other).stores.books.move([i % 3 ? { orderId, by: 'pay' } : { orderId, by: 'cancel', reason: '' }]),
      )
      const counts = Array.from({ length: 4 }, (_, i) => (i % 2 ? one : other).stores.sales.recount(sale.id))
      await Promise.all([...buys, ...moves])
      assert.equal((await Promise.all(counts)).filter(Boolean).length, 1, 'one mends it, the others find nothing')
      const { items } = await balances(sale.id)
      assert.deepEqual([items[0]?.held, items[0]?.sold], [64, 21])
    }
  })

  it('tells of every order to one worker, however many publish and settle at once', async () => {
    const sale = await saleOf(60)
    const asks = Array.from({ length: 60 }, () =>
      askFor(clock, sale.productId, { buyerId: buyerWith(PRICE), deadline: clock.now() }),
    )
    await one.stores.ledger.reserve(sale.id, 1, asks)
    const settled: Id[] = []
    const work = async ({ stores }: Opened) => {
      for (let idle = 0; idle < 3; ) {
        const more = await stores.relay.publish()
        const done = await stores.relay.settle()
        settled.push(...done.settled.filter(({ order }) => order.saleId === sale.id).map(({ order }) => order.orderId))
        idle = more || done.settled.length > 0 ? 0 : idle + 1
      }
    }
    await Promise.all([one, other, one, other].map(work))
    assert.equal(settled.length, 60)
    assert.equal(new Set(settled).size, 60)
    const [item] = (await balances(sale.id)).items
    assert.equal(item?.sold, 60)
  })
})
