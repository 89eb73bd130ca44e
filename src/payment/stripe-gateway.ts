import Stripe from 'stripe'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import { currencyDigits } from '../core/money.ts'
import type { GatewayEvent, GatewayState, GatewayView } from '../core/payment.ts'
import type { Charge, Gateway, Heard, Webhook } from './gateway.ts'

export type StripeParts = {
  key: string
  /** Of something that speaks as Stripe does, over HTTP; for tests. */
  host: { name: string; port: number } | null
  /** Where a buyer goes from Stripe's page, paid or not. */
  returnUrl(orderId: Id): string
}

type Session = Stripe.Checkout.Session
type Intent = Stripe.PaymentIntent

/** What was tried against; another one may mean other things by the same words. */
const API_VERSION = '2026-10-28.endive'
/** Whoever calls has given up long before; the connection is closed then, milliseconds. */
const PATIENCE_MS = 10_000
const TOLERANCE_S = 300
/** Stripe opens no page for less; and a minute for clocks that differ. */
const PAGE_MIN_MS = 31 * 60_000
/** Each event of an intent costs a call: its session must be asked for. */
const EVENTS_MAX = 25
const withIntent = ['payment_intent.latest_charge']
const unreached = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']
/** Captures are our own doing: their answers say so, or a look. */
const told = [
  'checkout.session.completed',
  'checkout.session.expired',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
  'charge.refunded',
] as const

/**
 * Stripe's hosted page (a Checkout Session), whose card is authorized there and captured by us. `txnId` is the session's id: its
 * intent exists only once a card was tried. A declined card leaves the page open for another one, so nothing here is ever
 * `declined`; `reason` says why the last card was.
 */
export class StripeGateway implements Gateway {
  readonly #stripe: Stripe
  readonly #returnUrl: StripeParts['returnUrl']

  constructor({ key, host, returnUrl }: StripeParts) {
    const elsewhere = host && ({ host: host.name, port: host.port, protocol: 'http' } as const)
    // Who retries is ours to decide.
    const settings = { apiVersion: API_VERSION, maxNetworkRetries: 0, telemetry: false, timeout: PATIENCE_MS } as const
    this.#stripe = new Stripe(key, { ...settings, ...elsewhere })
    this.#returnUrl = returnUrl
  }

  /**
   * Everything sent follows from the charge, so that the same key comes with the same request: another `expires_at` would be
   * refused. As Stripe's pages live for at least 30 minutes from when they are opened, they live that much longer than the charge
   * may be paid: who ends a charge voids it.
   */
  async authorize(key: string, charge: Charge): Promise<GatewayView> {
    const { orderId, attempt, amount, currency, expiresAt } = charge
    const url = this.#returnUrl(orderId)
    const metadata = { orderId, attempt: String(attempt) }
    const session = {
      mode: 'payment',
      client_reference_id: orderId,
      metadata,
      payment_intent_data: { capture_method: 'manual', metadata },
      line_items: [
        {
          quantity: 1,
          price_data: {
            currency: currency.toLowerCase(),
            unit_amount: stripeAmount(amount, currency),
            product_data: { name: `Order ${orderId}` },
          },
        },
      ],
      expires_at: Math.ceil((expiresAt + PAGE_MIN_MS) / 1000),
      success_url: url,
      cancel_url: url,
      expand: withIntent,
    } satisfies Stripe.Checkout.SessionCreateParams
    return viewOf(await asked(this.#stripe.checkout.sessions.create(session, { idempotencyKey: key })))
  }

  capture(key: string, txnId: string): Promise<GatewayView> {
    return this.#change(txnId, ['authorized'], async (session, intent) => {
      const options = { idempotencyKey: key }
      return viewOf(session, await this.#stripe.paymentIntents.capture(intent, { expand: ['latest_charge'] }, options))
    })
  }

  void(key: string, txnId: string): Promise<GatewayView> {
    return this.#change(txnId, ['open', 'authorized'], async (session, intent) => {
      if (session.status === 'open') {
        return viewOf(await this.#stripe.checkout.sessions.expire(txnId, { expand: withIntent }, { idempotencyKey: key }))
      }
      // Another request, so another key.
      const options = { idempotencyKey: `${key}:cancel` }
      return viewOf(session, await this.#stripe.paymentIntents.cancel(intent, { expand: ['latest_charge'] }, options))
    })
  }

  refund(key: string, txnId: string): Promise<GatewayView> {
    return this.#change(txnId, ['captured'], async (_session, intent) => {
      await this.#stripe.refunds.create({ payment_intent: intent }, { idempotencyKey: key })
      return viewOf(await this.#session(txnId))
    })
  }

