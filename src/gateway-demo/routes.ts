import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Fault } from '../core/fault.ts'
import { type App, IdSchema } from '../platform/http.ts'
import { allOf, faultNames } from './faults.ts'
import type { ChargeView, Command } from './machine.ts'
import { payRoutes } from './page-routes.ts'
import type { GatewayRouteParts } from './route-parts.ts'
import { toldOf } from './telling.ts'

const STALL_MS = 3000
/** The shop that asks is one address; its key stands for it. */
const open = { config: { unlimited: true } as object }
const Charge = Type.Object(
  {
    orderId: IdSchema,
    attempt: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    amount: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    expiresAt: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    returnUrl: Type.String({ format: 'uri', pattern: '^https?://', maxLength: 2000 }),
    notifyUrl: Type.String({ format: 'uri', pattern: '^https?://', maxLength: 2000 }),
  },
  { additionalProperties: false },
)
const Which = Type.Object({ orderId: IdSchema, attempt: Type.Integer({ minimum: 1 }) }, { additionalProperties: false })
const Since = Type.Object(
  {
    after: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })),
    max: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  { additionalProperties: false },
)
const Shares = Type.Object(
  Object.fromEntries(faultNames.map((name) => [name, Type.Optional(Type.Number({ minimum: 0, maximum: 1 }))])),
  { additionalProperties: false },
)

/** The gateway for programs that have its key, and its page for buyers. */
export function gatewayRoutes(app: App, prefix: string, parts: GatewayRouteParts): void {
  app.register(
    async (scope) => {
      scope.register(async (pages) => payRoutes(pages as App, parts))
      scope.register(async (calls) => {
        calls.addHook('onRequest', keyCheck(parts.key))
        calls.setErrorHandler(failed)
        chargeRoutes(calls as App, parts)
        readRoutes(calls as App, parts)
      })
    },
    { prefix },
  )
}

function chargeRoutes(app: App, parts: GatewayRouteParts): void {
  app.post('/v1/charges', { ...open, schema: { hide: true, body: Charge } }, (request, reply) =>
    command(parts, request, reply, { do: 'authorize', charge: request.body }),
  )
  for (const order of ['capture', 'void', 'refund'] as const) {
    const schema = { hide: true, params: Type.Object({ txnId: Type.String({ maxLength: 64 }) }) }
    app.post(`/v1/charges/:txnId/${order}`, { ...open, schema }, (request, reply) =>
      command(parts, request, reply, { do: order, txnId: request.params.txnId }),
    )
  }
}

function readRoutes(app: App, parts: GatewayRouteParts): void {
  const { store, dice } = parts
  app.get('/v1/charges', { ...open, schema: { hide: true, querystring: Which } }, async (request, reply) => {
    const { orderId, attempt } = request.query
    const found = await store.find(orderId, attempt)
    return answer(parts, reply, { charge: found ? shown(parts, found) : null })
  })
  app.get('/v1/events', { ...open, schema: { hide: true, querystring: Since } }, async (request, reply) => {
    const { after, max } = request.query
    const events = await store.eventsAfter(Number(after ?? 0), max)
    return answer(parts, reply, { events: events.map(toldOf), next: String(events.at(-1)?.seq ?? after ?? 0) })
  })
  app.get('/totals', { ...open, schema: { hide: true } }, () => store.totals())
  app.get('/faults', { ...open, schema: { hide: true } }, async () => allOf(dice.faults))
  app.put('/faults', { ...open, schema: { hide: true, body: Shares } }, async (request) => {
    dice.faults = request.body
    return allOf(dice.faults)
  })
}

async function command(parts: GatewayRouteParts, request: FastifyRequest, reply: FastifyReply, asked: Command) {
  const { store, dice, manner, tell } = parts
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || key.length < 1 || key.length > 255) {
    return reply.problem('invalid', 'Send an Idempotency-Key of 1 to 255 characters.')
  }
  if (dice.falls('error')) return reply.problem('internal', 'An error on demand; nothing was applied.')
  const outcome = await store.ask(key, asked, manner())
  await tell()
  if (outcome.kind === 'unknown') return reply.problem('not-found', 'There is no such charge.')
  if (outcome.kind === 'key-reused') return reply.problem('key-reused', 'This key was used for another request.')
  if (outcome.kind === 'failed') return reply.problem('internal', 'An error on demand; it was applied, and the key keeps this.')
  return answer(parts, reply, { charge: shown(parts, outcome.view) })
}

/** Late, or not at all, where that is asked for. */
async function answer({ dice, clock }: GatewayRouteParts, reply: FastifyReply, body: object): Promise<FastifyReply> {
  if (dice.falls('stall')) await clock.sleep(STALL_MS)
  reply.header('cache-control', 'no-store')
  if (!dice.falls('lose')) return reply.send(body)
  reply.hijack()
  reply.raw.destroy()
  return reply
}

function shown({ address }: GatewayRouteParts, view: ChargeView): object {
  const { orderId, attempt, txnId, state, amount, currency, reason } = view
  const redirectUrl = state === 'open' ? `${address()}/pay/${txnId}` : null
  return { orderId, attempt, txnId, state, amount, currency, reason, redirectUrl }
}

/** Digests are compared, so that the time it takes says nothing of the key. */
function keyCheck(key: string) {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const right = digest(`Bearer ${key}`)
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), right)) done()
    else reply.header('www-authenticate', 'Bearer').problem('unauthenticated', 'Send Authorization: Bearer <key of the gateway>.')
  }
}

/** `503` means that nothing was applied, so what may have been is a `500`. */
function failed(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof Fault)) throw error
  request.log.warn({ event: 'fault', code: error.code, outcome: error.outcome }, error.message)
  if (error.outcome === 'refused') return reply.problem('busy', 'Nothing was done. Ask again.')
  return reply.problem('internal', 'It may have been done. Ask again with the same key.')
}
