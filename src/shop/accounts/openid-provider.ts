import {
  type ClientMetadata,
  type Configuration,
  errors,
  type Grant,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import { assert } from '../../core/assert.ts'
import { pageHeaders } from '../../platform/plain-page.ts'
import { ACCESS_TOKEN_S, API_SCOPE, apiResource } from './access-token.ts'
import { endSession } from './end-session.ts'
import type { Keys } from './keys.ts'
import { languages, wordsFor } from './language.ts'
import { type AdapterParts, ModelAdapter } from './model-adapter.ts'
import { notice, signOutPage } from './page.ts'
import type { Accounts } from './sql-accounts.ts'
import type { Words } from './words-en.ts'

const REFRESH_TOKEN_S = 7 * 24 * 3600
/** Each refresh gives a new week; after this long, people sign in again. */
const GRANT_S = 30 * 24 * 3600
/** For an e-mail, a password and what comes between them. */
const INTERACTION_S = 3600
/** Of a session in which nobody has signed in. */
const NOBODY_S = 600

export type ProviderParts = AdapterParts & {
  keys: Keys
  /** An absolute URI: a bare word is `invalid_target` to the provider. */
  audience: string
  accounts: Accounts
  /** A request came to nothing because something failed here. */
  failed: (error: Error) => void
}

/** The one client that is part of the shop itself. Its secret never leaves the process. */
export type OwnClient = { id: string; secret: string }

/** The provider of the shop at one of its addresses: each is an issuer of its own, and sends people nowhere but to itself. */
export function makeProvider(origin: string, own: OwnClient, parts: ProviderParts): Provider {
  const provider = new Provider(`${origin}/oidc`, configuration(origin, own, parts))
  // Behind a proxy or not, its addresses are those of the issuer: `mountIdentity` sets these headers itself.
  provider.proxy = true
  provider.on('grant.revoked', (_ctx, grantId) => parts.ended(grantId))
  provider.on('server_error', (_ctx, error) => parts.failed(error))
  provider.use(async (ctx, next) => {
    await next()
    mendAnswer(ctx as unknown as KoaContextWithOIDC, origin)
  })
  return provider
}

function configuration(origin: string, own: OwnClient, parts: ProviderParts): Configuration {
  const { accounts, keys } = parts
  return {
    adapter: (kind: string) => new ModelAdapter(kind, parts),
    clients: clients(origin, own),
    jwks: { keys: [keys.signing as never] },
    cookies: { keys: keys.cookies },
    features: features(origin, own, parts),
    responseTypes: ['code'],
    scopes: ['openid'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
    discovery: { ui_locales_supported: languages },
    interactions: { policy: prompts(), url: (_ctx, { uid }) => `/oidc/interaction/${uid}` },
    loadExistingGrant: (ctx) => grantOf(ctx, parts.audience),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // One sign-in is one session and one grant: they end together, and all that was issued under them with them.
    expiresWithSession: () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: ACCESS_TOKEN_S,
      RefreshToken: REFRESH_TOKEN_S,
      Grant: GRANT_S,
      IdToken: ACCESS_TOKEN_S,
      Interaction: INTERACTION_S,
      Session: (_ctx, { loginTs }) => {
        if (loginTs === undefined) return NOBODY_S
        return Math.max(1, loginTs + GRANT_S - Math.floor(parts.clock.now() / 1000))
      },
    },
    findAccount: async (_ctx, id) => {
      const account = await accounts.get(id)
      if (!account || account.blocked) return undefined
      const { email, name } = account
      return { accountId: id, claims: () => ({ sub: id, email, ...(name !== null && { name }) }) }
    },
    // Read after the grant was written: either this sees that the account was blocked, or the block saw the grant and ends
    // it. A token without roles opens nothing.
    extraTokenClaims: async (_ctx, token) => {
      if (token.kind !== 'AccessToken') return undefined
      const account = await accounts.get(token.accountId)
      return { gid: token.grantId, roles: account && !account.blocked ? account.roles : [] }
    },
    // A browser names the origin of a page's own requests too.
    clientBasedCORS: (_ctx, from) => from === origin,
    renderError: (ctx, { error }, cause) => {
      const words = wordsOf(ctx)
      const known =
        cause instanceof errors.SessionNotFound ? words.expired : error === 'server_error' ? words.failed : words.refused
      show(ctx, notice(words, `${origin}/`, known, error))
    },
  }
}

/** The page keeps no secret, for it is read by everybody: a code is of use only with the verifier of whoever asked for it. */
function clients(origin: string, own: OwnClient): ClientMetadata[] {
  return [
    { client_id: own.id, client_secret: own.secret, grant_types: ['refresh_token'], response_types: [], redirect_uris: [] },
    {
      client_id: 'doorbuster-web',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [`${origin}/signed-in`, `${origin}/signed-in/silent`],
      post_logout_redirect_uris: [`${origin}/`],
    },
  ]
}

/** What is off would be one more door to watch; all access tokens are for the API, so there is nothing to ask userinfo with. */
function features(origin: string, own: OwnClient, parts: ProviderParts): Configuration['features'] {
  const { audience } = parts
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => {
        const { session, entities } = ctx.oidc
        // Only the page that somebody is signed in to has the token that names them: nobody else can have sent them here.
        if (session && entities.IdTokenHint?.payload.sub === session.accountId) return signOut(ctx, origin, parts)
        show(ctx, signOutPage(wordsOf(ctx), `${origin}/`, form))
      },
      postLogoutSuccessSource: (ctx) => ctx.redirect(`${origin}/`),
    },
    revocation: {
      enabled: true,
      // `users/logout` ends whatever sign-in the token is of.
      allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId || client.clientId === own.id,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== audience) throw new errors.InvalidTarget()
        return apiResource(audience)
      },
    },
  }
}

