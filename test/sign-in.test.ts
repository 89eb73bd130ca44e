import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { get as httpGet } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { InMemoryWebStorage, OidcClient, type SigninResponse, WebStorageStateStore } from 'oidc-client-ts'
import { type Shop, startShop } from './shop.ts'
import { filledIn, type Shown, Visitor } from './visitor.ts'

const password = 'correct horse battery'
let shop: Shop
let made = 0
const newEmail = () => `buyer-${++made}@shop.example`

before(async () => {
  shop = await startShop()
})
after(() => shop.stop())

/** The page's own library with the page's own settings. */
function oidc(origin = shop.url): OidcClient {
  return new OidcClient({
    authority: `${origin}/oidc`,
    client_id: 'doorbuster-web',
    redirect_uri: `${origin}/signed-in`,
    post_logout_redirect_uri: `${origin}/`,
    scope: 'openid email profile offline_access',
    stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  })
}

type SignedIn = { visitor: Visitor; client: OidcClient; tokens: SigninResponse; email: string }

/** From the page's button to its tokens. */
async function signedUp(visitor = new Visitor(), client = oidc(), email = newEmail()): Promise<SignedIn> {
  const { url } = await client.createSigninRequest({ prompt: 'create' })
  const back = await visitor.send(await visitor.open(url), { email, password, name: 'Ann' })
  assert.match(back.url, /\/signed-in\?code=/, back.text)
  return { visitor, client, tokens: await client.processSigninResponse(back.url), email }
}

/** The page's look for a session as it loads. */
async function silently(visitor: Visitor, client = oidc()): Promise<SigninResponse> {
  const redirect_uri = `${new URL(client.settings.redirect_uri).origin}/signed-in/silent`
  const { url } = await client.createSigninRequest({ prompt: 'none', redirect_uri })
  return client.processSigninResponse((await visitor.open(url)).url)
}

type Held = Parameters<OidcClient['useRefreshToken']>[0]['state']

function refresh(client: OidcClient, { refresh_token = '', scope = '', id_token = '', profile }: SigninResponse) {
  return client.useRefreshToken({ state: { refresh_token, scope, id_token, profile } as Held })
}

async function formOf(visitor: Visitor, more: Parameters<OidcClient['createSigninRequest']>[0] = {}): Promise<Shown> {
  return visitor.open((await oidc().createSigninRequest(more)).url)
}

