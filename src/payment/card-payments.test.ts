import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock as clock } from '../platform/clock.ts'
import { Metrics } from '../platform/metrics.ts'
import { systemRandom as random } from '../platform/random.ts'
import { webhookSignature } from '../platform/webhook-signature.ts'
import { type CardParts, gatewayOf } from './card-payments.ts'
import type { Webhook } from './gateway.ts'

const NOBODY = 'http://127.0.0.1:2'

/** What `gatewayOf` makes of an address, with its metrics and what it wrote into the log. */
async function made(more: Partial<CardParts>) {
  const log: [string, object][] = []
  const metrics = new Metrics()
  const cards = await gatewayOf({
    address: { kind: 'demo' },
    webhookSecrets: [],
    own: { url: () => NOBODY, key: 'k', webhookSecret: 'made' },
    returnUrl: () => 'http://shop/',
    notifyUrl: () => 'http://shop/hear',
    clock,
    random,
    metrics,
    log: { warn: (fields) => void log.push(['warn', fields]), info: (fields) => void log.push(['info', fields]) },
    ...more,
  })
  return { cards, log, figures: async () => (await metrics.text()).body }
}

function isHeard(webhook: Webhook | undefined, secret: string, header = 'doorbuster-signature'): boolean {
  const body = Buffer.from('{}')
  const signature = webhookSignature(secret, body, clock.now())
  return webhook?.(body, (name) => (name === header ? signature : undefined), clock.now()).kind === 'unreadable'
}

test('none is no gateway', async () => assert.equal((await made({ address: { kind: 'none' } })).cards, null))

test('each address has its adapter, and the reader of its webhooks', async () => {
  const own = (await made({})).cards
  assert.deepEqual([own?.gateway.name, isHeard(own?.webhook, 'made')], ['demo', true])
  const set = (await made({ webhookSecrets: ['set'] })).cards
  assert.deepEqual([isHeard(set?.webhook, 'set'), isHeard(set?.webhook, 'made')], [true, false])
  const elsewhere = (await made({ address: { kind: 'demo-at', url: NOBODY, key: 'k' }, webhookSecrets: ['set'], own: null }))
    .cards
  assert.deepEqual([elsewhere?.gateway.name, isHeard(elsewhere?.webhook, 'set')], ['demo', true])
  const stripe = (await made({ address: { kind: 'stripe', key: 'sk_1', host: null }, webhookSecrets: ['set'], own: null })).cards
  assert.deepEqual([stripe?.gateway.name, stripe?.gateway.available], ['stripe', true])
  // The same scheme under another name.
  assert.deepEqual([isHeard(stripe?.webhook, 'set', 'stripe-signature'), isHeard(stripe?.webhook, 'set')], [true, false])
})

test('an open breaker is a warning, a figure, and no gateway for the gate', async () => {
  const { cards, log, figures } = await made({})
  assert.match(await figures(), /^payment_gateway_breaker_state 0$/m)
  for (let call = 0; call < 6; call++) await assert.rejects(cards?.gateway.capture('k', 't') ?? assert.fail())
  assert.deepEqual(log, [['warn', { event: 'gateway-breaker', state: 'open' }]])
  assert.equal(cards?.gateway.available, false)
  const text = await figures()
  assert.match(text, /^payment_gateway_breaker_state 2$/m)
  assert.match(text, /^doorbuster_gateway_calls_total\{method="capture",outcome="gateway-down"\} 5$/m)
  assert.match(text, /^doorbuster_gateway_calls_total\{method="capture",outcome="not-asked"\} 1$/m)
})
