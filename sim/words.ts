import type { Booked, Moved, OrderMove, OutboxRow } from '../src/books/books.ts'
import type { Seen } from '../src/books/payments.ts'
import type { Attempt } from '../src/core/attempt.ts'
import type { Entry } from '../src/core/order.ts'
import type { GatewayEvent, GatewayView } from '../src/core/payment.ts'
import type { Sale, SaleTerms } from '../src/core/sale.ts'
import type { Delivery, Event } from '../src/events/event-log.ts'
import type { Ask, HoldMove, LedgerImage, LedgerView, Reply } from '../src/ledger/ledger.ts'
import type { Placed, Purchase } from '../src/purchase/place-order.ts'

/** A call and its answer in a few of the field's words; undefined for what changed nothing and says nothing. */
export function wordsOf(method: string, args: unknown[], value: unknown): string | undefined {
  const say = calls[method] as ((args: unknown[], value: unknown) => string | undefined) | undefined
  return say?.(args, value)
}

/** Ids of orders are long and differ at their end; those of buyers, sales and items are names here. */
export const short = (id: string): string => (id.length === 36 ? id.slice(-6) : id)

const entryWords = ({ orderId, buyerId, epoch, seq }: Entry): string => `${short(orderId)} of ${buyerId} (${epoch}/${seq})`
const termsWords = ({ epoch, incarnation, pausedByOperator, pausedForRecovery }: SaleTerms): string =>
  `epoch ${epoch}${incarnation ? ` in ${incarnation}` : ''}${pausedByOperator ? ', paused' : ''}${pausedForRecovery ? ', recovering' : ''}`

function replyWords(reply: Reply): string {
  if (reply.kind === 'reserved' || reply.kind === 'replayed') return `${reply.kind} ${entryWords(reply.entry)}`
  if (reply.kind === 'sold-out') return `sold-out, ${reply.remaining} left`
  return reply.kind === 'limit-reached' && reply.entry ? `limit-reached by ${short(reply.entry.orderId)}` : reply.kind
}

export function placedWords(placed: Placed): string {
  if (placed.kind === 'accepted') return `accepted ${short(placed.orderId)} ${placed.status}${placed.replayed ? ', again' : ''}`
  if (placed.kind === 'sold-out') return `sold-out, ${placed.remaining} left`
  return placed.kind === 'limit-reached' && placed.orderId ? `limit-reached by ${short(placed.orderId)}` : placed.kind
}

export const purchaseWords = ({ saleId, productId, quantity, keyDigest }: Purchase): string =>
  `${quantity} of ${productId} in ${saleId} with ${keyDigest}`

const attemptWords = ({ orderId, number, state }: Attempt): string => `${short(orderId)} ${number} ${state}`
const shortKey = (key: string): string => key.split(':').map(short).join(':')

function seenWords(seen: Seen): string {
  if (seen.kind === 'early') return 'early'
  if (seen.kind === 'mismatch') return `mismatch, ${seen.because}`
  return `${seen.kind}, ${attemptWords(seen.attempt)}, the order is ${seen.order.state}`
}

const some = (what: string, items: unknown[]): string | undefined =>
  items.length > 0 ? `${what} ${items.join(', ')}` : undefined

