import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryGateway } from '../../test/memory-gateway.ts'
import { altered, type Lossy, lossy, memoryShop, PRICE } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import { MemoryAttempts, MemoryInbox } from '../books/memory-payments.ts'
import type { Attempts } from '../books/payments.ts'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import { DemoGateway } from '../gateway-demo/gateway.ts'
import type { Act } from '../gateway-demo/machine.ts'
import type { Gateway } from '../payment/gateway.ts'
import { hearGateway, listGateway } from './hear-gateway.ts'
import { drivePayments } from './pay-by-card.ts'
import { cancelOrder, expireOrders, refundOrder } from './settle-order.ts'

/** Between two turns: as long as the longest wait of an attempt. */
const TURN_MS = 30_000
const HOUR = 3600_000

type Way = { gateway?: (gateway: Gateway) => Gateway; attempts?: (attempts: Attempts) => Attempts; isToldOf?: boolean }

/** An order by card that waits, before anybody was asked. */
async function ordered({ gateway: asReached = (one) => one, attempts: asKept = (one) => one, isToldOf = true }: Way = {}) {
  const shop = memoryShop()
  const { clock, record, books, sales } = shop
  const process = shop.process()
  const sale = await shop.sale(2, { endTime: clock.now() + 100 * HOUR }, process)
  const placed = await process.buy(shop.wish(sale, { method: 'card' }))
  assert.ok(placed.kind === 'accepted')
  await shop.settleAll(process)
  const demo = new DemoGateway({ now: clock.now, newId })
  const kept = new MemoryAttempts(record, { now: clock.now, newCode: newId })
  const attempts = lossy(asKept(kept))
  const gateway = lossy(asReached(new MemoryGateway(demo)))
  const inbox = new MemoryInbox(record, kept, clock.now)
  const moves = { books, ledger: shop.ledger, announce: process.announce }
  const doubts: string[] = []
  const random = { word: () => 0xffff_ffff }
  const doubted = (_orderId: Id, because: string) => void doubts.push(because)
  const parts = { ...moves, attempts, gateway, clock, random, doubted, failed() {} }

  /** Who never hears an answer stands still for ever; the loops of the next process go on. */
  const inTime = (turn: Promise<unknown>) => Promise.race([turn.catch(onlyFaults), shop.idle().then(() => shop.idle())])
  async function turn(): Promise<void> {
    await inTime(drivePayments(parts))
    if (isToldOf) await inTime(listGateway({ gateway, inbox, told() {} }))
    await inTime(hearGateway({ ...moves, inbox, due() {}, quarantined: (because) => void doubts.push(because) }))
    await inTime(expireOrders(moves))
    await clock.advance(TURN_MS)
  }
  async function turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await turn()
  }
  const { orderId } = placed
  return {
    ...{ ...shop, sale, process, orderId, moves, demo, parts, attempts, gateway, doubts, turn, turns },
    order: async () => (await books.order(orderId))?.state,
    attempt: async (number = 1) => (await kept.of(orderId))[number - 1]?.state,
    /** The buyer presses it on each page that they were led to. */
    async press(act: Act): Promise<void> {
      for (const { state, txnId } of await kept.of(orderId)) if (state === 'OPEN' && txnId) demo.act(txnId, act)
    },
    /** What the gateway has, what the books say, and what is completed cost the same, and nothing is under way. */
    async settled(): Promise<void> {
      const { captured = 0, refunded = 0 } = demo.totals().money.EUR ?? {}
      const due = (await books.order(orderId))?.state === 'COMPLETED' ? PRICE : 0
      const { captured: taken, owed, ...wrong } = await sales.moneyTally(HOUR)
      assert.deepEqual([captured - refunded, taken.byJournal, taken.byAttempts], [due, due, due])
      assert.deepEqual(owed, { byJournal: 0, byAttempts: 0 })
      assert.deepEqual(wrong, { entriesWrong: 0, walletsWrong: 0, paymentsWrong: 0, ordersStuck: 0 })
      for (const { state } of await kept.of(orderId)) assert.match(state, /^(CAPTURED|DECLINED|VOIDED|REFUNDED)$/)
      // The ledger hears of a step whose answer was lost from the sweeper.
      await process.sweep()
      assert.deepEqual(await shop.imbalances(), [])
    },
  }
}

type Shop = Awaited<ReturnType<typeof ordered>>

function onlyFaults(error: unknown): void {
  if (!(error instanceof Fault)) throw error
}

/** Longer than the hold, and than all that waits for something. */
const TO_THE_END = 40

