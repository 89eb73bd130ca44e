import { Type } from 'typebox'
import type { Books } from '../books/books.ts'
import type { Attempts, Inbox } from '../books/payments.ts'
import { type Attempt, type AttemptState, isOpenAttempt } from '../core/attempt.ts'
import { type Order, unitOf } from '../core/order.ts'
import type { Webhook } from '../payment/gateway.ts'
import type { Clock } from '../platform/clock.ts'
import { type App, answers, IdSchema, TimeSchema, time } from '../platform/http.ts'
import { maySee } from './order-view.ts'
import { paymentStates, wordOf } from './payment-words.ts'

export type PaymentRouteParts = {
  books: Pick<Books, 'order'>
  attempts: Pick<Attempts, 'of' | 'byTxn'>
  inbox: Pick<Inbox, 'receive'>
  clock: Clock
  /** Reads what the gateway sends; `null` where no cards are taken. */
  webhook: Webhook | null
  /** Who may call the webhook; everybody where nothing is said. */
  isGateway(address: string): boolean
  /** Something was told. */
  told(): void
}

const tags = ['Payments']
const PaymentSchema = Type.Object(
  {
    orderId: IdSchema,
    state: Type.Enum(paymentStates, {
      description:
        'created: a page is being opened. open: the buyer pays at redirectUrl. authorized: the money is reserved and about to be ' +
        'taken. voiding: being undone. declined, voided: a definite no. refund-due, refunded: it goes back.',
    }),
    attempt: Type.Optional(Type.Integer({ description: 'By card only. Rises when a card was declined.' })),
    redirectUrl: Type.Optional(Type.String({ description: 'Where the buyer pays, while it is open.' })),
    expiresAt: Type.Optional({ ...TimeSchema, description: 'Until when the unit is held.' }),
    txnId: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String({ description: 'Why the card before was declined.' })),
  },
  { title: 'Payment' },
)

export function paymentRoutes(app: App, parts: PaymentRouteParts): void {
  const onRequest = app.needs('buyer', 'admin')
  app.get(
    '/api/v1/payments/:orderId',
    {
      onRequest,
      schema: {
        tags,
        summary: "How an order's payment stands, and where to pay",
        params: Type.Object({ orderId: IdSchema }),
        response: answers({ 200: PaymentSchema }, 400, 401, 403, 404, 503),
      },
    },
    async ({ caller, params }, reply) => {
      const order = await parts.books.order(params.orderId)
      if (!order || !maySee(caller, order)) return reply.problem('not-found', 'You have no order with this id.')
      return paymentView(order, await parts.attempts.of(order.orderId))
    },
  )
  app.get(
    '/api/v1/payments/transactions/:txnId',
    {
      onRequest,
      schema: {
        tags,
        summary: "A payment by the gateway's transaction",
        params: Type.Object({ txnId: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: answers({ 200: PaymentSchema }, 400, 401, 403, 404, 503),
      },
    },
    async ({ caller, params }, reply) => {
      const attempt = await parts.attempts.byTxn(params.txnId)
      const order = attempt && (await parts.books.order(attempt.orderId))
      if (!attempt || !order || !maySee(caller, order)) return reply.problem('not-found', 'You have no such transaction.')
      return paymentView(order, [attempt])
    },
  )
  webhookRoute(app, parts)
}

/** What an order by credit has instead of attempts. */
const OF_CREDIT: Record<Order['state'], AttemptState> = {
  RESERVATION_PENDING: 'CREATED',
  PAYMENT_PENDING: 'CREATED',
  COMPLETED: 'CAPTURED',
  FAILED: 'DECLINED',
  CANCELLED: 'VOIDED',
  EXPIRED: 'VOIDED',
  REFUND_DUE: 'REFUND_DUE',
  REFUNDED: 'REFUNDED',
}

function paymentView(order: Order, attempts: Attempt[]) {
  const shown = attempts.find(({ state }) => isPaid(state)) ?? attempts.at(-1)
  const held = order.expiresAt !== null && unitOf(order) === 'held' ? { expiresAt: time(order.expiresAt) } : {}
  const base = { orderId: order.orderId, ...held }
  if (!shown) {
    const isCredit = order.method === 'credit' && order.state === 'COMPLETED'
    return { ...base, state: wordOf(OF_CREDIT[order.state]), ...(isCredit && { txnId: `credit:${order.orderId}` }) }
  }
  const { state, number, redirectUrl, txnId } = shown
  const reason = shown.reason ?? (isOpenAttempt(state) ? attempts.at(-2)?.reason : null) ?? null
  return {
    ...base,
    state: wordOf(state),
    attempt: number,
    ...(state === 'OPEN' && redirectUrl !== null && { redirectUrl }),
    ...(txnId !== null && { txnId }),
    ...(reason !== null && { reason }),
  }
}

const isPaid = (state: AttemptState): boolean => state === 'CAPTURED' || state === 'REFUND_DUE' || state === 'REFUNDED'

/** Stored before it is answered, applied later. The body is taken as it came: the signature is of its bytes. */
function webhookRoute(app: App, { webhook, inbox, clock, isGateway, told }: PaymentRouteParts): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    ;(scope as unknown as App).post(
      '/api/v1/payments/process',
      {
        // A gateway tells of a whole crowd from one address; what is forged costs one hash.
        config: { unlimited: true },
        schema: {
          tags,
          summary: "The gateway's webhook",
          headers: Type.Object({
            'doorbuster-signature': Type.Optional(
              Type.String({ description: 't=<unix seconds>,v1=<hex HMAC-SHA256 of "t.rawbody">; 300 s tolerance' }),
            ),
          }),
          response: answers({ 200: Type.Object({ received: Type.Boolean() }) }, 401, 403, 404),
        },
      },
      async (request, reply) => {
        if (!webhook) return reply.problem('not-found', 'No card gateway is set up here: see PAYMENT_URL.')
        if (!isGateway(request.ip)) return reply.problem('forbidden', 'This address is not among PAYMENT_ADDRESSES.')
        const header = (name: string): string | undefined => request.headers[name.toLowerCase()] as string | undefined
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const heard = webhook(body, header, clock.now())
        if (heard.kind === 'forged')
          return reply.problem('unauthenticated', 'The signature is missing, wrong, or older than 300 s: see WEBHOOK_SECRET.')
        if (heard.kind === 'unreadable') {
          request.log.warn({ event: 'webhook-unreadable', because: heard.because }, 'signed by the gateway, but not understood')
          return reply.problem('invalid', 'This is no event of a payment.', { errors: [{ path: '', message: heard.because }] })
        }
        if ((await inbox.receive([heard.event])) > 0) told()
        return { received: true }
      },
    )
  })
}
