import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { codes } from '../src/core/codes.ts'
import { ask } from './asked.ts'
import { startNginx, withoutNginx } from './nginx-server.ts'

/** Every request that something behind nginx was sent to the end, and what it does then. */
async function startShopStub(t: TestContext, answer: (request: IncomingMessage, reply: ServerResponse) => void) {
  const asked: { method: string; url: string; headers: IncomingMessage['headers']; port: number }[] = []
  const server = createServer(async (request, reply) => {
    for await (const _ of request);
    const { method = '', url = '', headers, socket } = request
    asked.push({ method, url, headers, port: socket.remotePort ?? 0 })
    answer(request, reply)
  }).listen({ port: 0, host: '127.0.0.1', backlog: 2000 })
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const says = (_: IncomingMessage, reply: ServerResponse): void => void reply.end('{}')
const cuts = (request: IncomingMessage): void => void request.socket.destroy()

suite('nginx as it is shipped', { skip: withoutNginx, timeout: 120_000 }, () => {
  test('a POST that was cut off is sent to nobody else, and its outcome is called unknown', async (t) => {
    const [cutting, saying] = [await startShopStub(t, cuts), await startShopStub(t, says)]
    await using nginx = await startNginx([cutting.url, saying.url])
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ask(nginx.url, { method: 'POST', path: `/api/v1/x?${i}`, body: '{}' })),
    )
    const sent = [...cutting.asked, ...saying.asked].map(({ url }) => url)
    assert.equal(new Set(sent).size, sent.length, 'each at most once')
    const lost = answers.filter(({ status }) => status !== 200)
    assert.ok(cutting.asked.length > 0 && saying.asked.length > 0)
    assert.equal(lost.length, cutting.asked.length)
    for (const { status, headers, body } of lost) {
      assert.deepEqual([status, JSON.parse(body).code, headers['retry-after']], [503, 'unknown-outcome', '1'])
    }
  })

  test('a GET that was cut off is asked of one other', async (t) => {
    const [cutting, saying] = [await startShopStub(t, cuts), await startShopStub(t, says)]
    await using nginx = await startNginx([cutting.url, saying.url])
    for (let i = 0; i < 6; i++) assert.equal((await ask(nginx.url, { path: `/api/v1/x?${i}` })).status, 200)
    assert.ok(cutting.asked.length > 0 && cutting.asked.length <= 2, 'twice, then it is left alone')
    assert.equal(saying.asked.length, 6)
  })

  test('a hundred who ask for a status within a second are a few for the shop', async (t) => {
    let left = 0
    const stub = await startShopStub(t, (_, reply) => {
      const headers = {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=0, s-maxage=1',
        etag: `W/"${++left}"`,
      }
      // Not at once: those who ask meanwhile must neither be sent on nor wait for long.
      setTimeout(() => reply.writeHead(200, headers).end(JSON.stringify({ left })), 50)
    })
    await using nginx = await startNginx([stub.url])
    const path = '/api/v1/sales/0190f7b4-0000-7000-8000-000000000002/status'
    const since = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => ask(nginx.url, { path: `${path}?${i}`, headers: { authorization: `Bearer ${i}` } })),
    )
    const seconds = (performance.now() - since) / 1000
    assert.ok(stub.asked.length <= 1 + Math.ceil(seconds), `${stub.asked.length} in ${seconds} s`)
    for (const { status, headers } of answers)
      assert.deepEqual([status, headers['cache-control']], [200, 'public, max-age=0, s-maxage=1'])
    const { status } = await ask(nginx.url, { path, headers: { 'if-none-match': `W/"${left}"` } })
    assert.ok(status === 304 || left > 1)
    // One who asks seldom is told what is left now, not what was left when they asked before.
    const before = left
    while ((await ask(nginx.url, { path })).body === JSON.stringify({ left: before })) await sleep(50)
    assert.equal(left, before + 1)
  })

  test('while one waits for the new status, the others get the old one at once', async (t) => {
    const second = Promise.withResolvers<() => void>()
    const stub = await startShopStub(t, (_, reply) => {
      const say = (left: number) => reply.writeHead(200, { 'cache-control': 's-maxage=1' }).end(String(left))
      if (stub.asked.length === 1) say(1)
      else second.resolve(() => say(2))
    })
    await using nginx = await startNginx([stub.url])
    const status = async () => (await ask(nginx.url, { path: '/api/v1/sales/1/status' })).body
    assert.equal(await status(), '1')
    let waiting = Promise.resolve('')
    while (stub.asked.length === 1) {
      await sleep(50)
      waiting = status()
      await Promise.race([waiting, second.promise])
    }
    const say = await second.promise
    assert.equal(await status(), '1')
    say()
    assert.equal(await waiting, '2')
    assert.equal(stub.asked.length, 2)
  })

  test('a shop that is slow gets no more while another has nothing to do', async (t) => {
    const held = Promise.withResolvers<ServerResponse>()
    const slow = await startShopStub(t, (_, reply) => held.resolve(reply))
    const quick = await startShopStub(t, says)
    await using nginx = await startNginx([slow.url, quick.url])
    let waiting = ask(nginx.url, { path: '/api/v1/time' })
    while (await Promise.race([waiting, held.promise.then(() => null)])) waiting = ask(nginx.url, { path: '/api/v1/time' })
    const before = quick.asked.length
    for (let i = 0; i < 10; i++) await ask(nginx.url, { path: '/api/v1/time' })
    assert.deepEqual([slow.asked.length, quick.asked.length], [1, before + 10])
    ;(await held.promise).end('{}')
    assert.equal((await waiting).status, 200)
  })

  test('other answers are not kept, whatever they say of themselves', async (t) => {
    const stub = await startShopStub(t, (_, reply) => reply.writeHead(200, { 'cache-control': 'public, s-maxage=60' }).end('{}'))
    await using nginx = await startNginx([stub.url])
    for (let i = 0; i < 3; i++) await ask(nginx.url, { path: '/api/v1/orders/1/status' })
    assert.equal(stub.asked.length, 3)
  })

  test('an address has 200 requests a second and as many at once; files, webhooks and health are free, others are not touched', async (t) => {
    const stub = await startShopStub(t, says)
    await using nginx = await startNginx([stub.url])
    const since = performance.now()
    const answers = await inOneGo(nginx.port, '/api/v1/time', '127.0.0.2')
    const passed = answers.filter((answer) => answer.startsWith('200')).length
    const most = 202 + (200 * (performance.now() - since)) / 1000
    assert.ok(passed >= 201 && passed <= most, `${passed} of ${answers.length} passed; at most ${most}`)
    for (const answer of answers.filter((each) => !each.startsWith('200'))) {
      assert.match(
        answer,
        /^429 .*Content-Type: application\/problem\+json; charset=utf-8\r\n.*Retry-After: 1\r\n.*"code":"slow-down"/s,
      )
    }
    assert.equal((await ask(nginx.url, { path: '/api/v1/time', from: '127.0.0.3' })).status, 200)
    for (const path of ['/assets/a.js', '/api/v1/payments/process', '/health/ready']) {
      assert.ok(
        (await inOneGo(nginx.port, path, '127.0.0.2')).every((answer) => answer.startsWith('200')),
        path,
      )
    }
  })

  test('an address has 1000 requests under way at most', async (t) => {
    const held: ServerResponse[] = []
    const all = Promise.withResolvers<void>()
    const stub = await startShopStub(t, (_, reply) => {
      if (held.push(reply) === 1000) all.resolve()
    })
    await using nginx = await startNginx([stub.url])
    // Not limited by the second, so that all can come at once.
    const path = '/api/v1/payments/process'
    const waiting = Array.from({ length: 1000 }, () => ask(nginx.url, { path, from: '127.0.0.2' }))
    await Promise.race([all.promise, ...waiting])
    assert.equal(held.length, 1000)
    const { status, body } = await ask(nginx.url, { path, from: '127.0.0.2' })
    assert.deepEqual([status, JSON.parse(body).code], [429, 'slow-down'])
    const other = ask(nginx.url, { path, from: '127.0.0.3' })
    while (held.length === 1000) await Promise.race([other, sleep(20)])
    for (const reply of held) reply.end('{}')
    assert.deepEqual(new Set((await Promise.all([other, ...waiting])).map((answer) => answer.status)), new Set([200]))
  })

  test('what a client says of where it comes from is replaced', async (t) => {
    const stub = await startShopStub(t, says)
    await using nginx = await startNginx([stub.url])
    const forged = {
      'x-forwarded-for': '192.0.2.66',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=192.0.2.66',
      upgrade: 'websocket',
      connection: 'upgrade',
    }
    await ask(nginx.url, { path: '/api/v1/time', from: '127.0.0.2', headers: forged })
    const { headers } = stub.asked[0] ?? assert.fail()
    const { 'x-forwarded-for': address, 'x-forwarded-proto': scheme, host } = headers
    assert.deepEqual([address, scheme, host], ['127.0.0.2', 'http', `127.0.0.1:${nginx.port}`])
    for (const name of ['x-forwarded-host', 'forwarded', 'upgrade']) assert.equal(headers[name], undefined, name)
  })

  test('connections to the shop are kept', async (t) => {
    const stub = await startShopStub(t, says)
    await using nginx = await startNginx([stub.url])
    for (let i = 0; i < 20; i++) await ask(nginx.url, { path: '/api/v1/time' })
    // Each worker keeps its own.
    assert.ok(new Set(stub.asked.map(({ port }) => port)).size < 20)
  })

  test('what only those who run it may see is not there, however it is written', async (t) => {
    const stub = await startShopStub(t, says)
    await using nginx = await startNginx([stub.url])
    const paths = ['/metrics', '/actuator/prometheus', '/actuator/health', '/health', '/health/live', '/livez', '/readyz']
    const disguised = [
      '/%6Detrics',
      '/x/../metrics',
      '//metrics',
      '/health%2Flive',
      '/metrics?x',
      '/metrics/',
      '/health/ready/../live',
    ]
    for (const path of [...paths, ...disguised]) {
      const { status, headers, body } = await ask(nginx.url, { path })
      assert.deepEqual([status, JSON.parse(body).code, headers['content-type']], [404, 'not-found', PROBLEM], path)
      assert.equal(headers['x-content-type-options'], 'nosniff')
    }
    assert.equal(stub.asked.length, 0)
    assert.equal((await ask(nginx.url, { path: '/health/ready' })).status, 200)
  })

  test('what is too long is refused as the API does it; an import is not', async (t) => {
    const stub = await startShopStub(t, says)
    await using nginx = await startNginx([stub.url])
    const post = (path: string, bytes: number) => ask(nginx.url, { method: 'POST', path, body: 'x'.repeat(bytes) })
    assert.equal((await post('/api/v1/x', 16 * 1024)).status, 200)
    const { status, headers, body } = await post('/api/v1/x', 16 * 1024 + 1)
    assert.deepEqual([status, JSON.parse(body).code, headers['content-type']], [413, 'too-large', PROBLEM])
    assert.equal((await post('/api/v1/admin/import', 1024 * 1024)).status, 200)
    assert.equal((await ask(nginx.url, { path: `/${'x'.repeat(20_000)}` })).status, 413)
    assert.equal((await ask(nginx.url, { method: 'TRACE', path: '/' })).status, 405)
  })
})

/** Asks 900 times by one connection before the first answer is read: however slow the machine, nginx has them at once. Answers
 *  what was answered, from the status on. */
async function inOneGo(port: number, path: string, from: string): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  const request = (more = '') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`
  socket.write(request().repeat(899) + request('Connection: close\r\n'))
  let text = ''
  for await (const part of socket) text += part
  return text.split('HTTP/1.1 ').slice(1)
}

const PROBLEM = 'application/problem+json; charset=utf-8'

test('what nginx answers by itself has the words of the API', () => {
  const text = readFileSync(new URL('../deploy/nginx/locations.conf', import.meta.url), 'utf8')
  const answers = [...text.matchAll(/return (\d+) '(.*)';/g)]
  assert.equal(answers.length, 6)
  for (const [, status, body = ''] of answers) {
    const { type, title, code, ...more } = JSON.parse(body)
    assert.deepEqual(codes[code as keyof typeof codes], [Number(status), title])
    assert.deepEqual([type, more.status, more.traceId], [`urn:doorbuster:problem:${code}`, Number(status), '$request_id'])
  }
})
