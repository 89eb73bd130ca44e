import type { Attempt } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import type { GatewayEvent, GatewayState, GatewayView } from '../core/payment.ts'
import { DuplicateKey } from '../platform/duplicate-key.ts'
import type { Database, Sql } from '../platform/sql.ts'
import { declined, keptEvent, keptView, merge, mismatchOf } from './desk.ts'
import { type Attempts, EARLY_AGAIN_MS, EARLY_MAX_MS, type Inbox, type Quarantined, type Seen } from './payments.ts'
import { type OrderRow, orderOf, SELECT_ORDER } from './rows.ts'
import { type AttemptRow, attemptOf, type DeskTools, SqlDesk } from './sql-desk.ts'
import type { BookTables } from './tables.ts'

const CURSOR = 'gateway-events'

export class SqlAttempts implements Attempts {
  readonly #db: Database
  readonly #tools: DeskTools

  constructor(db: Database, tools: DeskTools) {
    this.#db = db
    this.#tools = tools
  }

  claim(max: number, leaseMs: number): Promise<Attempt[]> {
    return this.#db.write(async (sql) => {
      const now = this.#tools.now()
      const rows = await sql.all<AttemptRow>(
        `SELECT * FROM attempts WHERE due_at <= ? ORDER BY due_at LIMIT ? ${this.#db.facts.skipLocked()}`,
        now,
        max,
      )
      for (const row of rows)
        await sql.run('UPDATE attempts SET due_at = ? WHERE order_id = ? AND number = ?', now + leaseMs, row.order_id, row.number)
      return rows.map(attemptOf)
    })
  }

  see(view: GatewayView): Promise<Seen> {
    return this.#db.write((sql) => this.seeIn(sql, view))
  }

  /** In a transaction of the caller's. */
  async seeIn(sql: Sql, told: GatewayView): Promise<Seen> {
    const view = keptView(told)
    const [row] = await sql.all<OrderRow>(`${SELECT_ORDER} WHERE o.id = ? ${this.#db.facts.forUpdate('o')}`, view.orderId)
    if (!row) return { kind: 'early' }
    const order = orderOf(row)
    const desk = new SqlDesk(sql, this.#tools)
    const attempts = await desk.attemptsOf(order)
    const attempt = attempts.find((one) => one.number === view.attempt)
    if (!attempt) return { kind: 'early' }
    const because = mismatchOf(attempt, view)
    if (because) return { kind: 'mismatch', because }
    const isNews = await merge(desk, order, attempts, attempt, view)
    await desk.countItems()
    return { kind: isNews ? 'news' : 'stale', attempt, order, remaining: await desk.remaining(order) }
  }

  async later({ orderId, number, version }: Attempt, ms: number, counts: boolean): Promise<void> {
    await this.#db.write((sql) =>
      sql.run(
        `UPDATE attempts SET due_at = ?, tries = tries + ?
         WHERE order_id = ? AND number = ? AND version = ? AND due_at IS NOT NULL`,
        this.#tools.now() + ms,
        Number(counts),
        orderId,
        number,
        version,
      ),
    )
  }

  giveUp(attempt: Attempt, reason: string): Promise<Seen> {
    return this.see(declined(attempt, reason))
  }

  of(orderId: Id): Promise<Attempt[]> {
    return this.#db.read(async (sql) =>
      (await sql.all<AttemptRow>('SELECT * FROM attempts WHERE order_id = ? ORDER BY number', orderId)).map(attemptOf),
    )
  }

  byTxn(txnId: string): Promise<Attempt | null> {
    return this.#db.read(async (sql) => {
      const [row] = await sql.all<AttemptRow>('SELECT * FROM attempts WHERE txn_id = ?', txnId)
      return row ? attemptOf(row) : null
    })
  }
}

type EventRow = BookTables['gateway_events']

export class SqlInbox implements Inbox {
  readonly #db: Database
  readonly #now: () => number
  readonly #attempts: Pick<SqlAttempts, 'seeIn'>

  constructor(db: Database, now: () => number, attempts: Pick<SqlAttempts, 'seeIn'>) {
    this.#db = db
    this.#now = now
    this.#attempts = attempts
  }

  receive(events: GatewayEvent[]): Promise<number> {
    return this.#storing((sql) => this.#store(sql, events))
  }

