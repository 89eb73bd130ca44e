import type { IncomingMessage, ServerResponse } from 'node:http'
import { SignJWT } from 'jose'
import { inject, type Response } from 'light-my-request'
import type { Interaction, Provider } from 'oidc-provider'
import { assert } from '../../core/assert.ts'
import type { Role } from '../../core/caller.ts'
import { Fault } from '../../core/fault.ts'
import type { Id } from '../../core/ids.ts'
import type { App } from '../../platform/http.ts'
import { type Random, secret } from '../../platform/random.ts'
import { ACCESS_TOKEN_S, API_SCOPE, apiResource } from './access-token.ts'
import { endSession } from './end-session.ts'
import type { OwnClient, ProviderParts } from './openid-provider.ts'
import { ownOrigins } from './own-origins.ts'

export type Tokens = { access_token: string; refresh_token: string; token_type: 'Bearer'; expires_in: number }

/** The command line's token lies beside the keys it is signed with, under the same file mode: a shorter life would only end
 *  the commands of a server that runs for long. A new one is made at each start. */
const OPERATOR_TOKEN_S = 365 * 24 * 3600

/** Signed at the same time for a rehearsal: enough to use the thread pool, few enough to leave it to others in between. */
const MINTED_AT_ONCE = 4

/** Signs people in. Keys, rotation and revocation are the OpenID provider's; passwords are not its business. */
export class Identity {
  readonly #parts: ProviderParts
  readonly #random: Random
  readonly #own: OwnClient
  readonly #origins = Promise.withResolvers<readonly [string, ...string[]]>()
  readonly #providers = new Map<string, Promise<Provider>>()

  constructor(parts: ProviderParts & { random: Random }) {
    this.#parts = parts
    this.#random = parts.random
    this.#own = { id: 'doorbuster', secret: secret(parts.random, 32) }
  }

  /** Once, when the address is known: `PUBLIC_URL`, or where the server listens. What needs the issuer waits for this. */
  async setIssuer(origin: string): Promise<void> {
    const origins = ownOrigins(origin)
    await this.#parts.keys.addIssuers(origins.map(issuerAt))
    this.#origins.resolve(origins)
  }

  /** The one that is named to others. */
  async issuer(): Promise<string> {
    const [first] = await this.#origins.promise
    return issuerAt(first)
  }

  /** Which of the shop's addresses a request was sent to; the first where `host` is none of them. */
  async originAt(host: string): Promise<string> {
    const origins = await this.#origins.promise
    return origins.find((origin) => new URL(origin).host === host) ?? origins[0]
  }

  /** Loaded by the first who needs it: it costs start-up and memory that a process which only sells need not pay. */
  provider(origin: string): Promise<Provider> {
    let provider = this.#providers.get(origin)
    if (!provider) {
      provider = this.#load(origin)
      this.#providers.set(origin, provider)
    }
    return provider
  }

  async #load(origin: string): Promise<Provider> {
    const { makeProvider } = await import('./openid-provider.ts')
    return makeProvider(origin, this.#own, this.#parts)
  }

