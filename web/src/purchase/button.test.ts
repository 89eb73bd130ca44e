import { describe, expect, it } from 'vitest'
import type { Payment } from '../use-payment.ts'
import { buttonOf, type SaleMoment } from './button.ts'
import { toldOf } from './told.ts'
import type { Attempt } from './use-purchase.ts'

const open: SaleMoment = {
  now: 1000,
  startTime: 500,
  endTime: 2000,
  isPaused: false,
  remaining: 3,
  quantity: 1,
  isSignedIn: true,
}
const none: Attempt = { step: 'none' }
const orderOf = (status: string, more = {}): Attempt => ({ step: 'order', order: { orderId: 'o', status, ...more } as never })

describe('the button of a sale', () => {
  it.each([
    ['is open', {}, { kind: 'buy' }],
    ['opens at its start, not before', { now: 499 }, { kind: 'opens', ms: 1 }],
    ['is open at its start', { now: 500 }, { kind: 'buy' }],
    ['ends at its end', { now: 2000 }, { kind: 'ended' }],
    ['is paused', { isPaused: true }, { kind: 'paused' }],
    ['has fewer left than wanted', { remaining: 1, quantity: 2 }, { kind: 'sold-out' }],
    ['has as many left as wanted', { remaining: 2, quantity: 2 }, { kind: 'buy' }],
    ['is not known yet', { remaining: undefined }, { kind: 'wait' }],
    ['meets somebody who may be signed in', { isSignedIn: undefined }, { kind: 'wait' }],
    ['asks to sign in well before the opening', { isSignedIn: false, now: 1 }, { kind: 'sign-in' }],
    ['asks nobody to sign in for nothing', { isSignedIn: false, remaining: 0 }, { kind: 'sold-out' }],
  ] as const)('when it %s', (_when, moment, button) => {
    expect(buttonOf(none, { ...open, ...moment })).toEqual(button)
  })

  it('tells who holds a unit so, whatever the sale does', () => {
    const over = { ...open, now: 5000, remaining: 0, isPaused: true }
    expect(buttonOf(orderOf('RESERVATION_PENDING'), over)).toEqual({ kind: 'held', ms: undefined })
    const held = orderOf('PAYMENT_PENDING', { expiresAt: new Date(7000).toISOString() })
    expect(buttonOf(held, over)).toEqual({ kind: 'held', ms: 2000 })
    expect(buttonOf(orderOf('COMPLETED'), over)).toEqual({ kind: 'yours' })
  })

  it('lets who could not pay try again, and says why', () => {
    const failed = orderOf('FAILED', { reason: 'not-enough-credit' })
    const button = buttonOf(failed, open)
    expect(button).toEqual({ kind: 'try-again' })
    expect(toldOf(button, failed)).toEqual({ key: 'not-enough-credit' })
    expect(toldOf(button, orderOf('EXPIRED'))).toEqual({ key: 'EXPIRED' })
  })

  it('wakes up when a unit comes back after a refusal', () => {
    const refused: Attempt = { step: 'refused', code: 'sold-out', detail: 'none' }
    expect(buttonOf(refused, { ...open, remaining: 0 })).toEqual({ kind: 'sold-out' })
    expect(buttonOf(refused, open)).toEqual({ kind: 'buy' })
    expect(toldOf(buttonOf(refused, open), refused)).toEqual({ key: 'came-back' })
  })

  it('never calls an unknown outcome a no', () => {
    const unknown: Attempt = { step: 'given-up', because: 'unknown' }
    expect(buttonOf(unknown, { ...open, remaining: 0 })).toEqual({ kind: 'unknown' })
    expect(toldOf({ kind: 'unknown' }, unknown)).toEqual({ key: 'unknown' })
    expect(toldOf({ kind: 'again', ms: 1 }, { step: 'again', at: 1, because: 'unknown' })).toEqual({ key: 'asking-again' })
  })

  it('leads who has one to it', () => {
    const refused: Attempt = { step: 'refused', code: 'limit-reached', detail: '', orderId: 'mine' }
    expect(buttonOf(refused, open)).toEqual({ kind: 'have-one', orderId: 'mine' })
  })

  it("says the server's words where it has none of its own", () => {
    const refused: Attempt = { step: 'refused', code: 'forbidden', detail: 'Ask the shop.' }
    expect(toldOf({ kind: 'buy' }, refused)).toEqual({ text: 'Ask the shop.' })
  })

  it('leads who pays by card to the page of the gateway once it is there', () => {
    const held = orderOf('PAYMENT_PENDING', { payment: { method: 'card' }, expiresAt: new Date(7000).toISOString() })
    const at = (payment?: object) => {
      const stands = payment && ({ orderId: 'o', ...payment } as Payment)
      return [buttonOf(held, open, stands), toldOf(buttonOf(held, open, stands), held, stands).key]
    }
    expect(at()).toEqual([{ kind: 'opening' }, 'opening'])
    expect(at({ state: 'created', attempt: 1 })).toEqual([{ kind: 'opening' }, 'opening'])
    expect(at({ state: 'open', attempt: 1, redirectUrl: 'https://p' })).toEqual([{ kind: 'pay', href: 'https://p' }, 'toPay'])
    expect(at({ state: 'open', attempt: 2, redirectUrl: 'https://q' })).toEqual([{ kind: 'pay', href: 'https://q' }, 'declined'])
    expect(at({ state: 'authorized', attempt: 1 })).toEqual([{ kind: 'held', ms: undefined }, 'charging'])
    expect(at({ state: 'voiding', attempt: 1 })).toEqual([{ kind: 'cancelling' }, 'cancelling'])
  })

  it('says of cards that cannot be taken that nothing was bought, and stays ready', () => {
    const refused: Attempt = { step: 'refused', code: 'payment-unavailable', detail: 'none' }
    expect(buttonOf(refused, open)).toEqual({ kind: 'buy' })
    expect(toldOf({ kind: 'buy' }, refused)).toEqual({ key: 'payment-unavailable' })
  })
})