const calls = {
  reserve: ([saleId, epoch, asks]: [string, number, Ask[]], replies: Reply[]) =>
    `${saleId} epoch ${epoch}: ${asks.map((ask, i) => `${ask.buyerId} ${ask.keyDigest}: ${replyWords(replies[i] as Reply)}`).join('; ')}`,
  settle: (args: unknown[], value: string[]) =>
    args.length === 0
      ? undefined
      : some(
          'moves',
          (args[1] as HoldMove[]).map((move, i) => `${move.to} ${short(move.orderId)} ${value[i]}`),
        ),
  load: ([{ terms, holds }]: [LedgerImage], done: boolean) => `${terms.id} ${termsWords(terms)}, ${holds.length} holds: ${done}`,
  amend: ([terms, items]: [SaleTerms, { productId: string; allotment: number }[]], done: boolean) =>
    `${terms.id} ${termsWords(terms)}, limit ${terms.limit}, ${items.map((item) => `${item.productId}: ${item.allotment}`)}: ${done}`,
  look: ([saleId, , quietMs]: [string, number, number], view: LedgerView | null) =>
    view === null
      ? `${saleId}: not known`
      : quietMs > 0
        ? `${saleId} for a lease, ${view.items.map((item) => `${item.productId}: ${item.remaining}`)}`
        : undefined,
  drop: ([saleId]: [string]) => saleId,
  book: ([saleId, epoch, entries]: [string, number, Entry[]], booked: Booked) =>
    `${saleId} epoch ${epoch}: ${entries.map(entryWords).join(', ')}: ${booked.kind}${'because' in booked ? `, ${booked.because}` : ''}`,
  move: ([moves]: [OrderMove[]], done: Moved[]) =>
    some(
      'moves',
      done.map((one, i) =>
        one.kind === 'not-found'
          ? `${short(one.orderId)} not-found`
          : `${short(one.order.orderId)} ${moves[i]?.by}: ${one.kind} ${one.order.state}`,
      ),
    ),
  claim: (_args: unknown[], rows: (OutboxRow | Attempt)[]) =>
    some(
      'claims',
      rows.map((row) => ('number' in row ? attemptWords(row) : `${row.id} ${row.happening} ${short(row.refId)}`)),
    ),
  see: (_args: unknown[], seen: Seen) => seenWords(seen),
  giveUp: ([, reason]: [Attempt, string], seen: Seen) => `${reason}: ${seenWords(seen)}`,
  apply: (_args: unknown[], seen: Seen[]) => some('applies', seen.map(seenWords)),
  receive: ([events]: [GatewayEvent[]], fresh: number) => (fresh > 0 ? `${events.map(({ id }) => id)}` : undefined),
  authorize: ([key]: [string], view: GatewayView) => `${shortKey(key)}: ${view.txnId} ${view.state}`,
  capture: ([key]: [string], view: GatewayView) => `${shortKey(key)}: ${view.state}`,
  void: ([key]: [string], view: GatewayView) => `${shortKey(key)}: ${view.state}`,
  refund: ([key]: [string], view: GatewayView) => `${shortKey(key)}: ${view.state}`,
  done: ([, ids]: [string, number[]], count: number) => `${ids.join(', ')}: ${count}`,
  again: (_args: unknown[], count: number) => (count > 0 ? `tells ${count} again` : undefined),
  append: ([events]: [Event[]]) =>
    some(
      'appends',
      events.map((event) => `${event.type} ${short(event.subject)}`),
    ),
  take: (_args: unknown[], deliveries: Delivery[]) =>
    some(
      'takes',
      deliveries.map(({ position, event }) => `${position} ${event.type} ${short(event.subject)}`),
    ),
  ack: ([, , positions]: [string, string, number[]], count: number) => some(`acks ${count} of`, positions),
  create: ([sale]: [Sale], made: { kind: string }) => `${sale.id}: ${made.kind}`,
  change: ([saleId, change]: [string, object], changed: { kind: string }) =>
    `${saleId} ${JSON.stringify(change)}: ${changed.kind}`,
  announceStart: ([saleId]: [string], done: boolean) => (done ? `${saleId} starts` : undefined),
  settleEnd: ([saleId]: [string], done: boolean) => (done ? `${saleId} is settled` : undefined),
  raiseEpoch: ([saleId, epoch, incarnation]: [string, number, string], done: boolean) =>
    `${saleId} from ${epoch} for ${incarnation}: ${done}`,
  clearRecovery: ([saleId, epoch]: [string, number], done: boolean) => `${saleId} epoch ${epoch}: ${done}`,
} satisfies Record<string, (args: never, value: never) => string | undefined> as Record<string, unknown>
