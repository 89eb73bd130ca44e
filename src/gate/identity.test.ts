import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose'
import { systemClock } from '../platform/clock.ts'
import { TokenCheck } from './identity.ts'

const audience = 'urn:doorbuster:api'
const issuer = 'http://127.0.0.1:8080/oidc'
const buyer = '0190f7b4-0000-7000-8000-000000000001'
const sale = '0190f7b4-0000-7000-8000-000000000002'
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
const publicJwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' } as JWK
const seconds = () => Math.floor(Date.now() / 1000)
const good = () => ({ sub: buyer, iss: issuer, aud: audience, exp: seconds() + 3600, roles: ['buyer'], gid: 'grant-1' })

function sign(claims: object, header: object = {}, key = privateKey): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'one', ...header }).sign(key)
}

function tokenCheck(remembered?: number) {
  const state = { ahead: 0, verified: 0 }
  const keySet = createLocalJWKSet({ keys: [publicJwk] })
  const check = new TokenCheck({
    keys: (header, token) => {
      state.verified++
      return keySet(header, token)
    },
    issuers: () => ['http://127.0.0.1:1/oidc', issuer],
    audience,
    clock: { ...systemClock, now: () => Date.now() + state.ahead },
    remembered,
  })
  return { check, state }
}

test('a good token names its caller, and is verified once', async () => {
  const { check, state } = tokenCheck()
  const token = await sign({ ...good(), drill: sale })
  assert.equal(check.known(token), undefined)
  const callers = await Promise.all([check.check(token), check.check(token), check.check(token)])
  for (const caller of [...callers, check.known(token), await check.check(token)]) {
    assert.deepEqual([caller?.id, caller?.roles, caller?.drillSaleId], [buyer, ['buyer'], sale])
  }
  assert.equal(state.verified, 1)
})

test('a good signature under another text is not known', async () => {
  const { check } = tokenCheck()
  const token = await sign(good())
  assert.ok(await check.check(token))
  const [header, , signature] = token.split('.')
  const forged = `${header}.${base64url({ ...good(), roles: ['admin'] })}.${signature}`
  const [own, stolen] = await Promise.all([check.check(token), check.check(forged)])
  assert.deepEqual([own?.roles, stolen, check.known(forged)], [['buyer'], undefined, undefined])
})

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const other = await generateKeyPair('RS256')

const bad: Record<string, () => string | Promise<string>> = {
  empty: () => '',
  'not a token': () => 'hello',
  'alg none': () => `${base64url({ alg: 'none', typ: 'at+jwt' })}.${base64url(good())}.`,
  'HS256 with the public key as its secret': async () => {
    const body = `${base64url({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })}.${base64url(good())}`
    return `${body}.${createHmac('sha256', await exportSPKI(publicKey))
      .update(body)
      .digest('base64url')}`
  },
  'signed by another key': () => sign(good(), {}, other.privateKey),
  'signed by an unknown key': () => sign(good(), { kid: 'two' }),
  'another audience': () => sign({ ...good(), aud: 'urn:another:api' }),
  'another issuer': () => sign({ ...good(), iss: 'http://evil.example/oidc' }),
  expired: () => sign({ ...good(), exp: seconds() - 60 }),
  'without an end': () => sign({ ...good(), exp: undefined }),
  'not yet good': () => sign({ ...good(), nbf: seconds() + 60 }),
  'an ID token': () => sign(good(), { typ: 'JWT' }),
  'without a type': () => sign(good(), { typ: undefined }),
  'a subject that is no id': () => sign({ ...good(), sub: 'admin' }),
  'a rehearsal of no sale': () => sign({ ...good(), drill: true }),
  'a changed claim': async () => {
    const [header, , signature] = (await sign(good())).split('.')
    return `${header}.${base64url({ ...good(), roles: ['admin'] })}.${signature}`
  },
}
for (const [name, make] of Object.entries(bad)) {
  test(`refused: ${name}`, async () => {
    const { check } = tokenCheck()
    const token = await make()
    assert.equal(await check.check(token), undefined)
    assert.equal(check.known(token), undefined)
  })
}

test('a token of 64 KB is refused before anything is computed of it', async () => {
  const { check, state } = tokenCheck()
  assert.equal(await check.check(await sign({ ...good(), filler: 'x'.repeat(48_000) })), undefined)
  assert.equal(state.verified, 0)
})

test('a role that is not ours is not taken over', async () => {
  const { check } = tokenCheck()
  assert.deepEqual((await check.check(await sign({ ...good(), roles: ['root', 'buyer', 7] })))?.roles, ['buyer'])
  assert.deepEqual((await check.check(await sign({ ...good(), roles: 'admin' })))?.roles, [])
})

test('what was accepted ends with its time', async () => {
  const { check, state } = tokenCheck()
  const token = await sign(good())
  assert.ok(await check.check(token))
  state.ahead = 3_610_000
  assert.equal(check.known(token), undefined)
  assert.equal(await check.check(token), undefined)
})

test('a denied sign-in is refused at once, known or new or just being checked; another is not', async () => {
  const { check } = tokenCheck()
  const known = await sign(good())
  const stranger = await sign({ ...good(), gid: 'grant-2' })
  await Promise.all([check.check(known), check.check(stranger)])
  const underWay = check.check(await sign({ ...good(), jti: 'second' }))
  check.deny('grant-1')
  assert.equal(check.known(known), undefined)
  assert.equal(await underWay, undefined)
  assert.equal(await check.check(known), undefined)
  assert.ok(check.known(stranger))
})

test('it remembers no more than it may', async () => {
  const { check } = tokenCheck(2)
  const tokens = await Promise.all(['a', 'b', 'c'].map((jti) => sign({ ...good(), jti })))
  for (const token of tokens) await check.check(token)
  assert.deepEqual(
    tokens.map((token) => check.known(token) !== undefined),
    [false, true, true],
  )
})
