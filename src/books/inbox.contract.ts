import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId } from '../../test/samples.ts'
import type { GatewayEvent, GatewayView } from '../core/payment.ts'
import { type BooksWorld, PRICE } from './books.contract.ts'
import { kinds, states, sums } from './payments.contract.ts'
import { EARLY_AGAIN_MS, EARLY_MAX_MS } from './payments.ts'

let told = 0
const event = (view: GatewayView, created: number): GatewayEvent => ({ id: `event ${++told}`, type: 'told', created, view })

/** `Inbox`: stored first, applied once, and what does not match is kept for a human. */
export function inboxContract(get: () => BooksWorld): void {
  it('applies an event once, however often and by however many it was brought', async () => {
    const { inbox, attempts, clock, sale, byCard, view, order, journalOf } = get()
    const orderId = await byCard(await sale(), 1)
    const captured = event(view(orderId, 'captured'), clock.now())
    const fresh = await Promise.all([1, 2, 3].map(() => inbox.receive([captured])))
    assert.deepEqual(fresh.sort(), [0, 0, 1])
    assert.equal(await inbox.receive([captured]), 0)
    const seen = (await Promise.all([1, 2, 3].map(() => inbox.apply(9)))).flat()
    assert.equal(seen.filter(({ kind }) => kind === 'news').length, 1)
    assert.equal((await order(orderId)).state, 'COMPLETED')
    assert.deepEqual(sums(journalOf(orderId)), { gateway: -PRICE, sales: PRICE })
    await attempts.see(view(orderId, 'refunded'))
    assert.equal(await inbox.receive([captured]), 0, 'also after the money went back')
    assert.deepEqual(await inbox.apply(9), [])
  })

  it('applies what is due in its order and no more than was asked for', async () => {
    const { inbox, clock, sale, byCard, view, order } = get()
    const orderId = await byCard(await sale(), 1)
    const all = (['open', 'authorized', 'captured', 'refunded'] as const).map((state) => event(view(orderId, state), clock.now()))
    for (const one of all) {
      assert.equal(await inbox.receive([one, one]), 1)
      await clock.advance(1)
    }
    assert.deepEqual(kinds(await inbox.apply(3)), ['news', 'news', 'news'])
    assert.equal((await order(orderId)).state, 'COMPLETED')
    assert.deepEqual(kinds(await inbox.apply(3)), ['news'])
    assert.equal((await order(orderId)).state, 'REFUNDED')
  })

  it('keeps a word that is ahead of its order, and applies it when the order is there', async () => {
    const { inbox, attempts, books, clock, sale, booked, view } = get()
    const made = await sale()
    const { orderId } = await booked(made, 1, { method: 'card' })
    await inbox.receive([event(view(orderId, 'authorized'), clock.now())])
    assert.deepEqual(kinds(await inbox.apply(9)), ['early'])
    assert.deepEqual(await inbox.apply(9), [], 'not at once again')
    await books.move([{ orderId, by: 'pay' }])
    await clock.advance(EARLY_AGAIN_MS - 1)
    assert.deepEqual(await inbox.apply(9), [])
    await clock.advance(1)
    assert.deepEqual(kinds(await inbox.apply(9)), ['news'])
    assert.deepEqual(await states(attempts.of(orderId)), ['AUTHORIZED'])
    assert.deepEqual(await inbox.quarantined(9, undefined), [])
  })

  it('quarantines after a day what nobody knows, and at once what does not match, until a human has looked', async () => {
    const { inbox, attempts, clock, sale, byCard, view } = get()
    const orderId = await byCard(await sale(), 1)
    const unknown = event(view(newId(), 'captured'), clock.now())
    const receivedAt = clock.now()
    await inbox.receive([unknown])
    await clock.advance(EARLY_MAX_MS - 1)
    assert.deepEqual(kinds(await inbox.apply(9)), ['early'])
    assert.deepEqual(await inbox.quarantined(9, undefined), [])
    await clock.advance(EARLY_AGAIN_MS)
    await inbox.apply(9)
    const nobodys = { ...unknown, because: 'no such attempt', receivedAt }
    assert.deepEqual(await inbox.quarantined(9, undefined), [nobodys])
    const forged: GatewayEvent[] = []
    for (const other of [{ amount: 1 }, { currency: 'USD' }]) {
      await clock.advance(1)
      forged.push(event(view(orderId, 'captured', other), clock.now()))
      await inbox.receive(forged.slice(-1))
      assert.deepEqual(kinds(await inbox.apply(9)), ['mismatch'])
    }
    const listed = await inbox.quarantined(9, undefined)
    const ids = [...forged.map(({ id }) => id).reverse(), unknown.id]
    assert.deepEqual(
      listed.map(({ id }) => id),
      ids,
      'newest first',
    )
    assert.match(listed[1]?.because ?? '', /1 EUR instead of 100 EUR/)
    assert.deepEqual(
      (await inbox.quarantined(1, ids[0])).map(({ id }) => id),
      ids.slice(1, 2),
    )
    assert.deepEqual(await states(attempts.of(orderId)), ['CREATED'])
    assert.deepEqual(await inbox.apply(9), [], 'it is not applied again')
    assert.deepEqual((await Promise.all([1, 2].map(() => inbox.dismiss(unknown.id)))).sort(), [false, true])
    for (const { id } of forged) assert.equal(await inbox.dismiss(id), true)
    assert.equal(await inbox.dismiss('nobody'), false)
    assert.deepEqual(await inbox.quarantined(9, undefined), [])
    assert.equal(await inbox.receive(forged), 0)
  })

  it('keeps of texts that have no room as much as there is room for, and knows them again', async () => {
    const { inbox, attempts, clock, sale, byCard, view, order } = get()
    const made = await sale({ limit: 2 })
    const [declined, wordy] = [await byCard(made, 1), await byCard(made, 2)]
    const long = 'x'.repeat(9000)
    const page = await attempts.see(view(declined, 'open', { redirectUrl: `https://gateway/${'y'.repeat(7000)}` }))
    assert.equal(page.kind === 'news' && page.attempt.redirectUrl?.length, 7016)
    assert.equal((await attempts.see(view(declined, 'declined', { reason: '\u{1f4b3}'.repeat(300) }))).kind, 'news')
    assert.equal((await attempts.of(declined))[0]?.reason, '\u{1f4b3}'.repeat(100))
    const opened = await attempts.see(view(wordy, 'open', { txnId: long, redirectUrl: long }))
    assert.deepEqual(opened.kind === 'news' && [opened.attempt.txnId, opened.attempt.redirectUrl], [long.slice(0, 255), null])
    const endless = { id: long, type: long, created: clock.now(), view: view(wordy, 'captured', { txnId: long, reason: long }) }
    const wrong = { ...endless, id: `wrong ${long}`, view: { ...endless.view, currency: long, txnId: `another ${long}` } }
    const nobodys = { ...endless, id: `nobodys ${long}`, view: { ...endless.view, orderId: long } }
    assert.equal(await inbox.receive([endless, wrong, nobodys]), 3)
    assert.equal(await inbox.receive([endless, wrong, nobodys]), 0)
    assert.deepEqual(kinds(await inbox.apply(9)).sort(), ['early', 'mismatch', 'news'])
    assert.equal((await order(wordy)).state, 'COMPLETED')
    assert.equal((await inbox.quarantined(9, undefined)).length, 1)
  })

  it('remembers up to where the list of the gateway was read, with what was read', async () => {
    const { inbox, clock, sale, byCard, view, order } = get()
    assert.equal(await inbox.cursor(), null)
    const orderId = await byCard(await sale(), 1)
    const [first, second] = (['authorized', 'captured'] as const).map((state) => event(view(orderId, state), clock.now()))
    assert.ok(first && second)
    assert.equal(await inbox.receive([first]), 1)
    assert.equal(await inbox.read([first, second], 'page 2'), 1)
    assert.equal(await inbox.cursor(), 'page 2')
    assert.equal(await inbox.read([], 'page 3'), 0)
    assert.equal(await inbox.cursor(), 'page 3')
    assert.equal(await inbox.read([], null), 0)
    assert.equal(await inbox.cursor(), null)
    await inbox.apply(9)
    assert.equal((await order(orderId)).state, 'COMPLETED')
  })
}
