import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { decodeJwt, generateKeyPair, importJWK, SignJWT } from 'jose'
import { type Shop, startShop } from './shop.ts'

const seconds = () => Math.floor(Date.now() / 1000)
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

let shop: Shop
before(async () => {
  shop = await startShop({ RATE_LIMITS: 'off' })
})
after(() => shop?.stop())

suite('tokens of the shop’s own making, but not good', { timeout: 90_000 }, () => {
  let sign: (change?: object, header?: object) => Promise<string>
  let token = ''

  before(async () => {
    const made = await shop.api.post<{ tokensUrl: string }>('/api/v1/admin/drills', { buyers: 1, units: 1 })
    token = (await shop.api.text(made.tokensUrl)).trim()
    const { signing } = JSON.parse(readFileSync(join(shop.dir, 'keys.json'), 'utf8'))
    const key = await importJWK(signing, 'RS256')
    const header = { alg: 'RS256', typ: 'at+jwt', kid: signing.kid }
    sign = (change = {}, other = {}) =>
      new SignJWT({ ...decodeJwt(token), ...change }).setProtectedHeader({ ...header, ...other }).sign(key)
  })

  const ask = (sent: string) => fetch(`${shop.url}/api/v1/orders`, { headers: { authorization: `Bearer ${sent}` } })

  test('the same claims signed anew are good', async () => {
    assert.equal((await ask(await sign())).status, 200)
    assert.equal((await ask(token)).status, 200)
  })

  const bad: Record<string, () => string | Promise<string>> = {
    expired: () => sign({ exp: seconds() - 60 }),
    'for another audience': () => sign({ aud: 'urn:another:api' }),
    'by another issuer': () => sign({ iss: 'http://evil.example/oidc' }),
    'not yet good': () => sign({ nbf: seconds() + 60 }),
    'an ID token': () => sign({}, { typ: 'JWT' }),
    'alg none': () => `${base64url({ alg: 'none', typ: 'at+jwt' })}.${base64url(decodeJwt(token))}.`,
    'alg none with the old signature': () =>
      `${base64url({ alg: 'none', typ: 'at+jwt' })}.${base64url(decodeJwt(token))}.${token.split('.')[2]}`,
    'signed by another key': async () => {
      const { privateKey } = await generateKeyPair('RS256')
      return new SignJWT({ ...decodeJwt(token) }).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' }).sign(privateKey)
    },
    'with other claims under a good signature': () => {
      const [header, , signature] = token.split('.')
      return `${header}.${base64url({ ...decodeJwt(token), roles: ['admin'] })}.${signature}`
    },
    'of 15 KB': () => sign({ filler: 'x'.repeat(11_000) }),
  }
  for (const [name, make] of Object.entries(bad)) {
    test(name, async () => {
      const answer = await ask(await make())
      assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [401, 'unauthenticated'])
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
    })
  }

  test('of 64 KB', async () => {
    const answer = await raw(`GET /api/v1/orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer ${'x'.repeat(65_536)}\r\n\r\n`)
    assertProblem(answer, 431, 'too-large')
  })
})

suite('what is not quite HTTP gets an answer', { timeout: 90_000 }, () => {
  const host = 'Host: shop\r\n'
  const json = 'Content-Type: application/json\r\n'
  const post = `POST /api/v1/users/login HTTP/1.1\r\n${host}${json}`
  const sent: Record<string, [string, number, string]> = {
    noise: ['\x16\x03\x01\x02\x00\x01\r\n\r\n', 400, 'invalid'],
    'an unknown version': [`GET / HTTP/7.0\r\n${host}\r\n`, 400, 'invalid'],
    'two lengths': [`${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`, 400, 'invalid'],
    'a length and chunks': [`${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, 'invalid'],
    'a chunk that is none': [`${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400, 'invalid'],
    'a space in a header’s name': [`GET / HTTP/1.1\r\n${host}Bad Name: x\r\n\r\n`, 400, 'invalid'],
    'chunks that add up to too much': [
      `${post}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n8000\r\n${' '.repeat(0x8000)}\r\n0\r\n\r\n`,
      413,
      'too-large',
    ],
    'a long address': [`GET /${'x'.repeat(9000)} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 404, 'not-found'],
    'a wish to upgrade elsewhere': [
      `GET /api/v1/nothing HTTP/1.1\r\n${host}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
      404,
      'not-found',
    ],
    'no WebSocket': [`GET /api/v1/live HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`, 400, 'invalid'],
  }
  for (const [name, [bytes, status, code]] of Object.entries(sent)) {
    test(name, async () => assertProblem(await raw(bytes), status, code))
  }

  test('and the shop goes on', async () => {
    assert.equal((await fetch(`${shop.url}/health/ready`)).status, 200)
    assert.equal((await shop.api.get<{ ok: boolean }>('/api/v1/admin/audit')).ok, true)
  })
})

test('who gives up half-way leaves nothing behind', async () => {
  const { hostname, port } = new URL(shop.url)
  const body = JSON.stringify({ email: 'half@shop.example', password: 'a good password' })
  const head = `POST /api/v1/users/register HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  for (let n = 0; n < 20; n++) {
    const socket = connect(Number(port), hostname, () => socket.write(head + body.slice(0, -5), () => socket.destroy()))
    await new Promise((resolve) => socket.once('close', resolve))
  }
  const users = await shop.api.get<{ items: unknown[] }>('/api/v1/admin/users?email=half@shop.example')
  assert.deepEqual(users.items, [])
})

/** Everything that comes back until the server closes. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(shop.url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes, 'latin1')
  return text(socket)
}

function assertProblem(answer: string, status: number, code: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  assert.match(head, new RegExp(`^HTTP/1.1 ${status} `), answer)
  assert.match(head, /^content-type: application\/problem\+json/im, answer)
  const problem = JSON.parse(body)
  assert.deepEqual([problem.status, problem.code], [status, code])
}
