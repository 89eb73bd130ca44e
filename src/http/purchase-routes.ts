import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Books } from '../books/books.ts'
import type { Code } from '../core/codes.ts'
import type { Id } from '../core/ids.ts'
import { type Order, orderStates, type PaymentMethod, paymentMethods } from '../core/order.ts'
import { statusOf } from '../core/sale.ts'
import type { Rate } from '../gate/rate.ts'
import type { Clock } from '../platform/clock.ts'
import { type App, answers, IdSchema, ProblemSchema, TimeSchema, time } from '../platform/http.ts'
import type { Metrics } from '../platform/metrics.ts'
import { type Random, secret } from '../platform/random.ts'
import type { Board } from '../purchase/board.ts'
import type { Placed, PlaceOrder, Purchase } from '../purchase/place-order.ts'
import type { RunSale } from '../purchase/run-sale.ts'
import { type Limit, taken, turn } from './guard.ts'

export type PurchaseParts = {
  placeOrder: Pick<PlaceOrder, 'place'>
  board: Board
  runSale: Pick<RunSale, 'lookAgain'>
  rate: Rate
  metrics: Metrics
  clock: Clock
  random: Random
  /** The wallets': credit pays no other. */
  currency: string
  books: Pick<Books, 'truth'>
  /** `null`: no cards are taken here. */
  gateway: { readonly available: boolean } | null
  /** The order once it is settled; `undefined` when that takes longer than `ms`. */
  settled(orderId: Id, ms: number): Promise<Order | undefined>
}

/** For one buyer in one sale: three at once for impatient fingers, then one a second. */
const TRIES = { perSecond: 1, burst: 3 }
const KEY = /^[\x21-\x7e]{1,255}$/
const KEY_HEADER = 'idempotency-key'
/** How long the short form waits for the settlement, milliseconds. */
const SHORT_FORM_MS = 1000

const tags = ['Purchase']
const Body = Type.Object(
  {
    productId: IdSchema,
    quantity: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    payment: Type.Optional(Type.Object({ method: Type.Enum([...paymentMethods]) }, { additionalProperties: false })),
  },
  { additionalProperties: false },
)
const Accepted = Type.Object({ orderId: IdSchema, status: Type.Enum([...orderStates]) })
const Refused = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    traceId: Type.String(),
    remaining: Type.Optional(Type.Integer({ description: 'sold-out: units left, fewer than were asked for.' })),
    limit: Type.Optional(Type.Integer({ description: "limit-reached: the buyer's." })),
    orderId: Type.Optional({ ...IdSchema, description: "limit-reached: the buyer's newest live order." }),
    startTime: Type.Optional({ ...TimeSchema, description: 'not-started' }),
  },
  { title: 'PurchaseProblem', description: 'RFC 9457 problem: sold-out, limit-reached, not-started, ended or paused' },
)

export function purchaseRoutes(app: App, parts: PurchaseParts): void {
  const headers = Type.Object({
    [KEY_HEADER]: Type.Optional(
      Type.String({
        description: '1 to 255 visible ASCII characters. The same key again gives the same order, never a second one.',
      }),
    ),
  })
  const onRequest = [keyed(parts.random), app.needs('buyer')]
  app.post(
    '/api/v1/sales/:saleId/purchase',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Buy',
        params: Type.Object({ saleId: IdSchema }),
        headers,
        body: Body,
        response: { ...answers({ 202: Accepted }, 400, 401, 403, 404, 422, 503), 409: Refused },
      },
    },
    (request, reply) => {
      const { saleId } = request.params
      if (parts.board.get(saleId)) purchase(parts, request, reply, saleId, request.body)
      else afterLook(parts, request, reply, () => purchase(parts, request, reply, saleId, request.body))
    },
  )
  shortForm(app, parts, onRequest)
}

function purchase(
  parts: PurchaseParts,
  request: FastifyRequest,
  reply: FastifyReply,
  saleId: Id,
  { productId, quantity, payment }: Static<typeof Body>,
): unknown {
  const method = payment?.method ?? 'credit'
  if (isElsewhere(parts, request, saleId)) return reply.problem('not-found', advice['not-found'])
  const message = unpayable(parts, saleId, method)
  if (message) {
    const errors = [{ path: '/payment/method', message }]
    return reply.problem('invalid', `This sale cannot be paid by ${method}.`, { errors })
  }
  const wish = { saleId, productId, quantity, method }
  const buy = () => place(parts, request, reply, wish, (placed) => answer(reply, placed))
  const goOn = () => {
    if (method === 'card' && !parts.gateway?.available) void whereKnown(parts, request, reply, saleId, buy)
    else buy()
  }
  return turn(parts.rate, reply, triesOf(request, saleId), goOn, () => parts.metrics.purchase('slow-down', 0))
}

