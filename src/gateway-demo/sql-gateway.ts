import type { GatewayState } from '../core/payment.ts'
import type { Database, Sql } from '../platform/sql.ts'
import { type Awaitable, type DemoGateway, type Manner, plainly, type Totals, totalsOf } from './gateway.ts'
import {
  type Act,
  type Acted,
  type Answer,
  acted,
  type Command,
  type DemoEvent,
  decide,
  KEY_KEPT_MS,
  type Kept,
  type Transaction,
  tellingOne,
  viewOf,
} from './machine.ts'

type TransactionRow = {
  txn_id: string
  order_id: string
  attempt: number
  amount: number
  currency: string
  expires_at: number
  return_url: string
  notify_url: string
  state: GatewayState
  reason: string | null
  captured: number
  refunded: number
  history: string
}
type KeyRow = { digest: string; answer: string; used_at: number }
type EventRow = {
  seq: number
  event_id: string
  type: string
  created_at: number
  charge: string
  notify_url: string
  tries: number
}

/** An event on its way, and how often it was tried. */
export type Telling = { event: DemoEvent; tries: number }

/** Events can be listed for so long, as elsewhere. */
const EVENTS_KEPT_MS = 30 * 24 * 3600_000

/** The same machine over a database of its own. Each call is one transaction. */
export class SqlDemoGateway implements Awaitable<DemoGateway> {
  readonly #db: Database
  readonly #now: () => number
  readonly #newId: () => string

  constructor(db: Database, { now, newId }: { now: () => number; newId: () => string }) {
    this.#db = db
    this.#now = now
    this.#newId = newId
  }

  ask(key: string, command: Command, { keeps, tellInMs }: Manner = plainly): Promise<Answer> {
    return this.#db.write(async (sql) => {
      const transaction = command.do === 'authorize' ? undefined : await transactionOf(sql, command.txnId)
      const known = { transaction, kept: await keptOf(sql, key) }
      const decided = decide(known, command, { now: this.#now(), txnId: `txn_${this.#newId()}`, keeps })
      if (decided.changed) await this.#put(sql, decided.changed, tellInMs)
      if (decided.kept) await keep(sql, key, decided.kept)
      return decided.answer
    })
  }

