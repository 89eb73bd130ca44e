import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import Stripe from 'stripe'
import { stripeFace } from '../../test/stripe-face.ts'
import { Fault } from '../core/fault.ts'
import { chargeAt, gatewayContract } from './gateway.contract.ts'
import { StripeGateway, stripeAmount, stripeWebhook } from './stripe-gateway.ts'

const returnUrl = (orderId: string) => `https://shop.example/orders/${orderId}`

suite('the demo gateway with the face of Stripe', () => {
  const faces: { close(): Promise<void> }[] = []
  after(() => Promise.all(faces.map((face) => face.close())))
  async function stage() {
    const face = await stripeFace()
    faces.push(face)
    const gateway = new StripeGateway({ key: 'sk_test_1', host: face.host, returnUrl })
    return { face, gateway, buyer: face, now: Date.now, afterDecline: 'open' as const }
  }
  gatewayContract('Stripe', stage)

  test('the same charge is the same request, whenever it is asked', async (t) => {
    const { face, gateway } = await stage()
    const charge = chargeAt(Date.now())
    await gateway.authorize('k', charge)
    const first = face.sent.get('POST /v1/checkout/sessions')?.toString()
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 })
    await gateway.authorize('k', charge)
    assert.equal(face.sent.get('POST /v1/checkout/sessions')?.toString(), first)
  })

  test('what is no longer among the newest sessions is found by its intent', async () => {
    const { face, gateway } = await stage()
    const charge = chargeAt(Date.now())
    const { txnId } = await gateway.authorize('k', charge)
    await face.pay(txnId)
    face.listing.max = 0
    assert.deepEqual([(await gateway.lookup(charge.orderId, 1))?.txnId, await gateway.lookup(charge.orderId, 2)], [txnId, null])
  })

  test('a cursor that Stripe has forgotten begins anew', async () => {
    const { face, gateway } = await stage()
    const { txnId } = await gateway.authorize('k', chargeAt(Date.now()))
    await face.pay(txnId)
    const { events, next } = await gateway.events('evt_long_ago', 25)
    assert.deepEqual([events.length, next], [1, 'evt_1'])
  })

  test('a card declined and then another one that is not: open, then authorized', async () => {
    const { face, gateway } = await stage()
    const { txnId } = await gateway.authorize('k', chargeAt(Date.now()))
    await face.decline(txnId)
    await face.pay(txnId)
    const { events } = await gateway.events(null, 25)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['payment_intent.payment_failed', 'checkout.session.completed'],
    )
    assert.equal(events[1]?.view.state, 'authorized')
  })
})

suite('what the world does', () => {
  const state = { status: 0, type: 'api_error' }
  const server = createServer((_request, response) => {
    if (state.status === 0) response.destroy()
    else response.writeHead(state.status).end(JSON.stringify({ error: { type: state.type, message: 'so' } }))
  })
  let gateway: StripeGateway
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = { name: '127.0.0.1', port: (server.address() as AddressInfo).port }
    gateway = new StripeGateway({ key: 'sk_test_1', host, returnUrl })
  })
  after(() => void server.close())

  for (const [status, type, code] of [
    [400, 'invalid_request_error', 'gateway-refused'],
    [400, 'idempotency_error', 'gateway-refused'],
    [401, 'invalid_request_error', 'gateway-refused'],
    [402, 'card_error', 'gateway-refused'],
    [403, 'invalid_request_error', 'gateway-refused'],
    [409, 'invalid_request_error', 'gateway-silent'],
    [429, 'invalid_request_error', 'gateway-down'],
    [500, 'api_error', 'gateway-silent'],
    [503, 'api_error', 'gateway-silent'],
    [0, 'nothing', 'gateway-silent'],
  ] as const) {
    test(`${status} ${type} is ${code}`, async () => {
      Object.assign(state, { status, type })
      const isSo = (error: unknown) => error instanceof Fault && error.code === code
      await assert.rejects(gateway.authorize('a', chargeAt(Date.now())), isSo)
      await assert.rejects(gateway.capture('c', 'cs_1'), isSo)
    })
  }

  test('nobody there is gateway-down', async () => {
    const nobody = new StripeGateway({ key: 'sk_test_1', host: { name: '127.0.0.1', port: 1 }, returnUrl })
    const isSo = (error: unknown) => error instanceof Fault && error.code === 'gateway-down' && error.outcome === 'refused'
    await assert.rejects(nobody.capture('c', 'cs_1'), isSo)
  })
})

