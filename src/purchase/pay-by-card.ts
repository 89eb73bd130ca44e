import type { Moved } from '../books/books.ts'
import type { Attempts, Seen } from '../books/payments.ts'
import { type Attempt, type AttemptState, gatewayKey, nextState } from '../core/attempt.ts'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import type { GatewayView } from '../core/payment.ts'
import type { Gateway } from '../payment/gateway.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { follow, type MoveParts } from './settle-order.ts'

/** Attempts that one turn asks about, side by side. */
const BATCH_MAX = 32
/** After so many a turn ends, so that the loop can be stopped. */
const TURN_MAX = 512
/** Longer than the gateway may take for all calls of a step: who crashed is followed by another. */
const LEASE_MS = 15_000
/** The first wait after no answer, and the longest; between them it doubles, with full jitter. */
const BACK_OFF_MS = 500
const BACK_OFF_MAX_MS = 30_000
/** At the most so long after the gateway could not be reached. */
const DOWN_MS = 5000
/** An hour less than gateways keep a key: from then on the same key might be a second payment, and only a look is safe. */
const KEY_LIFE_MS = 23 * 3600_000
/** So often was the gateway asked for a page and then, later each time, did not know the attempt: it never came to be. */
const NEVER_AFTER = 6

export type PaymentParts = Omit<MoveParts, 'books'> & {
  attempts: Attempts
  gateway: Gateway
  clock: Clock
  random: Random
  /** Worth a look by a human: what the gateway says cannot be about this attempt. */
  doubted: (orderId: Id, because: string) => void
  failed: (error: unknown) => void
}

/**
 * The saga of a purchase by card. Each step stands beside what undoes it; the books choose, by the attempt's state, which is due.
 *
 * | step | made by | undone by |
 * |---|---|---|
 * | hold the unit | `place-order` | `expire` or `cancel` of the order, once no payment can come any more |
 * | open a page | `open` | `undo`: void |
 * | take the money | `capture` | `giveBack`: refund |
 * | complete the order | the merge of `captured` into the books | `refundOrder` |
 *
 * Every call carries a key of the attempt, so to repeat one is harmless. What is not known is asked again or looked up, never
 * guessed: only a view of the gateway moves an attempt.
 */
const saga: Partial<Record<AttemptState, (parts: PaymentParts, attempt: Attempt) => Promise<GatewayView | null>>> = {
  CREATED: open,
  // The buyer's turn: a webhook may have been lost.
  OPEN: ({ gateway }, { orderId, number }) => gateway.lookup(orderId, number),
  AUTHORIZED: capture,
  VOIDING: undo,
  REFUND_DUE: giveBack,
}

async function open(parts: PaymentParts, attempt: Attempt): Promise<GatewayView | null> {
  const { orderId, number, amount, currency, expiresAt } = attempt
  if (isHopeless(parts, attempt)) return null
  return parts.gateway.authorize(gatewayKey('pay', attempt), { orderId, attempt: number, amount, currency, expiresAt })
}

async function capture(parts: PaymentParts, attempt: Attempt): Promise<GatewayView | null> {
  const txnId = await txnOf(parts, attempt)
  return txnId ? parts.gateway.capture(gatewayKey('capture', attempt), txnId) : null
}

async function undo(parts: PaymentParts, attempt: Attempt): Promise<GatewayView | null> {
  // Perhaps it never heard of the attempt, perhaps its answer was lost: to ask again under the same key tells which.
  const txnId = attempt.txnId ?? (await open(parts, attempt))?.txnId
  return txnId ? parts.gateway.void(gatewayKey('void', attempt), txnId) : null
}

async function giveBack(parts: PaymentParts, attempt: Attempt): Promise<GatewayView | null> {
  const txnId = await txnOf(parts, attempt)
  return txnId ? parts.gateway.refund(gatewayKey('refund', attempt), txnId) : null
}

