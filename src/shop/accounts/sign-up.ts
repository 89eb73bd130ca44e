import type { Id } from '../../core/ids.ts'
import type { Clock } from '../../platform/clock.ts'
import { hashPassword, type PasswordTurns } from './passwords.ts'
import type { Accounts } from './sql-accounts.ts'

export type SignUpParts = {
  accounts: Accounts
  turns: PasswordTurns
  clock: Clock
  newId: () => Id
  /** Of a new buyer, minor units. */
  openingCredit: number
}

export type SignUp = { kind: 'welcome'; userId: Id } | { kind: 'taken' } | { kind: 'busy' }

/** Opens an account with a wallet. Of two who take one e-mail at the same moment, one gets it. */
export async function signUp(
  { accounts, turns, clock, newId, openingCredit }: SignUpParts,
  wanted: { email: string; password: string; name: string | undefined },
): Promise<SignUp> {
  const email = wanted.email.toLowerCase()
  if (await accounts.byEmail(email)) return { kind: 'taken' }
  const passwordHash = await turns.take(() => hashPassword(wanted.password))
  if (passwordHash === 'busy') return { kind: 'busy' }
  const account = { id: newId(), email, name: wanted.name ?? null, passwordHash, roles: ['buyer' as const] }
  if (!(await accounts.register(account, openingCredit, clock.now()))) return { kind: 'taken' }
  return { kind: 'welcome', userId: account.id }
}
