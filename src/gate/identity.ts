import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Caller, Role } from '../core/caller.ts'
import { isId } from '../core/ids.ts'
import type { Clock } from '../platform/clock.ts'

/** Longer than any token made here by far; what is longer is not even looked up. */
const TOKEN_MAX = 8192
/** Between the clocks of the issuer and of this machine. */
const TOLERANCE_S = 5
/** No access token lives longer, so a refusal need not be remembered longer. */
const REFUSED_FOR_MS = 3600_000 + TOLERANCE_S * 1000

const roles = new Set<unknown>(['buyer', 'admin'] satisfies Role[])

/** Of its signature: 384 bits, so two good tokens do not share it. */
const TAIL = -64

type Known = { token: string; caller: Caller }

/**
 * Who is asking, from an access token. A signature is checked once, which takes about 200 µs; after that a look into a map
 * answers without a promise. The map is keyed by the end of the token, and what is found must be the whole token, or a forger
 * could put another text before a good signature. A look takes 1.1 µs; by the token's SHA-256 it took 3.6, and by the whole
 * token, of which V8 makes a hash too, about 2.5. docs/decisions/0003 has the table.
 */
export class TokenCheck {
  readonly #keys: JWTVerifyGetKey
  readonly #issuers: () => readonly string[]
  readonly #audience: string
  readonly #clock: Clock
  readonly #remembered: number
  readonly #known = new Map<string, Known>()
  readonly #checking = new Map<string, Promise<Caller | undefined>>()
  readonly #refused = new Map<string, number>()

  /** `remembered`: tokens at most, about 1.2 KB each; beyond it the one checked first is forgotten and checked again. */
  constructor(from: {
    keys: JWTVerifyGetKey
    issuers: () => readonly string[]
    audience: string
    clock: Clock
    remembered?: number
  }) {
    this.#keys = from.keys
    this.#issuers = from.issuers
    this.#audience = from.audience
    this.#clock = from.clock
    this.#remembered = from.remembered ?? 100_000
  }

  /** Only for a token that `check` has accepted before; `undefined` means ask `check`. */
  known(token: string): Caller | undefined {
    if (token.length > TOKEN_MAX) return undefined
    return this.#recall(token)
  }

  /** `undefined` for every token that is not good, whatever is wrong with it. Does not throw because of a token. */
  async check(token: string): Promise<Caller | undefined> {
    if (token.length > TOKEN_MAX) return undefined
    const caller = this.#recall(token)
    if (caller) return caller
    let checking = this.#checking.get(token)
    if (!checking) {
      checking = this.#verify(token).finally(() => this.#checking.delete(token))
      this.#checking.set(token, checking)
    }
    return checking
  }

  /** From now on the tokens of this sign-in are refused here, known or not. Again: nothing. */
  deny(grantId: string): void {
    const now = this.#clock.now()
    for (const [id, until] of this.#refused) {
      if (until > now) break
      this.#refused.delete(id)
    }
    if (!this.#refused.has(grantId)) this.#refused.set(grantId, now + REFUSED_FOR_MS)
  }

  #recall(token: string): Caller | undefined {
    const known = this.#known.get(token.slice(TAIL))
    return known?.token === token && this.stands(known.caller) ? known.caller : undefined
  }

  /** Whether what was accepted before still is: its time has not come and its sign-in has not ended. */
  stands({ expiresAt, grantId }: Caller): boolean {
    if (expiresAt + TOLERANCE_S * 1000 <= this.#clock.now()) return false
    return grantId === null || !this.#refused.has(grantId)
  }

  async #verify(token: string): Promise<Caller | undefined> {
    let claims: JWTPayload
    try {
      const verified = await jwtVerify(token, this.#keys, {
        algorithms: ['RS256'],
        typ: 'at+jwt',
        audience: this.#audience,
        issuer: [...this.#issuers()],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(this.#clock.now()),
      })
      claims = verified.payload
    } catch {
      return undefined
    }
    const known = knownOf(token, claims)
    if (!known || !this.stands(known.caller)) return undefined
    this.#remember(known)
    return known.caller
  }

  #remember(known: Known): void {
    if (this.#known.size >= this.#remembered) {
      const [oldest] = this.#known.keys()
      this.#known.delete(oldest as string)
    }
    this.#known.set(known.token.slice(TAIL), known)
  }
}

function knownOf(token: string, claims: JWTPayload): Known | undefined {
  const { sub, exp, gid, drill } = claims
  if (sub === undefined || !isId(sub) || exp === undefined) return undefined
  if (drill !== undefined && !(typeof drill === 'string' && isId(drill))) return undefined
  if (gid !== undefined && typeof gid !== 'string') return undefined
  const own = Array.isArray(claims.roles) ? claims.roles.filter((role): role is Role => roles.has(role)) : []
  return { token, caller: { id: sub, roles: own, expiresAt: exp * 1000, drillSaleId: drill ?? null, grantId: gid ?? null } }
}
