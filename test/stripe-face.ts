import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DemoGateway } from '../src/gateway-demo/gateway.ts'
import type { Answer, Order, Transaction } from '../src/gateway-demo/machine.ts'
import { systemClock } from '../src/platform/clock.ts'

/** The demo gateway behind as much of Stripe's API as the adapter uses, in Stripe's words and with its refusals. */
export async function stripeFace() {
  let ids = 0
  const demo = new DemoGateway({ now: systemClock.now, newId: () => `${++ids}` })
  const sessions: string[] = []
  const declined = new Set<string>()
  /** How many of the newest sessions are listed. */
  const listing = { max: 100 }
  const events: object[] = []
  /** Of the last request of each path, as it was sent. */
  const sent = new Map<string, URLSearchParams>()

  const tell = (type: string, object: object) =>
    void events.unshift({ id: `evt_${events.length + 1}`, object: 'event', type, created: 1_800_000_000, data: { object } })
  const one = (txnId: string): Transaction => {
    const transaction = demo.transaction(txnId.replace(/^(cs|pi)_/, 'txn_'))
    if (!transaction) throw refusal(404, 'resource_missing')
    return transaction
  }

  function intentOf(transaction: Transaction): object | null {
    const { txnId, state, amount, captured, refunded, history } = transaction
    const isTried = declined.has(txnId) || history.some((each) => each.state === 'authorized')
    if (!isTried) return null
    const status = { authorized: 'requires_capture', captured: 'succeeded', refunded: 'succeeded', voided: 'canceled' }[
      state as string
    ]
    return {
      id: txnId.replace('txn', 'pi'),
      object: 'payment_intent',
      status: status ?? 'requires_payment_method',
      amount,
      amount_received: captured,
      metadata: metadataOf(transaction),
      last_payment_error: declined.has(txnId) ? { code: 'card_declined' } : null,
      latest_charge: { id: `ch_${txnId}`, object: 'charge', amount_refunded: refunded },
    }
  }

  function sessionOf(transaction: Transaction): Record<string, unknown> {
    const { txnId, state, amount, currency } = transaction
    const id = txnId.replace('txn', 'cs')
    const wasPaid = transaction.history.some((each) => each.state === 'authorized')
    const status = wasPaid ? 'complete' : state === 'open' ? 'open' : 'expired'
    const url = state === 'open' ? `http://stripe/pay/${id}` : null
    const of = { metadata: metadataOf(transaction), amount_total: amount, currency: currency.toLowerCase() }
    return { id, object: 'checkout.session', status, url, ...of, payment_intent: intentOf(transaction) }
  }

  function ask(key: string, order: Order, transaction: Transaction, from: string[]): Transaction {
    const { state } = transaction
    if (
      !from.includes(state) &&
      !(state === 'refunded' && order === 'refund' && demo.ask(key, { do: order, txnId: transaction.txnId }))
    )
      throw refusal(400, 'payment_intent_unexpected_state')
    viewOf(demo.ask(key, { do: order, txnId: transaction.txnId }))
    return one(transaction.txnId)
  }

  const routes: [RegExp, (id: string, form: URLSearchParams, key: string) => object][] = [
    [/^POST \/v1\/checkout\/sessions$/, (_id, form, key) => open(form, key)],
    [/^GET \/v1\/checkout\/sessions$/, (_id, form) => list(listed(form).map(sessionOf))],
    [/^GET \/v1\/checkout\/sessions\/(\w+)$/, (id) => sessionOf(one(id))],
    [
      /^POST \/v1\/checkout\/sessions\/(\w+)\/expire$/,
      (id, _form, key) => {
        const session = sessionOf(ask(key, 'void', one(id), ['open', 'voided']))
        tell('checkout.session.expired', session)
        return session
      },
    ],
    [
      /^POST \/v1\/payment_intents\/(\w+)\/capture$/,
      (id, _form, key) => intent(ask(key, 'capture', one(id), ['authorized', 'captured'])),
    ],
    [
      /^POST \/v1\/payment_intents\/(\w+)\/cancel$/,
      (id, _form, key) => {
        const canceled = intent(ask(key, 'void', one(id), ['authorized', 'voided']))
        tell('payment_intent.canceled', canceled)
        return canceled
      },
    ],
    [/^GET \/v1\/payment_intents\/search$/, (_id, form) => list(searched(form.get('query') ?? ''))],
    [
      /^POST \/v1\/refunds$/,
      (_id, form, key) => {
        const { txnId } = ask(key, 'refund', one(form.get('payment_intent') ?? ''), ['captured'])
        return { id: `re_${txnId}`, object: 'refund' }
      },
    ],
    [/^GET \/v1\/events$/, (_id, form) => list(since(form.get('ending_before'), Number(form.get('limit'))))],
  ]

  const intent = (transaction: Transaction) => intentOf(transaction) as object
  const listed = (form: URLSearchParams) => {
    const wanted = form.get('payment_intent')
    return wanted === null ? sessions.map(one).reverse().slice(0, listing.max) : intentOf(one(wanted)) ? [one(wanted)] : []
  }

  function open(form: URLSearchParams, key: string): object {
    const get = (name: string) => form.get(name) ?? ''
    const seconds = Number(get('expires_at')) - systemClock.now() / 1000
    if (seconds < 1800 || seconds > 86_400) throw refusal(400, 'expires_at')
    if (get('payment_intent_data[capture_method]') !== 'manual') throw refusal(400, 'capture_method')
    const answer = demo.ask(key, {
      do: 'authorize',
      charge: {
        orderId: get('metadata[orderId]'),
        attempt: Number(get('metadata[attempt]')),
        amount: Number(get('line_items[0][price_data][unit_amount]')),
        currency: get('line_items[0][price_data][currency]').toUpperCase(),
        expiresAt: Number(get('expires_at')) * 1000,
        returnUrl: get('success_url'),
        notifyUrl: '',
      },
    })
    const { txnId } = viewOf(answer)
    if (!sessions.includes(txnId)) sessions.push(txnId)
    return sessionOf(one(txnId))
  }

  function searched(query: string): object[] {
    const [, orderId, attempt] = /^metadata\['orderId'\]:'([^']*)' AND metadata\['attempt'\]:'(\d+)'$/.exec(query) ?? []
    if (orderId === undefined) throw refusal(400, 'query')
    const all = sessions.map(one).filter((each) => each.orderId === orderId && each.attempt === Number(attempt))
    return all.flatMap((each) => intentOf(each) ?? [])
  }

  /** Newest first, those next to the cursor. */
  function since(before: string | null, limit: number): object[] {
    const at = before === null ? events.length : events.findIndex((event) => (event as { id: string }).id === before)
    if (at < 0) throw refusal(400, 'resource_missing')
    return before === null ? events.slice(0, limit) : events.slice(Math.max(0, at - limit), at)
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stripe')
    const form = request.method === 'GET' ? searchParams : new URLSearchParams(await textOf(request))
    sent.set(`${request.method} ${pathname}`, form)
    let [status, body]: [number, object] = [404, refusal(404, 'no-such-route').body]
    try {
      for (const [pattern, work] of routes) {
        const match = pattern.exec(`${request.method} ${pathname}`)
        if (match) [status, body] = [200, work(match[1] ?? '', form, String(request.headers['idempotency-key'] ?? ''))]
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      ;[status, body] = [error.status, error.body]
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: { name: '127.0.0.1', port: (server.address() as AddressInfo).port },
    sent,
    listing,
    demo,
    async pay(id: string): Promise<void> {
      const transaction = one(id)
      if (demo.act(transaction.txnId, 'pay')?.kind === 'authorized') tell('checkout.session.completed', sessionOf(one(id)))
    },
    async decline(id: string): Promise<void> {
      const transaction = one(id)
      declined.add(transaction.txnId)
      tell('payment_intent.payment_failed', intent(transaction))
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

class Refusal extends Error {
  readonly status: number
  readonly body: object

  constructor(status: number, code: string) {
    super(code)
    const type = code === 'key-reused' ? 'idempotency_error' : 'invalid_request_error'
    this.status = status
    this.body = { error: { type, code, message: code } }
  }
}

const refusal = (status: number, code: string) => new Refusal(status, code)
const list = (data: object[]) => ({ object: 'list', data, has_more: false })
const metadataOf = ({ orderId, attempt }: Transaction) => ({ orderId, attempt: String(attempt) })

function viewOf(answer: Answer) {
  if ('view' in answer) return answer.view
  throw refusal(400, answer.kind)
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
