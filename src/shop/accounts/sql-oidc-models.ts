import { type Database, queries, type Sql } from '../../platform/sql.ts'
import type { AccountTables } from './tables.ts'

export type OidcModel = { payload: string; consumedAt: number | null }
export type NewOidcModel = {
  kind: string
  id: string
  payload: string
  accountId: string | null
  grantId: string | null
  userCode: string | null
  uid: string | null
  /** Milliseconds; `null` where it never ends. */
  expiresAt: number | null
}

/** `reused`: it had been consumed before, and everything of its grant was removed. */
export type Consumption = { kind: 'consumed' } | { kind: 'gone' } | { kind: 'reused'; grantId: string }

/** What the provider sees of the store, wherever it runs. */
export type OidcModels = Pick<SqlOidcModels, keyof SqlOidcModels>

const query = queries<AccountTables>()
const PURGED_AT_ONCE = 1000
/** Longer than a request that still holds the session can take. */
const ENDED_KEPT_MS = 3600_000

/** Longer than an access token lives. */
export const ENDED_TOLD_MS = 2 * 3600_000

/** In the transaction that ends them: so each process learns whose access tokens it must refuse. */
export async function tellEnded(sql: Sql, grantIds: string[], now: number): Promise<void> {
  if (grantIds.length === 0) return
  const rows = grantIds.map((grant_id) => ({ grant_id, at: now }))
  await sql.change(query.insertInto('ended_grants').values(rows).compile())
}

/** A session that ended stays for a while, marked as used up: whoever read it before then writes it back at the end of the
 *  request, and without the mark it would be alive again. */
export function endedSession(now: number): { consumed_at: number; expires_at: number } {
  return { consumed_at: now, expires_at: now + ENDED_KEPT_MS }
}

/** What the OpenID provider remembers: grants, refresh tokens, sessions. Expiry is judged by the provider, not here. */
export class SqlOidcModels {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Written again, a model keeps the mark of its consumption. */
  async upsert(model: NewOidcModel): Promise<void> {
    const values = {
      payload: model.payload,
      account_id: model.accountId,
      grant_id: model.grantId,
      user_code: model.userCode,
      uid: model.uid,
      expires_at: model.expiresAt,
    }
    await this.#db.write(async (sql) => {
      const update = query.updateTable('oidc_models').set(values).where('kind', '=', model.kind).where('id', '=', model.id)
      if ((await sql.change(update.compile())) === 1) return
      const row = { kind: model.kind, id: model.id, ...values, consumed_at: null }
      await sql.change(query.insertInto('oidc_models').values(row).compile())
    })
  }

  /** With `consumedAt` where it was used up. */
  find(kind: string, id: string): Promise<OidcModel | undefined> {
    return this.#findBy(kind, 'id', id)
  }

  findByUserCode(kind: string, userCode: string): Promise<OidcModel | undefined> {
    return this.#findBy(kind, 'user_code', userCode)
  }

  /** A session changes its id at each sign-in and keeps its uid: of those with this one, the one that has not ended. */
  findByUid(kind: string, uid: string): Promise<OidcModel | undefined> {
    return this.#findBy(kind, 'uid', uid)
  }

  /**
   * Of two who use one refresh token at the same moment, one consumes it and the other is a reuse: the provider looks and
   * marks in two steps, so without the compare-and-set here both would go on with a family of their own.
   */
  consume(kind: string, id: string, now: number): Promise<Consumption> {
    return this.#db.write(async (sql): Promise<Consumption> => {
      const unused = query.updateTable('oidc_models').set({ consumed_at: now }).where('consumed_at', 'is', null)
      if ((await sql.change(unused.where('kind', '=', kind).where('id', '=', id).compile())) === 1) return { kind: 'consumed' }
      const used = query.selectFrom('oidc_models').select('grant_id').where('kind', '=', kind).where('id', '=', id)
      const [row] = await sql.rows(used.compile())
      if (!row || row.grant_id === null) return { kind: 'gone' }
      await removeGrant(sql, row.grant_id, now)
      return { kind: 'reused', grantId: row.grant_id }
    })
  }

  async destroy(kind: string, id: string): Promise<void> {
    const one = query.deleteFrom('oidc_models').where('kind', '=', kind).where('id', '=', id)
    await this.#db.write((sql) => sql.change(one.compile()))
  }

  /** It cannot be found by its uid any more, and carries the mark where it is found by its id. Again: nothing. */
  async endSession(id: string, now: number): Promise<void> {
    const live = query.updateTable('oidc_models').set(endedSession(now)).where('kind', '=', 'Session').where('id', '=', id)
    await this.#db.write((sql) => sql.change(live.where('consumed_at', 'is', null).compile()))
  }

  /** Everything that was issued under the grant, and the grant. */
  async endGrant(grantId: string, now: number): Promise<void> {
    await this.#db.write((sql) => removeGrant(sql, grantId, now))
  }

  /** The grants that ended after that time, whoever ended them, for as long as an access token of theirs may live. */
  endedSince(at: number): Promise<string[]> {
    return this.#db.read(async (sql) => {
      const ended = query.selectFrom('ended_grants').select('grant_id').where('at', '>', at)
      return (await sql.rows(ended.compile())).map((row) => row.grant_id)
    })
  }

  /** Removes up to 1,000 models that have ended and answers how many; call again while it is 1,000. */
  purge(now: number): Promise<number> {
    return this.#db.write(async (sql) => {
      const old = query.selectFrom('oidc_models').select(['kind', 'id']).where('expires_at', '<=', now).orderBy('expires_at')
      const rows = await sql.rows(old.limit(PURGED_AT_ONCE).compile())
      for (const row of rows) await sql.run('DELETE FROM oidc_models WHERE kind = ? AND id = ?', row.kind, row.id)
      await sql.change(
        query
          .deleteFrom('ended_grants')
          .where('at', '<', now - ENDED_TOLD_MS)
          .compile(),
      )
      return rows.length
    })
  }

  #findBy(kind: string, column: 'id' | 'user_code' | 'uid', value: string): Promise<OidcModel | undefined> {
    return this.#db.read(async (sql) => {
      const found = query.selectFrom('oidc_models').select(['payload', 'consumed_at']).where('kind', '=', kind)
      const matching = found.where(column, '=', value)
      const [row] = await sql.rows((column === 'uid' ? matching.where('consumed_at', 'is', null) : matching).compile())
      return row && { payload: row.payload, consumedAt: row.consumed_at }
    })
  }
}

async function removeGrant(sql: Sql, grantId: string, now: number): Promise<void> {
  await tellEnded(sql, [grantId], now)
  await sql.change(query.deleteFrom('oidc_models').where('grant_id', '=', grantId).compile())
  await sql.change(query.deleteFrom('oidc_models').where('kind', '=', 'Grant').where('id', '=', grantId).compile())
}