async function api(call: string, token: string, body?: object): Promise<{ status: number; body: Record<string, string> }> {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) }
  const [method, path] = call.split(' ')
  const answer = await fetch(`${shop.url}/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) })
  const said = await answer.text()
  return { status: answer.status, body: said === '' ? {} : JSON.parse(said) }
}
const meStatus = async (token: string) => (await api('GET users/me', token)).status
const login = (email: string, word: string) => api('POST users/login', '', { email, password: word })

/** A field as it stands in the page. */
const input = (shown: Shown, name: string) => new RegExp(`<input id="${name}"[^>]*>`).exec(shown.text)?.[0] ?? ''
const title = (shown: Shown) => /<title>(.*)<\/title>/.exec(shown.text)?.[1]

suite('the page signs people in with its own library', () => {
  test('sign-up, tokens, the API, a refresh that rotates, and a reuse that ends the family', async () => {
    const { client, tokens, email } = await signedUp()
    assert.deepEqual([tokens.profile.email, tokens.profile.name, tokens.scope], [email, 'Ann', 'openid email profile'])
    assert.equal((await api('GET users/me', tokens.access_token)).body.email, email)

    const next = await refresh(client, tokens)
    assert.notEqual(next.refresh_token, tokens.refresh_token)
    assert.deepEqual([next.profile.sub, await meStatus(next.access_token)], [tokens.profile.sub, 200])
    const third = await refresh(client, next)

    await assert.rejects(refresh(client, tokens), /grant request is invalid/)
    await assert.rejects(refresh(client, third), /grant request is invalid/)
    assert.equal(await meStatus(third.access_token), 401)
  })

  test('sign-in by the other form, and then each load of the page finds the session without a word', async () => {
    const { email, tokens } = await signedUp()
    const visitor = new Visitor()
    const client = oidc()
    const { url } = await client.createSigninRequest({ prompt: 'create' })
    const form = await visitor.follow(await visitor.open(url))
    assert.equal(title(form), 'Sign in · Doorbuster')
    const back = await visitor.send(form, { email: ` ${email.toUpperCase()} `, password })
    const here = await client.processSigninResponse(back.url)
    assert.equal(here.profile.sub, tokens.profile.sub)

    const again = await silently(visitor)
    assert.equal(again.profile.email, email)
    assert.equal(await meStatus(again.access_token), 200)
    await assert.rejects(silently(new Visitor()), /End-User authentication is required/)
  })

  test('a family that was ended by a reuse does not stand in the way of the next sign-in', async () => {
    const { visitor, client, tokens } = await signedUp()
    await refresh(client, tokens)
    await assert.rejects(refresh(client, tokens))
    const again = await silently(visitor)
    assert.equal(await meStatus(again.access_token), 200)
    assert.ok((await refresh(client, again)).access_token)
  })

  test('a code is good once; used again, what it gave ends', async () => {
    const visitor = new Visitor()
    const [client, thief] = [oidc(), oidc()]
    const { url, state } = await client.createSigninRequest({ prompt: 'create' })
    const back = await visitor.send(await visitor.open(url), { email: newEmail(), password })
    await thief.settings.stateStore.set(state.id, state.toStorageString())
    const tokens = await client.processSigninResponse(back.url)
    await assert.rejects(thief.processSigninResponse(back.url), /grant request is invalid/)
    await assert.rejects(refresh(client, tokens), /grant request is invalid/)
    assert.equal(await meStatus(tokens.access_token), 401)
  })

  test('each of its own addresses is an issuer, which sends people back to itself alone', async () => {
    const other = shop.url.replace('127.0.0.1', 'localhost')
    const { tokens, visitor } = await signedUp(new Visitor(), oidc(other))
    assert.equal(tokens.profile.iss, `${other}/oidc`)
    assert.equal(await meStatus(tokens.access_token), 200)
    const { url } = await oidc(shop.url).createSigninRequest({ prompt: 'none' })
    const refused = await visitor.open(url.replace(shop.url, other))
    assert.deepEqual([refused.status, refused.headers.get('location')], [400, null])
    assert.match(refused.text, /invalid_redirect_uri/)
  })
})

suite('signing out', () => {
  test('goes straight back to the shop with the token of who is signed in, and ends all that was issued', async () => {
    const { visitor, client, tokens } = await signedUp()
    const { url } = await client.createSignoutRequest({ id_token_hint: tokens.id_token })
    const left = await visitor.open(url)
    assert.deepEqual([left.status, left.url], [303, `${shop.url}/`])
    assert.equal(await meStatus(tokens.access_token), 401)
    await assert.rejects(refresh(client, tokens), /grant request is invalid/)
    await assert.rejects(silently(visitor), /End-User authentication is required/)
  })

  test('asks first when anybody could have sent the browser there', async () => {
    const [ann, ben] = [await signedUp(), await signedUp()]
    for (const hint of [undefined, ben.tokens.id_token]) {
      const { url } = await ann.client.createSignoutRequest({ id_token_hint: hint, state: 'x' })
      const page = await ann.visitor.open(url)
      assert.equal(title(page), 'Sign out? · Doorbuster')
      assert.equal(await meStatus(ann.tokens.access_token), 200)
      if (hint === undefined) continue
      const left = await ann.visitor.send(page, { logout: 'yes' })
      assert.match(left.url, new RegExp(`^${shop.url}/\\?state=`))
    }
    assert.deepEqual([await meStatus(ann.tokens.access_token), await meStatus(ben.tokens.access_token)], [401, 200])
    await assert.rejects(silently(ann.visitor), /End-User authentication is required/)
  })

  test('when nobody is signed in there is nothing to ask, and a foreign address is not gone to', async () => {
    const left = await new Visitor().open((await oidc().createSignoutRequest()).url)
    assert.deepEqual([left.status, left.url], [303, `${shop.url}/`])
    const { url } = await oidc().createSignoutRequest({ post_logout_redirect_uri: 'https://evil.example/' })
    const refused = await new Visitor().open(url)
    assert.deepEqual([refused.status, refused.headers.get('location')], [400, null])
  })

  test('everywhere: every browser and every client, from one of them', async () => {
    const { email, ...ann } = await signedUp()
    const desk = new Visitor()
    const there = await desk.send(await formOf(desk), { email, password })
    assert.match(there.url, /code=/)
    const program = (await login(email, password)).body
    assert.equal((await api('POST users/me/sign-out-everywhere', ann.tokens.access_token)).status, 204)

    for (const token of [ann.tokens.access_token, program.access_token]) assert.equal(await meStatus(token ?? ''), 401)
    await assert.rejects(refresh(ann.client, ann.tokens), /grant request is invalid/)
    assert.equal((await api('POST users/refresh', '', { refresh_token: program.refresh_token })).status, 401)
    for (const visitor of [ann.visitor, desk]) await assert.rejects(silently(visitor), /End-User authentication is required/)
    assert.equal((await login(email, password)).status, 200)
  })

  test("the API's log-out ends a sign-in of the page; its refresh is for its own", async () => {
    const { tokens, client } = await signedUp()
    assert.equal((await api('POST users/refresh', '', { refresh_token: tokens.refresh_token })).status, 401)
    assert.equal((await api('POST users/logout', '', { refresh_token: tokens.refresh_token })).status, 204)
    assert.equal(await meStatus(tokens.access_token), 401)
    await assert.rejects(refresh(client, tokens), /grant request is invalid/)
  })

  test('whoever signs in as somebody else is signed out first', async () => {
    const { visitor, client, tokens } = await signedUp()
    const ben = await signedUp(visitor)
    assert.notEqual(ben.tokens.profile.sub, tokens.profile.sub)
    assert.equal(await meStatus(tokens.access_token), 401)
    await assert.rejects(refresh(client, tokens), /grant request is invalid/)
    assert.equal((await silently(visitor)).profile.sub, ben.tokens.profile.sub)
  })
})

suite('the forms', () => {
  test('an error stands beside its field, which has the focus; what was typed stays, but no password', async () => {
    const visitor = new Visitor()
    const wrong = await visitor.send(await formOf(visitor), { email: 'ann@shop.example', password: 'a guess' })
    assert.deepEqual([wrong.status, title(wrong)], [401, 'Error: Sign in · Doorbuster'])
    assert.match(input(wrong, 'password'), /aria-describedby="password-error" aria-invalid="true" autofocus/)
    assert.match(wrong.text, /id="password-error".*No account has this e-mail and password/)
    assert.match(input(wrong, 'email'), /type="email" autocomplete="username" required value="ann@shop.example"/)
    assert.ok(!wrong.text.includes('a guess'))

    const missing = await visitor.send(wrong, { email: '', password: '' })
    assert.equal(missing.status, 400)
    assert.match(input(missing, 'email'), /aria-invalid="true" autofocus/)
    assert.match(missing.text, /Enter your e-mail address\..*Enter your password\./s)
  })

  test("sign-up says the API's rules beforehand and keeps them", async () => {
    const visitor = new Visitor()
    const form = await formOf(visitor, { prompt: 'create' })
    assert.match(input(form, 'password'), /autocomplete="new-password" required minlength="8".* aria-describedby="password-hint"/)
    assert.match(form.text, /id="password-hint">At least 8 characters/)
    for (const [fields, status, said] of [
      [{ email: 'ann', password }, 400, /name@example\.com/],
      [{ email: newEmail(), password: 'seven77' }, 400, /at least 8/],
      [{ email: newEmail(), password: 'x'.repeat(201) }, 400, /at most 200/],
      [{ email: newEmail(), password, name: 'x'.repeat(201) }, 400, /at most 200 characters in one line/],
    ] as const) {
      const refused = await visitor.send(form, fields)
      assert.equal(refused.status, status)
      assert.match(refused.text, said)
    }
    const { email } = await signedUp()
    const taken = await visitor.send(form, { email, password: 'another one' })
    assert.equal(taken.status, 409)
    assert.match(taken.text, /id="email-error".*has an account already/)
  })

  test('an account that was made by a setting signs in, whatever its e-mail looks like', async (t) => {
    const own = await startShop({ ADMIN_PASSWORD: password }, t)
    const { url } = await oidc(own.url).createSigninRequest({})
    const visitor = new Visitor()
    assert.match((await visitor.send(await visitor.open(url), { email: 'admin@localhost', password })).url, /code=/)
  })

  test('the lock-out is one for the page and the API', async () => {
    const { email } = await signedUp()
    const visitor = new Visitor()
    let form = await formOf(visitor)
    for (const _ of [1, 2, 3]) form = await visitor.send(form, { email, password: 'a guess' })
    assert.equal((await login(email, 'a guess')).status, 401)
    const up = await formOf(visitor, { prompt: 'create' })
    assert.equal((await visitor.send(up, { email, password: 'a fifth guess' })).status, 409)

    const locked = await visitor.send(await formOf(visitor), { email, password })
    assert.equal(locked.status, 429)
    assert.ok(Number(locked.headers.get('retry-after')) > 1700)
    assert.match(locked.text, /class="notice" role="alert" tabindex="-1" autofocus.*Wait 30 minutes/)
    assert.equal((await visitor.send(up, { email, password })).status, 429)
    assert.equal((await login(email, password)).status, 429)
  })

  test('a blocked account is told so, and its sessions are over', async () => {
    const { email, visitor, tokens } = await signedUp()
    const { id } = (await api('GET users/me', tokens.access_token)).body
    assert.equal((await api(`PATCH admin/users/${id}`, shop.token, { blocked: true })).status, 200)
    await assert.rejects(silently(visitor), /End-User authentication is required/)
    const blocked = await visitor.send(await formOf(visitor), { email, password })
    assert.equal(blocked.status, 403)
    assert.match(blocked.text, /This account is blocked/)
  })

  test('German for who reads German; what was given is text and never markup', async () => {
    const german = await formOf(new Visitor('de-CH, en;q=0.5'))
    assert.match(german.text, /<html lang="de">.*Passwort/s)
    const visitor = new Visitor('de')
    const hint = '"><script>alert(1)</script>'
    const asked = await formOf(visitor, { ui_locales: 'en', login_hint: hint })
    assert.match(asked.text, /<html lang="en">/)
    assert.ok(input(asked, 'email').includes('value="&quot;&gt;&lt;script&gt;'))
    assert.match(input(asked, 'password'), /autofocus/)
    const wrong = await visitor.send(asked, { email: hint, password })
    assert.ok(wrong.status === 401 && !wrong.text.includes('<script'))
  })

  test('sent twice, it signs in once, and opens one account', async () => {
    for (const prompt of ['create', 'login']) {
      const visitor = new Visitor()
      const email = prompt === 'create' ? newEmail() : (await signedUp()).email
      const client = oidc()
      const form = await visitor.open((await client.createSigninRequest({ prompt })).url)
      const { url, init } = filledIn(form, { email, password })
      const both = await Promise.all([visitor.ask(url, init), visitor.ask(url, init)])
      assert.deepEqual(
        both.map((each) => [each.status, each.url]),
        both.map(() => [303, both[0]?.url]),
      )
      const back = await visitor.open(both[0]?.url ?? '')
      const tokens = await client.processSigninResponse(back.url)
      assert.equal(tokens.profile.email, email)
      assert.equal((await login(email, password)).status, 200)

      const late = await visitor.open(url, init)
      assert.deepEqual([late.status, title(late)], [400, 'This sign-in is over · Doorbuster'])
      assert.ok(late.text.includes(`href="${shop.url}/"`))
    }
  })

  test("another page's form is refused, whatever it knows", async () => {
    const { email } = await signedUp()
    const visitor = new Visitor()
    const form = await formOf(visitor)
    const { url, init } = filledIn(form, { email, password })
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: shop.url },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: shop.url.replace('127.0.0.1', 'localhost') },
      { origin: 'null' },
      {},
    ]) {
      const refused = await visitor.open(url, { ...init, headers: headers as Record<string, string> })
      assert.deepEqual([refused.status, title(refused)], [403, 'This did not come from our page · Doorbuster'])
    }
    const without = await new Visitor().open(url, init)
    assert.deepEqual([without.status, title(without)], [400, 'This sign-in is over · Doorbuster'])
    const old = await visitor.open(url, { ...init, headers: { origin: shop.url } })
    assert.match(old.url, /code=/)
  })
})

suite('what is refused before anybody is asked', () => {
  test('an address of somebody else, for the code or as the host', async () => {
    const { url } = await oidc().createSigninRequest({ redirect_uri: 'https://evil.example/signed-in' })
    const refused = await new Visitor('de').open(url)
    assert.deepEqual([refused.status, refused.headers.get('location')], [400, null])
    assert.match(refused.text, /<html lang="de">.*invalid_redirect_uri/s)

    const evil = url.replace(shop.url, '')
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
      httpGet(`${shop.url}${evil}`, { headers }, (response) => text(response).then(resolve, reject)).on('error', reject)
    })
    assert.match(answer, /invalid_redirect_uri/)
    assert.ok(answer.includes(`href="${shop.url}/"`) && !answer.includes('evil'))
  })

  test('a token for a page of another origin', async () => {
    const ask = (origin: string) => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'doorbuster-web', refresh_token: 'x' })
      return fetch(`${shop.url}/oidc/token`, { method: 'POST', headers: { origin }, body })
    }
    const own = await ask(shop.url)
    assert.equal(((await own.json()) as { error: string }).error, 'invalid_grant')
    const foreign = await ask('https://evil.example')
    assert.equal(((await foreign.json()) as { error: string }).error, 'invalid_request')
    assert.equal(foreign.headers.get('access-control-allow-origin'), null)
  })

  test('no proof key, or one that is sent as it is', async () => {
    const asked = new URL((await oidc().createSigninRequest({})).url)
    asked.searchParams.delete('code_challenge_method')
    for (const challenge of [null, 'a'.repeat(43)]) {
      if (challenge === null) asked.searchParams.delete('code_challenge')
      else asked.searchParams.set('code_challenge', challenge)
      const { status, url } = await new Visitor().open(asked.href)
      assert.equal(status, 303)
      assert.match(url, new RegExp(`^${shop.url}/signed-in\\?error=invalid_request`))
    }
  })

  test('every page: no script, no frame, no copy, its style by its hash', async () => {
    const visitor = new Visitor()
    const form = await formOf(visitor)
    const { url, init } = filledIn(form, { email: newEmail(), password: 'a guess' })
    const { url: signOut } = await oidc().createSignoutRequest()
    const { visitor: ann } = await signedUp()
    const pages = [
      form,
      await visitor.open(url, init),
      await visitor.open(url, { ...init, headers: {} }),
      await new Visitor().open(url),
      await visitor.open(`${shop.url}/oidc/auth`),
      await visitor.open(`${shop.url}/oidc/auth/unknown`),
      await ann.open(signOut),
    ]
    for (const { headers, text } of pages) {
      const policy = headers.get('content-security-policy') ?? ''
      const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? ''
      assert.ok(policy.startsWith("default-src 'none'; ") && policy.includes("frame-ancestors 'none'"), policy)
      assert.ok(policy.includes(`style-src 'sha256-${hash('sha256', style, 'base64')}'`) && !policy.includes('script'), policy)
      assert.ok(!/<script|\son\w+=|\sstyle=/.test(text), text)
      assert.deepEqual(
        ['cache-control', 'referrer-policy', 'x-content-type-options'].map((name) => headers.get(name)),
        ['no-store', 'same-origin', 'nosniff'],
      )
    }
    const answer = await fetch(`${shop.url}/oidc/jwks`)
    assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
  })
})
