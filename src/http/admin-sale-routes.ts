import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Outbox, SaleChange, SaleChanged, Sales } from '../books/books.ts'
import { never } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import type { Sale } from '../core/sale.ts'
import type { EventLog } from '../events/event-log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import { type App, answers, IdSchema, PageQuery, page, pageOf, TimeSchema, time } from '../platform/http.ts'
import type { Board } from '../purchase/board.ts'
import type { RunSale } from '../purchase/run-sale.ts'
import { NewSaleBody, newSale, SaleChangeBody, saleChange, type Wrong } from './admin-sale-body.ts'
import type { Pace } from './pace.ts'
import { momentOf, SaleSchema, saleView, untouched } from './sale-view.ts'

export type AdminSaleParts = {
  sales: Pick<Sales, 'sale' | 'list' | 'tally'>
  runSale: Pick<RunSale, 'create' | 'change'>
  ledger: Pick<Ledger, 'look'>
  board: Pick<Board, 'get' | 'all'>
  outbox: Pick<Outbox, 'waiting'>
  events: Pick<EventLog, 'lag'>
  audit: { last(): { ok: boolean; at: number } | null }
  clock: Clock
  newId: () => Id
  endingSoonMs: number
}

const tags = ['Administration']
const SaleId = Type.Object({ id: IdSchema })
const verbs = ['start', 'pause', 'resume', 'end'] as const
type Verb = (typeof verbs)[number]

export function adminSaleRoutes(app: App, parts: AdminSaleParts, pace: Pace): void {
  listRoute(app, parts)
  createRoute(app, parts)
  changeRoute(app, parts)
  for (const verb of verbs) verbRoute(app, parts, verb)
  liveRoute(app, parts, pace)
}

function listRoute(app: App, { sales, ...parts }: AdminSaleParts): void {
  app.get(
    '/api/v1/admin/sales',
    {
      onRequest: app.needs('admin'),
      schema: {
        tags,
        summary: 'All sales, newest first',
        querystring: Type.Object({ ...PageQuery.properties, after: Type.Optional(IdSchema) }, { additionalProperties: false }),
        response: answers({ 200: pageOf(SaleSchema) }, 400, 401, 403, 503),
      },
    },
    async ({ query: { limit, after } }) =>
      page(
        await sales.list(limit + 1, after),
        limit,
        ({ id }) => id,
        (sale) => view(parts, sale),
      ),
  )
}

function createRoute(app: App, parts: AdminSaleParts): void {
  const { runSale, clock, newId } = parts
  app.post(
    '/api/v1/admin/sales',
    {
      onRequest: app.needs('admin'),
      schema: {
        tags,
        summary: 'Create a sale; its units are taken out of ordinary stock',
        body: NewSaleBody,
        response: answers({ 201: SaleSchema }, 400, 401, 403, 409, 503),
      },
    },
    async (request, reply) => {
      const { sale, wrong } = newSale(request.body, clock.now())
      if (wrong.length > 0) return refuse(reply, wrong)
      const created = await runSale.create({ id: newId(), drillId: null, ...sale })
      if (created.kind !== 'changed') return notChanged(reply, created, sale.items)
      request.log.info({ event: 'sale-created', saleId: created.sale.id, by: request.caller.id })
      return reply.code(201).header('location', `/api/v1/sales/${created.sale.id}`).send(view(parts, created.sale))
    },
  )
}

function changeRoute(app: App, parts: AdminSaleParts): void {
  const { sales, runSale, clock } = parts
  app.patch(
    '/api/v1/admin/sales/:id',
    {
      onRequest: app.needs('admin'),
      schema: {
        tags,
        summary: 'Change a sale that has not ended: what is not named stays',
        params: SaleId,
        body: SaleChangeBody,
        response: answers({ 200: SaleSchema }, 400, 401, 403, 404, 409, 503),
      },
    },
    async (request, reply) => {
      const sale = await sales.sale(request.params.id)
      if (!sale) return noSuchSale(reply)
      const { change, wrong } = saleChange(request.body, sale, clock.now())
      if (wrong.length > 0) return refuse(reply, wrong)
      const changed = await runSale.change(sale.id, change)
      if (changed.kind !== 'changed') return notChanged(reply, changed, change.items)
      request.log.info({ event: 'sale-changed', saleId: sale.id, by: request.caller.id, change: request.body })
      return view(parts, changed.sale)
    },
  )
}

function verbRoute(app: App, parts: AdminSaleParts, verb: Verb): void {
  const { sales, runSale, clock } = parts
  app.post(
    `/api/v1/admin/sales/:id/${verb}`,
    {
      onRequest: app.needs('admin'),
      schema: {
        tags,
        summary: `${verb[0]?.toUpperCase()}${verb.slice(1)} a sale now`,
        description: 'Where it is there already, nothing changes and the answer is the same.',
        params: SaleId,
        response: answers({ 200: SaleSchema }, 400, 401, 403, 404, 409, 503),
      },
    },
    async (request, reply) => {
      const sale = await sales.sale(request.params.id)
      if (!sale) return noSuchSale(reply)
      const change = verbChange(sale, verb, clock.now())
      if (change === null) return view(parts, sale)
      const changed = await runSale.change(sale.id, change)
      if (changed.kind !== 'changed') {
        // Perhaps somebody else did the same at the same time.
        const present = await sales.sale(sale.id)
        if (present && verbChange(present, verb, clock.now()) === null) return view(parts, present)
        return notChanged(reply, changed)
      }
      request.log.info({ event: `sale-${verb}`, saleId: sale.id, by: request.caller.id })
      return view(parts, changed.sale)
    },
  )
}

