import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Id } from '../../core/ids.ts'
import type { Money } from '../../core/money.ts'
import { type App, answers, IdSchema, MoneySchema, PageQuery, page, pageOf, TimeSchema, time } from '../../platform/http.ts'
import { Email, Name, Password } from './account-rules.ts'
import type { Identity, Tokens } from './identity.ts'
import { interactionRoutes } from './interaction-routes.ts'
import { signIn } from './sign-in.ts'
import { type SignUpParts, signUp } from './sign-up.ts'
import type { Account } from './sql-accounts.ts'

/** A movement of a buyer's credit. `amount` is signed, minor units. */
export type WalletEntry = { id: Id; kind: string; amount: number; orderId: Id | null; reason: string | null; at: number }

/** What the accounts ask of the books. */
export interface Wallets {
  credit(userId: Id): Promise<Money | undefined>
  /** Newest first; `after` is the last id seen. */
  journal(userId: Id, limit: number, after: Id | undefined): Promise<WalletEntry[]>
  /** Each call gives again. Answers the new balance; `undefined` where there is no such wallet, or
   *  the balance would pass 2^53-1. */
  grant(userId: Id, amount: number, currency: string, reason: string, by: Id): Promise<Money | undefined>
}

export type AccountParts = SignUpParts & {
  identity: Identity
  wallets: Wallets
  /** The wallet's. */
  currency: string
  /** A sign-in ended: its access tokens must be refused from now on. */
  ended: (grantId: string) => void
}

const Roles = Type.Array(Type.Union([Type.Literal('buyer'), Type.Literal('admin')]), { minItems: 1, uniqueItems: true })
const Refresh = Type.Object({ refresh_token: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false })
const TokensSchema = Type.Object(
  {
    access_token: Type.String(),
    refresh_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds the access token is good for.' }),
  },
  { title: 'Tokens' },
)
const Profile = Type.Object(
  { id: IdSchema, email: Type.String(), name: Type.Optional(Type.String()), roles: Roles },
  { title: 'Profile' },
)
const User = Type.Object({ ...Profile.properties, blocked: Type.Boolean(), createdAt: TimeSchema }, { title: 'User' })
const Entry = Type.Object(
  {
    id: IdSchema,
    kind: Type.String(),
    amount: Type.Object({ amount: Type.Integer(), currency: Type.String() }, { description: 'Negative where credit was spent.' }),
    reason: Type.Optional(Type.String()),
    orderId: Type.Optional(IdSchema),
    at: TimeSchema,
  },
  { title: 'WalletEntry' },
)
const UserId = Type.Object({ id: IdSchema })

export function accountRoutes(app: App, parts: AccountParts): void {
  registerRoute(app, parts)
  loginRoute(app, parts)
  sessionRoutes(app, parts)
  profileRoutes(app, parts)
  creditRoutes(app, parts)
  administrationRoutes(app, parts)
  interactionRoutes(app, parts)
}

function registerRoute(app: App, parts: AccountParts): void {
  app.post(
    '/api/v1/users/register',
    {
      schema: {
        tags: ['Accounts'],
        summary: 'Open an account',
        body: Type.Object({ email: Email, password: Password, name: Type.Optional(Name) }, { additionalProperties: false }),
        response: answers({ 201: Type.Object({ id: IdSchema, email: Type.String() }) }, 400, 409, 503),
      },
    },
    async (request, reply) => {
      const { email, password, name } = request.body
      const outcome = await signUp(parts, { email, password, name })
      if (outcome.kind === 'busy') return busy(reply)
      if (outcome.kind === 'taken') {
        return reply.problem('conflict', 'This e-mail has an account already. Sign in, or register with another one.')
      }
      request.log.info({ event: 'registered', userId: outcome.userId })
      return reply.code(201).send({ id: outcome.userId, email: email.toLowerCase() })
    },
  )
}

