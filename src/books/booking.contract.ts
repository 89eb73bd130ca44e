import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { Entry } from '../core/order.ts'
import { type BooksWorld, PRICE } from './books.contract.ts'

/** `book` and `truth`. */
export function bookingContract(get: () => BooksWorld): void {
  it('records what the ledger granted: the order, the counts, and what is to be told', async () => {
    const { books, clock, sale, entry, told, counts, holdTtlMs } = get()
    const made = await sale({ limit: 2 })
    const entries = [entry(made, 1, { quantity: 2 }), entry(made, 2)] as [Entry, Entry]
    const now = clock.now()
    assert.deepEqual(await books.book(made.id, 1, entries.toReversed()), { kind: 'booked' })
    assert.deepEqual(await books.order(entries[0].orderId), {
      ...entries[0],
      state: 'RESERVATION_PENDING',
      released: false,
      reason: null,
      price: PRICE,
      currency: 'EUR',
      couponCode: null,
      txnId: null,
      createdAt: now,
      updatedAt: now,
      expiresAt: now + holdTtlMs,
      version: 1,
    })
    assert.deepEqual(await books.history(entries[0].orderId), [{ state: 'RESERVATION_PENDING', at: now }])
    assert.deepEqual(await counts(made.id), [{ available: 2, held: 3, sold: 0, returned: 0 }])
    assert.deepEqual(
      await told(),
      entries.map(({ orderId }) => ({ happening: 'order-booked', refId: orderId })),
      'in order of their sequence',
    )
  })

  it('does nothing a second time, also beside what is new, and also at once', async () => {
    const { books, sale, entry, told, counts } = get()
    const made = await sale()
    const [first, second] = [entry(made, 1), entry(made, 2)]
    for (const batch of [[first], [first], [first, second], []]) {
      assert.deepEqual(await books.book(made.id, 1, batch), { kind: 'booked' })
    }
    const third = entry(made, 3)
    const both = await Promise.all([books.book(made.id, 1, [third]), books.book(made.id, 1, [third])])
    assert.deepEqual(both, [{ kind: 'booked' }, { kind: 'booked' }])
    assert.deepEqual(await counts(made.id), [{ available: 2, held: 3, sold: 0, returned: 0 }])
    assert.equal((await told()).length, 3)
  })

  it('books nothing new for another epoch than the sale has, and still knows what was booked', async () => {
    const { books, sales, sale, entry, told, counts } = get()
    const made = await sale()
    const [old, fresh] = [entry(made, 1), entry(made, 2)]
    await books.book(made.id, 1, [old])
    for (const epoch of [0, 2]) assert.deepEqual(await books.book(made.id, epoch, [old, fresh]), { kind: 'epoch-passed' })
    assert.equal(await sales.raiseEpoch(made.id, 1, null), true)
    assert.deepEqual(await books.book(made.id, 1, [old]), { kind: 'booked' })
    assert.deepEqual(await books.book(made.id, 1, [old, fresh]), { kind: 'epoch-passed' })
    assert.deepEqual(await books.book(newId(), 1, [entry({ id: newId(), productId: made.productId }, 1)]), {
      kind: 'epoch-passed',
    })
    assert.equal(await books.order(fresh.orderId), null)
    assert.deepEqual(await counts(made.id), [{ available: 4, held: 1, sold: 0, returned: 0 }])
    assert.equal((await told()).length, 1)
    const next = entry(made, 1, { epoch: 2 })
    assert.deepEqual(await books.book(made.id, 2, [old, next]), { kind: 'booked' }, 'the same sequence in a new epoch is another')
  })

  it('calls it a disagreement where another order stands under the sequence or the key, and leaves nothing behind', async () => {
    const { sale, booked, entry } = get()
    const made = await sale()
    const { buyerId, keyDigest } = await booked(made, 1)
    await refusesAll(get(), made, [entry(made, 2), entry(made, 1)])
    await refusesAll(get(), made, [entry(made, 2), entry(made, 3, { buyerId, keyDigest })])
  })

  it('calls it a disagreement where two entries of a batch have one id, sequence or key', async () => {
    const { sale, entry } = get()
    const made = await sale({ limit: 2 })
    const first = entry(made, 1)
    const { orderId, buyerId, keyDigest } = first
    for (const other of [{ orderId, seq: 2 }, { seq: 1 }, { seq: 2, buyerId, keyDigest }]) {
      await refusesAll(get(), made, [first, entry(made, other.seq, other)])
    }
  })

  it('calls it a disagreement where a guard refuses, and leaves nothing behind', async () => {
    const { sale, product, booked, entry } = get()
    const items = [5, 2].map((quantity) => ({ productId: product(), price: PRICE, currency: 'EUR', quantity }))
    const made = await sale({ limit: 3, items })
    const scarce = items[1]?.productId as Id
    const { buyerId } = await booked(made, 1, { quantity: 2 })
    const good = entry(made, 2)
    await refusesAll(get(), made, [good, entry(made, 3, { buyerId, quantity: 2 })])
    await refusesAll(get(), made, [good, entry(made, 3, { buyerId }), entry(made, 4, { buyerId })])
    await refusesAll(get(), made, [good, entry(made, 3, { quantity: 4 })])
    await refusesAll(get(), made, [good, entry(made, 3, { productId: scarce, quantity: 3 })])
    await refusesAll(get(), made, [
      good,
      entry(made, 3, { productId: scarce, quantity: 2 }),
      entry(made, 4, { productId: scarce }),
    ])
    await refusesAll(get(), made, [good, entry(made, 3, { productId: product() })])
  })

  it('books up to the limit and to the last unit, over the items of a sale', async () => {
    const { books, sale, product, entry, counts, buyer } = get()
    const items = [3, 1].map((quantity) => ({ productId: product(), price: PRICE, currency: 'EUR', quantity }))
    const made = await sale({ limit: 3, items })
    const buyerId = buyer()
    const last = items[1]?.productId as Id
    const batch = [entry(made, 1, { buyerId, quantity: 2 }), entry(made, 2, { buyerId, productId: last }), entry(made, 3)]
    assert.deepEqual(await books.book(made.id, 1, batch), { kind: 'booked' })
    assert.deepEqual(await counts(made.id), [
      { available: 0, held: 3, sold: 0, returned: 0 },
      { available: 0, held: 1, sold: 0, returned: 0 },
    ])
  })

  it('knows orders by sale, buyer and key, in the order of the asking, and the epoch', async () => {
    const { books, sales, sale, booked, order } = get()
    const [made, other] = [await sale(), await sale()]
    const [first, second] = [await booked(made, 1), await booked(made, 2)]
    assert.deepEqual(
      await books.truth(made.id, [second, { ...first, keyDigest: 'another' }, first, { ...first, buyerId: second.buyerId }]),
      {
        epoch: 1,
        found: [await order(second.orderId), null, await order(first.orderId), null],
      },
    )
    await sales.raiseEpoch(other.id, 1, null)
    assert.deepEqual(await books.truth(other.id, [first]), { epoch: 2, found: [null] })
    assert.deepEqual(await books.truth(newId(), []), { epoch: 0, found: [] })
  })

  it('lists orders newest first, by buyer, by sale and by what waits, page by page', async () => {
    const { books, sale, booked, buyer } = get()
    const [made, other] = [await sale({ limit: 9 }), await sale()]
    const buyerId = buyer()
    const own = [await booked(made, 1, { buyerId }), await booked(made, 2, { buyerId }), await booked(made, 3, { buyerId })]
    const elsewhere = await booked(other, 1, { buyerId })
    const stranger = await booked(made, 4)
    await books.move([{ orderId: own[1]?.orderId as Id, by: 'pay' }])
    const ids = async (filter: Parameters<typeof books.orders>[0]) => (await books.orders(filter)).map((order) => order.orderId)
    const newest = own.map((entry) => entry.orderId).reverse()
    assert.deepEqual(await ids({ buyerId, limit: 9 }), [elsewhere.orderId, ...newest])
    assert.deepEqual(await ids({ buyerId, saleId: made.id, limit: 2 }), newest.slice(0, 2))
    assert.deepEqual(await ids({ buyerId, saleId: made.id, limit: 2, after: newest[1] }), newest.slice(2))
    assert.deepEqual(await ids({ saleId: made.id, waiting: true, limit: 9 }), [stranger.orderId, newest[0], newest[2]])
    assert.deepEqual(await ids({ buyerId: newId(), limit: 9 }), [])
    const found = await books.byIds([newId(), stranger.orderId, elsewhere.orderId])
    assert.deepEqual(found.map((order) => order.orderId).sort(), [elsewhere.orderId, stranger.orderId])
    assert.deepEqual([await books.order(newId()), await books.history(newId())], [null, []])
  })

  it('gives the orders of a sale in order of epoch and sequence, page by page', async () => {
    const { books, sales, sale, booked } = get()
    const made = await sale()
    const entries = [await booked(made, 2), await booked(made, 1)].reverse()
    await sales.raiseEpoch(made.id, 1, null)
    entries.push(await booked(made, 1, { epoch: 2 }))
    const ids = async (after: { epoch: number; seq: number }, max: number) =>
      (await books.ordersOf(made.id, after, max)).map((order) => order.orderId)
    const all = entries.map((entry) => entry.orderId)
    assert.deepEqual(await ids({ epoch: 0, seq: 0 }, 9), all)
    assert.deepEqual(await ids({ epoch: 0, seq: 0 }, 2), all.slice(0, 2))
    assert.deepEqual(await ids({ epoch: 1, seq: 1 }, 9), all.slice(1))
    assert.deepEqual(await ids({ epoch: 2, seq: 1 }, 9), [])
  })
}

async function refusesAll(world: BooksWorld, sale: { id: Id }, batch: Entry[]): Promise<void> {
  const look = async () => ({ tally: await world.sales.tally(sale.id), told: (await world.outbox.waiting()).count })
  const before = await look()
  const known = await world.books.byIds(batch.map((entry) => entry.orderId))
  const answer = await world.books.book(sale.id, 1, batch)
  assert.ok(answer.kind === 'disagreement' && answer.because.length > 0, JSON.stringify(answer))
  assert.deepEqual(await look(), before)
  assert.deepEqual(await world.books.byIds(batch.map((entry) => entry.orderId)), known)
}
