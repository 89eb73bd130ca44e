import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Books } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Order } from '../core/order.ts'
import type { Clock } from '../platform/clock.ts'
import { type App, answers, IdSchema, PageQuery, page, pageOf } from '../platform/http.ts'
import type { Cancelled } from '../purchase/settle-order.ts'
import {
  maySee,
  OrderSchema,
  OrderStatusSchema,
  OrderWithHistorySchema,
  orderStatusView,
  orderView,
  withHistory,
} from './order-view.ts'

export type OrderParts = {
  books: Pick<Books, 'order' | 'orders' | 'history'>
  /** `by` becomes part of the order's reason. */
  cancel(orderId: Id, by: string): Promise<Cancelled>
  refund(orderId: Id, reason: string, returnUnit: boolean): Promise<Cancelled>
  /** So long after the payment may a buyer cancel still, milliseconds. */
  refundWindowMs: number
  clock: Clock
}

const tags = ['Orders']
const OrderId = Type.Object({ orderId: IdSchema })
const OrdersQuery = Type.Object({ ...PageQuery.properties, after: Type.Optional(IdSchema) }, { additionalProperties: false })

export function orderRoutes(app: App, parts: OrderParts): void {
  oneRoutes(app, parts)
  listRoutes(app, parts)
  cancelRoute(app, parts)
}

function oneRoutes(app: App, { books }: OrderParts): void {
  const onRequest = app.needs('buyer', 'admin')
  app.get(
    '/api/v1/orders/:orderId/status',
    {
      onRequest,
      schema: {
        tags,
        summary: 'How an order stands',
        params: OrderId,
        response: answers({ 200: OrderStatusSchema }, 400, 401, 403, 404, 503),
      },
    },
    async (request, reply) => {
      const order = await books.order(request.params.orderId)
      return order && maySee(request.caller, order) ? orderStatusView(order) : noSuchOrder(reply)
    },
  )
  app.get(
    '/api/v1/orders/:orderId',
    {
      onRequest,
      schema: {
        tags,
        summary: 'One order and what happened to it',
        params: OrderId,
        response: answers({ 200: OrderWithHistorySchema }, 400, 401, 403, 404, 503),
      },
    },
    async (request, reply) => {
      const order = await books.order(request.params.orderId)
      if (!order || !maySee(request.caller, order)) return noSuchOrder(reply)
      return withHistory(order, await books.history(order.orderId))
    },
  )
}

function listRoutes(app: App, { books }: OrderParts): void {
  app.get(
    '/api/v1/orders',
    {
      onRequest: app.needs('buyer'),
      schema: {
        tags,
        summary: 'The own orders, newest first',
        querystring: OrdersQuery,
        response: answers({ 200: pageOf(OrderSchema) }, 400, 401, 403, 503),
      },
    },
    async ({ caller, query: { limit, after } }) => ordersOf(caller.id, limit, after),
  )
  app.get(
    '/api/v1/users/:id/orders',
    {
      onRequest: app.needs('buyer', 'admin'),
      schema: {
        tags,
        summary: "A buyer's orders, newest first: for that buyer and for administrators",
        params: Type.Object({ id: IdSchema }),
        querystring: OrdersQuery,
        response: answers({ 200: pageOf(OrderSchema) }, 400, 401, 403, 503),
      },
    },
    async ({ caller, params, query: { limit, after } }, reply) => {
      if (params.id !== caller.id && !caller.roles.includes('admin')) {
        return reply.problem('forbidden', 'These are the orders of another account. Ask for your own at /api/v1/orders.')
      }
      return ordersOf(params.id, limit, after)
    },
  )

  async function ordersOf(buyerId: Id, limit: number, after: Id | undefined) {
    const orders = await books.orders({ buyerId, limit: limit + 1, after })
    return page(orders, limit, ({ orderId }) => orderId, orderView)
  }
}

function cancelRoute(app: App, { books, cancel, refund, refundWindowMs, clock }: OrderParts): void {
  app.post(
    '/api/v1/orders/:orderId/cancel',
    {
      onRequest: app.needs('buyer', 'admin'),
      schema: {
        tags,
        summary: 'Cancel an order: one that is not paid yet, and by the policy of the shop one that is',
        params: OrderId,
        response: answers(
          {
            200: OrderWithHistorySchema,
            // A payment is being voided or refunded; the status tells the end.
            202: OrderWithHistorySchema,
          },
          400,
          401,
          403,
          404,
          409,
          503,
        ),
      },
    },
    async (request, reply) => {
      const { caller, params } = request
      const order = await books.order(params.orderId)
      if (!order || !maySee(caller, order)) return noSuchOrder(reply)
      const by = caller.id === order.buyerId ? 'the buyer' : 'an administrator'
      const isPaidBack = order.state === 'COMPLETED' && clock.now() - order.updatedAt < refundWindowMs
      const outcome = await (isPaidBack ? refund(order.orderId, `cancelled by ${by}`, true) : cancel(order.orderId, by))
      switch (outcome.kind) {
        case 'voiding':
        case 'cancelled':
          reply.code(isUnderWay(outcome.order) ? 202 : 200)
          request.log.info({ event: 'order-cancelled', orderId: order.orderId, by: caller.id })
          return withHistory(outcome.order, await books.history(order.orderId))
        case 'conflict':
          return reply.problem('conflict', `The order is ${outcome.state} and can no longer be cancelled.`)
        case 'not-found':
          return noSuchOrder(reply)
      }
    },
  )
}

function isUnderWay({ state }: Order): boolean {
  return state === 'PAYMENT_PENDING' || state === 'REFUND_DUE'
}

function noSuchOrder(reply: FastifyReply): FastifyReply {
  return reply.problem('not-found', 'You have no order with this id.')
}
