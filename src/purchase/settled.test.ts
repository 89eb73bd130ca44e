import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { altered, memoryShop } from '../../test/memory-shop.ts'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import { LocalPush } from '../push/local-push.ts'
import { Settled } from './settled.ts'

/** An order of a shop that settles when it is told to, and one who waits for it. `elsewhere`: another process settles. */
async function ordered({ elsewhere = false } = {}) {
  const shop = memoryShop()
  const process = shop.process()
  const sale = await shop.sale(5, {}, process)
  const placed = await process.buy(shop.wish(sale))
  assert.ok(placed.kind === 'accepted')
  const { orderId } = placed
  const push = new LocalPush()
  const state = { looks: 0, away: false }
  const books = altered(shop.books, {
    async order(id: Id) {
      state.looks++
      if (state.away) throw new Fault('store-away', 'refused', 'away')
      return shop.books.order(id)
    },
  })
  const settled = new Settled({ books, clock: shop.clock, watching: elsewhere ? push : null })
  const order = async () => (await shop.books.order(orderId)) ?? assert.fail()
  return { ...shop, process, push, state, settled, orderId, order }
}

/** What came of it so far. */
function heard<T>(promise: Promise<T>) {
  const state: { value?: T; done: boolean } = { done: false }
  void promise.then((value) => Object.assign(state, { value, done: true }))
  return state
}

suite('who waits until an order is settled', () => {
  test('is answered at once where it is', async () => {
    const { settled, settleAll, process, orderId } = await ordered()
    await settleAll(process)
    assert.equal((await settled.within(orderId, 1000))?.state, 'COMPLETED')
  })

  test('hears it from this process, which looks once; so do all who wait', async () => {
    const { settled, settleAll, process, orderId, order, state, idle } = await ordered()
    const waits = [heard(settled.within(orderId, 1000)), heard(settled.within(orderId, 1000))]
    await idle()
    assert.equal(state.looks, 2)
    await settleAll(process)
    settled.announce(await order())
    await idle()
    for (const { value } of waits) assert.equal(value?.state, 'COMPLETED')
    assert.equal(state.looks, 2)
    settled.announce(await order())
  })

  test('is told nothing when it takes too long', async () => {
    for (const elsewhere of [false, true]) {
      const { settled, orderId, clock, push, order } = await ordered({ elsewhere })
      const waits = heard(settled.within(orderId, 1000))
      await clock.advance(999)
      assert.equal(waits.done, false)
      await clock.advance(1)
      assert.deepEqual(waits, { value: undefined, done: true })
      assert.equal(push.hasBuyer((await order()).buyerId), false)
    }
  })

  test('hears it by a hint of another process', async () => {
    const { settled, settleAll, process, orderId, push, order, clock, idle } = await ordered({ elsewhere: true })
    const waits = heard(settled.within(orderId, 1000))
    await idle()
    const { buyerId } = await order()
    push.toBuyer(buyerId, { type: 'order', orderId, status: 'COMPLETED', version: 2 })
    await idle()
    assert.equal(waits.done, false, 'the books know nothing of it')
    await settleAll(process)
    const before = clock.now()
    push.toBuyer(buyerId, { type: 'order', orderId, status: 'COMPLETED', version: 2 })
    await idle()
    assert.equal(waits.value?.state, 'COMPLETED')
    assert.equal(clock.now(), before)
    assert.equal(push.hasBuyer(buyerId), false)
  })

  test('finds it in the books within a quarter of a second where no hint comes', async () => {
    const { settled, settleAll, process, orderId, clock } = await ordered({ elsewhere: true })
    const waits = heard(settled.within(orderId, 1000))
    await clock.advance(300)
    await settleAll(process)
    await clock.advance(250)
    assert.equal(waits.value?.state, 'COMPLETED')
  })

  test('waits on while the books cannot be read', async () => {
    const { settled, settleAll, process, orderId, clock, state } = await ordered({ elsewhere: true })
    const waits = heard(settled.within(orderId, 1000))
    await clock.advance(100)
    state.away = true
    await settleAll(process)
    await clock.advance(300)
    assert.equal(waits.done, false)
    state.away = false
    await clock.advance(250)
    assert.equal(waits.value?.state, 'COMPLETED')
    state.away = true
    const late = heard(settled.within(orderId, 1000))
    await clock.advance(1000)
    assert.deepEqual(late, { value: undefined, done: true })
  })
})
