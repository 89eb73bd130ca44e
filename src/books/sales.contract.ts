import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import { type BooksWorld, PRICE } from './books.contract.ts'
import type { SaleChange } from './books.ts'

export function salesContract(get: () => BooksWorld): void {
  creating(get)
  changing(get)
  startingAndEnding(get)
  recovering(get)
  recounting(get)
  removing(get)
}

function creating(get: () => BooksWorld): void {
  it('takes the units of a new sale out of ordinary stock, where that is counted, and shows the sale', async () => {
    const { sales, product, newSale, stockOf, clock } = get()
    const [counted, free] = [product({ stock: 10 }), product()]
    const items = [counted, free].map((productId) => ({ productId, price: PRICE, currency: 'EUR', quantity: 10 }))
    const made = newSale({ limit: 2, banner: 'Today', items })
    const answer = await sales.create(made)
    const { id, startTime, endTime } = made
    const expected = {
      ...{ id, startTime, endTime, limit: 2, epoch: 1, incarnation: null },
      ...{ pausedByOperator: false, pausedForRecovery: false },
      ...{ name: 'A sale', banner: 'Today', createdAt: clock.now(), settledAt: null, drillId: null },
      items: items.map(({ productId, price, currency }) => ({
        ...{ productId, allotment: 10, price, currency },
        ...{ name: productId, image: null, listPrice: 2 * PRICE },
      })),
    }
    assert.deepEqual(answer, { kind: 'changed', sale: expected })
    assert.deepEqual(await sales.sale(id), expected)
    assert.deepEqual([stockOf(counted), stockOf(free)], [0, null])
    assert.equal(await sales.sale(newId()), null)
  })

  it('leaves nothing behind where stock or product is missing', async () => {
    const { sales, product, newSale, stockOf } = get()
    const [plenty, scarce] = [product({ stock: 10 }), product({ stock: 4 })]
    const item = (productId: Id, quantity: number) => ({ productId, price: PRICE, currency: 'EUR', quantity })
    const lacking = newSale({ items: [item(plenty, 5), item(scarce, 5)] })
    assert.deepEqual(await sales.create(lacking), { kind: 'not-enough-stock', productId: scarce, stock: 4 })
    const nowhere = newId()
    const unknown = newSale({ items: [item(plenty, 5), item(nowhere, 1)] })
    assert.deepEqual(await sales.create(unknown), { kind: 'no-such-product', productId: nowhere })
    assert.deepEqual([stockOf(plenty), stockOf(scarce)], [10, 4])
    assert.deepEqual([await sales.sale(lacking.id), await sales.sale(unknown.id)], [null, null])
  })

  it('lists the newest first, and what is current by its start', async () => {
    const { sales, sale, clock } = get()
    const [later, sooner] = [await sale({ startTime: clock.now() + 20 }), await sale({ startTime: clock.now() + 10 })]
    const ended = await sale({ endTime: clock.now() + 5 })
    const ids = (found: { id: Id }[]) => found.map((one) => one.id)
    const all = [ended.id, sooner.id, later.id]
    assert.deepEqual(ids(await sales.list(3, undefined)), all)
    assert.deepEqual(ids(await sales.list(1, undefined)), all.slice(0, 1))
    assert.deepEqual(ids(await sales.list(2, ended.id)), all.slice(1))
    await clock.advance(5)
    const current = async (endedAfter: number) => ids(await sales.current(endedAfter)).filter((id) => all.includes(id))
    assert.deepEqual(await current(clock.now()), all, 'until it is settled, however long ago it ended')
    await sales.settleEnd(ended.id)
    assert.deepEqual(await current(clock.now()), all.slice(1))
    assert.deepEqual(await current(clock.now() - 1), all)
  })
}

