import type { User, UserManager } from 'oidc-client-ts'
import { computed, shallowRef } from 'vue'

/** Said by the document: another issuer's address where the shop has one. */
const issuer = document.querySelector<HTMLMetaElement>('meta[name="issuer"]')?.content
const AUTHORITY = issuer || `${location.origin}/oidc`
const CLIENT = document.querySelector<HTMLMetaElement>('meta[name="client-id"]')?.content || 'doorbuster-web'
/** Somebody signed in here before: worth a silent look. Holds nothing else. */
const HINT = 'doorbuster.signed-in'

const user = shallowRef<User | null>()
let manager: Promise<UserManager> | undefined
let renewal: Promise<string | undefined> | undefined

/** Undefined while it is looked for. */
export const account = computed(() => {
  if (!user.value) return user.value
  const { sub, email, name } = user.value.profile
  return { id: sub, email: email ?? '', name: name ?? email ?? '', roles: rolesOf(user.value.access_token) }
})
export const isOperator = computed(() => account.value?.roles.includes('admin') ?? false)

/** Looks for a session without a word to the visitor. Tokens live in memory: each load of the page looks again. */
async function findSession(): Promise<void> {
  if (!localStorage.getItem(HINT)) {
    user.value = null
    return
  }
  try {
    user.value = await (await oidc()).signinSilent()
  } catch (error) {
    user.value = null
    // Anything else, as a line that broke or a page that was left, says nothing of the session: the next load looks again.
    if (!isRefusal(error)) return
  }
  if (!user.value) localStorage.removeItem(HINT)
}

/** The issuer itself said no. */
const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ErrorResponse'

/** Leaves for the issuer's page; it comes back to the place that is shown now. */
export async function signIn(prompt?: 'create'): Promise<void> {
  const back = location.pathname + location.search
  await (await oidc()).signinRedirect({ state: back, ui_locales: document.documentElement.lang, ...(prompt && { prompt }) })
}

/** The issuer sent the visitor back here. Gives the place where the visitor was. */
export async function finishSignIn(): Promise<string> {
  try {
    user.value = await (await oidc()).signinRedirectCallback()
  } catch (error) {
    looked = findSession()
    throw error
  }
  localStorage.setItem(HINT, '1')
  const back = user.value.state
  return typeof back === 'string' && /^\/(?![/\\])/.test(back) ? back : '/'
}

export async function signOut(): Promise<void> {
  localStorage.removeItem(HINT)
  await (await oidc()).signoutRedirect({ ...(user.value?.id_token && { id_token_hint: user.value.id_token }) })
}

/** The access token, once it is known whether there is one. */
export async function token(): Promise<string | undefined> {
  if (user.value === undefined) await looked
  return user.value?.access_token
}

/** @param held what the server refused. One renewal serves all who ask; nothing when the session is over. */
export function renew(held: string): Promise<string | undefined> {
  if (user.value && user.value.access_token !== held) return Promise.resolve(user.value.access_token)
  renewal ??= findAgain().finally(() => {
    renewal = undefined
  })
  return renewal
}

async function findAgain(): Promise<string | undefined> {
  try {
    user.value = await (await oidc()).signinSilent()
  } catch {
    user.value = null
  }
  return user.value?.access_token
}

/** Loaded by the first who signs in: most visitors only look. */
function oidc(): Promise<UserManager> {
  manager ??= import('oidc-client-ts').then(({ InMemoryWebStorage, UserManager, WebStorageStateStore }) => {
    const made = new UserManager({
      authority: AUTHORITY,
      client_id: CLIENT,
      redirect_uri: `${location.origin}/signed-in`,
      silent_redirect_uri: `${location.origin}/signed-in/silent`,
      post_logout_redirect_uri: `${location.origin}/`,
      scope: 'openid email profile',
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      automaticSilentRenew: true,
    })
    made.events.addUserLoaded((loaded) => {
      user.value = loaded
    })
    made.events.addUserSignedOut(() => {
      user.value = null
    })
    return made
  })
  return manager
}

/** What the page shows, not what is allowed: that is the server's to say. */
function rolesOf(accessToken: string): string[] {
  try {
    const body = accessToken.split('.')[1]?.replace(/-/g, '+').replace(/_/g, '/') ?? ''
    return (JSON.parse(atob(body)) as { roles?: string[] }).roles ?? []
  } catch {
    return []
  }
}

let looked = location.pathname.startsWith('/signed-in') ? Promise.resolve() : findSession()
