import type { Id } from '../core/ids.ts'
import type { GatewayState, GatewayView } from '../core/payment.ts'

export type NewCharge = {
  orderId: Id
  attempt: number
  /** Minor units. */
  amount: number
  currency: string
  /** The page takes no payment later than this, milliseconds. */
  expiresAt: number
  /** Where the buyer goes from the page. */
  returnUrl: string
  /** Where events are told. */
  notifyUrl: string
}

export type Transaction = NewCharge & {
  txnId: string
  state: GatewayState
  /** Why it was declined. */
  reason: string | null
  /** Minor units, 0 or the whole amount; what was refunded stays captured. */
  captured: number
  refunded: number
  history: { at: number; state: GatewayState }[]
}

/** Where the page is does not belong to what happened: the address may change with the next start. */
export type ChargeView = Omit<GatewayView, 'redirectUrl'>

/** `seq` rises by one with each; `id` is never used again, also not after the store was thrown away. */
export type DemoEvent = { seq: number; id: string; type: string; created: number; view: ChargeView; notifyUrl: string }

export type Order = 'capture' | 'void' | 'refund'
export type Command = { do: 'authorize'; charge: NewCharge } | { do: Order; txnId: string }
/** `failed`: it was done and the answer is an error, also the next time (a fault on demand). */
export type Answer = { kind: 'done' | 'failed'; view: ChargeView } | { kind: 'key-reused' } | { kind: 'unknown' }
export type Kept = { digest: string; answer: Extract<Answer, { view: ChargeView }>; at: number }
/** What the gateway keeps for the key: its answer, an error in place of it, or nothing as if 24 h had passed. */
export type Keeps = 'answer' | 'failure' | 'nothing'

/** The buyer's, on the page. */
export type Act = 'pay' | 'decline'
export type Acted = { kind: 'authorized' | 'declined' | 'closed' | 'expired'; transaction: Transaction }

/** After that a key may be used again. */
export const KEY_KEPT_MS = 24 * 3600_000

export type Decided = { answer: Answer; changed: Transaction | null; kept: Kept | null }

/** What `command` does to what is known. `txnId`: of a transaction to be made. Changes nothing itself. */
export function decide(
  known: { transaction: Transaction | undefined; kept: Kept | undefined },
  command: Command,
  { now, txnId, keeps }: { now: number; txnId: string; keeps: Keeps },
): Decided {
  const digest = digestOf(command)
  const { transaction } = known
  if (known.kept && now - known.kept.at < KEY_KEPT_MS) {
    const answer: Answer = known.kept.digest === digest ? known.kept.answer : { kind: 'key-reused' }
    return { answer, changed: null, kept: null }
  }
  if (command.do === 'authorize') return answered(opened(command.charge, txnId, now))
  if (!transaction) return { answer: { kind: 'unknown' }, changed: null, kept: null }
  return answered(transitions[command.do](transaction, now), transaction)

  function answered(changed: Transaction | null, before?: Transaction): Decided {
    const view = viewOf((changed ?? before) as Transaction)
    const answer = { kind: keeps === 'failure' ? 'failed' : 'done', view } as const
    return { answer, changed, kept: keeps === 'nothing' ? null : { digest, answer, at: now } }
  }
}

/** A buyer presses a button. `expired` and `closed` change nothing. */
export function acted(transaction: Transaction, act: Act, now: number): Acted {
  if (transaction.state !== 'open') return { kind: 'closed', transaction }
  if (now >= transaction.expiresAt) return { kind: 'expired', transaction }
  const kind = act === 'pay' ? 'authorized' : 'declined'
  const reason = act === 'decline' ? 'card_declined' : null
  return { kind, transaction: { ...moved(transaction, kind, now), reason } }
}

export function viewOf({ orderId, attempt, txnId, state, amount, currency, reason }: Transaction): ChargeView {
  return { orderId, attempt, txnId, state, amount, currency, reason }
}

/** A key that was forgotten makes a second transaction of one attempt: told of is the one with money in it, else the first. */
export function tellingOne(transactions: readonly Transaction[]): Transaction | undefined {
  const rank: readonly GatewayState[] = ['captured', 'authorized', 'open']
  const place = ({ state }: Transaction) => (rank.includes(state) ? rank.indexOf(state) : rank.length)
  return [...transactions].sort((a, b) => place(a) - place(b))[0]
}

/** `null`: nothing to do any more, or not yet. */
const transitions: Record<Order, (transaction: Transaction, now: number) => Transaction | null> = {
  capture: (transaction, now) =>
    transaction.state === 'authorized' ? { ...moved(transaction, 'captured', now), captured: transaction.amount } : null,
  void: (transaction, now) => (['open', 'authorized'].includes(transaction.state) ? moved(transaction, 'voided', now) : null),
  refund: (transaction, now) =>
    transaction.state === 'captured' ? { ...moved(transaction, 'refunded', now), refunded: transaction.amount } : null,
}

function opened(charge: NewCharge, txnId: string, now: number): Transaction {
  const history = [{ at: now, state: 'open' as const }]
  return { ...charge, txnId, state: 'open', reason: null, captured: 0, refunded: 0, history }
}

function moved(transaction: Transaction, state: GatewayState, at: number): Transaction {
  return { ...transaction, state, history: [...transaction.history, { at, state }] }
}

/** The addresses are left out: a shop that is started anew at another port asks for the same. */
function digestOf(command: Command): string {
  if (command.do !== 'authorize') return `${command.do} ${command.txnId}`
  const { orderId, attempt, amount, currency, expiresAt } = command.charge
  return `authorize ${orderId} ${attempt} ${amount} ${currency} ${expiresAt}`
}
