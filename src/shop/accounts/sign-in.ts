import type { Id } from '../../core/ids.ts'
import type { Clock } from '../../platform/clock.ts'
import { EMAIL_MAX } from './account-rules.ts'
import { type PasswordTurns, passwordMatches } from './passwords.ts'
import type { Accounts } from './sql-accounts.ts'

export type SignIn =
  | { kind: 'welcome'; userId: Id }
  | { kind: 'wrong' }
  | { kind: 'blocked'; userId: Id }
  | { kind: 'locked'; forMs: number }
  | { kind: 'busy' }

/**
 * Checks a password. Counting, comparing and recording are one turn, so that a hundred guesses sent at once are not all
 * compared before the first of them has counted. Unknown e-mails count, lock and take time like known ones.
 */
export async function signIn(
  parts: { accounts: Accounts; turns: PasswordTurns; clock: Clock; newId: () => Id },
  typed: string,
  password: string,
  address: string,
): Promise<SignIn> {
  const { accounts, turns, clock, newId } = parts
  // What was short enough may be longer in lower case, and there is room for no more.
  const email = typed.toLowerCase().slice(0, EMAIL_MAX)
  const outcome = await turns.take(async (): Promise<SignIn> => {
    const forMs = await accounts.lockedFor(email, address, clock.now())
    if (forMs > 0) return { kind: 'locked', forMs }
    const account = await accounts.byEmail(email)
    if (!(await passwordMatches(password, account?.passwordHash ?? null)) || !account) {
      await accounts.loginFailed(newId(), email, address, clock.now())
      return { kind: 'wrong' }
    }
    await accounts.loginSucceeded(email, address)
    return { kind: account.blocked ? 'blocked' : 'welcome', userId: account.id }
  })
  return outcome === 'busy' ? { kind: 'busy' } : outcome
}
