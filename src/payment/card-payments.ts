import { assert } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import type { Clock } from '../platform/clock.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Random } from '../platform/random.ts'
import { DemoGatewayClient, demoWebhook } from './demo-gateway.ts'
import type { Gateway, TestGateway, Webhook } from './gateway.ts'
import { type BreakerState, GuardedGateway } from './guarded-gateway.ts'
import { gatewayName, type PaymentAddress } from './payment-address.ts'

export type CardParts = {
  address: PaymentAddress
  /** Of `WEBHOOK_SECRET`; with a gateway of our own and none set, that of `own`. */
  webhookSecrets: readonly string[]
  /** The demo gateway of this process, for the address `demo:`. Its `url` is asked at each call: it is known once the server listens. */
  own: { url(): string; key: string; webhookSecret: string } | null
  /** Asked at each call: they are known once the server listens. */
  returnUrl(orderId: Id): string
  notifyUrl(): string
  clock: Clock
  random: Random
  metrics: Pick<Metrics, 'gauge' | 'gatewayCall'>
  log: { warn(fields: object, sentence: string): void; info(fields: object, sentence: string): void }
}

const stateValues: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 }

/** `test`: not guarded, of a gateway that moves no money; `null` of any other. */
type Cards<G> = { gateway: G; webhook: Webhook; test: TestGateway | null }

/** The card gateway that the settings name, guarded, and who reads what it tells. `null`: nobody pays by card here. */
export async function gatewayOf(parts: CardParts): Promise<Cards<GuardedGateway> | null> {
  const { clock, random, metrics, log } = parts
  const plain = await plainGateway(parts)
  if (!plain) return null
  const gateway = new GuardedGateway(gatewayName(parts.address), plain.gateway, {
    clock,
    random,
    onCall: (method, outcome) => metrics.gatewayCall(method, outcome),
    onChange(state) {
      const fields = { event: 'gateway-breaker', state }
      if (state === 'open') log.warn(fields, 'the card gateway fails: it is asked nothing for a while')
      else log.info(fields, state === 'closed' ? 'the card gateway answers again' : 'the card gateway is probed')
    },
  })
  metrics.gauge('payment_gateway_breaker_state', 'Of the card gateway: 0 closed, 1 half-open, 2 open.', [], () => [
    { labels: [], value: stateValues[gateway.breaker] },
  ])
  return { ...plain, gateway }
}

async function plainGateway(parts: CardParts): Promise<Cards<Gateway> | null> {
  const { address, webhookSecrets: secrets, own, returnUrl, notifyUrl } = parts
  switch (address.kind) {
    case 'none':
      return null
    case 'demo': {
      assert(own, 'demo: comes with a gateway in this process')
      const { url, key, webhookSecret } = own
      const gateway = new DemoGatewayClient({ url, key, returnUrl, notifyUrl })
      const webhook = demoWebhook(secrets.length > 0 ? secrets : [webhookSecret])
      return { gateway, webhook, test: gateway }
    }
    case 'demo-at': {
      const { url, key } = address
      const gateway = new DemoGatewayClient({ url: () => url, key, returnUrl, notifyUrl })
      return { gateway, webhook: demoWebhook(secrets), test: gateway }
    }
    case 'stripe': {
      const { StripeGateway, stripeWebhook } = await import('./stripe-gateway.ts')
      const gateway = new StripeGateway({ ...address, returnUrl })
      return { gateway, webhook: stripeWebhook(secrets), test: null }
    }
  }
}
