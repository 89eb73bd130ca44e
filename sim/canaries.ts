import { type Canary, canary } from './canary.ts'
import { cardCanaries } from './card-canaries.ts'
import { lossCanaries } from './loss-canaries.ts'

const LEDGER = 'src/ledger/memory-ledger.ts'
const SQL_LEDGER = 'src/ledger/sql-ledger.ts'
const BOOKS = 'src/books/memory-books.ts'
const SALES = 'src/books/memory-sales.ts'
const PLACE = 'src/purchase/place-order.ts'
const CONFIRM = 'src/purchase/book.ts'
const SETTLE = 'src/purchase/settle-order.ts'
const LEASE = 'src/gate/lease.ts'

/** What goes wrong with every store in its right mind. */
const pathCanaries: Canary[] = [
  canary('blind release', 300, [LEDGER, "if (!allowed) return 'unchanged'", '']),
  canary(
    'publish after the reserve instead of an outbox',
    300,
    [BOOKS, "    this.#record.tell('order-booked', entry.orderId, now)\n", ''],
    [PLACE, '        booked = true\n', '        booked = true\n        this.#parts.booked(one.entry.orderId)\n'],
    [
      'sim/house.ts',
      '  const booked = () => publishing.wake()\n',
      `  const booked = async (orderId) => {
    const order = orderId && (await books.order(orderId).catch(() => null))
    const event = (type, topic) => ({ id: orderId + type, type, topic, subject: orderId, time: clock.now(), data: {} })
    const told = [event('OrderCreated', 'doorbuster.orders'), event('InventoryReserved', 'doorbuster.payments')]
    if (order) await events.append(told).catch(() => {})
    publishing.wake()
  }
`,
    ],
    ['src/purchase/sweep.ts', 'await outbox.again(SILENT_MS)', '0'],
  ),
  canary('acknowledge before booking', 50, [
    CONFIRM,
    'if (ledger.inBooks) return replies',
    'if (ledger.inBooks || replies.every(isGranted)) return replies',
  ]),
  canary(
    'a replay acknowledged from the ledger without booking',
    1000,
    [CONFIRM, "'entry' in reply && reply.entry ? [", "'entry' in reply && reply.entry && reply.kind !== 'replayed' ? ["],
    [
      PLACE,
      "answer(order ? { kind: 'accepted', orderId, status: order.state,",
      "answer({ kind: 'accepted', orderId, status: order?.state,",
    ],
    [PLACE, " replayed: true } : { kind: 'unknown-outcome' })", ' replayed: true })'],
  ),
  canary('a sold-out flag answers a retry', 300, [LEASE, ' || this.#buyers.has(buyerId)', '']),
  canary(
    'a sold-out flag cleared only by message',
    300,
    [LEASE, ' || ticks - this.#sentAt >= LEASE_MS', ''],
    [PLACE, 'if (refusal && counter.lease.isStale(ticks)) void this.#probe(counter)', ''],
  ),
  canary('outbox read by high-water mark', 100, [
    BOOKS,
    '.filter((one) => one.leasedUntil <= now).slice(0, max)',
    `.filter((one) => one.row.id > (this.mark ?? 0)).sort((a, b) => a.row.id - b.row.id).slice(0, max)
    this.mark = Math.max(this.mark ?? 0, ...free.map((one) => one.row.id))`,
  ]),
  canary('outbox trimmed when it is read', 300, [
    BOOKS,
    '    return free.map(({ row }) => ({ ...row }))',
    '    for (const one of free) this.#record.outbox.delete(one.row.id)\n    return free.map(({ row }) => ({ ...row }))',
  ]),
  canary('done before it is published', 1000, [
    'src/purchase/publish.ts',
    '  await events.append(told)\n',
    '  await outbox.done(token, rows.map((row) => row.id))\n  await events.append(told)\n',
  ]),
  canary(
    'expire an order whose event nobody handled',
    1000,
    [BOOKS, "(order) => order.state === 'PAYMENT_PENDING' &&", "(order) => order.state.endsWith('_PENDING') &&"],
    ['src/books/desk.ts', "expire: ['PAYMENT_PENDING']", "expire: ['PAYMENT_PENDING', 'RESERVATION_PENDING']"],
  ),
  canary(
    "expiry by a process's clock",
    1500,
    [
      'src/purchase/settle-order.ts',
      'await parts.books.expired(BATCH_MAX)',
      '(await parts.books.orders({ waiting: true, limit: 64 })).filter((one) => one.expiresAt < parts.now()).map((one) => one.orderId)',
    ],
    ['sim/house.ts', 'const moves = { books, ledger, announce }', 'const moves = { books, ledger, announce, now: clock.now }'],
  ),
  canary('a time-out taken as a failure', 1000, [
    PLACE,
    "error instanceof Fault && error.outcome === 'refused' ? 'busy' : 'unknown-outcome'",
    "'busy'",
  ]),
  canary('a time-out of the books taken as a failure', 300, [PLACE, "came('unknown-outcome', error))", "came('busy', error))"]),
  canary(
    'credit in a transaction of its own',
    50,
    [
      SETTLE,
      'await parts.books.move(moves)',
      "await parts.books.move(moves.map((one) => (one.by === 'pay' ? { ...one, by: 'charge' } : one)))\n  Object.assign(done, await parts.books.move(moves))",
    ],
    [
      BOOKS,
      '    if (!FROM[move.by].includes(order.state))',
      "    if (move.by === 'charge') {\n      if (order.state === 'RESERVATION_PENDING') this.#pay(order)\n      return { kind: 'unchanged', order: { ...order } }\n    }\n    if (!FROM[move.by].includes(order.state))",
    ],
  ),
  canary('status without compare-and-set', 100, [
    BOOKS,
    'if (!FROM[move.by].includes(order.state))',
    "if (move.by !== 'pay' && !FROM[move.by].includes(order.state))",
  ]),
  canary('cancel without compare-and-set', 300, [
    BOOKS,
    'if (!FROM[move.by].includes(order.state))',
    "if (move.by !== 'cancel' && !FROM[move.by].includes(order.state))",
  ]),
  canary(
    'acknowledge an event before its order is settled',
    500,
    ['src/purchase/sweep.ts', 'await outbox.again(SILENT_MS)', '0'],
    [
      SETTLE,
      '  await moveOrders(\n    parts,\n    [...new Set',
      "  await events.ack('payments', token, deliveries.map(({ position }) => position))\n  await moveOrders(\n    parts,\n    [...new Set",
    ],
  ),
  canary('no sweeper', 2000, ['src/purchase/sweep.ts', '    if (moves.length > 0) await ledger.settle(sale.id, moves)\n', '']),
  canary(
    'no catch-up',
    300,
    ['src/purchase/catch-up.ts', 'await book(books, alarm, saleId, epoch, missing.map(entryOf))', "{ kind: 'booked' }"],
    ['src/purchase/sweep.ts', 'if (await isLevel(parts, sale)) await bookForgotten(parts, sale)', 'await isLevel(parts, sale)'],
  ),
  canary('the ledger frees a unit before the books', 8000, [
    SETTLE,
    '  const done = await parts.books.move(moves)\n',
    `  const due = await parts.books.byIds(moves.map((one) => one.orderId))
  for (const one of due) {
    const move = moves.find((other) => other.orderId === one.orderId)
    if (move.by !== 'pay' && one.state.endsWith('_PENDING')) await parts.ledger.settle(one.saleId, [{ orderId: one.orderId, to: 'release' }])
  }
  const done = await parts.books.move(moves)
`,
  ]),
  canary(
    'limit checked before the atomic step',
    3000,
    [
      LEDGER,
      'if (taken + ask.quantity > terms.limit)',
      'if ((held.before?.get(ask.buyerId) ?? taken) + ask.quantity > terms.limit)',
    ],
    [
      LEDGER,
      '    const now = this.#now()\n    return asks.map((ask) => (held.terms.epoch',
      '    const now = this.#now()\n    held.before = new Map(asks.map((ask) => [ask.buyerId, held.taken.get(ask.buyerId) ?? 0]))\n    return asks.map((ask) => (held.terms.epoch',
    ],
  ),
  canary('a retry that revives a released order', 300, [
    LEDGER,
    '  if (known) return known.bodyDigest',
    '  if (known && isLive(known.state)) return known.bodyDigest',
  ]),
  canary(
    "a process's clock for the window",
    1000,
    [PLACE, 'deadline: board.ledgerNow(clock) + PATIENCE_MS', 'deadline: clock.now() + PATIENCE_MS'],
    [LEDGER, '  if (now > ask.deadline) return', '  now = ask.deadline - 2000\n  if (now > ask.deadline) return'],
  ),
  canary("a deadline by the process's clock", 1000, [
    PLACE,
    'deadline: board.ledgerNow(clock) + PATIENCE_MS',
    'deadline: clock.now() + PATIENCE_MS',
  ]),
  canary('a reserve without deadline', 2000, [LEDGER, "  if (now > ask.deadline) return { kind: 'late' }\n", '']),
  canary('a lease granted while a unit is left', 300, [LEASE, 'item.remaining === 0', 'item.remaining <= 1']),
  canary('a lease counted from the answer', 300, [
    PLACE,
    'counter.lease.grant(view, sentAt)',
    'counter.lease.grant(view, clock.ticks())',
  ]),
  canary('a lease without quietUntil', 2000, [LEDGER, 'if (quietMs > 0 && item.remaining === 0)', 'if (false)']),
  canary('a lease within the edges of the window', 6000, [
    LEASE,
    'if (Math.abs(now - terms.startTime) < EDGE_MS || Math.abs(now - terms.endTime) < EDGE_MS) return undefined',
    '',
  ]),
  canary('a refusal that was not held against the books', 2000, [
    CONFIRM,
    'refused.length === 0 ? { epoch, found: [] } : await books.truth(saleId, refused)',
    '{ epoch, found: [] }',
  ]),
  canary('a buyer sent away for an order that is released already', 6000, [CONFIRM, 'if (isStale || (reply', 'if ((reply']),
  canary('a sale settled in the middle of its recovery', 2000, [SALES, ' || sale.pausedForRecovery || now', ' || now']),
  canary(
    'a settled sale taken for a lost one',
    6000,
    [SALES, ' || sale.settledAt !== null) return false\n    Object', ') return false\n    Object'],
    ['src/purchase/rebuild-ledger.ts', 'await sales.current()', 'await sales.current(clock.now())'],
    [
      'src/purchase/rebuild-ledger.ts',
      'const { sales, ledger } = this.#parts\n    if (ledger.inBooks)',
      'const { sales, ledger, clock } = this.#parts\n    if (ledger.inBooks)',
    ],
  ),
  canary("ends by a process's clock", 1000, [
    'src/purchase/run-sale.ts',
    'const now = board.ledgerNow(clock)\n',
    'const now = clock.now()\n',
  ]),
  canary('SQLite: a key that was used is not looked for', 2000, [
    SQL_LEDGER,
    'if (known) return known.bodyDigest',
    'if (false) return known.bodyDigest',
  ]),
  canary('SQLite: a ledger that does not count', 2000, [SQL_LEDGER, 'if (quiet || item.available < ask.quantity)', 'if (quiet)']),
  canary('SQLite: a limit that is not looked at', 2000, [SQL_LEDGER, '+ ask.quantity > limit)', '+ ask.quantity > 2 * limit)']),
  canary('SQLite: the sequence starts anew', 2000, [SQL_LEDGER, 'this.seq = sale.seq', 'this.seq = 0']),
]

export const canaries: Canary[] = [...pathCanaries, ...lossCanaries, ...cardCanaries]