/** Another process may have made the sale a moment ago. */
function afterLook({ runSale }: PurchaseParts, request: FastifyRequest, reply: FastifyReply, then: () => unknown): void {
  runSale.lookAgain().then(then, (error) => {
    request.log.warn({ event: 'purchase-failed', err: error }, 'the stores did not say whether there is such a sale')
    reply.header('retry-after', 1).problem('busy', advice.busy)
  })
}

/** Every answer carries the key, also those that are given before the request is looked at. */
function keyed(random: Random) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const given = request.headers[KEY_HEADER]
    if (given === undefined) reply.header(KEY_HEADER, secret(random, 16))
    else if (KEY.test(given as string)) reply.header(KEY_HEADER, given)
    done()
  }
}

/** A rehearsal's sale is for its own buyers: when it is removed, so are its orders and what was paid for them. */
function isElsewhere({ board }: PurchaseParts, { caller }: FastifyRequest, saleId: Id): boolean {
  const drillId = board.get(saleId)?.sale.drillId ?? null
  return drillId !== null && caller.drillSaleId !== saleId
}

/** Why not. All items of a sale are priced in one currency. */
function unpayable({ board, currency, gateway }: PurchaseParts, saleId: Id, method: PaymentMethod): string | undefined {
  if (method === 'card') return gateway ? undefined : 'cards are not taken here'
  const first = board.get(saleId)?.sale.items[0]
  return first === undefined || first.currency === currency ? undefined : `credit is in ${currency}, this sale is not`
}

/** While the gateway is away no unit is taken for it; but who has an order under this key is told of it. */
async function whereKnown(
  { books, metrics }: PurchaseParts,
  request: FastifyRequest,
  reply: FastifyReply,
  saleId: Id,
  buy: () => void,
): Promise<void> {
  const refuse = () => {
    metrics.purchase('payment-unavailable', 0)
    reply.header('retry-after', 5).problem('payment-unavailable', advice['payment-unavailable'])
  }
  const key = reply.getHeader(KEY_HEADER)
  if (key === undefined) return buy()
  try {
    const { found } = await books.truth(saleId, [{ buyerId: request.caller.id, keyDigest: digestOfKey(key as string) }])
    if (found[0]) buy()
    else refuse()
  } catch (error) {
    request.log.warn({ event: 'purchase-failed', err: error }, 'the books did not say whether this key has an order')
    refuse()
  }
}

const digestOfKey = (key: string): string => hash('sha256', key, 'base64url')

function triesOf({ caller }: FastifyRequest, saleId: Id): Limit {
  return { policy: 'purchase', who: `${saleId} ${caller.id}`, ...TRIES }
}

function place(
  { placeOrder, board, metrics, clock }: PurchaseParts,
  request: FastifyRequest,
  reply: FastifyReply,
  wish: Pick<Purchase, 'saleId' | 'productId' | 'quantity' | 'method'>,
  answered: (placed: Placed) => void,
): void {
  const key = reply.getHeader(KEY_HEADER)
  if (key === undefined) {
    const errors = [{ path: '/idempotency-key', message: 'must be 1 to 255 visible ASCII characters' }]
    reply.problem('invalid', 'Correct the header Idempotency-Key, or leave it out.', { errors })
    return
  }
  const buyerId = request.caller.id
  const startedAt = clock.ticks()
  const purchase: Purchase = {
    ...wish,
    buyerId,
    // Asked for only where memory has no answer: a crowd of losers needs no hash.
    get keyDigest() {
      return digestOfKey(key as string)
    },
    bodyDigest: digestOf(wish.productId, wish.quantity, wish.method),
  }
  placeOrder.place(purchase, (placed) => {
    const outcome = placed.kind === 'accepted' && placed.replayed ? 'replayed' : placed.kind
    const ms = clock.ticks() - startedAt
    metrics.purchase(outcome, ms)
    board.count(wish.saleId, outcome, ms)
    answered(placed)
  })
}

let known = { body: '', digest: '' }

/** A crowd sends the same body again and again. */
function digestOf(productId: Id, quantity: number, method: PaymentMethod): string {
  const body = `${productId}|${quantity}|${method}`
  if (known.body !== body) known = { body, digest: hash('sha256', body, 'base64url') }
  return known.digest
}

