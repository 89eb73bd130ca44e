import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import { type GatewayEvent, type GatewayView, gatewayStates } from '../core/payment.ts'
import { isSigned } from '../platform/webhook-signature.ts'
import type { Charge, DemoControls, Gateway, TestGateway, Webhook } from './gateway.ts'

export type DemoGatewayParts = {
  /** Asked at each call: the own server's address is known only once it listens. */
  url(): string
  key: string
  /** Where a buyer goes from the page. */
  returnUrl(orderId: Id): string
  /** Where events are told. */
  notifyUrl(): string
}

/** Whoever calls has given up long before; the connection is closed then, milliseconds. */
const PATIENCE_MS = 10_000
/** The request never left this machine, or nobody took it. */
const unreached = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']
/** What the gateway says of itself with these: later perhaps, and nothing was done now. */
const laterStatus = [429, 503]

const View = Type.Object({
  orderId: Type.String(),
  attempt: Type.Integer({ minimum: 1 }),
  txnId: Type.String({ minLength: 1 }),
  state: Type.Enum([...gatewayStates]),
  amount: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  currency: Type.String(),
  redirectUrl: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  reason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
/** `created` in unix seconds, as webhooks elsewhere have it. */
const Told = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255 }),
  type: Type.String(),
  created: Type.Integer({ minimum: 0 }),
  data: View,
})
const isCharge = Compile(Type.Object({ charge: View }))
const isFound = Compile(Type.Object({ charge: Type.Union([View, Type.Null()]) }))
const isList = Compile(Type.Object({ events: Type.Array(Told), next: Type.Union([Type.String(), Type.Null()]) }))
const isTold = Compile(Told)
const isFaults = Compile(Type.Record(Type.String(), Type.Number()))
const isTotals = Compile(
  Type.Object({ money: Type.Record(Type.String(), Type.Object({ captured: Type.Integer(), refunded: Type.Integer() })) }),
)

/** The demo gateway over HTTP, whether it runs in this process or elsewhere. */
export class DemoGatewayClient implements Gateway, TestGateway {
  readonly #parts: DemoGatewayParts

  constructor(parts: DemoGatewayParts) {
    this.#parts = parts
  }

  async authorize(key: string, charge: Charge): Promise<GatewayView> {
    const { orderId, attempt, amount, currency, expiresAt } = charge
    const addresses = { returnUrl: this.#parts.returnUrl(orderId), notifyUrl: this.#parts.notifyUrl() }
    return this.#change('/v1/charges', key, { orderId, attempt, amount, currency, expiresAt, ...addresses })
  }

  capture(key: string, txnId: string): Promise<GatewayView> {
    return this.#change(`/v1/charges/${encodeURIComponent(txnId)}/capture`, key)
  }

  void(key: string, txnId: string): Promise<GatewayView> {
    return this.#change(`/v1/charges/${encodeURIComponent(txnId)}/void`, key)
  }

  refund(key: string, txnId: string): Promise<GatewayView> {
    return this.#change(`/v1/charges/${encodeURIComponent(txnId)}/refund`, key)
  }

  async lookup(orderId: Id, attempt: number): Promise<GatewayView | null> {
    const answer = await this.#ask('GET', `/v1/charges?${new URLSearchParams({ orderId, attempt: String(attempt) })}`)
    if (!isFound.Check(answer)) throw unreadable()
    return answer.charge && viewOf(answer.charge)
  }

  async events(after: string | null, max: number): Promise<{ events: GatewayEvent[]; next: string | null }> {
    const query = new URLSearchParams({ max: String(max), ...(after !== null && { after }) })
    const answer = await this.#ask('GET', `/v1/events?${query}`)
    if (!isList.Check(answer)) throw unreadable()
    return { events: answer.events.map(eventOf), next: answer.next }
  }

  async controls(): Promise<DemoControls> {
    const [faults, totals] = await Promise.all([this.#ask('GET', '/faults'), this.#ask('GET', '/totals')])
    if (!isFaults.Check(faults) || !isTotals.Check(totals)) throw unreadable()
    return { faults, money: totals.money }
  }

  async setFaults(faults: Record<string, number>): Promise<void> {
    await this.#ask('PUT', '/faults', {}, faults)
  }

  async #change(path: string, key: string, body?: object): Promise<GatewayView> {
    const answer = await this.#ask('POST', path, { 'idempotency-key': key }, body)
    if (!isCharge.Check(answer)) throw unreadable()
    return viewOf(answer.charge)
  }

  async #ask(method: string, path: string, more: Record<string, string> = {}, body?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.#parts.key}`, ...more, ...(body && { 'content-type': 'application/json' }) }
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS)
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      const answer = await fetch(this.#parts.url() + path, { method, headers, signal, ...sent })
      const text = await answer.text()
      if (!answer.ok) throw refusal(answer.status, text)
      return JSON.parse(text)
    } catch (error) {
      throw error instanceof Fault ? error : lost(error)
    }
  }
}

/** Reads webhooks that are signed with one of the secrets; several during a rotation. */
export function demoWebhook(secrets: readonly string[]): Webhook {
  return (body, header, now) => {
    if (!isSigned(header('doorbuster-signature'), body, secrets, now)) return { kind: 'forged' }
    const told = parsed(body)
    if (!isTold.Check(told)) return { kind: 'unreadable', because: 'it has not the members of an event of a charge' }
    return { kind: 'event', event: eventOf(told) }
  }
}

type ViewBody = Type.Static<typeof View>

function viewOf({ orderId, attempt, txnId, state, amount, currency, redirectUrl = null, reason = null }: ViewBody): GatewayView {
  return { orderId, attempt, txnId, state, amount, currency, redirectUrl, reason }
}

function eventOf({ id, type, created, data }: Type.Static<typeof Told>): GatewayEvent {
  return { id, type, created: created * 1000, view: viewOf(data) }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function refusal(status: number, text: string): Fault {
  const message = `the demo gateway answered ${status}: ${text.slice(0, 300)}`
  if (laterStatus.includes(status)) return new Fault('gateway-down', 'refused', message)
  if (status >= 400 && status < 500) return new Fault('gateway-refused', 'refused', message)
  return new Fault('gateway-silent', 'unknown', message)
}

function lost(error: unknown): Fault {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const { code = '', message } = cause as { code?: string; message?: string }
  if (unreached.includes(code))
    return new Fault('gateway-down', 'refused', `the demo gateway cannot be reached: ${message ?? code}`)
  return new Fault('gateway-silent', 'unknown', `the demo gateway gave no answer: ${message ?? code}`)
}

/** What answers is not the gateway, or another version of it; what was asked may have happened. */
function unreadable(): Fault {
  return new Fault('gateway-silent', 'unknown', 'the answer is not one of the demo gateway; check PAYMENT_URL')
}