suite("amounts in Stripe's smallest units", () => {
  for (const [amount, currency, sent] of [
    [1999, 'EUR', 1999],
    [500, 'JPY', 500],
    [1230, 'KWD', 1230],
    [500, 'ISK', 50_000],
    [500, 'UGX', 50_000],
  ] as const) {
    test(`${amount} ${currency} is ${sent}`, () => assert.equal(stripeAmount(amount, currency), sent))
  }
  test('1234 KWD cannot be said', () => {
    assert.throws(() => stripeAmount(1234, 'KWD'), {
      code: 'gateway-refused',
      outcome: 'refused',
      message: /KWD.*last digit must be 0/,
    })
  })
})

suite('a webhook of Stripe', () => {
  const now = 1_800_000_000_000
  const metadata = { orderId: 'o', attempt: '2' }
  const session = { id: 'cs_1', object: 'checkout.session', status: 'complete', metadata, amount_total: 500, currency: 'jpy' }
  const event = (type: string, object: object) =>
    JSON.stringify({ id: 'evt_1', object: 'event', type, created: now / 1000, data: { object } })
  const completed = event('checkout.session.completed', session)
  const read = stripeWebhook(['whsec_new', 'whsec_old'])
  const signed = (payload: string, secret = 'whsec_new') =>
    Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: now / 1000 })
  const heard = (payload: string, signature: string | undefined, at = now) =>
    read(Buffer.from(payload), (name) => (name === 'stripe-signature' ? signature : undefined), at)

  test('that says that the page was paid on is authorized, by either secret', () => {
    const view = { orderId: 'o', attempt: 2, txnId: 'cs_1', state: 'authorized', amount: 500, currency: 'JPY' }
    const expected = {
      id: 'evt_1',
      type: 'checkout.session.completed',
      created: now,
      view: { ...view, redirectUrl: null, reason: null },
    }
    for (const secret of ['whsec_new', 'whsec_old']) {
      assert.deepEqual(heard(completed, signed(completed, secret)), { kind: 'event', event: expected })
    }
  })

  test('that says that the page has ended is voided', () => {
    const body = event('checkout.session.expired', { ...session, status: 'expired' })
    const said = heard(body, signed(body))
    assert.equal(said.kind === 'event' && said.event.view.state, 'voided')
  })

  const forged: [string, string, string | undefined, number?][] = [
    ['without a signature', completed, undefined],
    ['by another secret', completed, signed(completed, 'whsec_older')],
    ['altered', completed.replace('500', '501'), signed(completed)],
    ['301 s old', completed, signed(completed), now + 301_000],
  ]
  for (const [name, body, signature, at] of forged) {
    test(`${name} is forged`, () => assert.deepEqual(heard(body, signature, at), { kind: 'forged' }))
  }

  for (const body of [
    'nonsense',
    event('payment_intent.succeeded', { id: 'pi_1', object: 'payment_intent' }),
    event('checkout.session.completed', { ...session, metadata: {} }),
  ]) {
    test(`${body.slice(0, 90)} is unreadable`, () => assert.equal(heard(body, signed(body)).kind, 'unreadable'))
  }
})

