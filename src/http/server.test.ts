import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pino } from 'pino'
import type { Caller } from '../core/caller.ts'
import { Fault } from '../core/fault.ts'
import { LocalRate } from '../gate/local-rate.ts'
import { systemClock } from '../platform/clock.ts'
import type { App } from '../platform/http.ts'
import { systemRandom } from '../platform/random.ts'
import { opsRoutes } from './ops-routes.ts'
import { makeServer } from './server.ts'

const sale = '0190f7b4-0000-7000-8000-000000000002'
const caller = (id: string, more: Partial<Caller> = {}): Caller => ({
  id,
  roles: ['buyer'],
  expiresAt: 0,
  drillSaleId: null,
  grantId: null,
  ...more,
})
const callers: Record<string, Caller> = {
  one: caller('one'),
  two: caller('two'),
  admin: caller('admin', { roles: ['admin'] }),
  drill: caller('drill', { drillSaleId: sale }),
}
/** It stands still, so that what is used up stays so until it is moved. */
const state = { ticks: 0, ready: async (): Promise<Record<string, true | string>> => ({ stores: true }) }
const clock = { ...systemClock, ticks: () => state.ticks }
const log = pino({ level: 'silent' })

const tokens = { known: (token: string) => callers[token], check: async () => undefined }
const app: App = await makeServer({ log, random: systemRandom, version: '0', rate: new LocalRate(clock), tokens }, (app) => {
  app.get('/public', async () => ({}))
  app.get('/api/v1/orders', { onRequest: app.needs('buyer') }, async () => ({}))
  app.get('/api/v1/live', async () => ({}))
  app.get('/api/v1/sales/:id/status', async () => ({}))
  app.get('/other', { onRequest: app.needs('buyer') }, async () => ({}))
  app.get('/admin', { onRequest: app.needs('admin') }, async () => ({}))
  app.get<{ Params: { how: string } }>('/fails/:how', async ({ params: { how } }) => {
    if (how === 'bug') throw new TypeError('of no interest to strangers')
    throw new Fault('store-busy', how as 'refused', 'the table orders is locked')
  })
  opsRoutes(app, {
    metrics: { text: async () => ({ type: 'text/plain', body: 'figures' }) },
    ready: () => state.ready(),
    clock: systemClock,
  })
})
after(() => app.close())

