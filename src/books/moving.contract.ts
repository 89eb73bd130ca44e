import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId } from '../../test/samples.ts'
import type { Entry, OrderState } from '../core/order.ts'
import { type BooksWorld, PRICE } from './books.contract.ts'
import type { Moved, OrderMove } from './books.ts'

/** `move`, and `expired`, which names what a move may end. */
export function movingContract(get: () => BooksWorld): void {
  it('pays with credit: order, wallet, two journal rows, unit, log and outbox are one change', async () => {
    const { books, clock, sale, booked, order, counts, told, balanceOf, journalOf } = get()
    const made = await sale({ limit: 2 })
    const { orderId, buyerId } = await booked(made, 1, { quantity: 2 })
    const before = await order(orderId)
    await clock.advance(5)
    const [moved] = await books.move([pay(orderId)])
    const paid = { ...before, state: 'COMPLETED', version: 2, updatedAt: clock.now() }
    assert.deepEqual(moved, { kind: 'moved', order: paid, remaining: 3 })
    assert.deepEqual(await order(orderId), paid)
    assert.equal(balanceOf(buyerId), 8 * PRICE)
    assert.deepEqual(
      journalOf(orderId).sort((a, b) => a.amount - b.amount),
      [
        { entry: `payment:${orderId}`, account: `wallet:${buyerId}`, amount: -2 * PRICE },
        { entry: `payment:${orderId}`, account: 'sales', amount: 2 * PRICE },
      ],
    )
    assert.deepEqual(await counts(made.id), [{ available: 3, held: 0, sold: 2, returned: 0 }])
    assert.deepEqual(await books.history(orderId), [
      { state: 'RESERVATION_PENDING', at: before.createdAt },
      { state: 'COMPLETED', at: clock.now() },
    ])
    assert.deepEqual(happenings(await told()), ['order-booked', 'order-completed'])
  })

  it('does nothing a second time, also twice in one batch, whatever the second is', async () => {
    const { books, sale, booked, order, counts, told, balanceOf } = get()
    const made = await sale()
    const { orderId, buyerId } = await booked(made, 1)
    assert.deepEqual(kinds(await books.move([pay(orderId), pay(orderId), cancel(orderId)])), ['moved', 'unchanged', 'unchanged'])
    const paid = await order(orderId)
    assert.deepEqual(await books.move([pay(orderId)]), [{ kind: 'unchanged', order: paid }])
    assert.deepEqual(await books.move([cancel(orderId)]), [{ kind: 'unchanged', order: paid }])
    assert.equal(balanceOf(buyerId), 9 * PRICE)
    assert.deepEqual(await counts(made.id), [{ available: 4, held: 0, sold: 1, returned: 0 }])
    assert.deepEqual(happenings(await told()), ['order-booked', 'order-completed'])
  })

  it('gives a coupon its code with the payment, and only to coupons', async () => {
    const { books, sale, product, booked, order } = get()
    const items = (['coupon', 'product'] as const).map((kind) => ({
      productId: product({ kind }),
      price: PRICE,
      currency: 'EUR',
      quantity: 2,
    }))
    const made = await sale({ items })
    const [first, second] = [await booked(made, 1), await booked(made, 2)]
    const plain = await booked(made, 3, { productId: items[1]?.productId ?? '' })
    const moved = await books.move([pay(first.orderId), pay(second.orderId), pay(plain.orderId)])
    const codes = moved.map((one) => one.kind === 'moved' && one.order.couponCode)
    assert.ok(codes[0] && codes[1] && codes[0] !== codes[1])
    assert.equal(codes[2], null)
    await books.move([pay(first.orderId)])
    assert.equal((await order(first.orderId)).couponCode, codes[0])
    assert.equal((await books.byIds([second.orderId]))[0]?.couponCode, codes[1])
  })

  it('fails an order whose buyer has too little credit, and no other: unit and limit are free again', async () => {
    const { books, sale, buyer, booked, order, counts, told, balanceOf, journalOf } = get()
    const made = await sale()
    const poor = await booked(made, 1, { buyerId: buyer(PRICE - 1) })
    const [exact, rich] = [await booked(made, 2, { buyerId: buyer(PRICE) }), await booked(made, 3)]
    const foreign = await booked(made, 4, { buyerId: buyer(10 * PRICE, 'CHF') })
    const stranger = await booked(made, 5, { buyerId: newId() })
    const all = [poor, exact, rich, foreign, stranger]
    const moved = await books.move(all.map((entry) => pay(entry.orderId)))
    assert.deepEqual(kinds(moved), ['moved', 'moved', 'moved', 'moved', 'moved'])
    assert.deepEqual(states(moved), ['FAILED', 'COMPLETED', 'COMPLETED', 'FAILED', 'FAILED'])
    assert.deepEqual(
      moved.map((one) => one.kind === 'moved' && one.remaining),
      [3, 3, 3, 3, 3],
      'what is left once the batch is done',
    )
    const { reason, couponCode } = await order(poor.orderId)
    assert.deepEqual([reason, couponCode], ['not-enough-credit', null])
    assert.deepEqual([balanceOf(poor.buyerId), balanceOf(exact.buyerId), balanceOf(foreign.buyerId)], [PRICE - 1, 0, 10 * PRICE])
    assert.deepEqual(journalOf(poor.orderId), [])
    assert.deepEqual(await counts(made.id), [{ available: 3, held: 0, sold: 2, returned: 0 }])
    assert.deepEqual(happenings(await told()).filter((one) => one === 'order-failed').length, 3)
    await booked(made, 6, { buyerId: poor.buyerId })
  })

  it('pays what a wallet is enough for, in order of the order ids', async () => {
    const { books, sale, buyer, booked } = get()
    const buyerId = buyer(PRICE)
    const [one, other] = [await sale(), await sale()]
    const [first, second] = [await booked(one, 1, { buyerId }), await booked(other, 1, { buyerId })]
    assert.deepEqual(states(await books.move([pay(second.orderId), pay(first.orderId)])), ['FAILED', 'COMPLETED'])
  })

  it('lets one win where cancel and payment meet', async () => {
    const { books, sale, booked, counts } = get()
    const made = await sale()
    const entries: Entry[] = []
    for (const seq of [1, 2, 3, 4]) entries.push(await booked(made, seq))
    const races = entries.map(({ orderId }, i) => {
      const moves = i % 2 === 0 ? [cancel(orderId), pay(orderId)] : [pay(orderId), cancel(orderId)]
      return Promise.all(moves.map((move) => books.move([move])))
    })
    const ends = (await Promise.all(races)).map((pair) => pair.flat())
    for (const pair of ends) assert.deepEqual(kinds(pair).sort(), ['moved', 'unchanged'])
    const sold = ends.flat().filter((one) => one.kind === 'moved' && one.order.state === 'COMPLETED').length
    assert.deepEqual(await counts(made.id), [{ available: 5 - sold, held: 0, sold, returned: 0 }])
  })

  it('fails and cancels what waits for us, with the reason', async () => {
    const { books, sale, booked, counts, told } = get()
    const made = await sale()
    const [failing, leaving] = [await booked(made, 1), await booked(made, 2)]
    const moved = await books.move([{ orderId: failing.orderId, by: 'fail', reason: 'declined' }, cancel(leaving.orderId)])
    assert.deepEqual(states(moved), ['FAILED', 'CANCELLED'])
    assert.deepEqual(
      moved.map((one) => one.kind === 'moved' && [one.order.reason, one.remaining]),
      [
        ['declined', 5],
        ['changed my mind', 5],
      ],
    )
    assert.deepEqual(await counts(made.id), [{ available: 5, held: 0, sold: 0, returned: 0 }])
    assert.deepEqual(happenings(await told()).slice(2), ['order-failed', 'order-cancelled'])
  })

  it('lets the clock end only what waits for its buyer; the buyer may cancel that too', async () => {
    const { books, clock, sale, booked, waitForBuyer, holdTtlMs, counts } = get()
    const made = await sale()
    const [ours, buyers, left] = [await booked(made, 1), await booked(made, 2), await booked(made, 3)]
    const expire = (orderId: string): OrderMove => ({ orderId, by: 'expire', reason: 'hold-expired' })
    waitForBuyer(buyers.orderId)
    waitForBuyer(left.orderId)
    await clock.advance(holdTtlMs - 1)
    assert.deepEqual(await books.expired(10), [])
    await clock.advance(1)
    assert.deepEqual(await books.expired(10), [buyers.orderId, left.orderId])
    assert.deepEqual(await books.expired(1), [buyers.orderId], 'those that came first')
    assert.deepEqual(kinds(await books.move([pay(buyers.orderId), expire(ours.orderId)])), ['unchanged', 'unchanged'])
    const moved = await books.move([expire(buyers.orderId), cancel(left.orderId)])
    assert.deepEqual(states(moved), ['EXPIRED', 'CANCELLED'])
    assert.deepEqual(await books.expired(10), [])
    assert.deepEqual(await counts(made.id), [{ available: 4, held: 1, sold: 0, returned: 0 }])
  })

  it('says of an order that is not there that it is not there, and moves the others', async () => {
    const { books, sale, booked } = get()
    const { orderId } = await booked(await sale(), 1)
    const nowhere = newId()
    const moved = await books.move([pay(nowhere), pay(orderId)])
    assert.deepEqual(moved[0], { kind: 'not-found', orderId: nowhere })
    assert.equal(moved[1]?.kind, 'moved')
    assert.deepEqual(await books.move([]), [])
  })
}

const pay = (orderId: string): OrderMove => ({ orderId, by: 'pay' })
const cancel = (orderId: string): OrderMove => ({ orderId, by: 'cancel', reason: 'changed my mind' })
const kinds = (moved: Moved[]): string[] => moved.map((one) => one.kind)
const states = (moved: Moved[]): (OrderState | undefined)[] => moved.map((one) => ('order' in one ? one.order.state : undefined))
const happenings = (told: { happening: string }[]): string[] => told.map((one) => one.happening)