function loginRoute(app: App, parts: AccountParts): void {
  app.post(
    '/api/v1/users/login',
    {
      schema: {
        tags: ['Accounts'],
        summary: 'Sign in with e-mail and password',
        description: 'After five failures for an account from one address in 30 minutes, or 50 from anywhere, it is locked.',
        body: Type.Object(
          { email: Type.String({ maxLength: 254 }), password: Type.String({ maxLength: 200 }) },
          { additionalProperties: false },
        ),
        response: answers({ 200: TokensSchema }, 400, 401, 403, 429, 503),
      },
    },
    async (request, reply) => {
      const { email, password } = request.body
      const outcome = await signIn(parts, email, password, request.ip)
      switch (outcome.kind) {
        case 'welcome':
          request.log.info({ event: 'signed-in', userId: outcome.userId })
          return withTokens(reply, await parts.identity.login(outcome.userId))
        case 'wrong':
          return reply.problem('unauthenticated', 'No account has this e-mail and password. Check both and try again.')
        case 'blocked':
          request.log.info({ event: 'sign-in-blocked', userId: outcome.userId })
          return reply.problem('forbidden', 'This account is blocked. Ask the shop why.')
        case 'locked':
          reply.header('retry-after', Math.ceil(outcome.forMs / 1000))
          return reply.problem('slow-down', 'Too many sign-ins failed for this account. Wait as long as Retry-After says.')
        case 'busy':
          return busy(reply)
      }
    },
  )
}

function sessionRoutes(app: App, { identity, accounts, clock, ended }: AccountParts): void {
  app.post(
    '/api/v1/users/refresh',
    {
      schema: {
        tags: ['Accounts'],
        summary: 'Exchange a refresh token for new tokens',
        description: 'Each refresh token works once. Using one again ends the sign-in it belongs to.',
        body: Refresh,
        response: answers({ 200: TokensSchema }, 400, 401, 503),
      },
    },
    async (request, reply) => {
      const tokens = await identity.refresh(request.body.refresh_token)
      if (!tokens) return reply.problem('unauthenticated', 'This refresh token is not good any more. Sign in again.')
      return withTokens(reply, tokens)
    },
  )
  app.post(
    '/api/v1/users/logout',
    {
      schema: {
        tags: ['Accounts'],
        summary: 'End the sign-in a refresh token belongs to',
        body: Refresh,
        response: answers({ 204: Type.Null() }, 400, 503),
      },
    },
    async (request, reply) => {
      await identity.logout(request.body.refresh_token)
      return reply.code(204).send(null)
    },
  )
  app.post(
    '/api/v1/users/me/sign-out-everywhere',
    {
      onRequest: app.needs('buyer'),
      schema: {
        tags: ['Accounts'],
        summary: 'End all sign-ins of the own account',
        description: 'In every browser and for every client, the token of this request too. Sign in again to go on.',
        response: answers({ 204: Type.Null() }, 401, 403),
      },
    },
    async (request, reply) => {
      for (const grantId of await accounts.signOutEverywhere(request.caller.id, clock.now())) ended(grantId)
      request.log.info({ event: 'signed-out-everywhere', userId: request.caller.id })
      return reply.code(204).send(null)
    },
  )
}

