import type { Role } from '../../core/caller.ts'
import type { Id } from '../../core/ids.ts'
import { type Database, queries, type Sql } from '../../platform/sql.ts'
import { endedSession, tellEnded } from './sql-oidc-models.ts'
import type { AccountTables } from './tables.ts'

export type Account = {
  id: Id
  email: string
  name: string | null
  roles: Role[]
  blocked: boolean
  createdAt: number
}
export type NewAccount = { id: Id; email: string; name: string | null; passwordHash: string; roles: Role[] }

/** `endedGrants`: the sign-ins that ended with the change; their access tokens must be refused from now on. */
export type Change =
  | { kind: 'changed'; account: Account; endedGrants: string[] }
  | { kind: 'not-found' }
  | { kind: 'last-administrator' }

/** What the other stations see of the store, wherever it runs. */
export type Accounts = Pick<SqlAccounts, keyof SqlAccounts>

const lockOut = { windowMs: 30 * 60_000, perAddress: 5, perAccount: 50 } as const

const query = queries<AccountTables>()
const accountColumns = ['id', 'email', 'name', 'roles', 'blocked', 'created_at'] as const
type AccountRow = Pick<AccountTables['users'], (typeof accountColumns)[number]>

const PURGED_AT_ONCE = 1000

/** Who may sign in. E-mails are kept in lower case; every method that takes one expects it so. */
export class SqlAccounts {
  readonly #db: Database
  readonly #opened: WalletOpening

  /** `opened` runs inside the transaction that makes the accounts, so that there is no account without a wallet. */
  constructor(db: Database, opened: WalletOpening) {
    this.#db = db
    this.#opened = opened
  }

  /** `false`: the e-mail is taken, nothing was written. `openingCredit` in minor units. */
  register(account: NewAccount, openingCredit: number, now: number): Promise<boolean> {
    return this.#db.write(async (sql) => {
      const [taken] = await sql.rows(query.selectFrom('users').select('id').where('email', '=', account.email).compile())
      if (taken) return false
      await insert(sql, { ...account, drillId: null }, now)
      await this.#opened(sql, [account.id], [openingCredit], now)
      return true
    })
  }

  get(id: Id): Promise<Account | undefined> {
    return this.#db.read((sql) => read(sql, id))
  }

  /** With the password's hash, for signing in; `null` where the account has none. */
  byEmail(email: string): Promise<(Account & { passwordHash: string | null }) | undefined> {
    return this.#db.read(async (sql) => {
      const found = query
        .selectFrom('users')
        .select([...accountColumns, 'password_hash'])
        .where('email', '=', email)
      const [row] = await sql.rows(found.compile())
      return row && { ...accountOf(row), passwordHash: row.password_hash }
    })
  }

  /** Newest first, without the buyers of rehearsals. `after` is the last id seen. */
  list(email: string | undefined, limit: number, after: string | undefined): Promise<Account[]> {
    return this.#db.read(async (sql) => {
      let rows = query.selectFrom('users').select(accountColumns).where('drill_id', 'is', null)
      if (email !== undefined) rows = rows.where('email', '=', email)
      if (after !== undefined) rows = rows.where('id', '<', after)
      return (await sql.rows(rows.orderBy('id', 'desc').limit(limit).compile())).map(accountOf)
    })
  }

  /** The administrator that was made first among those who may sign in. */
  firstAdministrator(): Promise<Account | undefined> {
    return this.#db.read(async (sql) => {
      const admins = query.selectFrom('users').select(accountColumns).where('roles', 'like', '%"admin"%').where('blocked', '=', 0)
      const [row] = await sql.rows(admins.orderBy('id').limit(1).compile())
      return row && accountOf(row)
    })
  }

  rename(id: Id, name: string): Promise<Account | undefined> {
    return this.#db.write(async (sql) => {
      await sql.change(query.updateTable('users').set({ name }).where('id', '=', id).compile())
      return read(sql, id)
    })
  }

  /**
   * Blocks, unblocks or gives other roles. Who is blocked or loses a role is signed out everywhere in the same transaction,
   * because a token carries its roles until it ends. One administrator who can sign in always remains.
   */
  change(id: Id, wanted: { blocked?: boolean; roles?: Role[] }, now: number): Promise<Change> {
    return this.#db.write(async (sql): Promise<Change> => {
      const admins = await sql.all<{ id: Id }>(
        `SELECT id FROM users WHERE roles LIKE '%"admin"%' AND blocked = 0 ${this.#db.facts.forUpdate()}`,
      )
      const before = await read(sql, id)
      if (!before) return { kind: 'not-found' }
      const account = { ...before, blocked: wanted.blocked ?? before.blocked, roles: wanted.roles ?? before.roles }
      const administers = account.roles.includes('admin') && !account.blocked
      if (!administers && admins.length === 1 && admins[0]?.id === id) return { kind: 'last-administrator' }
      const set = { blocked: account.blocked ? 1 : 0, roles: JSON.stringify(account.roles) }
      await sql.change(query.updateTable('users').set(set).where('id', '=', id).compile())
      const ends = account.blocked || before.roles.some((role) => !account.roles.includes(role))
      return { kind: 'changed', account, endedGrants: ends ? await endSessions(sql, id, now) : [] }
    })
  }

  /** Ends every sign-in of the account, wherever it was made, and answers the grants whose access tokens must be refused. */
  signOutEverywhere(id: Id, now: number): Promise<string[]> {
    return this.#db.write((sql) => endSessions(sql, id, now))
  }

  /**
   * Milliseconds until this account may be tried again from this address, 0 when it may now. Failures stop being recorded
   * while it is locked, so the lock does not last longer for those who keep knocking.
   */
  lockedFor(email: string, address: string, now: number): Promise<number> {
    return this.#db.read(async (sql) => {
      const failures = query
        .selectFrom('login_failures')
        .select('at')
        .where('email', '=', email)
        .where('at', '>', now - lockOut.windowMs)
        .orderBy('at', 'desc')
        .limit(1)
      const [here] = await sql.rows(
        failures
          .where('address', '=', address)
          .offset(lockOut.perAddress - 1)
          .compile(),
      )
      const [anywhere] = await sql.rows(failures.offset(lockOut.perAccount - 1).compile())
      return Math.max(0, ...[here, anywhere].map((row) => (row ? row.at + lockOut.windowMs - now : 0)))
    })
  }

  async loginFailed(id: Id, email: string, address: string, now: number): Promise<void> {
    const row = { id, email, address, at: now }
    await this.#db.write((sql) => sql.change(query.insertInto('login_failures').values(row).compile()))
  }

  /** Whoever knew the password had only mistyped it here before. */
  async loginSucceeded(email: string, address: string): Promise<void> {
    const own = query.deleteFrom('login_failures').where('email', '=', email).where('address', '=', address)
    await this.#db.write((sql) => sql.change(own.compile()))
  }

  /** Removes up to 1,000 failures that no longer count and answers how many; call again while it is 1,000. */
  purge(now: number): Promise<number> {
    return this.#db.write(async (sql) => {
      const old = query
        .selectFrom('login_failures')
        .select('id')
        .where('at', '<=', now - lockOut.windowMs)
        .orderBy('at')
      const rows = await sql.rows(old.limit(PURGED_AT_ONCE).compile())
      for (const row of rows) await sql.run('DELETE FROM login_failures WHERE id = ?', row.id)
      return rows.length
    })
  }

  /** Accounts without passwords for a rehearsal, all or none. Credit in minor units. */
  async createDrillBuyers(drillId: Id, buyers: { id: Id; openingCredit: number }[], now: number): Promise<void> {
    await this.#db.write(async (sql) => {
      for (const { id } of buyers) {
        const account = { id, email: `${id}@drill.invalid`, name: null, passwordHash: null, roles: ['buyer' as const], drillId }
        await insert(sql, account, now)
      }
      const ids = buyers.map((buyer) => buyer.id)
      const credits = buyers.map((buyer) => buyer.openingCredit)
      await this.#opened(sql, ids, credits, now)
    })
  }

  /** In the order of their ids. */
  drillBuyers(drillId: Id): Promise<Id[]> {
    return this.#db.read(async (sql) => {
      const buyers = query.selectFrom('users').select('id').where('drill_id', '=', drillId).orderBy('id')
      return (await sql.rows(buyers.compile())).map((row) => row.id)
    })
  }

  /** Answers how many accounts were removed. */
  removeDrill(drillId: Id): Promise<number> {
    return this.#db.write((sql) => sql.change(query.deleteFrom('users').where('drill_id', '=', drillId).compile()))
  }
}

