import type { Id } from '../core/ids.ts'
import { DuplicateKey } from '../platform/duplicate-key.ts'
import type { Database, Sql } from '../platform/sql.ts'
import type { Peers } from './peers.ts'

/** Who was not seen for that long is forgotten. */
const REMEMBERED_MS = 24 * 3600_000

export class SqlPeers implements Peers {
  readonly #db: Database
  readonly #now: () => number

  constructor(db: Database, now: () => number) {
    this.#db = db
    this.#now = now
  }

  seen(process: Id, roles: readonly string[]): Promise<void> {
    return this.#db.write(async (sql) => {
      const now = this.#now()
      const known = await sql.run('UPDATE peers SET roles = ?, seen_at = ? WHERE id = ?', roles.join(), now, process)
      if (known === 1) return
      await sql.run('DELETE FROM peers WHERE seen_at < ?', now - REMEMBERED_MS)
      await sql.run('INSERT INTO peers (id, roles, seen_at) VALUES (?, ?, ?)', process, roles.join(), now)
    })
  }

  unseenMs(role: string): Promise<number | null> {
    return this.#db.read(async (sql) => {
      const peers = await sql.all<{ roles: string; seen_at: number }>('SELECT roles, seen_at FROM peers ORDER BY seen_at DESC')
      const last = peers.find(({ roles }) => roles.split(',').includes(role))
      return last ? Math.max(0, this.#now() - last.seen_at) : null
    })
  }

  async take(lease: string, holder: Id, forMs: number): Promise<number | null> {
    try {
      return await this.#db.write((sql) => this.#take(sql, lease, holder, forMs))
    } catch (error) {
      // Two came first: the other did.
      if (error instanceof DuplicateKey) return null
      throw error
    }
  }

  async #take(sql: Sql, lease: string, holder: Id, forMs: number): Promise<number | null> {
    const now = this.#now()
    const kept = await sql.run(
      'UPDATE leases SET held_until = ? WHERE name = ? AND holder = ? AND held_until > ?',
      now + forMs,
      lease,
      holder,
      now,
    )
    const taken =
      kept === 1 ||
      (await sql.run(
        'UPDATE leases SET holder = ?, token = token + 1, held_until = ? WHERE name = ? AND held_until <= ?',
        holder,
        now + forMs,
        lease,
        now,
      )) === 1
    const [known] = await sql.all<{ token: number }>('SELECT token FROM leases WHERE name = ?', lease)
    if (known) return taken ? known.token : null
    await sql.run('INSERT INTO leases (name, holder, token, held_until) VALUES (?, ?, 1, ?)', lease, holder, now + forMs)
    return 1
  }

  note(name: string, text: string): Promise<void> {
    return this.#db.write(async (sql) => {
      if ((await sql.run('UPDATE notes SET content = ? WHERE name = ?', text, name)) === 1) return
      await sql.run('INSERT INTO notes (name, content) VALUES (?, ?)', name, text)
    })
  }

  noted(name: string): Promise<string | null> {
    return this.#db.read(async (sql) => {
      const [note] = await sql.all<{ content: string }>('SELECT content FROM notes WHERE name = ?', name)
      return note?.content ?? null
    })
  }

  leave(process: Id): Promise<void> {
    return this.#db.write(async (sql) => {
      await sql.run('DELETE FROM peers WHERE id = ?', process)
      await sql.run('UPDATE leases SET held_until = 0 WHERE holder = ?', process)
    })
  }
}
