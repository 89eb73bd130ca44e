import { type Database, type Migration, type Sql, together } from '../platform/sql.ts'
import { type Delivery, type Event, type EventLog, type Group, subscriptions } from './event-log.ts'

export const eventMigrations: Migration[] = [
  {
    id: 'events-1',
    statements: () => [
      `CREATE TABLE events (
        position integer PRIMARY KEY,
        id varchar(80) NOT NULL UNIQUE,
        type varchar(40) NOT NULL,
        topic varchar(40) NOT NULL,
        subject varchar(36) NOT NULL,
        at bigint NOT NULL,
        data text NOT NULL
      )`,
      // A row for each event that a group was not yet done with; small, however long the log is.
      `CREATE TABLE event_deliveries (
        position integer PRIMARY KEY,
        grp varchar(20) NOT NULL,
        event_id varchar(80) NOT NULL,
        subject varchar(36) NOT NULL,
        at bigint NOT NULL,
        token varchar(36),
        leased_until bigint NOT NULL
      )`,
      'CREATE INDEX event_deliveries_subject ON event_deliveries (subject)',
    ],
  },
]

type Row = { position: number; id: string; type: string; topic: Event['topic']; subject: string; time: number; data: string }

/** The event log of a shop without Kafka: a table, claimed row by row by as many workers as there are. */
export class SqlEventLog implements EventLog {
  readonly #db: Database
  readonly #now: () => number

  constructor(db: Database, now: () => number) {
    this.#db = db
    this.#now = now
  }

  async append(events: Event[]): Promise<void> {
    const told = [...new Map(events.map((event) => [event.id, event])).values()]
    await this.#db.write(async (sql) => {
      const known = await together(told.map(({ id }) => sql.all('SELECT position FROM events WHERE id = ?', id)))
      const fresh = told.filter((_, i) => known[i]?.length === 0)
      await together([...fresh.map((event) => this.#append(sql, event)), ...fresh.flatMap((event) => this.#deliver(sql, event))])
    })
  }

  #append(sql: Sql, { id, type, topic, subject, time, data }: Event): Promise<number> {
    return sql.run(
      'INSERT INTO events (id, type, topic, subject, at, data) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      type,
      topic,
      subject,
      time,
      JSON.stringify(data),
    )
  }

  /** To each group that subscribed to it. */
  #deliver(sql: Sql, { id, type, subject, time }: Event): Promise<number>[] {
    const groups = Object.entries(subscriptions).filter(([, types]) => types.includes(type))
    return groups.map(([group]) =>
      sql.run(
        'INSERT INTO event_deliveries (grp, event_id, subject, at, token, leased_until) VALUES (?, ?, ?, ?, NULL, 0)',
        group,
        id,
        subject,
        time,
      ),
    )
  }

  take(group: Group, token: string, max: number, leaseMs: number): Promise<Delivery[]> {
    const now = this.#now()
    return this.#db.write(async (sql) => {
      const rows = await sql.all<Row>(
        // The oldest first and then their events: of both at once PostgreSQL sorted all that waited, 11 ms at 4,000.
        `WITH d AS (SELECT position, event_id FROM event_deliveries
           WHERE grp = ? AND leased_until <= ? ORDER BY position LIMIT ? ${this.#db.facts.skipLocked()})
         SELECT d.position, e.id, e.type, e.topic, e.subject, e.at AS time, e.data
         FROM d JOIN events e ON e.id = d.event_id ORDER BY d.position`,
        group,
        now,
        max,
      )
      const lease = 'UPDATE event_deliveries SET token = ?, leased_until = ? WHERE position = ?'
      await together(rows.map((row) => sql.run(lease, token, now + leaseMs, row.position)))
      return rows.map(({ position, data, ...event }) => ({ position, event: { ...event, data: JSON.parse(data) } }))
    })
  }

  ack(_group: Group, token: string, positions: number[]): Promise<number> {
    return this.#db.write(async (sql) => {
      const done = 'DELETE FROM event_deliveries WHERE position = ? AND token = ?'
      const gone = await together(positions.map((position) => sql.run(done, position, token)))
      return gone.reduce((sum, rows) => sum + rows, 0)
    })
  }

  lag(group: Group) {
    const now = this.#now()
    return this.#db.read(async (sql) => {
      const [row] = await sql.all<{ count: number; oldestAt: number | null }>(
        'SELECT count(*) AS count, min(at) AS "oldestAt" FROM event_deliveries WHERE grp = ?',
        group,
      )
      return { count: row?.count ?? 0, oldestMs: Math.max(0, now - (row?.oldestAt ?? now)) }
    })
  }

  /** Forgets the oldest events that are older than `ageMs` and that no group still waits for, a thousand at a time. */
  prune(ageMs: number): Promise<number> {
    return this.#db.write(async (sql) => {
      const oldest = await sql.all<{ position: number; subject: string; at: number }>(
        'SELECT position, subject, at FROM events ORDER BY position LIMIT 1000',
      )
      let gone = 0
      for (const { position, subject, at } of oldest) {
        if (at >= this.#now() - ageMs) break
        gone += await sql.run(
          'DELETE FROM events WHERE position = ? AND NOT EXISTS (SELECT 1 FROM event_deliveries WHERE subject = ?)',
          position,
          subject,
        )
      }
      return gone
    })
  }

  /** While nobody else works on it. */
  freeAll(): Promise<number> {
    return this.#db.write((sql) => sql.run('UPDATE event_deliveries SET leased_until = 0 WHERE leased_until > 0'))
  }
}