function changing(get: () => BooksWorld): void {
  it('changes what is named and nothing else', async () => {
    const { sales, sale } = get()
    const made = await sale({ banner: 'Today' })
    const before = await sales.sale(made.id)
    for (const change of [
      { name: 'Another' },
      { banner: null },
      { startTime: made.startTime - 5 },
      { endTime: made.endTime + 5 },
      { limit: 7 },
      { pausedByOperator: true },
      { pausedByOperator: false, limit: undefined },
    ]) {
      const expected = { ...(await sales.sale(made.id)), ...JSON.parse(JSON.stringify(change)) }
      assert.deepEqual(await sales.change(made.id, change), { kind: 'changed', sale: expected })
    }
    const after = await sales.sale(made.id)
    assert.deepEqual({ ...after, ...before }, before)
    assert.equal(after?.banner, null)
  })

  it('gives an item more out of stock, and takes unsold units back into it', async () => {
    const { sales, sale, product, booked, stockOf, counts } = get()
    const productId = product({ stock: 10 })
    const made = await sale({ items: [{ productId, price: PRICE, currency: 'EUR', quantity: 4 }] })
    await booked(made, 1)
    const to = (quantity: number) => sales.change(made.id, { items: [{ productId, quantity }] })
    for (const [quantity, stock] of [
      [10, 0],
      [10, 0],
      [1, 9],
    ] as const) {
      const changed = await to(quantity)
      assert.ok(changed.kind === 'changed' && changed.sale.items[0]?.allotment === quantity)
      assert.equal(stockOf(productId), stock)
      assert.deepEqual(await counts(made.id), [{ available: quantity - 1, held: 1, sold: 0, returned: 0 }])
    }
  })

  it('changes nothing at all where one item cannot be changed', async () => {
    const { sales, sale, product, booked, stockOf } = get()
    const [first, second] = [product({ stock: 9 }), product({ stock: 9 })]
    const items = [first, second].map((productId) => ({ productId, price: PRICE, currency: 'EUR', quantity: 5 }))
    const made = await sale({ limit: 5, items })
    await booked(made, 1, { productId: second, quantity: 3 })
    const look = async () => [await sales.sale(made.id), await sales.tally(made.id), stockOf(first), stockOf(second)]
    const before = await look()
    const nowhere = newId()
    assert.deepEqual(await sales.change(made.id, { name: 'Another', limit: 2 }), {
      kind: 'conflict',
      because: 'a buyer has 3 units',
    })
    assert.deepEqual(await look(), before)
    const refusals: [SaleChange['items'], unknown][] = [
      [[{ productId: second, quantity: 2 }], { kind: 'conflict', because: '3 units are held or sold' }],
      [[{ productId: second, quantity: 10 }], { kind: 'not-enough-stock', productId: second, stock: 4 }],
      [[{ productId: nowhere, quantity: 1 }], { kind: 'no-such-product', productId: nowhere }],
    ]
    for (const [wrong = [], answer] of refusals) {
      const change = { name: 'Another', limit: 9, items: [{ productId: first, quantity: 6 }, ...wrong] }
      assert.deepEqual(await sales.change(made.id, change), answer)
      assert.deepEqual(await look(), before)
    }
  })

  it('does not change what has ended or is not there', async () => {
    const { sales, sale, clock } = get()
    const made = await sale({ endTime: clock.now() + 5 })
    await clock.advance(5)
    assert.equal((await sales.change(made.id, { endTime: clock.now() + 5 })).kind, 'conflict')
    assert.equal((await sales.sale(made.id))?.endTime, clock.now())
    assert.deepEqual(await sales.change(newId(), { name: 'Another' }), { kind: 'not-found' })
  })
}

function startingAndEnding(get: () => BooksWorld): void {
  it('announces a start once, and only between start and end', async () => {
    const { sales, sale, told, clock } = get()
    const made = await sale({ startTime: clock.now() + 10, endTime: clock.now() + 20 })
    const missed = await sale({ startTime: clock.now() + 10, endTime: clock.now() + 20 })
    await clock.advance(9)
    assert.equal(await sales.announceStart(made.id), false)
    await clock.advance(1)
    const both = await Promise.all([sales.announceStart(made.id), sales.announceStart(made.id)])
    assert.deepEqual(both.sort(), [false, true])
    assert.equal(await sales.announceStart(made.id), false)
    await clock.advance(10)
    assert.equal(await sales.announceStart(missed.id), false)
    assert.deepEqual(await told(), [{ happening: 'sale-started', refId: made.id }])
  })

  it('settles an end once, when nothing is held any more: what is left goes back to stock', async () => {
    const { books, sales, sale, product, booked, told, stockOf, counts, clock } = get()
    const productId = product({ stock: 10 })
    const made = await sale({ endTime: clock.now() + 10, items: [{ productId, price: PRICE, currency: 'EUR', quantity: 5 }] })
    const [paid, held] = [await booked(made, 1), await booked(made, 2)]
    await books.move([{ orderId: paid.orderId, by: 'pay' }])
    assert.equal(await sales.settleEnd(made.id), false, 'it has not ended')
    await clock.advance(10)
    assert.equal(await sales.settleEnd(made.id), false, 'a unit is held')
    await books.move([{ orderId: held.orderId, by: 'fail', reason: 'declined' }])
    await told()
    const both = await Promise.all([sales.settleEnd(made.id), sales.settleEnd(made.id)])
    assert.deepEqual(both.sort(), [false, true])
    assert.equal(await sales.settleEnd(made.id), false)
    assert.equal(stockOf(productId), 9)
    assert.deepEqual(await counts(made.id), [{ available: 0, held: 0, sold: 1, returned: 4 }])
    assert.equal((await sales.sale(made.id))?.settledAt, clock.now())
    assert.deepEqual(await told(), [{ happening: 'sale-ended', refId: made.id }])
    assert.equal(await sales.settleEnd(newId()), false)
    assert.equal((await sales.sale(made.id))?.epoch, 1)
  })

  it('raises the epoch with the end where the ledger is apart, and waits until a recovery is over', async () => {
    const { sales, books, sale, entry, clock } = get()
    const made = await sale({ endTime: clock.now() + 10, incarnation: 'run 1' })
    await clock.advance(10)
    await sales.raiseEpoch(made.id, 1, 'run 2')
    assert.equal(await sales.settleEnd(made.id), false)
    await sales.clearRecovery(made.id, 2)
    assert.equal(await sales.settleEnd(made.id), true)
    assert.equal((await sales.sale(made.id))?.epoch, 3)
    assert.deepEqual(await books.book(made.id, 2, [entry(made, 1, { epoch: 2 })]), { kind: 'epoch-passed' })
  })
}

