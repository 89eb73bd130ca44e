import { type Attempt, consequenceOf, isOpenAttempt, nextState } from '../core/attempt.ts'
import type { Order, OrderState } from '../core/order.ts'
import type { GatewayEvent, GatewayView } from '../core/payment.ts'
import type { Happening, OrderMove } from './books.ts'

/**
 * The single changes that payments are made of, inside one transaction of a store. What they mean together stands below, once
 * for all stores. Each changes the order or attempt that it is handed too.
 */
export interface Desk {
  readonly now: number
  /** By their numbers. */
  attemptsOf(order: Order): Promise<Attempt[]>
  addAttempt(order: Order, number: number): Promise<void>
  /** By compare-and-set of its version, with a line in its log. @param dueIn when it is asked about next, milliseconds; `null`: never. */
  setAttempt(attempt: Attempt, change: Partial<Attempt>, dueIn: number | null): Promise<void>
  /** Of an order that is not paid: its unit goes back. */
  end(order: Order, state: 'FAILED' | 'CANCELLED' | 'EXPIRED', reason: string): Promise<void>
  /** Its unit is sold; the coupon is made. */
  complete(order: Order): Promise<void>
  /** Waits for its buyer from now on. */
  wait(order: Order): Promise<void>
  /** Of one that was paid; its coupon is void. An order that had ended keeps what became of its unit. */
  refundDue(order: Order, reason: string, returnUnit: boolean): Promise<void>
  refunded(order: Order): Promise<void>
  /** Double entry: what one account gets, the other gives. */
  enter(entry: string, kind: string, to: string, from: string, amount: number, order: Order): Promise<void>
}

/** What is told of an order that came to a state; of the others nothing. */
export const HAPPENED: Partial<Record<OrderState, Happening>> = {
  COMPLETED: 'order-completed',
  FAILED: 'order-failed',
  CANCELLED: 'order-cancelled',
  EXPIRED: 'order-expired',
  REFUNDED: 'order-refunded',
}

/** From which states each move starts. */
export const FROM: Record<OrderMove['by'], OrderState[]> = {
  pay: ['RESERVATION_PENDING'],
  fail: ['RESERVATION_PENDING'],
  cancel: ['RESERVATION_PENDING', 'PAYMENT_PENDING'],
  expire: ['PAYMENT_PENDING'],
  refund: ['COMPLETED'],
}

/** How long an open page is left alone before the gateway is asked itself: webhooks may be lost. */
const POLL_MS = 30_000
const ENDS = { cancel: 'CANCELLED', expire: 'EXPIRED', fail: 'FAILED' } as const

/** Characters of what a gateway says that are kept. No gateway that we know has ids as long; cut, they are still the same each time. */
const KEPT = { id: 255, type: 80, currency: 10, reason: 200, because: 500, redirectUrl: 8000 }

const cut = (text: string, max: number): string => (text.length > max ? text.slice(0, max).toWellFormed() : text)

/** A view with room in the record. The address of a page is kept whole or not at all. */
export function keptView(view: GatewayView): GatewayView {
  const { orderId, txnId, currency, reason, redirectUrl } = view
  return {
    ...view,
    orderId: cut(orderId, KEPT.id),
    txnId: cut(txnId, KEPT.id),
    currency: cut(currency, KEPT.currency),
    reason: reason === null ? null : cut(reason, KEPT.reason),
    redirectUrl: redirectUrl === null || redirectUrl.length > KEPT.redirectUrl ? null : redirectUrl,
  }
}

export function keptEvent({ id, type, created, view }: GatewayEvent): GatewayEvent {
  return { id: cut(id, KEPT.id), type: cut(type, KEPT.type), created, view: keptView(view) }
}

/** What differs from what we asked for: it is not believed, whoever says it. */
export function mismatchOf(attempt: Attempt, view: GatewayView): string | undefined {
  const because = differenceOf(attempt, view)
  return because === undefined ? undefined : cut(because, KEPT.because)
}

function differenceOf(attempt: Attempt, view: GatewayView): string | undefined {
  if (view.amount !== attempt.amount || view.currency !== attempt.currency)
    return `${view.amount} ${view.currency} instead of ${attempt.amount} ${attempt.currency}`
  if (attempt.txnId !== null && attempt.txnId !== view.txnId) return `transaction ${view.txnId} instead of ${attempt.txnId}`
  return undefined
}

/** As if the gateway had said no, to what it will never take or never had. */
export function declined({ orderId, number, amount, currency, txnId }: Attempt, reason: string): GatewayView {
  return { orderId, attempt: number, txnId: txnId ?? '', state: 'declined', amount, currency, redirectUrl: null, reason }
}