  act(txnId: string, act: Act, { tellInMs }: Manner = plainly): Promise<Acted | undefined> {
    return this.#db.write(async (sql) => {
      const transaction = await transactionOf(sql, txnId)
      if (!transaction) return undefined
      const done = acted(transaction, act, this.#now())
      if (done.transaction !== transaction) await this.#put(sql, done.transaction, tellInMs)
      return done
    })
  }

  transaction(txnId: string): Promise<Transaction | undefined> {
    return this.#db.read((sql) => transactionOf(sql, txnId))
  }

  find(orderId: string, attempt: number): Promise<Transaction | undefined> {
    return this.#db.read(async (sql) => {
      const text = 'SELECT * FROM transactions WHERE order_id = ? AND attempt = ? ORDER BY txn_id'
      const rows = await sql.all<TransactionRow>(text, orderId, attempt)
      return tellingOne(rows.map(transactionFrom).sort((a, b) => openedAt(a) - openedAt(b)))
    })
  }

  eventsAfter(seq: number, max: number): Promise<DemoEvent[]> {
    return this.#db.read(async (sql) => {
      const [last] = await sql.all<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
      const from = seq > (last?.seq ?? 0) ? 0 : seq
      return (await sql.all<EventRow>('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', from, max)).map(eventFrom)
    })
  }

  totals(): Promise<Totals> {
    return this.#db.read(async (sql) =>
      totalsOf(await sql.all<TransactionRow>('SELECT state, currency, captured, refunded FROM transactions')),
    )
  }

  /** Whose time has come, the longest waiting first. */
  toTell(max: number): Promise<Telling[]> {
    return this.#db.read(async (sql) => {
      const text = 'SELECT * FROM events WHERE tell_at <= ? ORDER BY tell_at LIMIT ?'
      const rows = await sql.all<EventRow>(text, this.#now(), max)
      return rows.map((row) => ({ event: eventFrom(row), tries: row.tries }))
    })
  }

  /** They were told, or tried in vain: `tellAt` is when each is tried again, `null` never. */
  told(tries: readonly { seq: number; tellAt: number | null }[]): Promise<void> {
    return this.#db.write(async (sql) => {
      for (const { seq, tellAt } of tries) {
        await sql.run('UPDATE events SET tries = tries + 1, tell_at = ? WHERE seq = ?', tellAt, seq)
      }
    })
  }

  /** Keys that are no longer kept, and events that nobody lists any more. */
  purge(): Promise<void> {
    return this.#db.write(async (sql) => {
      await sql.run('DELETE FROM used_keys WHERE used_at <= ?', this.#now() - KEY_KEPT_MS)
      await sql.run('DELETE FROM events WHERE tell_at IS NULL AND created_at <= ?', this.#now() - EVENTS_KEPT_MS)
    })
  }

  async #put(sql: Sql, one: Transaction, tellInMs: number | null): Promise<void> {
    const history = JSON.stringify(one.history)
    const { txnId, orderId, attempt, amount, currency, expiresAt, returnUrl, notifyUrl, state } = one
    if (state === 'open') {
      const text = `INSERT INTO transactions (txn_id, order_id, attempt, amount, currency, expires_at, return_url, notify_url, state,
        captured, refunded, history) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)`
      await sql.run(text, txnId, orderId, attempt, amount, currency, expiresAt, returnUrl, notifyUrl, state, history)
      return
    }
    const text = 'UPDATE transactions SET state = ?, reason = ?, captured = ?, refunded = ?, history = ? WHERE txn_id = ?'
    await sql.run(text, state, one.reason, one.captured, one.refunded, history, txnId)
    await sql.run(
      'INSERT INTO events (event_id, type, created_at, charge, notify_url, tries, tell_at) VALUES (?, ?, ?, ?, ?, 0, ?)',
      ...[`evt_${this.#newId()}`, `charge.${state}`, this.#now(), JSON.stringify(viewOf(one)), notifyUrl],
      tellInMs === null ? null : this.#now() + tellInMs,
    )
  }
}

const openedAt = ({ history }: Transaction): number => history[0]?.at ?? 0

async function transactionOf(sql: Sql, txnId: string): Promise<Transaction | undefined> {
  const [row] = await sql.all<TransactionRow>('SELECT * FROM transactions WHERE txn_id = ?', txnId)
  return row && transactionFrom(row)
}

async function keptOf(sql: Sql, key: string): Promise<Kept | undefined> {
  const [row] = await sql.all<KeyRow>('SELECT digest, answer, used_at FROM used_keys WHERE used_key = ?', key)
  return row && { digest: row.digest, answer: JSON.parse(row.answer), at: row.used_at }
}

/** In the place of one that is kept no longer. */
async function keep(sql: Sql, key: string, { digest, answer, at }: Kept): Promise<void> {
  await sql.run('DELETE FROM used_keys WHERE used_key = ?', key)
  const text = 'INSERT INTO used_keys (used_key, digest, answer, used_at) VALUES (?, ?, ?, ?)'
  await sql.run(text, key, digest, JSON.stringify(answer), at)
}

function transactionFrom(row: TransactionRow): Transaction {
  const { txn_id: txnId, order_id: orderId, expires_at: expiresAt, return_url: returnUrl, notify_url: notifyUrl } = row
  const { attempt, amount, currency, state, reason, captured, refunded } = row
  const history = JSON.parse(row.history) as Transaction['history']
  return {
    txnId,
    orderId,
    attempt,
    amount,
    currency,
    expiresAt,
    returnUrl,
    notifyUrl,
    state,
    reason,
    captured,
    refunded,
    history,
  }
}

function eventFrom({ seq, event_id: id, type, created_at: created, charge, notify_url: notifyUrl }: EventRow): DemoEvent {
  return { seq, id, type, created, view: JSON.parse(charge), notifyUrl }
}
