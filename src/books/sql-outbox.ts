import type { Id } from '../core/ids.ts'
import { type Database, together } from '../platform/sql.ts'
import type { Happening, Outbox, OutboxRow } from './books.ts'

export class SqlOutbox implements Outbox {
  readonly #db: Database
  readonly #now: () => number

  constructor(db: Database, now: () => number) {
    this.#db = db
    this.#now = now
  }

  claim(token: string, max: number, leaseMs: number): Promise<OutboxRow[]> {
    const now = this.#now()
    return this.#db.write(async (sql) => {
      const rows = await sql.all<{ id: number; happening: Happening; ref_id: Id; at: number }>(
        `SELECT id, happening, ref_id, at FROM outbox WHERE leased_until <= ? ORDER BY id LIMIT ? ${this.#db.facts.skipLocked()}`,
        now,
        max,
      )
      const lease = 'UPDATE outbox SET token = ?, leased_until = ? WHERE id = ?'
      await together(rows.map((row) => sql.run(lease, token, now + leaseMs, row.id)))
      return rows.map((row) => ({ id: row.id, happening: row.happening, refId: row.ref_id, at: row.at }))
    })
  }

  done(token: string, ids: number[]): Promise<number> {
    return this.#db.write(async (sql) => {
      const removed = await together(ids.map((id) => sql.run('DELETE FROM outbox WHERE id = ? AND token = ?', id, token)))
      return removed.reduce((sum, rows) => sum + rows, 0)
    })
  }

  waiting() {
    const now = this.#now()
    return this.#db.read(async (sql) => {
      const [row] = await sql.all<{ count: number; oldestAt: number | null }>(
        'SELECT count(*) AS count, min(at) AS "oldestAt" FROM outbox',
      )
      return { count: row?.count ?? 0, oldestMs: Math.max(0, now - (row?.oldestAt ?? now)) }
    })
  }

  again(ageMs: number): Promise<number> {
    const now = this.#now()
    return this.#db.write((sql) =>
      sql.run(
        `INSERT INTO outbox (happening, ref_id, at, token, leased_until)
         SELECT 'order-booked', o.id, ?, NULL, 0 FROM orders o
         WHERE o.state IN ('RESERVATION_PENDING', 'PAYMENT_PENDING') AND o.state = 'RESERVATION_PENDING' AND o.created_at < ?
           AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.ref_id = o.id)
           AND NOT EXISTS (SELECT 1 FROM event_deliveries d WHERE d.subject = o.id)
         ORDER BY o.created_at LIMIT 1000`,
        now,
        now - ageMs,
      ),
    )
  }

  /** While nobody else works on it. */
  freeAll(): Promise<number> {
    return this.#db.write((sql) => sql.run('UPDATE outbox SET leased_until = 0 WHERE leased_until > 0'))
  }
}
