import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId } from '../../test/samples.ts'
import { ATTEMPTS_MAX } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import type { GatewayState } from '../core/payment.ts'
import { type BooksWorld, PRICE } from './books.contract.ts'
import type { Seen } from './payments.ts'

/** `Attempts`, and what a move of an order by card asks of them. */
export function paymentsContract(get: () => BooksWorld): void {
  it('opens the first attempt when the order is to be paid, and only then', async () => {
    const { books, attempts, clock, sale, booked, order, counts, told } = get()
    const made = await sale({ limit: 2 })
    const { orderId } = await booked(made, 1, { method: 'card', quantity: 2 })
    assert.deepEqual(await attempts.of(orderId), [])
    const now = clock.now()
    const pay = { orderId, by: 'pay' } as const
    assert.deepEqual(
      (await books.move([pay, pay])).map(({ kind }) => kind),
      ['moved', 'unchanged'],
    )
    const { state, version, expiresAt } = await order(orderId)
    assert.deepEqual([state, version], ['PAYMENT_PENDING', 2])
    assert.deepEqual(await attempts.of(orderId), [
      {
        ...{ orderId, number: 1, state: 'CREATED', ending: null, txnId: null, redirectUrl: null, reason: null },
        ...{ amount: 2 * PRICE, currency: 'EUR', expiresAt, createdAt: now, updatedAt: now, tries: 0, version: 1 },
      },
    ])
    assert.deepEqual(await counts(made.id), [{ available: 3, held: 2, sold: 0, returned: 0 }])
    assert.deepEqual(
      (await told()).map(({ happening }) => happening),
      ['order-booked'],
    )
  })

  it('leases what it hands out: nobody else is handed it until then, the longest due comes first', async () => {
    const { attempts, clock, sale, byCard } = get()
    const made = await sale()
    const ids: Id[] = []
    for (const seq of [1, 2, 3, 4]) {
      ids.push(await byCard(made, seq))
      await clock.advance(1)
    }
    const claims = await Promise.all([attempts.claim(1, 100), attempts.claim(2, 100), attempts.claim(1, 100)])
    assert.deepEqual(
      claims
        .flat()
        .map(({ orderId }) => orderId)
        .sort(),
      ids,
    )
    assert.deepEqual(
      claims.map(({ length }) => length),
      [1, 2, 1],
    )
    await clock.advance(99)
    assert.deepEqual(await attempts.claim(9, 100), [])
    await clock.advance(1)
    assert.deepEqual((await attempts.claim(9, 100)).map(({ orderId }) => orderId).sort(), ids)
    await clock.advance(100)
    const [first] = await attempts.claim(1, 1)
    assert.ok(first)
    await attempts.later(first, 50, true)
    await clock.advance(49)
    assert.equal((await attempts.claim(9, 1)).length, 3)
    await clock.advance(1)
    const again = (await attempts.claim(9, 1)).find(({ orderId }) => orderId === first.orderId)
    assert.deepEqual(again, { ...first, tries: 1 })
    await attempts.later({ ...first, version: first.version + 1 }, 50, true)
    await attempts.later(first, 0, false)
    assert.equal((await attempts.of(first.orderId))[0]?.tries, 1, 'counts what is said to count, of the version it was said of')
  })

  it('completes in one change: attempt, order, unit, journal, coupon, log and outbox', async () => {
    const { attempts, clock, sale, product, byCard, view, order, counts, told, journalOf, books } = get()
    const items = [{ productId: product({ kind: 'coupon' }), price: PRICE, currency: 'EUR', quantity: 5 }]
    const made = await sale({ items })
    const orderId = await byCard(made, 1)
    const page = view(orderId, 'open', { redirectUrl: 'https://gateway/pay' })
    const open = await attempts.see(page)
    assert.ok(open.kind === 'news' && open.attempt.state === 'OPEN' && open.attempt.redirectUrl === 'https://gateway/pay')
    await clock.advance(7)
    const seen = await attempts.see(view(orderId, 'captured'))
    const paid = await order(orderId)
    const [attempt] = await attempts.of(orderId)
    assert.ok(paid.couponCode && attempt)
    assert.deepEqual(seen, { kind: 'news', attempt, order: paid, remaining: 4 })
    assert.deepEqual([paid.state, paid.txnId, paid.version, paid.updatedAt], ['COMPLETED', page.txnId, 3, clock.now()])
    assert.deepEqual([attempt.state, attempt.version, attempt.txnId], ['CAPTURED', 3, page.txnId])
    assert.deepEqual(await counts(made.id), [{ available: 4, held: 0, sold: 1, returned: 0 }])
    assert.deepEqual(sums(journalOf(orderId)), { gateway: -PRICE, sales: PRICE })
    assert.deepEqual(
      (await books.history(orderId)).map(({ state }) => state),
      ['RESERVATION_PENDING', 'PAYMENT_PENDING', 'COMPLETED'],
    )
    assert.deepEqual(
      (await told()).map(({ happening }) => happening),
      ['order-booked', 'order-completed'],
    )
    assert.deepEqual(await attempts.byTxn(page.txnId), attempt)
    assert.equal(await attempts.byTxn('another'), null)
    assert.deepEqual(await attempts.see(view(orderId, 'captured')), { ...seen, kind: 'stale' })
    await clock.advance(3600_000)
    assert.deepEqual(await attempts.claim(9, 1), [], 'nothing is left to be asked')
  })

  it('comes to the same end whatever the order of the views is, and from several at once', async () => {
    const { attempts, sale, byCard, view, order, journalOf } = get()
    const made = await sale()
    const turns: GatewayState[][] = [
      ['open', 'authorized', 'captured'],
      ['captured', 'authorized', 'open'],
      ['authorized', 'captured', 'authorized', 'captured'],
      ['captured', 'declined', 'voided'],
    ]
    for (const [i, states] of turns.entries()) {
      const orderId = await byCard(made, i + 1)
      const seen = i % 2 === 0 ? [] : await Promise.all(states.map((state) => attempts.see(view(orderId, state))))
      if (i % 2 === 0) for (const state of states) seen.push(await attempts.see(view(orderId, state)))
      assert.equal(seen.filter(({ kind }) => kind === 'stale' || kind === 'news').length, states.length)
      assert.equal((await order(orderId)).state, 'COMPLETED', states.join(', '))
      assert.deepEqual(sums(journalOf(orderId)), { gateway: -PRICE, sales: PRICE })
    }
  })

  it('completes once, whoever sees it at the same time', async () => {
    const { attempts, sale, byCard, view, told, journalOf } = get()
    const orderId = await byCard(await sale(), 1)
    const seen = await Promise.all([1, 2, 3].map(() => attempts.see(view(orderId, 'captured'))))
    assert.deepEqual(seen.map(({ kind }) => kind).sort(), ['news', 'stale', 'stale'])
    assert.equal((await told()).filter(({ happening }) => happening === 'order-completed').length, 1)
    assert.equal(journalOf(orderId).length, 2)
  })

  it('knows the page and the transaction from then on, also where a word came first that lacked them', async () => {
    const { attempts, sale, byCard, view } = get()
    const orderId = await byCard(await sale(), 1)
    await attempts.see(view(orderId, 'open'))
    const seen = await attempts.see(view(orderId, 'open', { redirectUrl: 'https://gateway/pay' }))
    assert.ok(seen.kind === 'news' && seen.attempt.redirectUrl === 'https://gateway/pay')
    assert.equal((await attempts.see(view(orderId, 'open'))).kind, 'stale')
    const [kept] = await attempts.of(orderId)
    assert.deepEqual([kept?.redirectUrl, kept?.state, kept?.version], ['https://gateway/pay', 'OPEN', 3])
  })

  it('changes nothing where amount, currency or transaction is another, or nobody knows the attempt', async () => {
    const { attempts, sale, byCard, view, order } = get()
    const orderId = await byCard(await sale(), 1)
    await attempts.see(view(orderId, 'authorized'))
    const before = [await order(orderId), await attempts.of(orderId)]
    for (const other of [{ amount: PRICE + 1 }, { amount: PRICE - 1 }, { currency: 'USD' }, { txnId: 'another' }]) {
      const seen = await attempts.see(view(orderId, 'captured', other))
      assert.ok(seen.kind === 'mismatch' && seen.because.includes(String(Object.values(other)[0])), JSON.stringify(seen))
    }
    for (const nobody of [view(orderId, 'captured', { attempt: 2 }), view(newId(), 'captured')])
      assert.deepEqual(await attempts.see(nobody), { kind: 'early' })
    assert.deepEqual([await order(orderId), await attempts.of(orderId)], before)
  })

  it('opens the next attempt after each no, until there are too many: then the order fails and its unit is free', async () => {
    const { attempts, sale, byCard, view, order, counts } = get()
    const made = await sale()
    const orderId = await byCard(made, 1)
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const all = await attempts.of(orderId)
      assert.deepEqual(
        all.map(({ number, state }) => [number, state]),
        [...Array.from({ length: attempt - 1 }, (_, i) => [i + 1, 'DECLINED']), [attempt, 'CREATED']],
      )
      assert.equal((await attempts.claim(9, 1)).length, 1, 'the new one is due at once')
      const no = view(orderId, 'declined', { attempt, reason: 'no_money' })
      assert.equal((await attempts.see(no)).kind, 'news')
      assert.equal((await attempts.see(no)).kind, 'stale')
    }
    const { state, reason } = await order(orderId)
    assert.deepEqual([state, reason], ['FAILED', 'card-declined'])
    assert.equal((await attempts.of(orderId)).length, ATTEMPTS_MAX)
    assert.deepEqual(await counts(made.id), [{ available: 5, held: 0, sold: 0, returned: 0 }])
  })

  it('gives up what never came to be as a decline, unless it turns out to have come to be', async () => {
    const { attempts, sale, byCard, view } = get()
    const made = await sale()
    const [never, came] = [await byCard(made, 1), await byCard(made, 2)]
    const claimed = await attempts.claim(9, 1)
    const [first, second] = [never, came].map((id) => claimed.find(({ orderId }) => orderId === id))
    assert.ok(first && second)
    const seen = await attempts.giveUp(first, 'unknown')
    assert.ok(seen.kind === 'news' && seen.attempt.state === 'DECLINED' && seen.attempt.txnId === null)
    assert.equal((await attempts.giveUp(first, 'unknown')).kind, 'stale')
    assert.deepEqual(await states(attempts.of(never)), ['DECLINED', 'CREATED'])
    await attempts.see(view(came, 'open'))
    assert.equal((await attempts.giveUp(second, 'unknown')).kind, 'mismatch')
    assert.deepEqual(await states(attempts.of(came)), ['OPEN'])
  })

  it('takes the money of a card that was declined first, and voids the attempt that followed', async () => {
    const { attempts, sale, byCard, view, order } = get()
    const orderId = await byCard(await sale(), 1)
    await attempts.see(view(orderId, 'declined'))
    await attempts.see(view(orderId, 'open', { attempt: 2 }))
    await attempts.see(view(orderId, 'captured'))
    assert.equal((await order(orderId)).state, 'COMPLETED')
    assert.deepEqual(await states(attempts.of(orderId)), ['CAPTURED', 'VOIDING'])
    await attempts.see(view(orderId, 'voided', { attempt: 2 }))
    assert.deepEqual(await states(attempts.of(orderId)), ['CAPTURED', 'VOIDED'])
    assert.equal((await order(orderId)).state, 'COMPLETED')
  })

  it('expires an open page only after its void, and not while money is asked for', async () => {
    const { books, attempts, clock, sale, byCard, view, order, counts, holdTtlMs } = get()
    const made = await sale()
    const [waiting, asked] = [await byCard(made, 1), await byCard(made, 2)]
    const unopened = await byCard(made, 3)
    await attempts.see(view(waiting, 'open'))
    await attempts.see(view(asked, 'authorized'))
    await clock.advance(holdTtlMs - 1)
    assert.deepEqual(await books.expired(9), [])
    await clock.advance(1)
    assert.deepEqual(await books.expired(9), [waiting])
    const expire = (orderId: Id) => ({ orderId, by: 'expire', reason: 'hold-expired' }) as const
    const moved = await books.move([expire(waiting), expire(asked), expire(unopened)])
    assert.deepEqual(
      moved.map(({ kind }) => kind),
      ['voiding', 'voiding', 'voiding'],
    )
    for (const [orderId, state] of Object.entries({ [asked]: 'AUTHORIZED', [unopened]: 'CREATED' }))
      assert.deepEqual(await states(attempts.of(orderId)), [state], 'it is ours to finish')
    assert.deepEqual(await states(attempts.of(waiting)), ['VOIDING'])
    assert.deepEqual(await books.expired(9), [])
    assert.equal((await order(waiting)).state, 'PAYMENT_PENDING')
    assert.deepEqual(await counts(made.id), [{ available: 2, held: 3, sold: 0, returned: 0 }])
    assert.equal((await attempts.see(view(waiting, 'voided'))).kind, 'news')
    const { state, reason } = await order(waiting)
    assert.deepEqual([state, reason], ['EXPIRED', 'hold-expired'])
    await attempts.see(view(asked, 'captured'))
    assert.deepEqual(await counts(made.id), [{ available: 3, held: 1, sold: 1, returned: 0 }])
  })

  it('cancels after the void, or not at all where the money was taken first', async () => {
    const { books, attempts, sale, byCard, view, order, counts } = get()
    const made = await sale()
    const [first, second] = [await byCard(made, 1), await byCard(made, 2)]
    for (const orderId of [first, second]) {
      await attempts.see(view(orderId, 'authorized'))
      const cancel = { orderId, by: 'cancel', reason: 'changed my mind' } as const
      for (const [moved] of [await books.move([cancel]), await books.move([cancel])])
        assert.ok(moved?.kind === 'voiding' && moved.order.state === 'PAYMENT_PENDING')
      const [attempt] = await attempts.of(orderId)
      assert.deepEqual([attempt?.state, attempt?.ending, attempt?.version], ['VOIDING', 'cancel', 3])
    }
    await attempts.see(view(first, 'voided'))
    await attempts.see(view(second, 'captured'))
    assert.deepEqual([(await order(first)).state, (await order(second)).state], ['CANCELLED', 'COMPLETED'])
    assert.deepEqual(await counts(made.id), [{ available: 4, held: 0, sold: 1, returned: 0 }])
  })

  it('counts money of every currency in its own minor units', async () => {
    const { attempts, sale, product, byCard, view, journalOf } = get()
    const prices = [
      { price: 1, currency: 'JPY' },
      { price: 1_234_567, currency: 'KWD' },
      { price: 2 ** 52 + 1, currency: 'KWD' },
    ]
    for (const { price, currency } of prices) {
      const made = await sale({ items: [{ productId: product(), price, currency, quantity: 1 }] })
      const orderId = await byCard(made, 1)
      const [attempt] = await attempts.of(orderId)
      assert.deepEqual([attempt?.amount, attempt?.currency], [price, currency])
      assert.equal((await attempts.see(view(orderId, 'captured', { amount: price / 100, currency }))).kind, 'mismatch')
      assert.equal((await attempts.see(view(orderId, 'captured', { amount: price, currency }))).kind, 'news')
      assert.deepEqual(sums(journalOf(orderId)), { gateway: -price, sales: price })
      await attempts.see(view(orderId, 'refunded', { amount: price, currency }))
    }
  })
}

/** Of each account. */
export function sums(rows: { account: string; amount: number }[]): Record<string, number> {
  const byAccount: Record<string, number> = {}
  for (const { account, amount } of rows) byAccount[account] = (byAccount[account] ?? 0) + amount
  return byAccount
}

export async function states(attempts: Promise<{ state: string }[]>): Promise<string[]> {
  return (await attempts).map(({ state }) => state)
}

export const kinds = (seen: Seen[]): string[] => seen.map(({ kind }) => kind)