  /**
   * By metadata: first among the newest hundred sessions, which Stripe lists as they are; then by its search of intents, which
   * finds every attempt that had a card, about a minute late. What neither finds was never paid on, or not for a minute. (Where
   * the key is known and younger than 24 h, the same `authorize` again is exact at once.)
   */
  async lookup(orderId: Id, attempt: number): Promise<GatewayView | null> {
    const { checkout, paymentIntents } = this.#stripe
    const newest = await asked(checkout.sessions.list({ limit: 100, expand: withIntent.map((each) => `data.${each}`) }))
    const among = newest.data.filter(({ metadata }) => metadata?.orderId === orderId && metadata.attempt === String(attempt))
    if (among.length > 0) return tellingOne(among.map((session) => viewOf(session)))
    const query = `metadata['orderId']:'${orderId}' AND metadata['attempt']:'${attempt}'`
    const intents = await asked(paymentIntents.search({ query, limit: 10 }))
    const found = await Promise.all(intents.data.map(({ id }) => this.#sessionOf(id)))
    return tellingOne(found.flatMap((session) => (session ? viewOf(session) : [])))
  }

  /** Stripe keeps them for 30 days. With no cursor it begins with the newest, as what was before concerns nobody here. */
  async events(after: string | null, max: number): Promise<{ events: GatewayEvent[]; next: string | null }> {
    const limit = Math.min(max, EVENTS_MAX)
    const page = await asked(
      this.#stripe.events.list({ types: [...told], limit, ...(after !== null && { ending_before: after }) }),
    ).catch((error: Fault) => {
      if (after === null || error.code !== 'gateway-refused') throw error
      return null
    })
    // A cursor that Stripe has forgotten.
    if (page === null) return this.events(null, max)
    const events = await Promise.all(page.data.map((event) => this.#told(event)))
    return { events: events.flatMap((event) => event ?? []).reverse(), next: page.data[0]?.id ?? after }
  }

  /** Looks, and changes what is in one of these states. What changed meanwhile is looked at again, not forced. */
  async #change(
    txnId: string,
    from: GatewayState[],
    change: (session: Session, intent: string) => Promise<GatewayView>,
    again = true,
  ): Promise<GatewayView> {
    const session = await asked(this.#session(txnId))
    const before = viewOf(session)
    if (!from.includes(before.state)) return before
    try {
      return await asked(change(session, intentOf(session)?.id ?? ''))
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'gateway-refused' || !again) throw error
      const now = await asked(this.#session(txnId))
      if (viewOf(now).state === before.state && now.status === session.status) throw error
      return this.#change(txnId, from, change, false)
    }
  }

  #session(txnId: string): Promise<Session> {
    return this.#stripe.checkout.sessions.retrieve(txnId, { expand: withIntent })
  }

  async #sessionOf(intent: string): Promise<Session | undefined> {
    const expand = withIntent.map((each) => `data.${each}`)
    const { data } = await asked(this.#stripe.checkout.sessions.list({ payment_intent: intent, limit: 1, expand }))
    return data.find(isOurs)
  }

  async #told(event: Stripe.Event): Promise<GatewayEvent | null> {
    const own = toldBySession(event)
    if (own) return own
    const { id, type, created } = event
    const object = event.data.object as { id: string; payment_intent?: unknown }
    const intent = type === 'charge.refunded' ? idOf(object.payment_intent) : object.id
    const session = type.startsWith('checkout.') || intent === undefined ? undefined : await this.#sessionOf(intent)
    return session ? { id, type, created: created * 1000, view: viewOf(session) } : null
  }
}

/** Reads webhooks that are signed with one of the endpoint's secrets; several during a rotation. Events that name no session are
 *  left to `events`, as to ask for it takes a call. */
export function stripeWebhook(secrets: readonly string[]): Webhook {
  const { webhooks, errors } = Stripe
  return (body, header, now) => {
    const signature = header('stripe-signature') ?? ''
    for (const secret of secrets) {
      try {
        return heardOf(webhooks.constructEvent(body, signature, secret, TOLERANCE_S, undefined, now))
      } catch (error) {
        if (error instanceof errors.StripeSignatureVerificationError) continue
        return { kind: 'unreadable', because: 'it is not JSON' }
      }
    }
    return { kind: 'forged' }
  }
}

function heardOf(event: Stripe.Event): Heard {
  const own = toldBySession(event)
  return own ? { kind: 'event', event: own } : { kind: 'unreadable', because: `${event.type} is not of a page of ours` }
}

/** What an event of a session says by itself, at its time. */
function toldBySession(event: Stripe.Event): GatewayEvent | null {
  const { id, type, created } = event
  if (type !== 'checkout.session.completed' && type !== 'checkout.session.expired') return null
  const session = event.data.object
  if (!isOurs(session)) return null
  const state = type === 'checkout.session.completed' ? 'authorized' : 'voided'
  return { id, type, created: created * 1000, view: { ...viewOf(session), state, redirectUrl: null } }
}

/** Others may use the same account. */
function isOurs({ metadata }: Session): boolean {
  return metadata?.orderId !== undefined && metadata.attempt !== undefined
}

function viewOf(session: Session, intent = intentOf(session)): GatewayView {
  const { id: txnId, metadata, amount_total, currency, url } = session
  const state = stateOf(session, intent)
  const unit = (currency ?? '').toUpperCase()
  return {
    orderId: metadata?.orderId ?? '',
    attempt: Number(metadata?.attempt),
    txnId,
    state,
    amount: ownAmount(amount_total ?? 0, unit),
    currency: unit,
    redirectUrl: state === 'open' ? url : null,
    reason: intent?.last_payment_error?.decline_code ?? intent?.last_payment_error?.code ?? null,
  }
}

function stateOf(session: Session, intent: Intent | null): GatewayState {
  const unpaid = session.status === 'expired' ? 'voided' : 'open'
  if (intent?.status === 'requires_capture') return 'authorized'
  if (intent?.status === 'canceled') return 'voided'
  if (intent?.status !== 'succeeded') return unpaid
  const charge = intent.latest_charge
  const refunded = charge !== null && typeof charge === 'object' ? charge.amount_refunded : 0
  return refunded >= intent.amount_received ? 'refunded' : 'captured'
}

function intentOf({ payment_intent: intent }: Session): Intent | null {
  return typeof intent === 'object' ? intent : null
}

function idOf(object: unknown): string | undefined {
  return typeof object === 'string' ? object : (object as { id?: string } | null)?.id
}

/** A key that Stripe has forgotten makes a second session of one attempt: told of is the one with money in it. */
function tellingOne(views: GatewayView[]): GatewayView | null {
  const rank: GatewayState[] = ['captured', 'authorized', 'open', 'refunded']
  const place = ({ state }: GatewayView) => (rank.includes(state) ? rank.indexOf(state) : rank.length)
  return views.sort((a, b) => place(a) - place(b))[0] ?? null
}

const wholeUnits = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ')
const thousandths = ['BHD', 'JOD', 'KWD', 'OMR', 'TND']

/** Decimal digits that Stripe's amounts have; of some currencies not those that people write. */
function stripeDigits(currency: string): number {
  if (wholeUnits.includes(currency)) return 0
  return thousandths.includes(currency) ? 3 : 2
}

/** Minor units in Stripe's smallest ones. Throws where they cannot be said in them. */
export function stripeAmount(amount: number, currency: string): number {
  const shift = stripeDigits(currency) - currencyDigits(currency)
  const sent = shift < 0 ? amount / 10 ** -shift : amount * 10 ** shift
  const isSayable = Number.isSafeInteger(sent) && !(thousandths.includes(currency) && sent % 10 !== 0)
  if (isSayable) return sent
  throw new Fault('gateway-refused', 'refused', `Stripe takes no ${amount} minor units of ${currency}: the last digit must be 0`)
}

function ownAmount(sent: number, currency: string): number {
  const shift = currency === '' ? 0 : currencyDigits(currency) - stripeDigits(currency)
  return shift < 0 ? sent / 10 ** -shift : sent * 10 ** shift
}

async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw faultOf(error)
  }
}

function faultOf(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error
  const message = `Stripe: ${error.message}`
  const { statusCode: status = 0 } = error
  if (status === 429) return new Fault('gateway-down', 'refused', message)
  // 409: the same key is under way in another request.
  if (status >= 400 && status < 500 && status !== 409) return new Fault('gateway-refused', 'refused', message)
  const code = (error.detail as { code?: string } | undefined)?.code ?? ''
  if (unreached.includes(code)) return new Fault('gateway-down', 'refused', message)
  return new Fault('gateway-silent', 'unknown', message)
}