/** Merges a view into an attempt and its order. Answers whether that was news. */
export async function merge(
  desk: Desk,
  order: Order,
  attempts: Attempt[],
  attempt: Attempt,
  view: GatewayView,
): Promise<boolean> {
  const to = nextState(attempt.state, view.state)
  if (!to) {
    const learned = learnedFrom(attempt, view)
    if (learned)
      await desk.setAttempt(attempt, learned, attempt.state === 'OPEN' ? POLL_MS : isOpenAttempt(attempt.state) ? 0 : null)
    return learned !== undefined
  }
  const from = attempt.state
  const another = attempts.some((one) => one !== attempt && isOpenAttempt(one.state))
  const known = { txnId: attempt.txnId ?? (view.txnId || null), redirectUrl: view.redirectUrl, reason: view.reason }
  const consequence = consequenceOf(order, attempt, to, another, desk.now)
  await desk.setAttempt(
    attempt,
    { ...known, state: consequence.kind === 'late' ? 'REFUND_DUE' : to },
    dueIn(to, consequence.kind),
  )
  switch (consequence.kind) {
    case 'complete':
      order.txnId = attempt.txnId
      await desk.complete(order)
      await desk.enter(`payment:${order.orderId}`, 'payment', 'sales', 'gateway', attempt.amount, order)
      for (const one of attempts) if (one !== attempt && isOpenAttempt(one.state)) await voidAttempt(desk, one, null)
      break
    case 'late':
      await desk.enter(`late:${order.orderId}:${attempt.number}`, 'late', 'refunds', 'gateway', attempt.amount, order)
      if (order.state in NEVER_PAID) await desk.refundDue(order, 'captured-late', false)
      break
    case 'end':
      await desk.end(order, ENDS[consequence.by], consequence.reason)
      break
    case 'again':
      await desk.addAttempt(order, attempt.number + 1)
      break
    case 'refunded':
      await takeBack(desk, order, attempts, attempt, from)
  }
  return true
}

/** What a word that came first had not said: the transaction, whatever the attempt waits for, and where the buyer pays. */
function learnedFrom({ state, txnId, redirectUrl }: Attempt, view: GatewayView): Partial<Attempt> | undefined {
  const isNamed = txnId === null && view.txnId !== ''
  const isShown = state === 'OPEN' && view.state === 'open' && redirectUrl === null && view.redirectUrl !== null
  if (!isNamed && !isShown) return undefined
  return { ...(isNamed && { txnId: view.txnId }), ...(isShown && { redirectUrl: view.redirectUrl }) }
}

const NEVER_PAID = { FAILED: true, CANCELLED: true, EXPIRED: true }

function dueIn(to: Attempt['state'], consequence: string): number | null {
  if (consequence === 'late') return 0
  if (to === 'OPEN') return POLL_MS
  return to === 'AUTHORIZED' ? 0 : null
}

async function takeBack(desk: Desk, order: Order, attempts: Attempt[], attempt: Attempt, from: Attempt['state']): Promise<void> {
  // Given back by somebody at the gateway: the sale is undone, and the buyer keeps the unit.
  if (from === 'CAPTURED') await owe(desk, order, attempt.amount, 'refunded at the gateway', false)
  await desk.enter(`refund:${order.orderId}:${attempt.number}`, 'refund', 'gateway', 'refunds', attempt.amount, order)
  if (order.state === 'REFUND_DUE' && attempts.every((one) => one.state !== 'REFUND_DUE')) await desk.refunded(order)
}

async function owe(desk: Desk, order: Order, amount: number, reason: string, returnUnit: boolean): Promise<void> {
  await desk.refundDue(order, reason, returnUnit)
  await desk.enter(`reversal:${order.orderId}`, 'reversal', 'refunds', 'sales', amount, order)
}

async function voidAttempt(desk: Desk, attempt: Attempt, ending: Attempt['ending']): Promise<void> {
  if (attempt.state === 'VOIDING') return
  await desk.setAttempt(attempt, { state: 'VOIDING', ending }, 0)
}

/** Opens the first attempt of an order by card. */
export async function openPayment(desk: Desk, order: Order): Promise<void> {
  await desk.wait(order)
  await desk.addAttempt(order, 1)
}

/** A payment under way is voided first, then decided: true where that is so. An order that is being paid does not expire. */
export async function isVoided(desk: Desk, order: Order, by: 'cancel' | 'expire' | 'fail'): Promise<boolean> {
  if (order.method !== 'card' || by === 'fail') return false
  const open = (await desk.attemptsOf(order)).filter((attempt) => isOpenAttempt(attempt.state))
  for (const attempt of open) if (by === 'cancel' || attempt.state === 'OPEN') await voidAttempt(desk, attempt, by)
  return open.length > 0
}

/** Of a completed order: the money is owed from now on; credit is back at once. */
export async function refund(desk: Desk, order: Order, reason: string, returnUnit: boolean): Promise<void> {
  const due = order.price * order.quantity
  await owe(desk, order, due, reason, returnUnit)
  if (order.method === 'credit') {
    await desk.enter(`refund:${order.orderId}`, 'refund', `wallet:${order.buyerId}`, 'refunds', due, order)
    await desk.refunded(order)
    return
  }
  for (const attempt of await desk.attemptsOf(order))
    if (attempt.state === 'CAPTURED') await desk.setAttempt(attempt, { state: 'REFUND_DUE' }, 0)
}