async function ask(url: string, token?: string, remoteAddress = '192.0.2.1', headers: Record<string, string> = {}) {
  const sent = { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const { statusCode: status, headers: got, body } = await app.inject({ url, headers: sent, remoteAddress })
  return { status, headers: got, body: got['content-type']?.includes('json') ? JSON.parse(body) : body }
}

/** How many of so many get through. */
async function passed(times: number, url: string, token?: string, address?: string): Promise<number> {
  let through = 0
  for (let n = 0; n < times; n++) if ((await ask(url, token, address)).status !== 429) through++
  return through
}

test('an address has 200 requests a second, whatever it asks for, and health is free', async () => {
  state.ticks += 10_000
  assert.equal(await passed(150, '/public'), 150)
  assert.equal(await passed(60, '/nothing'), 50)
  const { status, headers, body } = await ask('/public')
  assert.deepEqual([status, body.code], [429, 'slow-down'])
  assert.equal(headers['retry-after'], '1')
  assert.deepEqual([headers.ratelimit, headers['ratelimit-policy']], ['"address";r=0;t=1', '"address";q=200;w=1'])
  assert.equal((await ask('/api/v1/orders', 'one')).status, 429)
  assert.equal((await ask('/api/v1/orders', 'bad')).status, 429)
  for (const url of ['/health/live', '/health/ready', '/metrics']) assert.equal((await ask(url)).status, 200)
  assert.equal((await ask('/public', undefined, '192.0.2.2')).status, 200)
  state.ticks += 1000
  assert.equal(await passed(210, '/public'), 200)
})

test('a buyer has 5 requests a second from wherever; administrators and others are not touched by that', async () => {
  state.ticks += 10_000
  assert.equal(await passed(4, '/api/v1/orders', 'one', '192.0.2.1'), 4)
  assert.equal(await passed(4, '/api/v1/orders', 'one', '192.0.2.2'), 1)
  assert.equal((await ask('/api/v1/orders', 'one')).headers['ratelimit-policy'], '"user";q=5;w=1')
  assert.equal(await passed(5, '/api/v1/orders', 'two'), 5)
  assert.equal(await passed(20, '/admin', 'admin'), 20)
})

test("a rehearsal's buyer is free of the address's limit, and of no use elsewhere", async () => {
  state.ticks += 10_000
  await passed(200, '/public')
  assert.equal((await ask('/api/v1/orders', 'drill')).status, 200)
  assert.equal((await ask('/other', 'drill')).status, 403)
  for (const url of ['/api/v1/live', `/api/v1/sales/${sale}/status`]) {
    assert.equal((await ask(url, 'drill')).status, 200)
    for (const other of ['one', 'bad', undefined]) assert.equal((await ask(url, other)).status, 429)
  }
  for (const url of ['/public', '/api/v1/sales/other/status']) assert.equal((await ask(url, 'drill')).status, 429)
})

test('a fault is 503 with when to ask again, and a defect tells strangers nothing', async () => {
  state.ticks += 10_000
  for (const [how, code] of [
    ['refused', 'busy'],
    ['unknown', 'unknown-outcome'],
  ] as const) {
    const { status, headers, body } = await ask(`/fails/${how}`)
    assert.deepEqual([status, body.code, headers['retry-after']], [503, code, '1'])
    assert.doesNotMatch(JSON.stringify(body), /orders/)
  }
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const { status, body } = await ask('/fails/bug', undefined, undefined, { traceparent: `00-${trace}-b7ad6b7169203331-01` })
  assert.deepEqual([status, body.code, body.traceId], [500, 'internal', trace])
  assert.doesNotMatch(JSON.stringify(body), /interest/)
})

test('readiness names what is wrong, soon also where nothing answers', async () => {
  state.ready = async () => ({ stores: true, disk: 'is full' })
  assert.deepEqual((await ask('/readyz')).body, { status: 'DOWN', checks: { stores: 'ok', disk: 'is full' } })
  state.ready = async () => {
    throw new Error('no such file')
  }
  assert.deepEqual((await ask('/readyz')).body, { status: 'DOWN', checks: { stores: 'no such file' } })
  let looks = 0
  const stalled = Promise.withResolvers<Record<string, true>>()
  state.ready = () => {
    looks++
    return stalled.promise
  }
  const started = performance.now()
  const answers = await Promise.all([ask('/readyz'), ask('/health'), ask('/actuator/health')])
  assert.ok(performance.now() - started < 250)
  assert.deepEqual([answers.map(({ status }) => status), looks], [[503, 503, 503], 1])
  assert.equal((await ask('/livez')).status, 200)
  stalled.resolve({ stores: true })
  await stalled.promise
  state.ready = async () => ({ stores: true })
  assert.equal((await ask('/readyz')).status, 200)
})

test('X-Forwarded-For is believed of named proxies alone', async (t) => {
  state.ticks += 10_000
  const believing = await makeServer(
    {
      log,
      random: systemRandom,
      version: '0',
      rate: new LocalRate(clock),
      tokens,
      trustedProxies: (from) => from === '192.0.2.9',
    },
    (app) => {
      app.get('/who', async ({ ip }) => ({ ip }))
    },
  )
  t.after(() => believing.close())
  const who = async (of: App, remoteAddress: string, said: string) =>
    (await of.inject({ url: '/who', remoteAddress, headers: { 'x-forwarded-for': said } })).json().ip
  assert.equal(await who(believing, '192.0.2.9', '198.51.100.7'), '198.51.100.7')
  // What stands before the proxy's own word is the client's.
  assert.equal(await who(believing, '192.0.2.9', '198.51.100.1, 198.51.100.7'), '198.51.100.7')
  assert.equal(await who(believing, '192.0.2.1', '198.51.100.7'), '192.0.2.1')
  // Without the setting nobody is, and each word would otherwise have 200 requests of its own.
  let through = 0
  for (let n = 0; n < 210; n++) {
    const { statusCode } = await app.inject({
      url: '/public',
      remoteAddress: '192.0.2.9',
      headers: { 'x-forwarded-for': `198.51.100.${n}` },
    })
    if (statusCode === 200) through++
  }
  assert.equal(through, 200)
})
