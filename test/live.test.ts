import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { connectTo, PATIENCE_MS, ticketOf } from './live-connection.ts'
import { type Shop, startShop } from './shop.ts'

type Made = { drillId: string; saleId: string; productId: string; tokensUrl: string }

let shop: Shop
let made: Made
let tokens: string[] = []

before(async () => {
  shop = await startShop()
  made = await shop.api.post<Made>('/api/v1/admin/drills', { buyers: 30, units: 20 })
  tokens = (await shop.api.text(made.tokensUrl)).trimEnd().split('\n')
})
after(() => shop?.stop())

const nextToken = () => tokens.pop() as string

const connect = (query = '', headers: Record<string, string> = {}) => connectTo(shop.url, query, headers)

/** Why there is no connection. */
async function refused(query: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const socket = new WebSocket(`${shop.url.replace('http', 'ws')}/api/v1/live${query}`, { headers })
  const [, response] = await once(socket, 'unexpected-response', { signal: AbortSignal.timeout(PATIENCE_MS) })
  let text = ''
  for await (const part of response) text += part
  assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
  return [response.statusCode, JSON.parse(text).code]
}

const ticket = (token: string) => ticketOf(shop.url, token)

async function buy(token: string): Promise<string> {
  const answer = await fetch(`${shop.url}/api/v1/sales/${made.saleId}/purchase`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ productId: made.productId, quantity: 1 }),
  })
  assert.equal(answer.status, 202)
  return ((await answer.json()) as { orderId: string }).orderId
}

test('a buyer sees the sale, the stock and what becomes of the order', async () => {
  const [token, other] = [nextToken(), nextToken()]
  const early = await buy(token)
  const mine = await connect(`?ticket=${await ticket(token)}`)
  const public_ = await connect()
  const theirs = await connect(`?ticket=${await ticket(other)}`)
  for (const { frames, frame } of [mine, public_, theirs]) {
    await frame(({ type }) => type === 'hello')
    assert.deepEqual(Object.keys(frames[0] ?? {}), ['type', 'serverTime', 'serverId'])
  }
  mine.send({ subscribe: [`sale:${made.saleId}`, 'orders'] })
  public_.send({ subscribe: [`sale:${made.saleId}`] })
  theirs.send({ subscribe: ['orders', `sale:${made.saleId}`] })
  for (const { frame } of [mine, public_, theirs]) {
    const sale = await frame(({ type }) => type === 'sale')
    assert.deepEqual([sale.saleId, sale.status, sale.phase], [made.saleId, 'ACTIVE', 'Active'])
    const stock = await frame(({ type }) => type === 'stock')
    assert.deepEqual(stock.items, [{ productId: made.productId, remaining: 19 }])
  }
  await mine.frame(({ type, orderId, version }) => type === 'order' && orderId === early && Number(version) >= 1)

  const orderId = await buy(other)
  const done = await theirs.frame((frame) => frame.orderId === orderId && frame.status === 'COMPLETED')
  assert.equal(done.version, 2)
  for (const { frame } of [mine, public_, theirs]) {
    await frame(({ type, items }) => type === 'stock' && (items as { remaining: number }[])[0]?.remaining === 18)
  }
  assert.ok(mine.frames.every((frame) => frame.orderId !== orderId))
  assert.ok(public_.frames.every(({ type }) => type !== 'order'))

  await shop.api.post(`/api/v1/admin/sales/${made.saleId}/pause`)
  await public_.frame(({ type, phase }) => type === 'sale' && phase === 'Paused')
  await shop.api.post(`/api/v1/admin/sales/${made.saleId}/resume`)
  await public_.frame(({ type, phase }) => type === 'sale' && phase === 'Active')
  for (const { socket } of [mine, public_, theirs]) socket.close()
})