/** Nobody is asked whether the shop may know what the shop knows. `create` opens the page for new accounts. */
function prompts(): interactionPolicy.DefaultPolicy {
  const { base, Check, Prompt } = interactionPolicy
  const policy = base()
  policy.remove('consent')
  policy.add(new Prompt({ name: 'create', requestable: true }), 0)
  // Blocked while the session was being read: without this the request would go on without an account, and fail.
  const gone = new Check('account_gone', 'the account cannot sign in any more', 'login_required', ({ oidc }) => {
    return oidc.session?.accountId !== undefined && oidc.account === undefined
  })
  policy.get('login')?.checks.add(gone)
  return policy
}

/** The session's grant, or a new one: reuse of a refresh token ends a grant and leaves the session pointing at it. */
async function grantOf(ctx: KoaContextWithOIDC, audience: string): Promise<Grant> {
  const { provider, session, client, account } = ctx.oidc
  assert(session && client && account, 'a grant is looked for when somebody has signed in')
  const id = session.grantIdFor(client.clientId)
  const known = id === undefined ? undefined : await provider.Grant.find(id)
  if (known) return known
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
  grant.addOIDCScope('openid email profile')
  grant.addResourceScope(audience, API_SCOPE)
  await grant.save()
  return grant
}

/** Ends the session and what was issued in it, and goes where the page asked for. */
async function signOut(ctx: KoaContextWithOIDC, origin: string, parts: AdapterParts): Promise<void> {
  const { session, provider } = ctx.oidc
  assert(session, 'somebody is signed in')
  await endSession(session, parts)
  ctx.cookies.set(provider.cookieName('session'), null)
  leave(ctx, origin)
}

function leave(ctx: KoaContextWithOIDC, origin: string): void {
  const { post_logout_redirect_uri: wanted, state } = ctx.oidc.params ?? {}
  const target = new URL(typeof wanted === 'string' ? wanted : `${origin}/`)
  if (typeof wanted === 'string' && typeof state === 'string') target.searchParams.set('state', state)
  ctx.status = 303
  ctx.redirect(target.href)
}

/** What the provider's own answers lack here. */
function mendAnswer(ctx: KoaContextWithOIDC, origin: string): void {
  const { route, entities, session } = ctx.oidc ?? {}
  // It names the API's scopes only. A client that asked for more than it was given must be told (RFC 6749 section 5.1), or it
  // asks for all of it again with the refresh token and is refused.
  if (route === 'token' && ctx.status === 200) ctx.body = { ...(ctx.body as object), scope: entities?.RefreshToken?.scope }
  // Nobody is signed in: its answer would be a form that sends itself by a script.
  if (route === 'end_session' && ctx.status === 200 && session?.accountId === undefined) leave(ctx, origin)
}

function wordsOf(ctx: KoaContextWithOIDC): Words {
  return wordsFor(ctx.query.ui_locales, ctx.get('accept-language'))
}

function show(ctx: KoaContextWithOIDC, text: string): void {
  ctx.set(pageHeaders())
  ctx.body = text
}
