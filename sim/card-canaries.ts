import { type Canary, canary, type Edit } from './canary.ts'

const ATTEMPT = 'src/core/attempt.ts'
const BOOKS = 'src/books/memory-books.ts'
const DESK = 'src/books/desk.ts'
const INBOX = 'src/books/memory-payments.ts'
const MEMORY_DESK = 'src/books/memory-desk.ts'
const PAY = 'src/purchase/pay-by-card.ts'
const HEAR = 'src/purchase/hear-gateway.ts'

const voidsFirst = (by: string): Edit => [
  BOOKS,
  'else if (await isVoided(desk, order, move.by)) return',
  `else if (move.by !== '${by}' && (await isVoided(desk, order, move.by))) return`,
]

/** What goes wrong where the money is somebody else's machine. */
export const cardCanaries: Canary[] = [
  canary('expiry without a void', 100, voidsFirst('expire')),
  canary('cancel without a void', 100, voidsFirst('cancel')),
  canary('capture after the order ended', 100, [
    DESK,
    'await voidAttempt(desk, attempt, by)\n  return open.length > 0',
    'await voidAttempt(desk, attempt, by)\n  return false',
  ]),
  canary('a time-out of the gateway taken as a decline', 500, [
    PAY,
    "const isFinal = error.code === 'gateway-refused' && attempt.state === 'CREATED' && attempt.txnId === null",
    'const isFinal = true',
  ]),
  canary('a late capture that is kept', 500, [DESK, "state: consequence.kind === 'late' ? 'REFUND_DUE' : to", 'state: to']),
  canary('a decline that no capture takes back', 500, [ATTEMPT, "  DECLINED: { captured: 'CAPTURED' },", '  DECLINED: {},']),
  canary('refund without compare-and-set', 300, [
    DESK,
    "refund: ['COMPLETED']",
    "refund: ['COMPLETED', 'REFUND_DUE', 'REFUNDED']",
  ]),
  canary('a page without a key', 500, [PAY, "gatewayKey('pay', attempt)", "'pay ' + clock.now()"]),
  canary('another amount believed', 500, [
    DESK,
    'if (view.amount !== attempt.amount || view.currency !== attempt.currency)',
    'if (view.currency !== attempt.currency)',
  ]),
  canary('no list of events', 100, [
    HEAR,
    'const { events, next } = await gateway.events(await inbox.cursor(), LIST_MAX)',
    'const { events, next } = { events: [], next: null }',
  ]),
  canary(
    'a stale word that is told again and undoes a newer one',
    1500,
    [ATTEMPT, "  CAPTURED: { refunded: 'REFUNDED' },", "  CAPTURED: { refunded: 'REFUNDED', authorized: 'AUTHORIZED' },"],
    [INBOX, '      if (this.#record.inbox.has(event.id)) continue\n', ''],
  ),
  canary('a unit returned twice by a refund', 300, [
    MEMORY_DESK,
    "    this.#move(order, 'REFUNDED', order.reason",
    "    if (order.released) this.#return(order)\n    this.#move(order, 'REFUNDED', order.reason",
  ]),
  canary('a refund that nobody asks for', 300, [
    DESK,
    "setAttempt(attempt, { state: 'REFUND_DUE' }, 0)",
    "setAttempt(attempt, { state: 'REFUND_DUE' }, null)",
  ]),
]
