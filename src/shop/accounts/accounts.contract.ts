import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { get as httpGet } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { Visitor } from '../../../test/visitor.ts'
import type { Id } from '../../core/ids.ts'
import { type AccountsShop, type OpenDatabase, openShop, password } from './accounts.fixture.contract.ts'
import { PasswordTurns } from './passwords.ts'

/** @param open the database of a folder, the same one each time. */
export function accountsContract(name: string, open: (dataDir: string) => Promise<OpenDatabase>): void {
  describe(`accounts: ${name}`, () => {
    let dataDir: string
    let shop: AccountsShop
    beforeEach(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'accounts-'))
      shop = await openShop(await open(dataDir), dataDir)
    })
    afterEach(async () => {
      await shop.close()
      assert.deepEqual(shop.state.failures, [])
      await rm(dataDir, { recursive: true })
    })

    test('an account is opened once, signs in and has a profile', async () => {
      const made = await shop.send('POST', 'users/register', { email: 'Ann@Example.com', password, name: 'Ann' })
      assert.deepEqual([made.status, made.body.email], [201, 'ann@example.com'])
      assert.deepEqual(shop.state.opened, [[made.body.id, 5000]])
      assert.equal((await shop.register('ann@example.COM')).body.code, 'conflict')

      const answer = await shop.login('ANN@example.com')
      assert.deepEqual(
        [answer.body.token_type, answer.body.expires_in, answer.headers['cache-control']],
        ['Bearer', 3600, 'no-store'],
      )
      const profile = await shop.send('GET', 'users/me', undefined, answer.body.access_token)
      assert.deepEqual(profile.body, { id: made.body.id, email: 'ann@example.com', roles: ['buyer'], name: 'Ann' })
      const renamed = await shop.send('PATCH', 'users/me', { name: 'Anna' }, answer.body.access_token)
      assert.equal(renamed.body.name, 'Anna')
    })

    test('of two who take the same e-mail at the same moment, one gets it', async () => {
      const answers = await Promise.all([1, 2, 3].map(() => shop.register('ann@example.com')))
      assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409, 409])
    })

    test('bodies that are not as described are refused', async () => {
      const email = 'ann@example.com'
      for (const body of [
        {},
        { email },
        { email, password: 'short' },
        { email, password: 'x'.repeat(201) },
        { email: 'ann', password },
        { email, password, roles: ['admin'] },
        { email: `${'a'.repeat(251)}@b.c`, password },
      ]) {
        assert.equal((await shop.send('POST', 'users/register', body)).status, 400, JSON.stringify(body))
      }
    })

    test('each refresh token works once; used again, it ends its family', async () => {
      await shop.register('ann@example.com')
      const first = await shop.signedIn('ann@example.com')
      const second = await shop.refresh(first.refresh_token)
      assert.deepEqual([second.status, second.headers['cache-control']], [200, 'no-store'])
      assert.equal(await shop.me(second.body.access_token), 200)

      assert.equal((await shop.refresh(first.refresh_token)).body.code, 'unauthenticated')
      assert.equal((await shop.refresh(second.body.refresh_token)).status, 401)
      assert.equal(await shop.me(second.body.access_token), 401)
      assert.equal(await shop.me(first.access_token), 401)
      assert.equal((await shop.refresh('unknown')).status, 401)
    })

    test('a refresh token used many times at one moment gives at most one family, and that one has ended', async () => {
      await shop.register('ann@example.com')
      const { refresh_token } = await shop.signedIn('ann@example.com')
      const answers = await Promise.all(Array.from({ length: 8 }, () => shop.refresh(refresh_token)))
      const won = answers.filter((answer) => answer.status === 200)
      assert.ok(won.length <= 1)
      for (const { body } of won) {
        assert.equal((await shop.refresh(body.refresh_token)).status, 401)
        assert.equal(await shop.me(body.access_token), 401)
      }
    })

    test('signing out ends the access token too, and other sign-ins go on', async () => {
      await shop.register('ann@example.com')
      const [phone, desk] = [await shop.signedIn('ann@example.com'), await shop.signedIn('ann@example.com')]
      assert.equal(await shop.me(phone.access_token), 200)
      for (const _ of [1, 2]) {
        assert.equal((await shop.send('POST', 'users/logout', { refresh_token: phone.refresh_token })).status, 204)
      }
      assert.equal(await shop.me(phone.access_token), 401)
      assert.equal((await shop.refresh(phone.refresh_token)).status, 401)
      assert.equal(await shop.me(desk.access_token), 200)
      assert.equal((await shop.refresh(desk.refresh_token)).status, 200)
    })

    test('the database holds no refresh token that could be used', async () => {
      await shop.register('ann@example.com')
      const { refresh_token } = await shop.signedIn('ann@example.com')
      const rows = await shop.db.read((sql) => sql.all('SELECT * FROM oidc_models'))
      assert.equal(rows.length, 2)
      assert.ok(!JSON.stringify(rows).includes(refresh_token))
    })

    test('five failures from one address lock the account there for 30 minutes, and only there', async () => {
      await shop.register('ann@example.com')
      for (const _ of [1, 2, 3, 4, 5]) assert.equal((await shop.login('ann@example.com', 'wrong')).body.code, 'unauthenticated')
      const locked = await shop.login('ann@example.com')
      assert.equal(locked.body.code, 'slow-down')
      const wait = Number(locked.headers['retry-after'])
      assert.ok(wait > 1700 && wait <= 1800, `Retry-After ${wait}`)
      assert.equal((await shop.login('ann@example.com', password, '192.0.2.2')).status, 200)
      shop.state.ahead = wait * 1000
      assert.equal((await shop.login('ann@example.com')).status, 200)
    })

    test('a success forgives the failures before it', async () => {
      await shop.register('ann@example.com')
      for (const _ of [1, 2]) {
        for (const _ of [1, 2, 3, 4]) assert.equal((await shop.login('ann@example.com', 'wrong')).status, 401)
        assert.equal((await shop.login('ann@example.com')).status, 200)
      }
    })

    test('fifty failures from anywhere lock the account everywhere; an unknown e-mail locks like a known one', async () => {
      await shop.register('ann@example.com')
      for (const email of ['ann@example.com', 'nobody@example.com']) {
        for (let at = 0; at < 50; at++) {
          assert.equal((await shop.login(email, 'wrong', `192.0.2.${Math.floor(at / 4)}`)).status, 401)
        }
        assert.equal((await shop.login(email, password, '192.0.2.200')).status, 429)
      }
      shop.state.ahead = 31 * 60_000
      assert.equal(await shop.accounts.purge(Date.now() + shop.state.ahead), 100)
    })

    test('whatever is typed as an e-mail counts as one that is not known', async () => {
      for (const email of ['', 'a\u0000b@example.com', 'İ'.repeat(254), '\ud800', '💳'.repeat(254)]) {
        for (const _ of [1, 2, 3, 4, 5]) assert.equal((await shop.login(email)).status, 401, email)
        assert.equal((await shop.login(email)).status, 429, email)
      }
    })

    test('guesses sent all at once are counted before they are compared', async () => {
      await shop.register('ann@example.com')
      const answers = await Promise.all(Array.from({ length: 20 }, () => shop.login('ann@example.com', 'wrong')))
      assert.equal(answers.filter((answer) => answer.status === 401).length, 5)
      assert.equal(answers.filter((answer) => answer.status === 429).length, 15)
    })

    test('a blocked account is out at once and comes back with a new sign-in', async () => {
      const admin = await shop.administrator({ email: 'boss@example.com', password })
      const { access_token: boss } = await shop.signedIn('boss@example.com')
      const { id } = (await shop.register('ann@example.com')).body
      const before = await shop.signedIn('ann@example.com')
      const change = (user: Id, body: object, token = boss) => shop.send('PATCH', `admin/users/${user}`, body, token)

      assert.equal((await change(id, { blocked: true }, before.access_token)).status, 403)
      assert.equal((await change(id, { blocked: true })).body.blocked, true)
      assert.equal(await shop.me(before.access_token), 401)
      assert.equal((await shop.refresh(before.refresh_token)).status, 401)
      assert.equal((await shop.login('ann@example.com')).body.code, 'forbidden')
      const underWay = await shop.identity.login(id)
      assert.equal(await shop.me(underWay.access_token), 403)
      assert.equal((await shop.refresh(underWay.refresh_token)).status, 401)

      assert.equal((await change(id, { blocked: false, roles: ['buyer', 'admin'] })).status, 200)
      const again = await shop.signedIn('ann@example.com')
      assert.equal(await shop.me(before.access_token), 401)
      assert.equal((await change(admin.id, { roles: ['buyer'] }, again.access_token)).status, 200)
      assert.equal((await change(id, {}, boss)).status, 401)
      for (const body of [{ blocked: true }, { roles: ['buyer'] }]) {
        assert.equal((await change(id, body, again.access_token)).body.code, 'conflict')
      }
      assert.equal((await change(id, {}, again.access_token)).status, 400)
      assert.equal((await change('0190f7b4-0000-7000-8000-000000000001', { blocked: true }, again.access_token)).status, 404)
    })

    test('administrators list accounts and give credit in the currency of the shop', async () => {
      await shop.administrator({ email: 'boss@example.com', password })
      const { access_token } = await shop.signedIn('boss@example.com')
      const { id } = (await shop.register('ann@example.com')).body
      await shop.accounts.createDrillBuyers(id, [{ id: '0190f7b4-0000-7000-8000-000000000001', openingCredit: 0 }], 1)

      const first = await shop.send('GET', 'admin/users?limit=1', undefined, access_token)
      assert.deepEqual([first.body.items.length, first.body.items[0].email, first.body.next], [1, 'ann@example.com', id])
      const second = await shop.send('GET', `admin/users?after=${first.body.next}`, undefined, access_token)
      assert.deepEqual([second.body.items.length, second.body.next], [1, null])
      const found = await shop.send('GET', 'admin/users?email=Ann@example.com', undefined, access_token)
      assert.deepEqual(
        found.body.items.map((user: { id: Id }) => user.id),
        [id],
      )

      const give = (currency: string) => {
        const body = { amount: { amount: 300, currency }, reason: 'sorry' }
        return shop.send('POST', `admin/users/${id}/credit`, body, access_token)
      }
      assert.deepEqual((await give('EUR')).body, { balance: { amount: 1000, currency: 'EUR' } })
      assert.deepEqual([(await give('USD')).status, (await give('USD')).body.errors[0].path], [400, '/amount/currency'])
      const credit = await shop.send('GET', 'users/me/credit?limit=2', undefined, access_token)
      assert.deepEqual([credit.body.balance.amount, credit.body.journal.items[0].amount.amount], [700, -1])
      assert.equal(credit.body.journal.next, credit.body.journal.items[1].id)
    })

    test('tokens outlive a restart on another port, and new ones carry the new address', async () => {
      await shop.register('ann@example.com')
      const before = await shop.signedIn('ann@example.com')
      const earlier = shop.address
      await shop.close()
      shop = await openShop(await open(dataDir), dataDir)
      assert.notEqual(shop.address, earlier)
      assert.equal(await shop.me(before.access_token), 200)
      const after = await shop.refresh(before.refresh_token)
      assert.equal(after.status, 200)
      assert.equal(
        JSON.parse(Buffer.from(after.body.access_token.split('.')[1], 'base64url').toString()).iss,
        `${shop.address}/oidc`,
      )
      assert.equal((await stat(join(dataDir, 'keys.json'))).mode & 0o777, 0o600)
    })

    test('the OpenID provider is reached under /oidc and names its issuer, whatever a client writes in its headers', async () => {
      const get = async (path: string): Promise<Record<string, unknown>> => {
        const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
        const [answer] = await once(httpGet(`${shop.address}/oidc/${path}`, { headers }), 'response')
        return json(answer) as never
      }
      const discovery = await get('.well-known/openid-configuration')
      assert.equal(discovery.issuer, `${shop.address}/oidc`)
      assert.equal(discovery.token_endpoint, `${shop.address}/oidc/token`)
      const [key] = (await get('jwks')).keys as [object]
      assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: 'doorbuster',
        client_secret: 'guess',
      })
      const answer = await fetch(`${shop.address}/oidc/token`, { method: 'POST', body })
      assert.equal(answer.status, 401)
      assert.match(await answer.text(), /invalid_client/)
      assert.equal((await fetch(`${shop.address}/oidc/nothing`)).status, 404)
    })

    test('the first administrator is made once', async () => {
      const made = await shop.administrator()
      assert.equal(made.email, 'admin@localhost')
      assert.equal((await shop.login('admin@localhost', made.password as string)).status, 200)
      assert.deepEqual(await shop.administrator(), { ...made, password: null })
      assert.match((await shop.administrator({ password: 'something else' })).warning ?? '', /ADMIN_PASSWORD is ignored/)
      assert.equal((await shop.administrator({ password: made.password as string })).warning, null)
    })

    test("a rehearsal's buyers have no password, tokens for its sale, and can be removed", async () => {
      const [drill, sale] = ['0190f7b4-0000-7000-8000-00000000000a', '0190f7b4-0000-7000-8000-00000000000b']
      const ids = [1, 2, 3, 4, 5].map((n) => `0190f7b4-0000-7000-8000-00000000000${n}`)
      const buyers = ids.map((id, at) => ({ id, openingCredit: at * 10 }))
      await shop.accounts.createDrillBuyers(drill, buyers, 1)
      assert.deepEqual(
        shop.state.opened,
        buyers.map((buyer) => [buyer.id, buyer.openingCredit]),
      )
      const tokens = await Array.fromAsync(shop.identity.mintDrillTokens(ids, sale))
      const callers = await Promise.all(tokens.map((token) => shop.check.check(token)))
      assert.deepEqual(
        callers.map((caller) => caller?.id),
        ids,
      )
      assert.ok(callers.every((caller) => caller?.drillSaleId === sale && caller.roles.join() === 'buyer'))
      assert.equal((await shop.login(`${ids[0]}@drill.invalid`)).status, 401)
      assert.equal(await shop.accounts.removeDrill(drill), 5)
    })

    test('the operator token administers', async () => {
      const { id } = await shop.administrator()
      const token = await shop.identity.mintOperatorToken(id)
      assert.equal((await shop.send('GET', 'admin/users', undefined, token)).status, 200)
    })

    test('what has ended is purged', async () => {
      await shop.register('ann@example.com')
      await shop.signedIn('ann@example.com')
      assert.equal(await shop.models.purge(Date.now()), 0)
      assert.equal(await shop.models.purge(Date.now() + 31 * 24 * 3600_000), 2)
    })

    /** The page's request for a code. */
    function request(more: Record<string, string> = {}): string {
      const [client_id, redirect_uri] = ['doorbuster-web', `${shop.address}/signed-in`]
      const proof = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }
      const params = { client_id, redirect_uri, response_type: 'code', scope: 'openid', ...proof, ...more }
      return `${shop.address}/oidc/auth?${new URLSearchParams(params)}`
    }

    test('when the line is full, the page keeps what was typed and says when to come back', async () => {
      await shop.close()
      shop = await openShop(await open(dataDir), dataDir, new PasswordTurns(1, 0))
      const visitor = new Visitor()
      for (const prompt of ['login', 'create']) {
        const form = await visitor.open(request({ prompt }))
        const send = () => visitor.send(form, { email: 'ann@example.com', password, name: 'Ann' })
        const answers = await Promise.all([send(), send(), send()])
        const busy = answers.filter(({ status }) => status === 503)
        assert.ok(busy.length >= 1, answers.map(({ status }) => status).join())
        for (const { headers, text } of busy) {
          assert.equal(headers.get('retry-after'), '10')
          assert.match(text, /role="alert".*Wait ten seconds.*value="ann@example.com"/s)
        }
      }
    })

    test('what fails here is a page that says so', async () => {
      const visitor = new Visitor('de')
      const form = await visitor.open(request())
      await shop.db.write((sql) => sql.run('ALTER TABLE oidc_models RENAME TO gone'))
      const failed = await visitor.open(form.url)
      const elsewhere = await visitor.open(request())
      await shop.db.write((sql) => sql.run('ALTER TABLE gone RENAME TO oidc_models'))
      assert.deepEqual([failed.status, failed.headers.get('retry-after'), elsewhere.status], [503, '10', 500])
      for (const { text } of [failed, elsewhere]) assert.match(text, /Hier ist etwas schiefgegangen/)
      assert.match(String(shop.state.failures.pop()), /oidc_models/)
    })

    test('a sign-in waits for an hour, and lasts 30 days however often it is used', async () => {
      const visitor = new Visitor()
      await shop.register('ann@example.com')
      const form = await visitor.open(request())
      const start = Date.now()
      const later = (hours: number) => mock.timers.setTime(start + hours * 3600_000)
      mock.timers.enable({ apis: ['Date'], now: start })
      try {
        later(1.01)
        const late = await visitor.send(form, { email: 'ann@example.com', password })
        assert.match(late.text, /This sign-in is over/)
        const back = await visitor.send(await visitor.open(request()), { email: 'ann@example.com', password })
        assert.match(back.url, /code=/)
        for (const days of [10, 20, 29.9]) {
          later(days * 24)
          assert.match((await visitor.open(request({ prompt: 'none' }))).url, /code=/)
        }
        later(30.1 * 24)
        assert.match((await visitor.open(request({ prompt: 'none' }))).url, /error=login_required/)
      } finally {
        mock.timers.reset()
      }
    })

    test('a block that has not ended the session yet asks for another sign-in', async () => {
      await shop.register('ann@example.com')
      const visitor = new Visitor()
      await visitor.send(await visitor.open(request()), { email: 'ann@example.com', password })
      await shop.db.write((sql) => sql.run('UPDATE users SET blocked = 1'))
      assert.match((await visitor.open(request({ prompt: 'none' }))).url, /error=login_required/)
      const form = await visitor.open(request())
      assert.equal((await visitor.send(form, { email: 'ann@example.com', password })).status, 403)
      await shop.register('ben@example.com')
      assert.match((await visitor.send(form, { email: 'ben@example.com', password })).url, /code=/)
    })

    test('a session that ended does not come back with a request that had read it before', async () => {
      await shop.register('ann@example.com')
      const { id } = (await shop.accounts.byEmail('ann@example.com')) ?? assert.fail()
      const live = "SELECT id, payload, uid FROM oidc_models WHERE kind = 'Session' AND account_id = ? AND consumed_at IS NULL"
      const everywhere = async () => assert.equal((await shop.accounts.signOutEverywhere(id, Date.now())).length, 1)
      const here = async (visitor: Visitor) => {
        const page = await visitor.open(`${shop.address}/oidc/session/end`)
        assert.equal((await visitor.send(page, { logout: 'yes' })).url, `${shop.address}/`)
      }
      for (const end of [everywhere, here]) {
        const visitor = new Visitor()
        await visitor.send(await visitor.open(request()), { email: 'ann@example.com', password })
        const [session] = await shop.db.read((sql) => sql.all<{ id: string; payload: string; uid: string }>(live, id))
        assert.ok(session)
        const before = visitor.copy()
        await end(visitor)

        const { payload, uid } = session
        const again = { kind: 'Session', payload, uid, accountId: id, grantId: null, userCode: null, expiresAt: Date.now() + 1e9 }
        await shop.models.upsert({ ...again, id: session.id })
        assert.equal(await shop.models.findByUid('Session', uid), undefined)
        assert.match((await before.open(request({ prompt: 'none' }))).url, /error=login_required/)
        await shop.models.upsert({ ...again, id: `next of ${uid}` })
        assert.equal((await shop.models.findByUid('Session', uid))?.payload, payload)
        await shop.models.endSession(`next of ${uid}`, Date.now())
      }
    })
  })
}
