import { assert } from '../../core/assert.ts'
import type { Id } from '../../core/ids.ts'
import type { Clock } from '../../platform/clock.ts'
import { type Random, secret } from '../../platform/random.ts'
import { hashPassword, passwordMatches } from './passwords.ts'
import type { Accounts } from './sql-accounts.ts'

export type Administrator = {
  id: Id
  email: string
  /** Only when it was made up just now: to be printed once. */
  password: string | null
  /** To be logged. */
  warning: string | null
}

/**
 * Makes the first administrator, with `ADMIN_EMAIL` and `ADMIN_PASSWORD` or what it makes up in their place; later these
 * settings change nothing, and a password that is not the administrator's gets a warning that says so.
 */
export async function ensureAdministrator(
  parts: { accounts: Accounts; clock: Clock; random: Random; newId: () => Id },
  settings: { email: string | undefined; password: string | undefined; openingCredit: number },
): Promise<Administrator> {
  const { accounts, clock, random, newId } = parts
  const email = (settings.email ?? 'admin@localhost').toLowerCase()
  const first = await accounts.firstAdministrator()
  if (first) {
    const known = settings.password === undefined ? undefined : await accounts.byEmail(settings.email ? email : first.email)
    const ignored = settings.password !== undefined && !(await passwordMatches(settings.password, known?.passwordHash ?? null))
    return { id: first.id, email: first.email, password: null, warning: ignored ? IGNORED : null }
  }
  const password = settings.password ?? secret(random, 12)
  const account = { id: newId(), email, name: null, passwordHash: await hashPassword(password), roles: roles() }
  if (await accounts.register(account, settings.openingCredit, clock.now())) {
    return { id: account.id, email, password: settings.password === undefined ? password : null, warning: null }
  }
  const taken = await accounts.byEmail(email)
  assert(taken, 'an e-mail that is taken belongs to an account')
  await accounts.change(taken.id, { roles: roles(), blocked: false }, clock.now())
  return { id: taken.id, email, password: null, warning: null }
}

const roles = () => ['buyer' as const, 'admin' as const]

const IGNORED =
  'ADMIN_PASSWORD is ignored: it is read only when the first administrator is made. Sign in with the password that was set ' +
  'then, or make another account an administrator with `npm run doorbuster -- user make-admin <e-mail>`.'