/** What buyers do, and how it must end. */
const stories: { name: string; ends: string[]; act(shop: Shop): Promise<unknown> }[] = [
  { name: 'pays', ends: ['COMPLETED'], act: (shop) => shop.press('pay') },
  { name: 'leaves', ends: ['EXPIRED'], act: async () => {} },
  {
    name: 'pays with the second card',
    ends: ['COMPLETED'],
    async act(shop) {
      await shop.press('decline')
      await shop.turns(5)
      await shop.press('pay')
    },
  },
  { name: 'cancels', ends: ['CANCELLED'], act: ({ moves, orderId }) => cancelOrder(moves, orderId, 'its buyer') },
  {
    name: 'cancels while paying',
    ends: ['CANCELLED', 'COMPLETED'],
    async act(shop) {
      await shop.press('pay')
      await Promise.all([drivePayments(shop.parts).catch(onlyFaults), cancelOrder(shop.moves, shop.orderId, 'its buyer')])
    },
  },
  {
    name: 'pays and is given the money back',
    ends: ['REFUNDED'],
    async act(shop) {
      await shop.press('pay')
      await shop.turns(5)
      await refundOrder(shop.moves, shop.orderId, 'wanted', true)
    },
  },
]

async function play(shop: Shop, { name, ends, act }: (typeof stories)[number], fail: (shop: Shop) => void): Promise<void> {
  fail(shop)
  await shop.turns(3)
  await act(shop)
  fail(shop)
  await shop.turns(TO_THE_END)
  const state = await shop.order()
  assert.ok(state && ends.includes(state), `who ${name} ends ${state}`)
  await shop.settled()
}

const failures = {
  refused: 'is refused',
  lost: 'is not answered, and was not made',
  unheard: 'is not answered, and was made',
  silent: 'was made, and who asked is dead',
} as const

describe('the saga of a card', () => {
  for (const story of stories) {
    it(`ends as it must: a buyer ${story.name}`, async () => {
      await play(await ordered(), story, () => {})
      await play(await ordered({ isToldOf: false }), story, () => {})
    })

    for (const [how, words] of Object.entries(failures) as [keyof typeof failures, string][]) {
      it(`ends so where each call ${words}: a buyer ${story.name}`, async () => {
        for (const call of ['authorize', 'capture', 'void', 'refund', 'lookup', 'events'] as const)
          await play(await ordered(), story, ({ gateway }) => gateway.fail(call, how))
        for (const call of ['claim', 'see', 'later', 'giveUp'] as const)
          await play(await ordered(), story, ({ attempts }) => (attempts as Lossy<Attempts>).fail(call, how))
      })
    }

    it(`ends so where every step and what undoes it is made twice: a buyer ${story.name}`, async () => {
      const twice = <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
        (async (...args: T) => (await Promise.all([call(...args), call(...args)]))[1]) as (...args: T) => Promise<R>
      const gateway = (one: Gateway) =>
        altered(one, {
          authorize: twice((...args) => one.authorize(...args)),
          capture: twice((...args) => one.capture(...args)),
          void: twice((...args) => one.void(...args)),
          refund: twice((...args) => one.refund(...args)),
        })
      const attempts = (one: Attempts) => altered(one, { see: twice((...args) => one.see(...args)) })
      const shop = await ordered({ gateway, attempts })
      await play(shop, story, () => {})
      for (const { number, txnId, state } of await shop.attempts.of(shop.orderId)) {
        assert.ok(txnId)
        for (const wish of ['capture', 'void', 'refund'] as const) {
          if (wish === 'refund' && state === 'CAPTURED') continue
          await shop.parts.gateway[wish](`${wish}:${shop.orderId}:${number}`, txnId)
        }
      }
      await shop.settled()
    })

    it(`ends so where the gateway forgets every key: a buyer ${story.name}`, async () => {
      let asked = 0
      const other = (key: string) => `${key} ${++asked}`
      const gateway = (one: Gateway) =>
        altered(one, {
          authorize: (key, charge) => one.authorize(other(key), charge),
          capture: (key, txnId) => one.capture(other(key), txnId),
          void: (key, txnId) => one.void(other(key), txnId),
          refund: (key, txnId) => one.refund(other(key), txnId),
        })
      for (const call of ['authorize', 'capture', 'void', 'refund'] as const)
        for (const how of ['unheard', 'silent'] as const)
          await play(await ordered({ gateway }), story, (shop) => shop.gateway.fail(call, how))
    })

    it(`ends so where the gateway keeps its own failure under a key: a buyer ${story.name}`, async () => {
      const gateway = (one: Gateway) => {
        const silent = () => Promise.reject(new Fault('gateway-silent', 'unknown', 'as it said before'))
        return altered(one, {
          authorize: (key, charge) => one.authorize(key, charge).then(silent),
          capture: (key, txnId) => one.capture(key, txnId).then(silent),
          void: (key, txnId) => one.void(key, txnId).then(silent),
          refund: (key, txnId) => one.refund(key, txnId).then(silent),
        })
      }
      await play(await ordered({ gateway, isToldOf: false }), story, () => {})
    })
  }
})