  async #first(): Promise<Provider> {
    const [origin] = await this.#origins.promise
    return this.provider(origin)
  }

  /** The sign-in that this browser has under way; `undefined` where it has ended or never began. */
  async interaction(origin: string, request: IncomingMessage, response: ServerResponse): Promise<Interaction | undefined> {
    const provider = await this.provider(origin)
    try {
      return await provider.interactionDetails(request, response)
    } catch (error) {
      if ((error as Error).name === 'SessionNotFound') return undefined
      throw error
    }
  }

  /**
   * Lets a sign-in go on as this account and answers the address where it does. Whoever was signed in here as somebody else
   * is signed out first: the provider would do so on a page that needs a script.
   */
  async admit(origin: string, interaction: Interaction, userId: Id): Promise<string> {
    const provider = await this.provider(origin)
    const { session } = interaction
    if (session && session.accountId !== userId) {
      const earlier = await provider.Session.findByUid(session.uid)
      if (earlier) await endSession(earlier, this.#parts)
      interaction.session = undefined
    }
    // Both words, for people change between the two forms.
    interaction.result = { login: { accountId: userId }, create: {} }
    await interaction.persist()
    return interaction.returnTo
  }

  /** For someone who has shown who they are. The refresh token is of a new family. */
  async login(userId: Id): Promise<Tokens> {
    const provider = await this.#first()
    const client = await provider.Client.find(this.#own.id)
    assert(client, 'the own client is configured')
    const grant = new provider.Grant({ accountId: userId, clientId: client.clientId })
    grant.addResourceScope(this.#parts.audience, API_SCOPE)
    const issued = { accountId: userId, client, grantId: await grant.save(), gty: 'login', scope: API_SCOPE }
    const access = new provider.AccessToken(issued)
    access.resourceServer = new provider.ResourceServer(this.#parts.audience, apiResource(this.#parts.audience))
    const refresh = new provider.RefreshToken({ ...issued, resource: this.#parts.audience, rotations: 0 })
    return {
      access_token: await access.save(),
      refresh_token: await refresh.save(),
      token_type: 'Bearer',
      expires_in: ACCESS_TOKEN_S,
    }
  }

  /** `undefined`: the token is unknown, ended, revoked, its account blocked, or it was used before (which ends its family). */
  async refresh(refreshToken: string): Promise<Tokens | undefined> {
    const answer = await this.#ask('/token', { grant_type: 'refresh_token', refresh_token: refreshToken })
    if (answer.statusCode === 400) return undefined
    const { access_token, refresh_token, expires_in } = answer.json<Tokens>()
    return { access_token, refresh_token, token_type: 'Bearer', expires_in }
  }

  /** Ends the sign-in the token belongs to. A token that is unknown is no error (RFC 7009 section 2.2). */
  async logout(refreshToken: string): Promise<void> {
    await this.#ask('/token/revocation', { token: refreshToken, token_type_hint: 'refresh_token' })
  }

  /** Rotation and its detection of reuse live in the provider's endpoint; it is asked without a socket. */
  async #ask(url: string, form: Record<string, string>): Promise<Response> {
    const provider = await this.#first()
    const answer = await inject(provider.callback() as never, {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`${this.#own.id}:${this.#own.secret}`).toString('base64')}`,
      },
      payload: new URLSearchParams(form).toString(),
    })
    if (answer.statusCode >= 500) {
      throw new Fault('store-failed', 'unknown', 'The sign-in could not be stored; the log has the cause. Sign in again.')
    }
    assert(answer.statusCode === 200 || answer.statusCode === 400, `the own client is refused with ${answer.statusCode}`)
    return answer
  }

  /** Tokens of a rehearsal's buyers in the order of the ids, of use in this sale only, for an hour. */
  async *mintDrillTokens(buyerIds: Id[], saleId: Id): AsyncIterable<string> {
    for (let at = 0; at < buyerIds.length; at += MINTED_AT_ONCE) {
      const next = buyerIds.slice(at, at + MINTED_AT_ONCE)
      yield* await Promise.all(next.map((id) => this.#mint(id, ACCESS_TOKEN_S, { roles: ['buyer'], drill: saleId })))
    }
  }

  /** For the command line on this machine. It belongs to the machine: blocking the administrator does not end it. */
  mintOperatorToken(administratorId: Id): Promise<string> {
    return this.#mint(administratorId, OPERATOR_TOKEN_S, { roles: ['admin'] })
  }

  async #mint(userId: Id, seconds: number, claims: { roles: Role[]; drill?: Id }): Promise<string> {
    const { keys, audience, clock } = this.#parts
    const now = Math.floor(clock.now() / 1000)
    return new SignJWT({ ...claims, scope: API_SCOPE, client_id: this.#own.id })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: keys.signing.kid })
      .setJti(secret(this.#random, 16))
      .setSubject(userId)
      .setIssuer(await this.issuer())
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(keys.signingKey)
  }
}

function issuerAt(origin: string): string {
  return `${origin}/oidc`
}

/** The provider's endpoints under `/oidc`. It reads its bodies itself, so nothing may parse them before. */
export function mountIdentity(app: App, identity: Identity): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    scope.all('/oidc/*', { schema: { hide: true } }, async (request, reply) => {
      const { raw } = request
      const origin = await identity.originAt(request.host)
      const provider = await identity.provider(origin)
      // Where this is reached is what the issuer says, not what a client writes in its headers.
      raw.headers['x-forwarded-host'] = new URL(origin).host
      raw.headers['x-forwarded-proto'] = new URL(origin).protocol.slice(0, -1)
      const inner = raw.url?.slice('/oidc'.length)
      Object.assign(raw, { originalUrl: raw.url, url: inner })
      reply.hijack()
      for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value as string)
      provider.callback()(raw, reply.raw)
    })
  })
}
