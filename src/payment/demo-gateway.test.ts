import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { startDemoGateway } from '../../test/demo-gateway.ts'
import { handClock } from '../../test/hand-clock.ts'
import { MemoryGateway } from '../../test/memory-gateway.ts'
import { Fault } from '../core/fault.ts'
import { DemoGateway } from '../gateway-demo/gateway.ts'
import { webhookSignature } from '../platform/webhook-signature.ts'
import { DemoGatewayClient, demoWebhook } from './demo-gateway.ts'
import { chargeAt, gatewayContract } from './gateway.contract.ts'

gatewayContract('in memory', () => {
  const clock = handClock()
  let ids = 0
  const demo = new DemoGateway({ now: clock.now, newId: () => `${++ids}` })
  const press = (act: 'pay' | 'decline') => async (txnId: string) => void demo.act(txnId, act)
  const buyer = { pay: press('pay'), decline: press('decline') }
  return { gateway: new MemoryGateway(demo), buyer, now: clock.now, afterDecline: 'declined' }
})

suite('over HTTP', () => {
  let server: Awaited<ReturnType<typeof startDemoGateway>>
  before(async () => {
    server = await startDemoGateway()
  })
  after(() => server.stop())

  let runs = 0
  gatewayContract('the demo server', async () => {
    const prefix = `${++runs} `
    const press = (act: string) => async (txnId: string) => void (await server.press(txnId, act))
    const buyer = { pay: press('pay'), decline: press('decline') }
    const now = server.client
    // One server for all: each test has keys of its own.
    const gateway = {
      authorize: (key: string, charge: Parameters<typeof now.authorize>[1]) => now.authorize(prefix + key, charge),
      capture: (key: string, txnId: string) => now.capture(prefix + key, txnId),
      void: (key: string, txnId: string) => now.void(prefix + key, txnId),
      refund: (key: string, txnId: string) => now.refund(prefix + key, txnId),
      lookup: now.lookup.bind(now),
      events: now.events.bind(now),
    }
    // From where the tests before left off.
    const start = await all(gateway)
    const events = (after: string | null, max: number) => gateway.events(after ?? start, max)
    return { gateway: { ...gateway, events }, buyer, now: Date.now, afterDecline: 'declined' as const }
  })
})

async function all(gateway: Pick<DemoGatewayClient, 'events'>): Promise<string | null> {
  let next: string | null = null
  for (let more = true; more; ) {
    const page: Awaited<ReturnType<typeof gateway.events>> = await gateway.events(next, 100)
    more = page.events.length > 0
    next = page.next
  }
  return next
}

suite('what the world does', () => {
  const parts = { key: 'k', returnUrl: () => 'http://shop/', notifyUrl: () => 'http://shop/' }
  const state = { answer: (): [number, string] | null => null }
  const server = createServer((_request, response) => {
    const answer = state.answer()
    if (answer) response.writeHead(answer[0]).end(answer[1])
    else response.destroy()
  })
  let client: DemoGatewayClient
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    client = new DemoGatewayClient({ ...parts, url: () => url })
  })
  after(() => server.close())

  const charge = chargeAt(Date.now())
  const meant = [
    [() => [400, '{}'], 'gateway-refused', 'refused'],
    [() => [401, '{}'], 'gateway-refused', 'refused'],
    [() => [404, '{}'], 'gateway-refused', 'refused'],
    [() => [422, '{}'], 'gateway-refused', 'refused'],
    [() => [429, '{}'], 'gateway-down', 'refused'],
    [() => [503, '{}'], 'gateway-down', 'refused'],
    [() => [500, '{}'], 'gateway-silent', 'unknown'],
    [() => [502, ''], 'gateway-silent', 'unknown'],
    [() => [200, 'this is not it'], 'gateway-silent', 'unknown'],
    [() => [200, '{"charge":{"state":"won"}}'], 'gateway-silent', 'unknown'],
    [() => null, 'gateway-silent', 'unknown'],
  ] as const
  for (const [answer, code, outcome] of meant) {
    test(`${JSON.stringify(answer())} is ${code}`, async () => {
      state.answer = answer as () => [number, string] | null
      const asks = [
        () => client.authorize('a', charge),
        () => client.capture('c', 'txn'),
        () => client.lookup(charge.orderId, 1),
        () => client.events(null, 1),
      ]
      for (const ask of asks) {
        await assert.rejects(ask, (error) => error instanceof Fault && error.code === code && error.outcome === outcome)
      }
    })
  }

  test('nobody there is gateway-down: nothing happened', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const nobody = new DemoGatewayClient({ ...parts, url: () => `http://127.0.0.1:${port}` })
    await assert.rejects(nobody.capture('c', 'txn'), (error) => error instanceof Fault && error.code === 'gateway-down')
  })
})

suite('a webhook', () => {
  const now = 1_800_000_000_000
  const data = { orderId: 'o', attempt: 1, txnId: 't', amount: 100, currency: 'EUR', state: 'captured' }
  const body = Buffer.from(JSON.stringify({ id: 'evt_1', type: 'charge.captured', created: now / 1000, data }))
  const read = demoWebhook(['new', 'old'])
  const heard = (signature: string | undefined, bytes = body, at = now) =>
    read(bytes, (name) => (name === 'doorbuster-signature' ? signature : undefined), at)

  test('is read as it was signed, by any of the secrets', () => {
    const event = {
      id: 'evt_1',
      type: 'charge.captured',
      created: now,
      view: { ...data, redirectUrl: null, reason: null },
    }
    for (const secret of ['new', 'old']) assert.deepEqual(heard(webhookSignature(secret, body, now)), { kind: 'event', event })
    const both = `${webhookSignature('gone', body, now)},${webhookSignature('new', body, now).split(',')[1]}`
    assert.equal(heard(both).kind, 'event')
  })

  const signature = webhookSignature('new', body, now)
  const forged: [string, () => ReturnType<typeof heard>][] = [
    ['none', () => heard(undefined)],
    ['an empty one', () => heard('')],
    ['of a secret that is no more', () => heard(webhookSignature('older', body, now))],
    ['of other bytes', () => heard(signature, Buffer.from(body.toString().replace('100', '101')))],
    ['with another time', () => heard(signature.replace(/t=(\d+)/, (_all, t) => `t=${Number(t) + 1}`))],
    ['301 s old', () => heard(signature, body, now + 301_000)],
    ['301 s ahead', () => heard(signature, body, now - 301_000)],
    ['without a time', () => heard(signature.replace(/^t=\d+,/, ''))],
    ['cut short', () => heard(signature.slice(0, -2))],
    ['of another scheme', () => heard(signature.replace('v1', 'v0'))],
  ]
  for (const [name, hear] of forged)
    test(`with a signature ${name} is forged`, () => assert.deepEqual(hear(), { kind: 'forged' }))

  test('is heard up to 300 s late', () => assert.equal(heard(signature, body, now + 300_000).kind, 'event'))

  for (const text of [
    '',
    'nonsense',
    '{}',
    JSON.stringify({ id: 'e', type: 'x', created: 1, data: { ...data, state: 'won' } }),
  ]) {
    test(`${JSON.stringify(text.slice(0, 20))} is unreadable, though it is signed`, () => {
      const bytes = Buffer.from(text)
      assert.equal(heard(webhookSignature('new', bytes, now), bytes).kind, 'unreadable')
    })
  }
})