describe('an attempt', () => {
  it('that never came to be is given up after some looks, and another one is opened', async () => {
    let isDeaf = true
    const deaf = (one: Gateway) =>
      altered(one, {
        authorize: (key, charge) =>
          isDeaf ? Promise.reject(new Fault('gateway-silent', 'unknown', 'it hears nothing')) : one.authorize(key, charge),
      })
    const shop = await ordered({ gateway: deaf })
    await shop.turns(5)
    assert.equal(await shop.attempt(), 'CREATED')
    assert.equal(shop.gateway.calls.authorize, 5)
    isDeaf = false
    await shop.turns(1)
    assert.equal(await shop.attempt(), 'OPEN', 'it may come to be as long as it is asked for')
    const other = await ordered({ gateway: deaf })
    isDeaf = true
    await other.turns(8)
    assert.equal(other.gateway.calls.authorize, 7, 'six times, and once for the second attempt')
    isDeaf = false
    await other.turns(2)
    assert.deepEqual([await other.attempt(1), await other.attempt(2)], ['DECLINED', 'OPEN'])
    await other.press('pay')
    await other.turns(3)
    await other.settled()
    assert.equal(await other.order(), 'COMPLETED')
  })

  it('that is refused for good is a decline at once, and the order fails with the fifth', async () => {
    const refuses = (one: Gateway) =>
      altered(one, { authorize: () => Promise.reject(new Fault('gateway-refused', 'refused', 'no such currency')) })
    const shop = await ordered({ gateway: refuses })
    await shop.turns(5)
    assert.equal(await shop.order(), 'FAILED')
    assert.equal(shop.gateway.calls.authorize, 5)
    await shop.settled()
  })

  it('waits while the gateway cannot be reached, for as long as that takes', async () => {
    let isDown = true
    const away = (one: Gateway) =>
      altered(one, {
        authorize: (key, charge) =>
          isDown ? Promise.reject(new Fault('gateway-down', 'refused', 'nobody there')) : one.authorize(key, charge),
      })
    const shop = await ordered({ gateway: away })
    await shop.turns(50)
    assert.deepEqual([await shop.attempt(), await shop.order()], ['CREATED', 'PAYMENT_PENDING'])
    isDown = false
    await shop.turns(TO_THE_END)
    await shop.settled()
  })

  for (const isThere of [true, false]) {
    const end = isThere ? 'goes on where the gateway has it' : 'is given up where the gateway does not have it'
    it(`that is older than 23 hours is only looked up, and ${end}`, async () => {
      const shop = await ordered({ isToldOf: false })
      const [attempt] = await shop.attempts.of(shop.orderId)
      assert.ok(attempt)
      const { orderId, number, amount, currency } = attempt
      // Asked, and the process was gone for a day before it could write down the answer.
      const expiresAt = shop.clock.now() + 100 * HOUR
      if (isThere) await shop.gateway.authorize(`pay:${orderId}:1`, { orderId, attempt: number, amount, currency, expiresAt })
      shop.gateway.calls.authorize = 0
      await shop.clock.advance(25 * HOUR)
      await drivePayments(shop.parts)
      assert.equal(shop.gateway.calls.authorize, 0)
      assert.ok((shop.gateway.calls.lookup ?? 0) > 0)
      assert.equal(await shop.attempt(), isThere ? 'OPEN' : 'DECLINED')
      await shop.turns(TO_THE_END)
      assert.equal(await shop.order(), 'EXPIRED')
      await shop.settled()
    })
  }

  it('is doubted where the gateway says another amount, and the books believe none of it', async () => {
    const dearer = (one: Gateway) =>
      altered(one, { capture: async (key, txnId) => ({ ...(await one.capture(key, txnId)), amount: PRICE + 1 }) })
    const shop = await ordered({ gateway: dearer, isToldOf: false })
    await shop.turns(1)
    await shop.press('pay')
    await shop.turns(3)
    assert.deepEqual([await shop.attempt(), await shop.order()], ['AUTHORIZED', 'PAYMENT_PENDING'])
    assert.match(shop.doubts[0] ?? '', /101 EUR instead of 100 EUR/)
  })
})
