import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Id } from '../core/ids.ts'
import { type BooksWorld, PRICE } from './books.contract.ts'
import { states, sums } from './payments.contract.ts'

const refund = (orderId: Id, returnUnit: boolean) => ({ orderId, by: 'refund', reason: 'wanted', returnUnit }) as const

/** Money that goes back: because it was wanted, because it came too late, or by hand at the gateway. */
export function refundsContract(get: () => BooksWorld): void {
  for (const returnUnit of [false, true]) {
    const unit = returnUnit ? 'with its unit' : 'without its unit'
    const left = returnUnit ? { available: 5, held: 0, sold: 0 } : { available: 4, held: 0, sold: 1 }

    it(`gives credit back at once, ${unit}, once`, async () => {
      const { books, sale, booked, order, counts, told, balanceOf, journalOf } = get()
      const made = await sale()
      const { orderId, buyerId } = await booked(made, 1)
      assert.equal((await books.move([refund(orderId, returnUnit)]))[0]?.kind, 'unchanged', 'nothing was paid')
      await books.move([{ orderId, by: 'pay' }])
      const moved = (await Promise.all([1, 2].map(() => books.move([refund(orderId, returnUnit)])))).flat()
      assert.deepEqual(moved.map(({ kind }) => kind).sort(), ['moved', 'unchanged'])
      const { state, released, reason, version } = await order(orderId)
      assert.deepEqual([state, released, reason, version], ['REFUNDED', returnUnit, 'wanted', 4])
      assert.equal(balanceOf(buyerId), 10 * PRICE)
      assert.deepEqual(sums(journalOf(orderId)), { sales: 0, refunds: 0, [`wallet:${buyerId}`]: 0 })
      assert.deepEqual(await counts(made.id), [{ ...left, returned: 0 }])
      assert.deepEqual(
        (await told()).map(({ happening }) => happening),
        ['order-booked', 'order-completed', 'order-cancelled', 'order-refunded'],
      )
    })

    it(`owes a card its money until the gateway says that it is back, ${unit}, once`, async () => {
      const { books, attempts, sale, byCard, view, order, counts, journalOf } = get()
      const made = await sale()
      const orderId = await byCard(made, 1)
      await attempts.see(view(orderId, 'captured'))
      const moved = (await Promise.all([1, 2].map(() => books.move([refund(orderId, returnUnit)])))).flat()
      assert.deepEqual(moved.map(({ kind }) => kind).sort(), ['moved', 'unchanged'])
      assert.equal((await order(orderId)).state, 'REFUND_DUE')
      assert.deepEqual(await states(attempts.of(orderId)), ['REFUND_DUE'])
      assert.deepEqual(sums(journalOf(orderId)), { sales: 0, refunds: PRICE, gateway: -PRICE })
      assert.deepEqual(await counts(made.id), [{ ...left, returned: 0 }])
      assert.equal((await attempts.claim(9, 1)).length, 1)
      assert.equal((await attempts.see(view(orderId, 'captured'))).kind, 'stale')
      const seen = await Promise.all([1, 2].map(() => attempts.see(view(orderId, 'refunded'))))
      assert.deepEqual(seen.map(({ kind }) => kind).sort(), ['news', 'stale'])
      assert.deepEqual([(await order(orderId)).state, ...(await states(attempts.of(orderId)))], ['REFUNDED', 'REFUNDED'])
      assert.deepEqual(sums(journalOf(orderId)), { sales: 0, refunds: 0, gateway: 0 })
      assert.deepEqual(await counts(made.id), [{ ...left, returned: 0 }])
    })
  }

  it('frees the limit with the unit, and not without it', async () => {
    const { books, sale, entry, booked, buyer } = get()
    const made = await sale()
    const [keeps, returns] = [buyer(), buyer()]
    for (const [i, buyerId] of [keeps, returns].entries()) {
      const { orderId } = await booked(made, i + 1, { buyerId })
      await books.move([{ orderId, by: 'pay' }, refund(orderId, buyerId === returns)])
      await books.move([refund(orderId, buyerId === returns)])
    }
    assert.equal((await books.book(made.id, 1, [entry(made, 3, { buyerId: keeps })])).kind, 'disagreement')
    assert.equal((await books.book(made.id, 1, [entry(made, 3, { buyerId: returns })])).kind, 'booked')
  })

  it('returns a unit to ordinary stock once the sale is settled, whoever paid', async () => {
    const { books, sales, attempts, clock, sale, product, booked, byCard, view, counts, stockOf } = get()
    const productId = product({ stock: 8 })
    const items = [{ productId, price: PRICE, currency: 'EUR', quantity: 5 }]
    const made = await sale({ items, endTime: clock.now() + 1000 })
    const credit = await booked(made, 1)
    const card = await byCard(made, 2)
    await books.move([{ orderId: credit.orderId, by: 'pay' }])
    await attempts.see(view(card, 'captured'))
    await clock.advance(1000)
    assert.equal(await sales.settleEnd(made.id), true)
    assert.deepEqual([stockOf(productId), await counts(made.id)], [6, [{ available: 0, held: 0, sold: 2, returned: 3 }]])
    await books.move([refund(credit.orderId, true), refund(card, true)])
    await books.move([refund(credit.orderId, true), refund(card, true)])
    await attempts.see(view(card, 'refunded'))
    assert.deepEqual([stockOf(productId), await counts(made.id)], [8, [{ available: 0, held: 0, sold: 0, returned: 5 }]])
  })

  it('takes the coupon away', async () => {
    const { books, attempts, sale, product, booked, byCard, view, order } = get()
    const made = await sale({ items: [{ productId: product({ kind: 'coupon' }), price: PRICE, currency: 'EUR', quantity: 5 }] })
    const credit = await booked(made, 1)
    const card = await byCard(made, 2)
    await books.move([{ orderId: credit.orderId, by: 'pay' }])
    await attempts.see(view(card, 'captured'))
    for (const orderId of [credit.orderId, card]) {
      assert.ok((await order(orderId)).couponCode)
      const [moved] = await books.move([refund(orderId, false)])
      assert.ok(moved?.kind === 'moved' && moved.order.couponCode === null)
      assert.equal((await order(orderId)).couponCode, null)
    }
  })

  for (const [how, state] of [
    ['expire', 'EXPIRED'],
    ['cancel', 'CANCELLED'],
    ['fail', 'FAILED'],
  ] as const) {
    it(`owes what was taken after the order was ${state} back, once, and keeps its unit free`, async () => {
      const { books, attempts, clock, sale, byCard, view, order, counts, told, journalOf, holdTtlMs } = get()
      const made = await sale()
      const orderId = await byCard(made, 1)
      await attempts.see(view(orderId, 'open'))
      if (how === 'expire') await clock.advance(holdTtlMs)
      if (how === 'fail') for (const attempt of [1, 2, 3, 4, 5]) await attempts.see(view(orderId, 'declined', { attempt }))
      else {
        await books.move([{ orderId, by: how, reason: 'it ends' }])
        await attempts.see(view(orderId, 'voided'))
      }
      assert.equal((await order(orderId)).state, state)
      const seen = await Promise.all([1, 2, 3].map(() => attempts.see(view(orderId, 'captured'))))
      assert.deepEqual(seen.map(({ kind }) => kind).sort(), ['news', 'stale', 'stale'])
      const late = await order(orderId)
      assert.deepEqual([late.state, late.reason, late.released], ['REFUND_DUE', 'captured-late', true])
      assert.equal((await attempts.of(orderId))[0]?.state, 'REFUND_DUE')
      assert.deepEqual(sums(journalOf(orderId)), { refunds: PRICE, gateway: -PRICE })
      await attempts.see(view(orderId, 'refunded'))
      await attempts.see(view(orderId, 'captured'))
      assert.deepEqual([(await order(orderId)).state, (await attempts.of(orderId))[0]?.state], ['REFUNDED', 'REFUNDED'])
      assert.deepEqual(sums(journalOf(orderId)), { refunds: 0, gateway: 0 })
      assert.deepEqual(await counts(made.id), [{ available: 5, held: 0, sold: 0, returned: 0 }])
      const end = how === 'fail' ? 'order-failed' : `order-${how === 'cancel' ? 'cancelled' : 'expired'}`
      assert.deepEqual(
        (await told()).map(({ happening }) => happening),
        ['order-booked', end, 'order-refunded'],
      )
    })
  }

  it('owes the second of two captures of an order back, and leaves the order completed', async () => {
    const { attempts, sale, byCard, view, order, counts, journalOf } = get()
    const made = await sale()
    const orderId = await byCard(made, 1)
    await attempts.see(view(orderId, 'declined'))
    await attempts.see(view(orderId, 'captured', { attempt: 2 }))
    await attempts.see(view(orderId, 'captured'))
    assert.deepEqual(await states(attempts.of(orderId)), ['REFUND_DUE', 'CAPTURED'])
    assert.deepEqual(sums(journalOf(orderId)), { sales: PRICE, refunds: PRICE, gateway: -2 * PRICE })
    await attempts.see(view(orderId, 'refunded'))
    const { state, txnId } = await order(orderId)
    assert.deepEqual([state, txnId], ['COMPLETED', view(orderId, 'captured', { attempt: 2 }).txnId])
    assert.deepEqual(sums(journalOf(orderId)), { sales: PRICE, refunds: 0, gateway: -PRICE })
    assert.deepEqual(await counts(made.id), [{ available: 4, held: 0, sold: 1, returned: 0 }])
  })

  it('is refunded when all is back, where two captures of an order go back', async () => {
    const { books, attempts, sale, byCard, view, order } = get()
    const orderId = await byCard(await sale(), 1)
    await attempts.see(view(orderId, 'declined'))
    await attempts.see(view(orderId, 'captured', { attempt: 2 }))
    await attempts.see(view(orderId, 'captured'))
    await books.move([refund(orderId, true)])
    await attempts.see(view(orderId, 'refunded'))
    assert.equal((await order(orderId)).state, 'REFUND_DUE')
    await attempts.see(view(orderId, 'refunded', { attempt: 2 }))
    assert.equal((await order(orderId)).state, 'REFUNDED')
  })

  it('undoes the sale where somebody gave the money back at the gateway, and leaves the unit with the buyer', async () => {
    const { attempts, sale, byCard, view, order, counts, journalOf } = get()
    const made = await sale()
    const orderId = await byCard(made, 1)
    await attempts.see(view(orderId, 'captured'))
    await attempts.see(view(orderId, 'refunded'))
    const { state, reason, released } = await order(orderId)
    assert.deepEqual([state, reason, released], ['REFUNDED', 'refunded at the gateway', false])
    assert.deepEqual(sums(journalOf(orderId)), { sales: 0, refunds: 0, gateway: 0 })
    assert.deepEqual(await counts(made.id), [{ available: 4, held: 0, sold: 1, returned: 0 }])
  })

  it('takes what was captured and given back before it was known for a void', async () => {
    const { attempts, sale, byCard, view, journalOf } = get()
    const orderId = await byCard(await sale(), 1)
    await attempts.see(view(orderId, 'refunded'))
    assert.deepEqual(await states(attempts.of(orderId)), ['VOIDED', 'CREATED'])
    assert.deepEqual(journalOf(orderId), [])
  })
}