test('a change of its times is told, though the sale is as open as before: who shows them reads them again', async () => {
  const watcher = await connect()
  watcher.send({ subscribe: [`sale:${made.saleId}`] })
  await watcher.frame(({ type }) => type === 'sale')
  const before = watcher.frames.length
  const answer = await fetch(`${shop.url}/api/v1/admin/sales/${made.saleId}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${shop.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ endTime: new Date(Date.now() + 5400_000).toISOString() }),
  })
  assert.equal(answer.status, 200)
  const told = await watcher.frame((frame) => frame.type === 'sale' && watcher.frames.indexOf(frame) >= before)
  assert.deepEqual([told.status, told.phase], ['ACTIVE', 'Active'])
  watcher.socket.close()
})

test('a crowd changes the stock often, and four times a second it is told', async () => {
  await sleep(300) // What memory says of the pause before.
  const watcher = await connect()
  watcher.send({ subscribe: [`sale:${made.saleId}`] })
  await watcher.frame(({ type }) => type === 'stock')
  const started = Date.now()
  for (let n = 0; n < 12; n++) {
    await buy(nextToken())
    await sleep(50)
  }
  await watcher.frame(({ type, items }) => type === 'stock' && (items as { remaining: number }[])[0]?.remaining === 6)
  const told = watcher.frames.filter(({ type }) => type === 'stock').length - 1
  const most = Math.ceil((Date.now() - started) / 250) + 1
  assert.ok(told >= 2 && told <= most, `${told} frames, at most ${most}`)
  watcher.socket.close()
})

test('a ticket works once; pages of other sites are refused', async () => {
  const once_ = await ticket(nextToken())
  const first = await connect(`?ticket=${once_}`)
  assert.deepEqual(await refused(`?ticket=${once_}`), [401, 'unauthenticated'])
  assert.deepEqual(await refused('?ticket=x'), [401, 'unauthenticated'])
  assert.deepEqual(await refused('?tickets=x'), [400, 'invalid'])
  assert.deepEqual(await refused('', { origin: 'http://evil.example' }), [403, 'forbidden'])
  assert.deepEqual(await refused('', { origin: 'null' }), [403, 'forbidden'])
  const own = await connect('', { origin: shop.url })
  for (const { socket } of [first, own]) socket.close()
  const plain = await fetch(`${shop.url}/api/v1/live`)
  assert.deepEqual([plain.status, ((await plain.json()) as { code: string }).code], [400, 'invalid'])
})

test('a bad frame gets an error and nothing else; a frame too long ends the connection', async () => {
  const socket = await connect()
  const unknown = '01980000-0000-7000-8000-000000000000'
  const bad = [
    '',
    '{',
    'null',
    '[]',
    '"orders"',
    {},
    { subscribe: 'orders' },
    { subscribe: [] },
    { subscribe: [1] },
    { subscribe: ['orders'] },
    { subscribe: ['sale:1'] },
    { subscribe: ['buyers'] },
    { subscribe: [`sale:${made.saleId}`], more: 1 },
    { subscribe: [`sale:${made.saleId}`, `sale:${unknown}`] },
    Buffer.from('{"subscribe":[]}'),
  ]
  for (const frame of bad) socket.send(frame)
  await socket.frame(() => socket.frames.length > bad.length)
  assert.deepEqual(
    socket.frames.map(({ type }) => type),
    ['hello', ...bad.map(() => 'error')],
  )
  for (let n = 0; n < 30; n++) socket.send({ subscribe: [`sale:${made.saleId}`] })
  await socket.frame(({ detail }) => String(detail).startsWith('At most 5 frames'))
  socket.send('x'.repeat(4097))
  assert.equal((await socket.closed)[0], 1009)
})

test('the ticket of somebody who was blocked meanwhile opens nothing', async () => {
  const account = { email: 'blocked@example.com', password: 'correct horse battery' }
  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    return (await fetch(shop.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<
      Record<string, string>
    >
  }
  const { id } = await post('/api/v1/users/register', account)
  const { access_token: token = '' } = await post('/api/v1/users/login', account)
  const kept = await ticket(token)
  const headers = { authorization: `Bearer ${shop.token}`, 'content-type': 'application/json' }
  const blocked = await fetch(`${shop.url}/api/v1/admin/users/${id}`, { method: 'PATCH', headers, body: '{"blocked":true}' })
  assert.equal(blocked.status, 200)
  assert.deepEqual(await refused(`?ticket=${kept}`), [401, 'unauthenticated'])
})

test('a server that stops says goodbye, also to who does not answer', { timeout: 90_000 }, async () => {
  const watcher = await connect()
  const silent = await connect()
  silent.socket.pause()
  const started = Date.now()
  assert.equal(await shop.stop(), 0)
  assert.deepEqual((await watcher.closed)[0], 1001)
  assert.ok(Date.now() - started < 5000)
  silent.socket.terminate()
})
