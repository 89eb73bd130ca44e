import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import { ask } from './asked.ts'
import { freePort } from './free-port.ts'
import { type NginxServer, startNginx, withoutNginx } from './nginx-server.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { type RedisServer, startRedis, withoutRedis } from './redis-server.ts'
import { type Shop, startShop } from './shop.ts'

/** Of the webhook, as the shop is told; everybody else is refused there. */
const GATEWAY = '127.0.0.3'

const without = withoutNginx || withoutPostgres || withoutRedis('redis-server')

suite('two shops behind nginx', { skip: without, timeout: 300_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'nginx-shop-'))
  let postgres: PostgresServer
  let redis: RedisServer
  let nginx: NginxServer
  const shops: Shop[] = []
  let saleId = ''
  before(async () => {
    postgres = await startPostgres()
    redis = await startRedis()
    const port = await freePort()
    const settings = {
      DATABASE_URL: await postgres.newDatabase(),
      CACHE_URL: redis.url,
      SEED: 'demo',
      ROLES: 'api,relay,payments,scheduler',
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      TRUSTED_PROXIES: '127.0.0.1',
      // Nobody answers there: only the webhook's door is tried.
      PAYMENT_URL: 'http://key@127.0.0.1:1',
      WEBHOOK_SECRET: 'secret',
      PAYMENT_ADDRESSES: GATEWAY,
    }
    for (let i = 0; i < 2; i++) shops.push(await startShop(settings, undefined, [], []))
    nginx = await startNginx(
      shops.map(({ url }) => url),
      { port },
    )
    const { body } = await ask(nginx.url, { path: '/api/v1/sales/active' })
    saleId = JSON.parse(body).items[0].id
  })
  after(async () => {
    for (const shop of shops) await shop.stop()
    await nginx?.[Symbol.asyncDispose]()
    await redis?.stop()
    await postgres?.[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true, force: true })
  })

  test('the page, its files for a year, answers compressed, and each header once', async () => {
    const page = await ask(nginx.url, { path: '/' })
    assert.deepEqual([page.status, page.headers['cache-control']], [200, 'no-store'])
    assert.match(page.headers['content-security-policy'] ?? '', /^default-src 'none'; script-src 'self'; [^,]*$/)
    assert.deepEqual([page.headers['x-content-type-options'], page.headers['referrer-policy']], ['nosniff', 'no-referrer'])
    assert.equal(page.headers['strict-transport-security'], undefined)
    const [file = assert.fail()] = page.body.match(/\/assets\/[^"]+\.css/) ?? []
    for (const coding of ['br', 'gzip', 'gzip']) {
      const { status, headers } = await ask(nginx.url, { path: file, headers: { 'accept-encoding': coding } })
      assert.deepEqual(
        [status, headers['content-encoding'], headers['cache-control']],
        [200, coding, 'public, max-age=31536000, immutable'],
      )
    }
    const plain = await ask(nginx.url, { path: '/api/v1/products' })
    const small = await fetchGzip('/api/v1/products')
    assert.deepEqual(JSON.parse(gunzipSync(small).toString()), JSON.parse(plain.body))
    assert.ok(small.length < plain.body.length)
  })

  async function fetchGzip(path: string): Promise<Buffer> {
    const { request } = await import('node:http')
    const asked = request(nginx.url + path, { headers: { 'accept-encoding': 'gzip' } }).end()
    const [answer] = await once(asked, 'response')
    assert.equal(answer.headers['content-encoding'], 'gzip')
    return Buffer.concat(await answer.toArray())
  }

  test('a status is as the shop says it, and 304 to whoever has it', async () => {
    const path = `/api/v1/sales/${saleId}/status`
    const { status, headers, body } = await ask(nginx.url, { path })
    assert.deepEqual([status, JSON.parse(body).saleId, headers['cache-control']], [200, saleId, 'public, max-age=0, s-maxage=1'])
    // Both shops call the same state by names of their own: where a second passed between the two, the other is asked.
    const until = performance.now() + 20_000
    let tag = headers.etag ?? ''
    for (;;) {
      const again = await ask(nginx.url, { path, headers: { 'if-none-match': tag } })
      if (again.status === 304) break
      assert.ok(performance.now() < until)
      tag = again.headers.etag ?? ''
    }
  })

  test('sockets are shared out evenly, and told at once', async () => {
    const sockets = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const socket = new WebSocket(`${nginx.url.replace('http', 'ws')}/api/v1/live`, { origin: nginx.url })
        const [first] = await once(socket, 'message')
        socket.send(JSON.stringify({ subscribe: [`sale:${saleId}`] }))
        const [second] = await once(socket, 'message')
        assert.deepEqual([JSON.parse(second).type, JSON.parse(second).saleId], ['stock', saleId])
        return { socket, serverId: JSON.parse(first).serverId as string }
      }),
    )
    const at = Map.groupBy(sockets, ({ serverId }) => serverId)
    assert.deepEqual(
      [...at.values()].map((each) => each.length),
      [3, 3],
    )
    for (const { socket } of sockets) {
      socket.close()
      await once(socket, 'close')
    }
    const elsewhere = new WebSocket(`${nginx.url.replace('http', 'ws')}/api/v1/live`, { origin: 'http://evil.example' })
    const [, answer] = await once(elsewhere, 'unexpected-response')
    assert.equal(answer.statusCode, 403)
  })

  test('a ticket of one shop opens a socket at either', async () => {
    const [shop = assert.fail()] = shops
    const sockets = []
    for (let i = 0; i < 2; i++) {
      const { ticket } = await shop.api.post<{ ticket: string }>('/api/v1/live/ticket')
      const socket = new WebSocket(`${nginx.url.replace('http', 'ws')}/api/v1/live?ticket=${ticket}`)
      const [hello] = await once(socket, 'message')
      sockets.push({ socket, serverId: JSON.parse(hello).serverId as string })
    }
    assert.equal(new Set(sockets.map(({ serverId }) => serverId)).size, 2, 'the second went to the one that had none')
    for (const { socket } of sockets) {
      socket.close()
      await once(socket, 'close')
    }
  })

  test('only the gateway may call the webhook, by nginx, and nobody can say that they are it', async () => {
    const called = async (url: string, from: string, said?: string) => {
      const headers: Record<string, string> = said === undefined ? {} : { 'x-forwarded-for': said }
      const { status } = await ask(url, { method: 'POST', path: '/api/v1/payments/process', body: '{}', from, headers })
      return status
    }
    // 401: the door was open, the signature is missing.
    assert.equal(await called(nginx.url, GATEWAY), 401)
    assert.equal(await called(nginx.url, '127.0.0.2'), 403)
    assert.equal(await called(nginx.url, '127.0.0.2', GATEWAY), 403)
    assert.equal(await called(nginx.url, '127.0.0.2', `${GATEWAY}, 127.0.0.1`), 403)
    const [shop = assert.fail()] = shops
    assert.equal(await called(shop.url, '127.0.0.2', GATEWAY), 403)
  })

  test('TLS 1.3 and HTTP/2; http is sent there', async () => {
    const [certificate, key] = [join(dir, 'certificate.pem'), join(dir, 'key.pem')]
    const named = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1']
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...named]
    execFileSync('openssl', [...made, '-keyout', key, '-out', certificate], { stdio: 'pipe' })
    const ca = readFileSync(certificate, 'utf8')
    const plainPort = await freePort()
    await using secure = await startNginx(
      shops.map(({ url }) => url),
      { tls: { certificate, key, plainPort } },
    )
    const { status, headers } = await ask(secure.url, { path: '/', ca })
    assert.deepEqual([status, headers['strict-transport-security']], [200, 'max-age=31536000'])
    assert.equal((await ask(secure.url, { path: '/metrics', ca })).headers['strict-transport-security'], 'max-age=31536000')
    const sent = await ask(`http://127.0.0.1:${plainPort}`, { method: 'POST', path: '/x?y=z', body: '{}' })
    assert.deepEqual([sent.status, sent.headers.location], [308, 'https://127.0.0.1/x?y=z'])
    const old = connectTls({ port: secure.port, host: '127.0.0.1', ca, maxVersion: 'TLSv1.2' })
    await assert.rejects(once(old, 'secureConnect'), /alert protocol version/)
    const session = connectHttp2(secure.url, { ca })
    const stream = session.request({ ':path': '/api/v1/time' })
    const [answer] = await once(stream, 'response')
    assert.equal(answer[':status'], 200)
    assert.equal((session.socket as unknown as { getProtocol(): string }).getProtocol(), 'TLSv1.3')
    stream.resume()
    await once(stream, 'close')
    session.close()
    const socket = new WebSocket(`${secure.url.replace('https', 'wss')}/api/v1/live`, { ca })
    assert.equal(JSON.parse((await once(socket, 'message'))[0]).type, 'hello')
    socket.close()
    await once(socket, 'close')
  })

  test('a shop that was killed is left out: nobody is told of it', async () => {
    await shops[0]?.kill()
    for (let i = 0; i < 20; i++) {
      assert.equal((await ask(nginx.url, { path: '/api/v1/time' })).status, 200)
      // Never sent to the dead one, so the other may have it. 401: nobody is signed in.
      assert.equal((await ask(nginx.url, { method: 'POST', path: '/api/v1/live/ticket' })).status, 401)
    }
    await shops[1]?.kill()
    const { status, headers, body } = await ask(nginx.url, { path: '/api/v1/time' })
    assert.deepEqual([status, JSON.parse(body).code, headers['retry-after']], [503, 'unknown-outcome', '1'])
  })
})
