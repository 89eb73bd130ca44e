import { Type } from 'typebox'
import type { Books } from '../books/books.ts'
import { type Order, type UnitState, unitOf } from '../core/order.ts'
import { type App, answers, IdSchema, PageQuery, page, pageOf, TimeSchema, time } from '../platform/http.ts'
import type { Audit } from '../purchase/audit.ts'
import type { RepairedAudit } from '../purchase/repair.ts'
import { type AdminSaleParts, adminSaleRoutes } from './admin-sale-routes.ts'
import { OrderSchema, orderView } from './order-view.ts'
import { Pace } from './pace.ts'

export type AdminParts = AdminSaleParts & {
  books: Pick<Books, 'orders'>
  audit: { run(): Promise<Audit>; repair(): Promise<RepairedAudit>; last(): { ok: boolean; at: number } | null }
}

const tags = ['Administration']
const query = { ...PageQuery.properties, after: Type.Optional(IdSchema) }

/** What an operator sees and does, but accounts, products and rehearsals, which belong to their stations. */
export function adminRoutes(app: App, parts: AdminParts): void {
  const pace = new Pace(parts.board, parts.clock, (name, error) => app.log.error({ event: 'failed', loop: name, err: error }))
  app.addHook('onReady', async () => pace.start())
  app.addHook('onClose', () => pace.stop())
  adminSaleRoutes(app, parts, pace)
  orderRoutes(app, parts)
  auditRoutes(app, parts)
}

/** What becomes of a unit, in the words of the hold. */
const holdStates = { held: 'PENDING', sold: 'COMMITTED', free: 'CANCELLED' } as const satisfies Record<UnitState, string>

const Reservation = Type.Object({
  reservationId: IdSchema,
  orderId: IdSchema,
  userId: IdSchema,
  productId: IdSchema,
  quantity: Type.Integer(),
  reservedAt: TimeSchema,
  expiresAt: Type.Optional(TimeSchema),
  status: Type.Enum(Object.values(holdStates)),
})
const OrderOfUser = Type.Object({ ...OrderSchema.properties, userId: IdSchema })

function orderRoutes(app: App, { books }: AdminParts): void {
  const onRequest = app.needs('admin')
  app.get(
    '/api/v1/admin/orders',
    {
      onRequest,
      schema: {
        tags,
        summary: 'All orders, newest first',
        querystring: Type.Object(query, { additionalProperties: false }),
        response: answers({ 200: pageOf(OrderOfUser) }, 400, 401, 403, 503),
      },
    },
    async ({ query: { limit, after } }) =>
      page(
        await books.orders({ limit: limit + 1, after }),
        limit,
        ({ orderId }) => orderId,
        (order) => ({ ...orderView(order), userId: order.buyerId }),
      ),
  )
  app.get(
    '/api/v1/admin/inventory/reservations',
    {
      onRequest,
      schema: {
        tags,
        summary: 'What was reserved, newest first, and what became of it',
        querystring: Type.Object({ ...query, saleId: Type.Optional(IdSchema) }, { additionalProperties: false }),
        response: answers({ 200: pageOf(Reservation) }, 400, 401, 403, 503),
      },
    },
    async ({ query: { limit, after, saleId } }) =>
      page(await books.orders({ saleId, limit: limit + 1, after }), limit, ({ orderId }) => orderId, reservation),
  )
}

/** There is one for each order, under its id. */
function reservation(order: Order) {
  const { orderId, buyerId, productId, quantity, reservedAt, expiresAt } = order
  const unit = unitOf(order)
  return {
    reservationId: orderId,
    orderId,
    userId: buyerId,
    productId,
    quantity,
    reservedAt: time(reservedAt),
    ...(expiresAt !== null && unit === 'held' && { expiresAt: time(expiresAt) }),
    status: holdStates[unit],
  }
}

const EquationSchema = Type.Object(
  {
    id: Type.String(),
    scope: Type.String(),
    left: Type.Integer(),
    right: Type.Integer(),
    inFlight: Type.Integer({ description: 'Moves under way.' }),
    holds: Type.Boolean(),
  },
  { title: 'Equation' },
)
const AuditSchema = Type.Object({ ok: Type.Boolean(), at: TimeSchema, equations: Type.Array(EquationSchema) }, { title: 'Audit' })
const RepairedAuditSchema = Type.Object(
  {
    ...AuditSchema.properties,
    repaired: Type.Array(
      Type.Object({
        saleId: IdSchema,
        steps: Type.Array(Type.Enum(['counted', 'rebuilt']), {
          description: 'counted: items and buyers, from the orders; rebuilt: the ledger, from the books.',
        }),
        before: Type.Array(EquationSchema),
        after: Type.Array(EquationSchema),
      }),
    ),
  },
  { title: 'RepairedAudit' },
)

function auditRoutes(app: App, { audit }: AdminParts): void {
  const onRequest = app.needs('admin')
  app.get(
    '/api/v1/admin/audit',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Check every equation between ledger, books and money now',
        description: 'What does not hold is looked at again after 2 s; only what still fails counts.',
        response: answers({ 200: AuditSchema }, 401, 403, 503),
      },
    },
    async () => {
      const { at, ...rest } = await audit.run()
      return { ...rest, at: time(at) }
    },
  )
  app.post(
    '/api/v1/admin/audit',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Check every equation, make sales that fail anew from their orders, and check again',
        description: 'Never touches orders, wallets or journal: what is wrong with them stays and is reported.',
        body: Type.Object({ repair: Type.Literal(true) }, { additionalProperties: false }),
        response: answers({ 200: RepairedAuditSchema }, 400, 401, 403, 503),
      },
    },
    async (request) => {
      const { at, ...rest } = await audit.repair()
      request.log.info({ event: 'audit-repaired', sales: rest.repaired.map(({ saleId }) => saleId), by: request.caller.id })
      return { ...rest, at: time(at) }
    },
  )
}
