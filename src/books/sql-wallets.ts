import type { Id } from '../core/ids.ts'
import type { Money } from '../core/money.ts'
import type { Database, Sql } from '../platform/sql.ts'

/** Buyers' credit, in double entry: each movement is two journal rows that add up to zero. */
export class SqlWallets {
  readonly #db: Database
  readonly #newId: () => Id
  readonly #now: () => number

  constructor(db: Database, tools: { newId: () => Id; now: () => number }) {
    this.#db = db
    this.#newId = tools.newId
    this.#now = tools.now
  }

  credit(userId: Id): Promise<Money | undefined> {
    return this.#db.read((sql) => balanceOf(sql, userId))
  }

  journal(userId: Id, limit: number, after: Id | undefined) {
    return this.#db.read((sql) =>
      sql.all<{ id: Id; kind: string; amount: number; orderId: Id | null; reason: string | null; at: number }>(
        `SELECT id, kind, amount, order_id AS "orderId", reason, at FROM journal
         WHERE account = ? AND id < ? ORDER BY id DESC LIMIT ?`,
        `wallet:${userId}`,
        after ?? '~',
        limit,
      ),
    )
  }

  grant(userId: Id, amount: number, currency: string, reason: string, by: Id): Promise<Money | undefined> {
    return this.#db.write(async (sql) => {
      const granted = await sql.run(
        'UPDATE wallets SET balance = balance + ? WHERE user_id = ? AND currency = ? AND balance <= ?',
        amount,
        userId,
        currency,
        Number.MAX_SAFE_INTEGER - amount,
      )
      if (granted !== 1) return undefined
      await this.#enter(sql, `grant:${this.#newId()}`, userId, 'grant', amount, { told: reason, kept: `${reason} (${by})` })
      return balanceOf(sql, userId)
    })
  }

  /** In the transaction that makes the accounts. */
  async open(sql: Sql, userIds: Id[], openingCredits: number[], currency: string): Promise<void> {
    for (const [i, userId] of userIds.entries()) {
      const amount = openingCredits[i] ?? 0
      await sql.run('INSERT INTO wallets (user_id, balance, currency) VALUES (?, ?, ?)', userId, amount, currency)
      if (amount > 0) await this.#enter(sql, `opening:${userId}`, userId, 'opening', amount)
    }
  }

  /** @param reason as the owner of the wallet is told it, and as the shop keeps it: who gave is the shop's to know. */
  async #enter(
    sql: Sql,
    entry: string,
    userId: Id,
    kind: string,
    amount: number,
    reason: { told: string | null; kept: string | null } = { told: null, kept: null },
  ): Promise<void> {
    for (const [account, signed, why] of [
      [`wallet:${userId}`, amount, reason.told],
      ['credit-given', -amount, reason.kept],
    ] as const) {
      await sql.run(
        'INSERT INTO journal (id, entry, account, kind, amount, order_id, reason, at) VALUES (?, ?, ?, ?, ?, NULL, ?, ?)',
        this.#newId(),
        entry,
        account,
        kind,
        signed,
        why,
        this.#now(),
      )
    }
  }
}

async function balanceOf(sql: Sql, userId: Id): Promise<Money | undefined> {
  const [row] = await sql.all<{ balance: number; currency: string }>(
    'SELECT balance, currency FROM wallets WHERE user_id = ?',
    userId,
  )
  return row && { amount: row.balance, currency: row.currency }
}