function recovering(get: () => BooksWorld): void {
  it('raises the epoch for one of those who saw the same evidence, and pauses the sale for recovery', async () => {
    const { sales, sale, clock } = get()
    const { id } = await sale()
    const raises = await Promise.all([1, 2, 3].map(() => sales.raiseEpoch(id, 1, 'run 2')))
    assert.deepEqual(raises.sort(), [false, false, true])
    const raised = await sales.sale(id)
    assert.ok(raised?.epoch === 2 && raised.incarnation === 'run 2' && raised.pausedForRecovery && !raised.pausedByOperator)
    assert.equal((await sales.tally(id))?.terms.epoch, 2)
    assert.equal(await sales.raiseEpoch(newId(), 1, null), false)
    await sales.clearRecovery(id, 2)
    await clock.advance(3600_000)
    assert.equal(await sales.settleEnd(id), true)
    assert.equal(await sales.raiseEpoch(id, 3, 'run 3'), false, 'it is settled')
    assert.equal((await sales.sale(id))?.pausedForRecovery, false)
  })

  it("clears a recovery only for its own epoch, and leaves the operator's pause alone", async () => {
    const { sales, sale } = get()
    const { id } = await sale()
    await sales.change(id, { pausedByOperator: true })
    await sales.raiseEpoch(id, 1, null)
    await sales.raiseEpoch(id, 2, null)
    assert.equal(await sales.clearRecovery(id, 2), false)
    assert.equal((await sales.sale(id))?.pausedForRecovery, true)
    assert.equal(await sales.clearRecovery(id, 3), true)
    const cleared = await sales.sale(id)
    assert.ok(cleared?.epoch === 3 && !cleared.pausedForRecovery && cleared.pausedByOperator)
    assert.equal(await sales.clearRecovery(newId(), 1), false)
  })

  it('counts the orders that wait longer than their time', async () => {
    const { books, sales, sale, booked, clock } = get()
    const made = await sale()
    const stuck = async () => (await sales.moneyTally(0)).ordersStuck
    const { orderId } = await booked(made, 1)
    assert.equal(await stuck(), 0)
    await clock.advance(1)
    assert.equal(await stuck(), 1)
    await books.move([{ orderId, by: 'pay' }])
    assert.equal(await stuck(), 0)
    assert.equal(await sales.tally(newId()), null)
  })
}