/** Opens a wallet for each user with its credit in minor units. */
export type WalletOpening = (sql: Sql, userIds: Id[], openingCredits: number[], now: number) => Promise<void>

type AccountToInsert = Omit<NewAccount, 'passwordHash'> & { passwordHash: string | null; drillId: Id | null }

async function insert(sql: Sql, account: AccountToInsert, now: number): Promise<void> {
  const row = {
    id: account.id,
    email: account.email,
    name: account.name,
    password_hash: account.passwordHash,
    roles: JSON.stringify(account.roles),
    blocked: 0,
    drill_id: account.drillId,
    created_at: now,
  }
  await sql.change(query.insertInto('users').values(row).compile())
}

async function read(sql: Sql, id: Id): Promise<Account | undefined> {
  const [row] = await sql.rows(query.selectFrom('users').select(accountColumns).where('id', '=', id).compile())
  return row && accountOf(row)
}

async function endSessions(sql: Sql, id: Id, now: number): Promise<string[]> {
  const grants = query.selectFrom('oidc_models').select('id').where('account_id', '=', id).where('kind', '=', 'Grant')
  const ended = (await sql.rows(grants.compile())).map((row) => row.id)
  await tellEnded(sql, ended, now)
  const sessions = query.updateTable('oidc_models').set(endedSession(now)).where('account_id', '=', id)
  await sql.change(sessions.where('kind', '=', 'Session').where('consumed_at', 'is', null).compile())
  await sql.change(query.deleteFrom('oidc_models').where('account_id', '=', id).where('kind', '!=', 'Session').compile())
  return ended
}

function accountOf(row: AccountRow): Account {
  const roles = JSON.parse(row.roles) as Role[]
  return { id: row.id, email: row.email, name: row.name, roles, blocked: row.blocked === 1, createdAt: row.created_at }
}