function profileRoutes(app: App, { accounts }: AccountParts): void {
  const gone = 'This account has been removed.'
  app.get(
    '/api/v1/users/me',
    {
      onRequest: app.needs('buyer'),
      schema: { tags: ['Accounts'], summary: 'The own profile', response: answers({ 200: Profile }, 401, 403, 404) },
    },
    async (request, reply) => {
      const account = await accounts.get(request.caller.id)
      return account ? profile(account) : reply.problem('not-found', gone)
    },
  )
  app.patch(
    '/api/v1/users/me',
    {
      onRequest: app.needs('buyer'),
      schema: {
        tags: ['Accounts'],
        summary: 'Change the own profile',
        body: Type.Object({ name: Name }, { additionalProperties: false }),
        response: answers({ 200: Profile }, 400, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const account = await accounts.rename(request.caller.id, request.body.name)
      return account ? profile(account) : reply.problem('not-found', gone)
    },
  )
}

function creditRoutes(app: App, { wallets, currency }: AccountParts): void {
  app.get(
    '/api/v1/users/me/credit',
    {
      onRequest: app.needs('buyer'),
      schema: {
        tags: ['Accounts'],
        summary: 'The own credit and its movements, newest first',
        querystring: PageQuery,
        response: answers({ 200: Type.Object({ balance: MoneySchema, journal: pageOf(Entry) }) }, 400, 401, 403, 404),
      },
    },
    async (request, reply) => {
      const { limit, after } = request.query
      const balance = await wallets.credit(request.caller.id)
      if (!balance) return reply.problem('not-found', 'This account has no credit.')
      const entries = await wallets.journal(request.caller.id, limit + 1, after)
      return {
        balance,
        journal: page(
          entries,
          limit,
          (entry) => entry.id,
          (entry) => movement(entry, balance.currency),
        ),
      }
    },
  )
  app.post(
    '/api/v1/admin/users/:id/credit',
    {
      onRequest: app.needs('admin'),
      schema: {
        tags: ['Administration'],
        summary: 'Give a buyer credit',
        params: UserId,
        body: Type.Object(
          { amount: MoneySchema, reason: Type.String({ minLength: 1, maxLength: 200 }) },
          { additionalProperties: false },
        ),
        response: answers({ 200: Type.Object({ balance: MoneySchema }) }, 400, 401, 403, 404, 409),
      },
    },
    async (request, reply) => {
      const { amount, reason } = request.body
      if (amount.currency !== currency) {
        const message = `Credit is kept in ${currency}.`
        return reply.problem('invalid', message, { errors: [{ path: '/amount/currency', message }] })
      }
      const balance = await wallets.grant(request.params.id, amount.amount, currency, reason, request.caller.id)
      if (balance) return { balance }
      if (await wallets.credit(request.params.id))
        return reply.problem('conflict', 'The balance would be more than 2^53-1. Give less.')
      return reply.problem('not-found', 'There is no such account.')
    },
  )
}

function administrationRoutes(app: App, { accounts, clock, ended }: AccountParts): void {
  const query = Type.Object(
    { ...PageQuery.properties, email: Type.Optional(Type.String({ maxLength: 254 })) },
    { additionalProperties: false },
  )
  app.get(
    '/api/v1/admin/users',
    {
      onRequest: app.needs('admin'),
      schema: {
        tags: ['Administration'],
        summary: 'Accounts, newest first, without those of rehearsals',
        querystring: query,
        response: answers({ 200: pageOf(User) }, 400, 401, 403),
      },
    },
    async (request) => {
      const { email, limit, after } = request.query
      const rows = await accounts.list(email?.toLowerCase(), limit + 1, after)
      return page(rows, limit, (account) => account.id, user)
    },
  )
  app.patch(
    '/api/v1/admin/users/:id',
    {
      onRequest: app.needs('admin'),
      schema: {
        tags: ['Administration'],
        summary: 'Block or unblock an account, or give it other roles',
        description: 'Who is blocked or loses a role is signed out everywhere.',
        params: UserId,
        body: Type.Object(
          { blocked: Type.Optional(Type.Boolean()), roles: Type.Optional(Roles) },
          { additionalProperties: false, minProperties: 1 },
        ),
        response: answers({ 200: User }, 400, 401, 403, 404, 409),
      },
    },
    async (request, reply) => {
      const change = await accounts.change(request.params.id, request.body, clock.now())
      if (change.kind === 'not-found') return reply.problem('not-found', 'There is no such account.')
      if (change.kind === 'last-administrator') {
        return reply.problem('conflict', 'This is the last administrator who can sign in. Make another account one first.')
      }
      for (const grantId of change.endedGrants) ended(grantId)
      request.log.info({ event: 'account-changed', userId: request.params.id, by: request.caller.id, ...request.body })
      return user(change.account)
    },
  )
}

function withTokens(reply: FastifyReply, tokens: Tokens) {
  return reply.header('cache-control', 'no-store').send(tokens)
}

function busy(reply: FastifyReply) {
  return reply.header('retry-after', 10).problem('busy', 'Many people are signing in. Try again in ten seconds.')
}

function profile({ id, email, name, roles }: Account): Static<typeof Profile> {
  return { id, email, roles, ...(name !== null && { name }) }
}

function user(account: Account): Static<typeof User> {
  return { ...profile(account), blocked: account.blocked, createdAt: time(account.createdAt) }
}

function movement({ id, kind, amount, reason, orderId, at }: WalletEntry, currency: string): Static<typeof Entry> {
  const optional = { ...(reason !== null && { reason }), ...(orderId !== null && { orderId }) }
  return { id, kind, amount: { amount, currency }, ...optional, at: time(at) }
}