/** Stripe's own mock: it keeps nothing, but refuses what Stripe's description of its API does not have. */
const mock = process.env.STRIPE_MOCK ?? 'stripe-mock'
const isThere = spawnSync(mock, ['-version']).error === undefined
const required = (process.env.REQUIRES ?? '').split(',').includes('stripe-mock')
suite('stripe-mock', { skip: !isThere && !required && 'there is no stripe-mock in PATH and none in STRIPE_MOCK' }, () => {
  let child: ChildProcess
  let port: number
  before(async () => {
    child = spawn(mock, ['-http-addr', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const found = /Listening for HTTP at address: \S*?:(\d+)/.exec(said)?.[1]
        if (found !== undefined) resolve(Number(found))
      })
    }
    child.once('exit', () => reject(new Error(said)))
    port = await promise
  })
  after(() => void child?.kill())

  /** The mock with sessions in the state that is wanted, as it keeps none; and the calls that it took. */
  async function mockWith(session: object) {
    const taken: string[] = []
    const server = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const sent = method === 'GET' ? {} : { body: Buffer.concat(chunks).toString() }
      const { authorization = '', 'content-type': type = '' } = headers
      const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
        method,
        headers: { authorization, 'content-type': type },
        ...sent,
      })
      const body = (await answer.json()) as object
      const path = url.split('?')[0] ?? ''
      taken.push(`${answer.status} ${method} ${path}`)
      const isSession = method === 'GET' && path.startsWith('/v1/checkout/sessions/')
      response.writeHead(answer.status).end(JSON.stringify(isSession ? { ...body, ...session } : body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = { name: '127.0.0.1', port: (server.address() as AddressInfo).port }
    const close = () => server.close(() => {}).closeAllConnections()
    return { gateway: new StripeGateway({ key: 'sk_test_123', host, returnUrl }), taken, close }
  }

  const intent = (status: string) => ({ id: 'pi_1', status, amount_received: 5, latest_charge: null })
  const calls: [string, object, (gateway: StripeGateway) => Promise<unknown>, string[]][] = [
    ['authorize', {}, (gateway) => gateway.authorize('k', chargeAt(Date.now())), ['POST /v1/checkout/sessions']],
    [
      'capture',
      { status: 'complete', payment_intent: intent('requires_capture') },
      (gateway) => gateway.capture('k', 'cs_1'),
      ['GET /v1/checkout/sessions/cs_1', 'POST /v1/payment_intents/pi_1/capture'],
    ],
    [
      'void of an open page',
      { status: 'open', payment_intent: null },
      (gateway) => gateway.void('k', 'cs_1'),
      ['GET /v1/checkout/sessions/cs_1', 'POST /v1/checkout/sessions/cs_1/expire'],
    ],
    [
      'void of what is authorized',
      { status: 'complete', payment_intent: intent('requires_capture') },
      (gateway) => gateway.void('k', 'cs_1'),
      ['GET /v1/checkout/sessions/cs_1', 'POST /v1/payment_intents/pi_1/cancel'],
    ],
    [
      'refund',
      { status: 'complete', payment_intent: intent('succeeded') },
      (gateway) => gateway.refund('k', 'cs_1'),
      ['GET /v1/checkout/sessions/cs_1', 'POST /v1/refunds', 'GET /v1/checkout/sessions/cs_1'],
    ],
    [
      'lookup',
      {},
      (gateway) => gateway.lookup('0190f7b4-0000-7000-8000-000000000002', 1),
      ['GET /v1/checkout/sessions', 'GET /v1/payment_intents/search', 'GET /v1/checkout/sessions'],
    ],
    ['events', {}, (gateway) => gateway.events('evt_1', 10), ['GET /v1/events', 'GET /v1/checkout/sessions']],
  ]
  for (const [name, session, call, expected] of calls) {
    test(`takes each request of ${name}`, async (t) => {
      const { gateway, taken, close } = await mockWith(session)
      t.after(close)
      await call(gateway)
      assert.deepEqual(
        taken,
        expected.map((path) => `200 ${path}`),
      )
    })
  }
})