/** Null: the sale is there already. */
function verbChange(sale: Sale, verb: Verb, now: number): SaleChange | null {
  switch (verb) {
    case 'start':
      return sale.startTime <= now && now < sale.endTime ? null : { startTime: Math.min(sale.startTime, now) }
    case 'pause':
      return sale.pausedByOperator && now < sale.endTime ? null : { pausedByOperator: true }
    case 'resume':
      return !sale.pausedByOperator && now < sale.endTime ? null : { pausedByOperator: false }
    case 'end':
      // A sale that never opened ends where it would have begun, not before.
      return sale.endTime <= now ? null : { startTime: Math.min(sale.startTime, now), endTime: now }
    default:
      return never(verb)
  }
}

const Counted = Type.Object({
  productId: IdSchema,
  allotment: Type.Integer(),
  remaining: Type.Integer(),
  held: Type.Integer(),
  sold: Type.Integer(),
})
const LiveSchema = Type.Object(
  {
    items: Type.Array(Counted),
    outcomes: Type.Record(Type.String(), Type.Integer(), { description: 'Purchases answered since the start, by outcome.' }),
    perSecond: Type.Integer({ description: 'Purchases accepted in the last whole second.' }),
    latency: Type.Union([Type.Object({ p50: Type.Number(), p99: Type.Number() }), Type.Null()], {
      description: 'From the purchase to its answer in the last 10 s, milliseconds; null when none was asked for.',
    }),
    returned: Type.Integer({ description: 'Units that went back to ordinary stock after the end.' }),
    lag: Type.Object({ outbox: Type.Integer(), payments: Type.Integer() }, { description: 'How many wait.' }),
    audit: Type.Union([Type.Object({ ok: Type.Boolean(), at: TimeSchema }), Type.Null()], { description: 'The last one.' }),
  },
  { title: 'SaleLive' },
)

function liveRoute(app: App, { sales, ledger, board, outbox, events, audit }: AdminSaleParts, pace: Pace): void {
  app.get(
    '/api/v1/admin/sales/:id/live',
    {
      onRequest: app.needs('admin'),
      schema: {
        tags,
        summary: 'A sale as its operator sees it',
        params: SaleId,
        response: answers({ 200: LiveSchema }, 400, 401, 403, 404, 503),
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const counted = (await countedItems(id)) ?? (await bookedItems(id))
      if (!counted) return noSuchSale(reply)
      const [outboxLag, paymentLag] = await Promise.all([outbox.waiting(), events.lag('payments')])
      const last = audit.last()
      return {
        ...counted,
        outcomes: Object.fromEntries(board.get(id)?.outcomes ?? []),
        perSecond: pace.of(id),
        latency: pace.latencyOf(id),
        lag: { outbox: outboxLag.count, payments: paymentLag.count },
        audit: last && { ok: last.ok, at: time(last.at) },
      }
    },
  )

  async function countedItems(id: Id) {
    const known = board.get(id)?.sale ?? (await sales.sale(id))
    if (!known || known.settledAt !== null) return undefined
    const view = await ledger.look(id, Number.MAX_SAFE_INTEGER, 0)
    if (!view) return undefined
    // What is settled has its units nowhere in a count, and the board learns of it up to a second late.
    const isOver = view.now >= view.terms.endTime
    if (isOver && (await sales.sale(id))?.settledAt !== null) return undefined
    return { items: view.items, returned: 0 }
  }

  /** For a sale that is settled: it recounts the orders, which takes longer, and knows what went back. */
  async function bookedItems(id: Id) {
    const tally = await sales.tally(id)
    return (
      tally && {
        items: tally.items.map(({ available, ...item }) => ({ ...item, remaining: available })),
        returned: tally.items.reduce((sum, item) => sum + item.returned, 0),
      }
    )
  }
}

function view({ board, clock, endingSoonMs }: Pick<AdminSaleParts, 'board' | 'clock' | 'endingSoonMs'>, sale: Sale) {
  const now = clock.now()
  const remaining = board.get(sale.id)?.remaining ?? untouched(sale, now)
  return saleView(sale, momentOf(sale, remaining, now, endingSoonMs), now)
}

function notChanged(reply: FastifyReply, outcome: Exclude<SaleChanged, { kind: 'changed' }>, items: { productId: Id }[] = []) {
  switch (outcome.kind) {
    case 'not-found':
      return noSuchSale(reply)
    case 'no-such-product': {
      const at = items.findIndex(({ productId }) => productId === outcome.productId)
      return refuse(reply, [{ path: `/items/${at}/productId`, message: 'there is no such product here' }])
    }
    case 'not-enough-stock': {
      const { productId, stock } = outcome
      return reply.problem('not-enough-stock', 'Take fewer units, or raise the stock of the product.', { productId, stock })
    }
    case 'conflict':
      return reply.problem('conflict', `That cannot be done: ${outcome.because}.`)
    default:
      return never(outcome)
  }
}

function refuse(reply: FastifyReply, errors: Wrong[]): FastifyReply {
  return reply.problem('invalid', 'Correct the fields named in "errors".', { errors })
}

function noSuchSale(reply: FastifyReply): FastifyReply {
  return reply.problem('not-found', 'There is no sale with this id.')
}
