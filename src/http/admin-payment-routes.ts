import { Type } from 'typebox'
import type { Attempts, Inbox } from '../books/payments.ts'
import type { Attempt } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import { type App, answers, IdSchema, MoneySchema, PageQuery, page, pageOf, TimeSchema, time } from '../platform/http.ts'
import type { Cancelled } from '../purchase/settle-order.ts'
import { OrderSchema, orderView } from './order-view.ts'
import { paymentStates, wordOf } from './payment-words.ts'

export type AdminPaymentParts = {
  attempts: Pick<Attempts, 'of'>
  inbox: Pick<Inbox, 'quarantined' | 'dismiss'>
  /** `none`: no cards are taken. */
  gateway(): { name: string; available: boolean; breaker: 'closed' | 'half-open' | 'open' }
  refund(orderId: Id, reason: string, returnUnit: boolean): Promise<Cancelled>
}

const tags = ['Administration']

const AttemptSchema = Type.Object(
  {
    attempt: Type.Integer(),
    state: Type.Enum(paymentStates),
    amount: MoneySchema,
    tries: Type.Integer({ description: 'How often the gateway gave no answer in this state.' }),
    createdAt: TimeSchema,
    updatedAt: TimeSchema,
    txnId: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String()),
  },
  { title: 'Attempt' },
)
const QuarantinedSchema = Type.Object(
  {
    id: Type.String(),
    type: Type.String(),
    because: Type.String({ description: 'Why it was not applied.' }),
    orderId: Type.String(),
    attempt: Type.Integer(),
    txnId: Type.String(),
    state: Type.String(),
    amount: Type.Integer(),
    currency: Type.String(),
    created: TimeSchema,
    receivedAt: TimeSchema,
  },
  { title: 'Quarantined' },
)
const GatewaySchema = Type.Object(
  {
    gateway: Type.String({ description: 'demo, stripe or none' }),
    available: Type.Boolean({ description: 'Purchases by card are taken.' }),
    breaker: Type.Enum(['closed', 'half-open', 'open']),
  },
  { title: 'Gateway' },
)

export function adminPaymentRoutes(app: App, { attempts, inbox, gateway, refund }: AdminPaymentParts): void {
  const onRequest = app.needs('admin')
  app.get(
    '/api/v1/admin/payments/gateway',
    { onRequest, schema: { tags, summary: 'The card gateway now', response: answers({ 200: GatewaySchema }, 401, 403) } },
    async () => {
      const { name, available, breaker } = gateway()
      return { gateway: name, available, breaker }
    },
  )
  app.get(
    '/api/v1/admin/orders/:orderId/attempts',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Attempts to pay an order by card',
        params: Type.Object({ orderId: IdSchema }),
        response: answers({ 200: Type.Object({ items: Type.Array(AttemptSchema) }) }, 400, 401, 403, 503),
      },
    },
    async ({ params }) => ({ items: (await attempts.of(params.orderId)).map(attemptView) }),
  )
  app.post(
    '/api/v1/admin/orders/:orderId/refund',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Give the money of a completed order back, with or without the return of its unit to the sale',
        params: Type.Object({ orderId: IdSchema }),
        body: Type.Object(
          { reason: Type.String({ minLength: 1, maxLength: 80 }), returnUnit: Type.Boolean() },
          { additionalProperties: false },
        ),
        response: answers({ 200: OrderSchema, 202: OrderSchema }, 400, 401, 403, 404, 409, 503),
      },
    },
    async (request, reply) => {
      const { params, body, caller } = request
      const outcome = await refund(params.orderId, body.reason, body.returnUnit)
      if (outcome.kind === 'not-found') return reply.problem('not-found', 'There is no order with this id.')
      if (outcome.kind === 'conflict')
        return reply.problem('conflict', `The order is ${outcome.state}: only one that is completed can be refunded.`)
      request.log.info({ event: 'order-refunded', orderId: params.orderId, by: caller.id, returnUnit: body.returnUnit })
      return reply.code(outcome.order.state === 'REFUNDED' ? 200 : 202).send(orderView(outcome.order))
    },
  )
  quarantineRoutes(app, inbox)
}

function attemptView({ number, state, txnId, amount, currency, reason, createdAt, updatedAt, tries }: Attempt) {
  return {
    attempt: number,
    state: wordOf(state),
    amount: { amount, currency },
    tries,
    createdAt: time(createdAt),
    updatedAt: time(updatedAt),
    ...(txnId !== null && { txnId }),
    ...(reason !== null && { reason }),
  }
}

function quarantineRoutes(app: App, inbox: AdminPaymentParts['inbox']): void {
  const onRequest = app.needs('admin')
  app.get(
    '/api/v1/admin/payments/quarantine',
    {
      onRequest,
      schema: {
        tags,
        summary: 'What the gateway told and does not match, newest first',
        querystring: PageQuery,
        response: answers({ 200: pageOf(QuarantinedSchema) }, 400, 401, 403, 503),
      },
    },
    async ({ query: { limit, after } }) =>
      page(
        await inbox.quarantined(limit + 1, after),
        limit,
        ({ id }) => id,
        ({ id, type, because, created, receivedAt, view: { orderId, attempt, txnId, state, amount, currency } }) => ({
          ...{ id, type, because, orderId, attempt, txnId, state, amount, currency },
          created: time(created),
          receivedAt: time(receivedAt),
        }),
      ),
  )
  app.post(
    '/api/v1/admin/payments/quarantine/:id/dismiss',
    {
      onRequest,
      schema: {
        tags,
        summary: 'A human has looked at it',
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: answers({ 200: Type.Object({ dismissed: Type.Boolean() }) }, 400, 401, 403, 404, 503),
      },
    },
    async (request, reply) => {
      const { id } = request.params
      if (!(await inbox.dismiss(id))) return reply.problem('not-found', 'Nothing with this id waits for a look.')
      request.log.info({ event: 'quarantine-dismissed', id, by: request.caller.id })
      return { dismissed: true }
    },
  )
}