async function txnOf({ gateway }: PaymentParts, { txnId, orderId, number }: Attempt): Promise<string | undefined> {
  return txnId ?? (await gateway.lookup(orderId, number))?.txnId
}

/** A turn of its loop: asks the gateway about all that is due. True when there may be more: what was learned may be
 *  due for its next step. */
export async function drivePayments(parts: PaymentParts): Promise<boolean> {
  const underWay = new Set<Promise<void>>()
  let claimed = 0
  do {
    const due = await parts.attempts.claim(BATCH_MAX - underWay.size, LEASE_MS)
    claimed += due.length
    for (const attempt of due) {
      const one = drive(parts, attempt).finally(() => underWay.delete(one))
      underWay.add(one)
    }
    // One that takes long holds up no other.
    if (underWay.size > 0) await Promise.race(underWay)
  } while (underWay.size > 0 && claimed < TURN_MAX)
  await Promise.all(underWay)
  return claimed > 0
}

async function drive(parts: PaymentParts, attempt: Attempt): Promise<void> {
  const { attempts, failed } = parts
  const step = saga[attempt.state]
  if (!step) return
  try {
    const view = (await news(parts, attempt)) ?? (await step(parts, attempt))
    if (view) return await heard(parts, attempt, await attempts.see(view))
    if (attempt.state !== 'OPEN' && isHopeless(parts, attempt))
      return await heard(parts, attempt, await attempts.giveUp(attempt, 'unknown to the gateway'))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    failed(error)
    // Nothing happened, so the next try needs no look first, and does not count.
    if (error.outcome === 'refused' && error.code !== 'gateway-refused')
      return attempts.later(attempt, Math.ceil(1 + share(parts) * DOWN_MS), false)
    const isFinal = error.code === 'gateway-refused' && attempt.state === 'CREATED' && attempt.txnId === null
    if (isFinal) return await heard(parts, attempt, await attempts.giveUp(attempt, 'refused by the gateway'))
  }
  await attempts.later(attempt, waitMs(parts, attempt), true)
}

/** After no answer the gateway is looked at before it is asked once more: where it keeps its own failure under a key, it would
 *  answer with that for ever. And so is it where the key may be forgotten: who asked may have died before the answer. */
async function news(parts: PaymentParts, attempt: Attempt): Promise<GatewayView | null> {
  const { orderId, number, state, tries } = attempt
  const known = tries > 0 || isOld(parts, attempt) ? await parts.gateway.lookup(orderId, number) : null
  return known && nextState(state, known.state) ? known : null
}

/** To ask for a page again could open a second one, or has been of no use too often. */
function isHopeless(parts: PaymentParts, attempt: Attempt): boolean {
  return attempt.tries >= NEVER_AFTER || isOld(parts, attempt)
}

function isOld({ clock }: PaymentParts, { createdAt }: Attempt): boolean {
  return clock.now() - createdAt > KEY_LIFE_MS
}

function share({ random }: PaymentParts): number {
  return random.word() / 0x1_0000_0000
}

function waitMs(parts: PaymentParts, { tries }: Attempt): number {
  const most = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.min(tries, 10))
  return Math.ceil(1 + share(parts) * most)
}

async function heard(parts: PaymentParts, attempt: Attempt, seen: Seen): Promise<void> {
  await follow(parts, movedBy(seen))
  if (seen.kind === 'mismatch') parts.doubted(attempt.orderId, seen.because)
  // What the gateway says is no news while we still want something of it: not at once again.
  const isStill = seen.kind === 'stale' && seen.attempt.state === attempt.state
  if (isStill || seen.kind === 'mismatch') await parts.attempts.later(attempt, waitMs(parts, { ...attempt, tries: 10 }), false)
}

/** As a move of the order, for those who follow: the ledger and the buyer. */
export function movedBy(...seen: Seen[]): Moved[] {
  return seen.flatMap((one) => (one.kind === 'news' ? [{ kind: 'moved', order: one.order, remaining: one.remaining }] : []))
}
