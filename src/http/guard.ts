import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Caller, Role } from '../core/caller.ts'
import type { TokenCheck } from '../gate/identity.ts'
import type { Rate } from '../gate/rate.ts'

export type GuardParts = { tokens: Pick<TokenCheck, 'known' | 'check'>; rate: Rate }

type Guard = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void

const PER_ADDRESS = 200
const PER_BUYER = 5
/** Paths where a rehearsal's buyer has business, besides purchase and status of its own sale. */
const drillPaths = /^\/api\/v1\/(orders|payments|live|users\/me)(\/|\?|$)/

/** On every answer; pages replace the policy by a longer one. */
export const secure = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

const guards = new WeakSet<Guard>()

/**
 * Who may ask and how often, in one hook: on the path of a purchase each further one costs. A token that was seen before is
 * answered without a promise. The token is looked at before the address's turn is taken, because a rehearsal's buyers come
 * from one address by the thousand; what a bad token costs is bounded by the turn its sender's address takes for it.
 */
export function makeNeeds({ tokens, rate }: GuardParts): (...anyOf: Role[]) => Guard {
  return (...anyOf) => {
    const guard: Guard = (request, reply, done) => {
      reply.headers(secure)
      const token = bearer(request.headers.authorization)
      const known = token === undefined ? undefined : tokens.known(token)
      if (known) return admit(known)
      if (token === undefined) return deny(undefined)
      tokens.check(token).then((caller) => (caller ? admit(caller) : deny(token)), done)

      function admit(caller: Caller): void {
        if (caller.drillSaleId !== null) enter(caller)
        else turn(rate, reply, perAddress(request), () => enter(caller))
      }
      function enter(caller: Caller): void {
        if (!caller.roles.some((role) => anyOf.includes(role)) || !withinDrill(caller, request.url)) {
          reply.problem('forbidden', `This needs an account with the role ${anyOf.join(' or ')} for this place.`)
          return
        }
        const enters = () => {
          request.caller = caller
          if (request.method === 'GET') reply.header('cache-control', 'no-store')
          done()
        }
        if (caller.roles.includes('admin')) enters()
        else turn(rate, reply, { policy: 'user', who: caller.id, perSecond: PER_BUYER }, enters)
      }
      function deny(bad: string | undefined): void {
        turn(rate, reply, perAddress(request), () => {
          reply.header('www-authenticate', bad === undefined ? 'Bearer' : 'Bearer error="invalid_token"')
          const advice = bad === undefined ? 'Send Authorization: Bearer <access token>.' : 'Refresh the token or sign in again.'
          reply.problem('unauthenticated', advice)
        })
      }
    }
    guards.add(guard)
    return guard
  }
}

/** Gives a route without `needs` the limit per address, unless its `config` says `unlimited`; answers whether it has `needs`.
 *  A rehearsal's buyers, who may show their token there too, are free of it as elsewhere. */
export function guardRoute(route: RouteOptions, { tokens, rate }: GuardParts): boolean {
  const hooks = [route.onRequest ?? []].flat() as Guard[]
  const guarded = hooks.some((hook) => guards.has(hook))
  if (!guarded) {
    const { unlimited } = { ...route.config } as { unlimited?: boolean }
    const byAddress: Guard = (request, reply, done) => {
      reply.headers(secure)
      if (unlimited || rehearses(request)) return done()
      turn(rate, reply, perAddress(request), done)
    }
    route.onRequest = [byAddress, ...hooks] as never
  }
  return guarded

  function rehearses({ headers, url }: FastifyRequest): boolean {
    const token = bearer(headers.authorization)
    const caller = token === undefined ? undefined : tokens.known(token)
    return caller !== undefined && caller.drillSaleId !== null && withinDrill(caller, url)
  }
}

/** `burst`: as many as `perSecond` where it is not named. */
export type Limit = { policy: string; who: string; perSecond: number; burst?: number }

export function perAddress({ ip }: FastifyRequest): Limit {
  return { policy: 'address', who: ip, perSecond: PER_ADDRESS }
}

/** Takes a turn and goes on; where there is none, answers 429. */
export function turn(rate: Rate, reply: FastifyReply, limit: Limit, goOn: () => void, refused: () => void = () => {}): void {
  taken(rate, reply, limit, (waitMs) => {
    if (waitMs === 0) {
      goOn()
      return
    }
    slowDown(reply, limit, waitMs)
    refused()
  })
}

/** Takes a turn, and hands on 0 or how long to wait, at once where the rate answers at once. */
export function taken(
  rate: Rate,
  reply: FastifyReply,
  { policy, who, perSecond, burst = perSecond }: Limit,
  then: (waitMs: number) => void,
): void {
  const waitMs = rate.take(`${policy} ${who}`, perSecond, burst)
  if (typeof waitMs === 'number') then(waitMs)
  // Answered as the framework answers what is thrown at once.
  else waitMs.then(then).catch((error) => void reply.send(error))
}

/** The header fields are those of draft-ietf-httpapi-ratelimit-headers. */
function slowDown(reply: FastifyReply, { policy, perSecond }: Limit, waitMs: number): void {
  const seconds = Math.ceil(waitMs / 1000)
  reply.headers({
    'retry-after': seconds,
    ratelimit: `"${policy}";r=0;t=${seconds}`,
    'ratelimit-policy': `"${policy}";q=${perSecond};w=1`,
  })
  reply.problem('slow-down', `At most ${perSecond} requests a second per ${policy}. Wait as long as Retry-After says.`)
}

function bearer(header: string | undefined): string | undefined {
  if (header === undefined || header.length < 8) return undefined
  return header.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : undefined
}

function withinDrill({ drillSaleId }: Caller, url: string): boolean {
  if (drillSaleId === null || drillPaths.test(url)) return true
  return url === `/api/v1/sales/${drillSaleId}/purchase` || url === `/api/v1/sales/${drillSaleId}/status`
}