function answer(reply: FastifyReply, placed: Placed): void {
  switch (placed.kind) {
    case 'accepted':
      if (placed.replayed) reply.header('idempotent-replayed', 'true')
      reply
        .code(202)
        .header('location', `/api/v1/orders/${placed.orderId}/status`)
        .send({ orderId: placed.orderId, status: placed.status })
      return
    case 'sold-out':
      reply.problem('sold-out', advice['sold-out'], { remaining: placed.remaining })
      return
    case 'limit-reached':
      reply.problem('limit-reached', advice['limit-reached'], {
        limit: placed.limit,
        ...(placed.orderId !== null && { orderId: placed.orderId }),
      })
      return
    case 'not-started':
      reply.problem('not-started', advice['not-started'], { startTime: time(placed.startTime) })
      return
    case 'busy':
    case 'unknown-outcome':
      reply.header('retry-after', 1).problem(placed.kind, advice[placed.kind])
      return
    default:
      reply.problem(placed.kind, advice[placed.kind])
  }
}

const advice = {
  'sold-out': 'Ask for fewer, or again when units come back: the live stock tells.',
  'limit-reached': 'This buyer can have no more of this sale.',
  'not-started': 'Ask again at startTime.',
  ended: 'The sale is over.',
  paused: 'Ask again when the sale goes on: its status tells.',
  'not-found': 'There is no such sale now, or the product is not in it.',
  'key-reused': 'Send a new Idempotency-Key: this one belongs to another purchase in this sale.',
  'payment-unavailable': 'Nothing was bought. Pay by credit, or ask again after the seconds in Retry-After.',
  busy: 'Nothing was bought. Ask again after the seconds in Retry-After, with the same Idempotency-Key.',
  'unknown-outcome': 'It may have been bought. Ask again after the seconds in Retry-After, with the same Idempotency-Key.',
} as const satisfies Partial<Record<Code, string>>

/** The older clients' form: one unit by credit of whatever sale of the product runs, and an answer after the payment. */
function shortForm(app: App, parts: PurchaseParts, onRequest: never | unknown[]): void {
  const Said = Type.Object({ success: Type.Boolean(), message: Type.String(), orderId: Type.Optional(IdSchema) })
  app.post(
    '/api/buy/:productId',
    {
      onRequest: onRequest as never,
      schema: {
        tags,
        summary: 'Buy one unit in the running sale of this product that started last',
        params: Type.Object({ productId: IdSchema }),
        response: answers(
          {
            200: Said,
            400: { content: { 'application/json': { schema: Said }, 'application/problem+json': { schema: ProblemSchema } } },
          },
          401,
          403,
        ),
      },
    },
    (request, reply) => {
      const buy = () => buyShort(parts, request, reply, request.params.productId)
      if (running(parts, request.params.productId) === undefined) afterLook(parts, request, reply, buy)
      else buy()
    },
  )
}

function buyShort(parts: PurchaseParts, request: FastifyRequest, reply: FastifyReply, productId: Id): unknown {
  const say = (message: string, orderId?: Id) => {
    const success = orderId !== undefined
    reply.code(success ? 200 : 400).send({ success, message, ...(success && { orderId }) })
  }
  const saleId = running(parts, productId)
  if (saleId === undefined) return say(words['not-found'])
  if (unpayable(parts, saleId, 'credit')) return say('Payment failed')
  return taken(parts.rate, reply, triesOf(request, saleId), (waitMs) => {
    if (waitMs > 0) return say('Rate limit exceeded')
    place(parts, request, reply, { saleId, productId, quantity: 1, method: 'credit' }, (placed) => {
      if (placed.kind !== 'accepted') return say(words[placed.kind])
      void parts.settled(placed.orderId, SHORT_FORM_MS).then((order) => {
        if (order === undefined) return say('Held, payment pending', placed.orderId)
        if (order.state === 'COMPLETED') return say('Purchase successful!', placed.orderId)
        say(order.state === 'FAILED' ? 'Payment failed' : `Order ${order.state.toLowerCase()}`)
      })
    })
  })
}

const words: Record<Exclude<Placed['kind'], 'accepted'>, string> = {
  'sold-out': 'Out of stock',
  'limit-reached': 'Purchase limit reached',
  'not-started': 'Sale not started',
  ended: 'Sale ended',
  paused: 'Sale paused',
  'not-found': 'No sale of this product is running',
  'key-reused': 'Idempotency key reused',
  busy: 'Busy, try again',
  'unknown-outcome': 'Outcome unknown, try again with the same Idempotency-Key',
}

function running({ board, clock }: PurchaseParts, productId: Id): Id | undefined {
  const now = clock.now()
  const open = board
    .all()
    .filter(({ sale, remaining }) => sale.drillId === null && remaining.has(productId) && statusOf(sale, now) === 'ACTIVE')
  return open.sort((a, b) => b.sale.startTime - a.sale.startTime)[0]?.sale.id
}
