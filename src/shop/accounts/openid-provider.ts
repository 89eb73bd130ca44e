import { hash } from 'node:crypto'
import { type Adapter, type AdapterPayload, type Configuration, errors, Provider } from 'oidc-provider'
import type { Clock } from '../../platform/clock.ts'
import { ACCESS_TOKEN_S, apiResource } from './access-token.ts'
import type { Keys } from './keys.ts'
import type { Accounts } from './sql-accounts.ts'
import type { OidcModels } from './sql-oidc-models.ts'

const REFRESH_TOKEN_S = 7 * 24 * 3600
/** Each refresh gives a new week; after this long, people sign in again. */
const GRANT_S = 30 * 24 * 3600

export type ProviderParts = {
  keys: Keys
  /** An absolute URI: a bare word is `invalid_target` to the provider. */
  audience: string
  accounts: Accounts
  models: OidcModels
  clock: Clock
  /** A sign-in ended: its access tokens must be refused from now on. */
  ended: (grantId: string) => void
  /** A request came to nothing because something failed here. */
  failed: (error: Error) => void
}

/** The one client that is part of the shop itself. Its secret never leaves the process. */
export type OwnClient = { id: string; secret: string }

export function makeProvider(issuer: string, own: OwnClient, parts: ProviderParts): Provider {
  const provider = new Provider(issuer, configuration(own, parts))
  // Behind a proxy or not, its addresses are those of the issuer: `mountIdentity` sets these headers itself.
  provider.proxy = true
  provider.on('grant.revoked', (_ctx, grantId) => parts.ended(grantId))
  provider.on('server_error', (_ctx, error) => parts.failed(error))
  return provider
}

function configuration(own: OwnClient, parts: ProviderParts): Configuration {
  const { accounts, audience, keys } = parts
  return {
    adapter: (kind: string) => new ModelAdapter(kind, parts),
    clients: [
      {
        client_id: own.id,
        client_secret: own.secret,
        grant_types: ['refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    jwks: { keys: [keys.signing as never] },
    cookies: { keys: keys.cookies },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget()
          return apiResource(audience)
        },
      },
    },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: ACCESS_TOKEN_S,
      RefreshToken: REFRESH_TOKEN_S,
      Grant: GRANT_S,
      IdToken: ACCESS_TOKEN_S,
      Interaction: 3600,
      Session: GRANT_S,
    },
    findAccount: async (_ctx, id) => {
      const account = await accounts.get(id)
      if (!account || account.blocked) return undefined
      return { accountId: id, claims: () => ({ sub: id, email: account.email, roles: account.roles }) }
    },
    // Read after the grant was written: either this sees that the account was blocked, or the block saw the grant and ends
    // it. A token without roles opens nothing.
    extraTokenClaims: async (_ctx, token) => {
      if (token.kind !== 'AccessToken') return undefined
      const account = await accounts.get(token.accountId)
      return { gid: token.grantId, roles: account && !account.blocked ? account.roles : [] }
    },
    clientBasedCORS: () => false,
    renderError: (ctx, out) => {
      ctx.type = 'text/plain'
      ctx.body = `${out.error}: ${out.error_description ?? ''}`
    },
  }
}

/** What opens the door by being known is kept as its digest: a copy of the database signs nobody in. */
const bearers = new Set(['RefreshToken', 'AuthorizationCode'])

class ModelAdapter implements Adapter {
  readonly #kind: string
  readonly #parts: ProviderParts

  constructor(kind: string, parts: ProviderParts) {
    this.#kind = kind
    this.#parts = parts
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _, ...kept } = payload
    await this.#parts.models.upsert({
      kind: this.#kind,
      id: this.#key(id),
      payload: JSON.stringify(bearers.has(this.#kind) ? kept : payload),
      accountId: payload.accountId ?? null,
      grantId: payload.grantId ?? null,
      userCode: payload.userCode ?? null,
      uid: payload.uid ?? null,
      expiresAt: expiresIn === undefined ? null : this.#parts.clock.now() + expiresIn * 1000,
    })
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = payloadOf(await this.#parts.models.find(this.#kind, this.#key(id)))
    return payload && { ...payload, jti: id }
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return payloadOf(await this.#parts.models.findByUserCode(this.#kind, userCode))
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return payloadOf(await this.#parts.models.findByUid(this.#kind, uid))
  }

  async consume(id: string): Promise<void> {
    const consumption = await this.#parts.models.consume(this.#kind, this.#key(id), this.#parts.clock.now())
    if (consumption.kind === 'consumed') return
    if (consumption.kind === 'reused') this.#parts.ended(consumption.grantId)
    throw new errors.InvalidGrant('already used')
  }

  async destroy(id: string): Promise<void> {
    await this.#parts.models.destroy(this.#kind, this.#key(id))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#parts.models.endGrant(grantId)
  }

  #key(id: string): string {
    return bearers.has(this.#kind) ? hash('sha256', id, 'base64url') : id
  }
}

function payloadOf(model: Awaited<ReturnType<OidcModels['find']>>): AdapterPayload | undefined {
  if (!model) return undefined
  const payload = JSON.parse(model.payload) as AdapterPayload
  return model.consumedAt === null ? payload : { ...payload, consumed: Math.floor(model.consumedAt / 1000) }
}
