import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newId } from '../../test/samples.ts'
import { Fault } from '../core/fault.ts'
import type { GatewayView } from '../core/payment.ts'
import type { Charge, Gateway } from './gateway.ts'

export type GatewayStage = {
  gateway: Gateway
  /** What a buyer does on the page. */
  buyer: { pay(txnId: string): Promise<void>; decline(txnId: string): Promise<void> }
  now(): number
  /** Of a declined card: the end of the attempt, or the page asks for another one. */
  afterDecline: 'declined' | 'open'
}

/** What every `Gateway` must do. `make` starts anew. */
export function gatewayContract(name: string, make: () => GatewayStage | Promise<GatewayStage>): void {
  describe(`gateway: ${name}`, () => {
    it('opens a page, and takes the whole amount of what was paid there', async () => {
      const { gateway, buyer, now } = await make()
      const charge = chargeAt(now())
      const open = await gateway.authorize('a', charge)
      assert.deepEqual({ ...open, txnId: '', redirectUrl: '' }, viewOf(charge, 'open'))
      assert.match(open.redirectUrl ?? '', /^https?:/)
      await buyer.pay(open.txnId)
      assert.equal((await gateway.lookup(charge.orderId, charge.attempt))?.state, 'authorized')
      const captured = await gateway.capture('c', open.txnId)
      assert.deepEqual(captured, { ...viewOf(charge, 'captured'), txnId: open.txnId, redirectUrl: null })
    })

    it('has one transaction for a key, also where three ask at once', async () => {
      const { gateway, now } = await make()
      const charge = chargeAt(now())
      const views = await Promise.all([1, 2, 3].map(() => gateway.authorize('same', charge)))
      assert.equal(new Set(views.map(({ txnId }) => txnId)).size, 1)
    })

    it('refuses a key that was used for another charge', async () => {
      const { gateway, now } = await make()
      await gateway.authorize('same', chargeAt(now()))
      await assert.rejects(gateway.authorize('same', chargeAt(now())), (error) => isRefused(error))
    })

    it('has a transaction for each attempt', async () => {
      const { gateway, now } = await make()
      const charge = chargeAt(now())
      const first = await gateway.authorize('1', charge)
      const second = await gateway.authorize('2', { ...charge, attempt: 2 })
      assert.notEqual(first.txnId, second.txnId)
      assert.equal((await gateway.lookup(charge.orderId, 1))?.txnId, first.txnId)
      assert.equal((await gateway.lookup(charge.orderId, 2))?.txnId, second.txnId)
      assert.equal(await gateway.lookup(charge.orderId, 3), null)
    })

    it('captures nothing that is not authorized, and says how it stands', async () => {
      const { gateway, now } = await make()
      const { txnId } = await gateway.authorize('a', chargeAt(now()))
      assert.equal((await gateway.capture('early', txnId)).state, 'open')
      assert.equal((await gateway.void('v', txnId)).state, 'voided')
      assert.equal((await gateway.capture('late', txnId)).state, 'voided')
    })

    it('voids what is authorized, and then it cannot be captured', async () => {
      const { gateway, buyer, now } = await make()
      const { txnId } = await gateway.authorize('a', chargeAt(now()))
      await buyer.pay(txnId)
      assert.equal((await gateway.void('v', txnId)).state, 'voided')
      assert.equal((await gateway.void('v again', txnId)).state, 'voided')
      assert.equal((await gateway.capture('c', txnId)).state, 'voided')
    })

    it('does not void what is captured', async () => {
      const { gateway, buyer, now } = await make()
      const { txnId } = await gateway.authorize('a', chargeAt(now()))
      await buyer.pay(txnId)
      await gateway.capture('c', txnId)
      assert.equal((await gateway.void('v', txnId)).state, 'captured')
    })

    it('gives back what is captured, once, and nothing else', async () => {
      const { gateway, buyer, now } = await make()
      const charge = chargeAt(now())
      const { txnId } = await gateway.authorize('a', charge)
      await buyer.pay(txnId)
      assert.equal((await gateway.refund('too early', txnId)).state, 'authorized')
      await gateway.capture('c', txnId)
      const [one, two] = await Promise.all([gateway.refund('r', txnId), gateway.refund('r', txnId)])
      assert.deepEqual([one.state, two.state], ['refunded', 'refunded'])
      assert.equal((await gateway.refund('another key', txnId)).state, 'refunded')
      assert.equal((await gateway.lookup(charge.orderId, 1))?.state, 'refunded')
    })

    it('takes no payment on the page of what is voided', async () => {
      const { gateway, buyer, now } = await make()
      const charge = chargeAt(now())
      const { txnId } = await gateway.authorize('a', charge)
      await gateway.void('v', txnId)
      await buyer.pay(txnId)
      assert.equal((await gateway.lookup(charge.orderId, 1))?.state, 'voided')
    })

    it('says why a card was declined', async () => {
      const { gateway, buyer, now, afterDecline } = await make()
      const charge = chargeAt(now())
      const { txnId } = await gateway.authorize('a', charge)
      await buyer.decline(txnId)
      const view = await gateway.lookup(charge.orderId, 1)
      assert.deepEqual([view?.state, view?.reason], [afterDecline, 'card_declined'])
    })

    it('refuses what it has never heard of', async () => {
      const { gateway } = await make()
      for (const ask of ['capture', 'void', 'refund'] as const) {
        await assert.rejects(gateway[ask]('k', 'no-such-transaction'), (error) => isRefused(error))
      }
      assert.equal(await gateway.lookup(newId(), 1), null)
    })

    it('lists what happened, oldest first, and goes on where it was left', async () => {
      const { gateway, buyer, now } = await make()
      const start = (await gateway.events(null, 25)).next
      const { txnId } = await gateway.authorize('a', chargeAt(now()))
      await buyer.pay(txnId)
      const first = await gateway.events(start, 25)
      assert.equal(first.events.at(-1)?.view.txnId, txnId)
      assert.equal(first.events.at(-1)?.view.state, 'authorized')
      const other = await gateway.authorize('b', chargeAt(now()))
      await buyer.pay(other.txnId)
      await gateway.void('v', other.txnId)
      const { events, next } = await gateway.events(first.next, 25)
      assert.deepEqual(
        events.map(({ view }) => [view.txnId, view.state]),
        [
          [other.txnId, 'authorized'],
          [other.txnId, 'voided'],
        ],
      )
      assert.deepEqual((await gateway.events(next, 25)).events, [])
    })
  })
}

export function chargeAt(now: number, more: Partial<Charge> = {}): Charge {
  return { orderId: newId(), attempt: 1, amount: 1999, currency: 'EUR', expiresAt: now + 600_000, ...more }
}

function viewOf({ orderId, attempt, amount, currency }: Charge, state: GatewayView['state']): GatewayView {
  return { orderId, attempt, txnId: '', state, amount, currency, redirectUrl: '', reason: null }
}

const isRefused = (error: unknown) => error instanceof Fault && error.code === 'gateway-refused' && error.outcome === 'refused'