  read(events: GatewayEvent[], next: string | null): Promise<number> {
    return this.#storing(async (sql) => {
      const changed = await sql.run('UPDATE cursors SET value = ? WHERE name = ?', next, CURSOR)
      if (changed === 0) await sql.run('INSERT INTO cursors (name, value) VALUES (?, ?)', CURSOR, next)
      return this.#store(sql, events)
    })
  }

  /** Two at once may bring the same event; what the other has stored can be read the second time. */
  async #storing(store: (sql: Sql) => Promise<number>): Promise<number> {
    return await this.#db.write(store).catch((error) => {
      if (error instanceof DuplicateKey) return this.#db.write(store)
      throw error
    })
  }

  async #store(sql: Sql, events: GatewayEvent[]): Promise<number> {
    const now = this.#now()
    let fresh = 0
    for (const { id, type, created, view } of events.map(keptEvent)) {
      const [known] = await sql.all('SELECT id FROM gateway_events WHERE id = ?', id)
      if (known) continue
      await sql.run(
        `INSERT INTO gateway_events (id, type, created, order_id, attempt, txn_id, state, amount, currency, reason, status, because,
           received_at, due_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', NULL, ?, ?)`,
        id,
        type,
        created,
        view.orderId,
        view.attempt,
        view.txnId,
        view.state,
        view.amount,
        view.currency,
        view.reason,
        now,
        now,
      )
      fresh++
    }
    return fresh
  }

  async apply(max: number): Promise<Seen[]> {
    const now = this.#now()
    const due = await this.#db.read((sql) =>
      sql.all<EventRow>(
        `SELECT * FROM gateway_events WHERE status = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?`,
        now,
        max,
      ),
    )
    const done: Seen[] = []
    for (const row of due) {
      const seen = await this.#db.write((sql) => this.#applyOne(sql, row, now))
      if (seen) done.push(seen)
    }
    return done
  }

  async #applyOne(sql: Sql, row: EventRow, now: number): Promise<Seen | undefined> {
    const mine = await sql.run(`UPDATE gateway_events SET due_at = due_at + 1 WHERE id = ? AND status = 'waiting'`, row.id)
    if (mine !== 1) return undefined
    const seen = await this.#attempts.seeIn(sql, eventOf(row).view)
    const isOver = seen.kind === 'early' && now >= row.received_at + EARLY_MAX_MS
    const set = (status: string, because: string | null, dueAt: number) =>
      sql.run('UPDATE gateway_events SET status = ?, because = ?, due_at = ? WHERE id = ?', status, because, dueAt, row.id)
    if (seen.kind === 'mismatch') await set('quarantined', seen.because, row.due_at)
    else if (isOver) await set('quarantined', 'no such attempt', row.due_at)
    else if (seen.kind === 'early') await set('waiting', null, now + EARLY_AGAIN_MS)
    else await set('applied', null, row.due_at)
    return seen
  }

  quarantined(limit: number, after: string | undefined): Promise<Quarantined[]> {
    return this.#db.read(async (sql) => {
      const [from] = after === undefined ? [] : await sql.all<EventRow>('SELECT * FROM gateway_events WHERE id = ?', after)
      const rows = await sql.all<EventRow>(
        `SELECT * FROM gateway_events WHERE status = 'quarantined' AND (received_at, id) < (?, ?)
         ORDER BY received_at DESC, id DESC LIMIT ?`,
        from?.received_at ?? Number.MAX_SAFE_INTEGER,
        from?.id ?? '',
        limit,
      )
      return rows.map((row) => ({ ...eventOf(row), because: row.because ?? '', receivedAt: row.received_at }))
    })
  }

  async dismiss(id: string): Promise<boolean> {
    const changed = await this.#db.write((sql) =>
      sql.run(`UPDATE gateway_events SET status = 'dismissed' WHERE id = ? AND status = 'quarantined'`, id),
    )
    return changed === 1
  }

  cursor(): Promise<string | null> {
    return this.#db.read(async (sql) => {
      const [row] = await sql.all<{ value: string | null }>('SELECT value FROM cursors WHERE name = ?', CURSOR)
      return row?.value ?? null
    })
  }
}

function eventOf(row: EventRow): GatewayEvent {
  const { id, type, created, amount, currency, reason, attempt } = row
  const state = row.state as GatewayState
  return {
    id,
    type,
    created,
    view: { orderId: row.order_id, attempt, txnId: row.txn_id, state, amount, currency, redirectUrl: null, reason },
  }
}