function recounting(get: () => BooksWorld): void {
  it('counts items and buyers anew from the orders, and touches nothing else', async () => {
    const { books, sales, sale, product, booked, miscount, mistake, counts, balanceOf, told, entry } = get()
    const [first, other] = [product(), product()]
    const items = [first, other].map((productId) => ({ productId, price: PRICE, currency: 'EUR', quantity: 5 }))
    const made = await sale({ items, limit: 2 })
    const { productId } = made
    const [paid, held, freed] = [await booked(made, 1), await booked(made, 2, { quantity: 2 }), await booked(made, 3)]
    await books.move([
      { orderId: paid.orderId, by: 'pay' },
      { orderId: freed.orderId, by: 'fail', reason: 'declined' },
    ])
    await told()
    const look = async () => [await sales.tally(made.id), await books.ordersOf(made.id, { epoch: 0, seq: 0 }, 9)]
    const right = await look()
    assert.equal(await sales.recount(made.id), false, 'nothing was wrong')
    const nobody = newId()
    for (const plant of [
      () => miscount(made.id, productId, { available: 3, held: 2, sold: 1, returned: 0 }),
      () => miscount(made.id, productId, { available: 1, held: 0, sold: 4, returned: 0 }),
      () => miscount(made.id, other, { available: 4, held: 1, sold: 0, returned: 0 }),
      () => mistake(made.id, paid.buyerId, 2),
      () => mistake(made.id, freed.buyerId, 1),
      () => mistake(made.id, nobody, 1),
      () => [held, freed].map(({ buyerId }) => mistake(made.id, buyerId, null)),
    ]) {
      plant()
      assert.equal(await sales.recount(made.id), true)
      assert.equal(await sales.recount(made.id), false)
      assert.deepEqual(await look(), right)
    }
    assert.deepEqual((await counts(made.id))?.[0], { available: 2, held: 2, sold: 1, returned: 0 })
    assert.equal(balanceOf(paid.buyerId), 9 * PRICE)
    assert.deepEqual(await told(), [])
    const more = await books.book(made.id, 1, [entry(made, 4, { buyerId: held.buyerId })])
    assert.equal(more.kind, 'disagreement', 'whose row was gone has a unit again')
  })

  it('gives what a settled sale then has left back to ordinary stock', async () => {
    const { sales, sale, product, miscount, counts, stockOf, clock } = get()
    const productId = product({ stock: 10 })
    const made = await sale({ endTime: clock.now() + 10, items: [{ productId, price: PRICE, currency: 'EUR', quantity: 5 }] })
    await clock.advance(10)
    miscount(made.id, productId, { available: 3, held: 0, sold: 2, returned: 0 })
    assert.equal(await sales.settleEnd(made.id), true)
    assert.equal(stockOf(productId), 8)
    assert.equal(await sales.recount(made.id), true)
    assert.deepEqual(await counts(made.id), [{ available: 0, held: 0, sold: 0, returned: 5 }])
    assert.equal(stockOf(productId), 10)
    assert.equal(await sales.recount(made.id), false)
  })

  it('leaves a sale alone that has more orders than units', async () => {
    const { sales, sale, booked, miscount, mistake, counts } = get()
    const made = await sale()
    const { buyerId } = await booked(made, 1)
    miscount(made.id, made.productId, { available: 0, held: 0, sold: 0, returned: 5 })
    mistake(made.id, buyerId, 3)
    assert.equal(await sales.recount(made.id), false)
    assert.deepEqual(await counts(made.id), [{ available: 0, held: 0, sold: 0, returned: 5 }])
    const { taken, buyersWrong } = (await sales.tally(made.id)) ?? {}
    assert.deepEqual([taken, buyersWrong], [3, 1])
    miscount(made.id, made.productId, { available: 4, held: 1, sold: 0, returned: 0 })
    mistake(made.id, buyerId, 1)
    assert.equal(await sales.recount(newId()), false)
  })
}

function removing(get: () => BooksWorld): void {
  it('removes a drill with its sale, orders and money, and nothing else', async () => {
    const { books, sales, sale, booked, openWallet, balanceOf, journalOf, told, clock } = get()
    const drillId = newId()
    const [drill, other] = [await sale({ drillId }), await sale()]
    const buyerId = newId()
    openWallet(buyerId, 10 * PRICE, 'EUR', drillId)
    const [gone, waiting, kept] = [await booked(drill, 1, { buyerId }), await booked(drill, 2), await booked(other, 1)]
    await books.move([gone, kept].map(({ orderId }) => ({ orderId, by: 'pay' })))
    await sales.removeDrill(drillId)
    await sales.removeDrill(drillId)
    assert.deepEqual([await sales.sale(drill.id), await sales.tally(drill.id)], [null, null])
    assert.deepEqual(await books.byIds([gone.orderId, waiting.orderId]), [])
    assert.deepEqual(await books.history(gone.orderId), [])
    assert.deepEqual([balanceOf(buyerId), journalOf(gone.orderId)], [null, []])
    assert.equal((await books.order(kept.orderId))?.state, 'COMPLETED')
    assert.equal(balanceOf(kept.buyerId), 9 * PRICE)
    assert.deepEqual(new Set((await told()).map((row) => row.refId)), new Set([kept.orderId]))
    assert.equal(
      (await sales.current(clock.now())).some((one) => one.id === drill.id),
      false,
    )
  })
}
