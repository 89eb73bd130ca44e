import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import { money } from '../core/money.ts'
import type { Clock } from '../platform/clock.ts'
import { type App, answers, IdSchema, PageQuery, page, pageOf, TimeSchema, time } from '../platform/http.ts'
import type { Random } from '../platform/random.ts'
import type { Board, Live } from '../purchase/board.ts'
import { current, dated, SaleShelf, statusView, type Text } from './sale-shelf.ts'
import { type Moment, momentOf, SaleProductSchema, SaleSchema, SaleStatusSchema, saleView, untouched } from './sale-view.ts'

export type SaleParts = {
  board: Pick<Board, 'get' | 'all'>
  sales: Pick<Sales, 'sale'>
  clock: Clock
  random: Random
  /** How long before its end a sale is `Ending Soon`, milliseconds. */
  endingSoonMs: number
}

const LIST = 'public, max-age=5, s-maxage=30, stale-while-revalidate=30'
const SALE = 'public, max-age=5, s-maxage=60, stale-while-revalidate=30'
const STATUS = 'public, max-age=0, s-maxage=1'

const SaleId = Type.Object({ saleId: IdSchema })
const ListQuery = Type.Object({ ...PageQuery.properties, after: Type.Optional(IdSchema) }, { additionalProperties: false })
const tags = ['Sales']
const notModified = { 304: Type.Null({ description: 'It is as If-None-Match says.' }) }

export function saleRoutes(app: App, parts: SaleParts): void {
  const shelf = new SaleShelf(parts)
  listRoutes(app, parts, shelf)
  oneRoutes(app, parts, shelf)
}

function listRoutes(app: App, { board, clock }: SaleParts, shelf: SaleShelf): void {
  app.get(
    '/api/v1/sales/active',
    {
      schema: {
        tags,
        summary: 'Sales that run, and those that start within 24 hours',
        querystring: ListQuery,
        response: answers({ 200: pageOf(SaleSchema), ...notModified }, 400),
      },
    },
    async (request, reply) => {
      const { limit, after } = request.query
      const { tag, text } = shelf.active(limit, after, clock.now())
      return fresh(request, reply, tag, LIST) ? reply : json(reply, text)
    },
  )
  app.get(
    '/api/v1/flash-sale-products',
    {
      schema: {
        tags,
        summary: 'Products in sales that run',
        querystring: Type.Object({ ...PageQuery.properties }, { additionalProperties: false }),
        response: answers({ 200: pageOf(SaleProductSchema) }, 400),
      },
    },
    async (request, reply) => {
      const { limit, after = '' } = request.query
      const now = clock.now()
      const items = current(board, now, 0).flatMap((live) => products(live, shelf.of(live, now).moment))
      const rest = items
        .filter((item) => productCursor(item) > after)
        .sort((a, b) => (productCursor(a) < productCursor(b) ? -1 : 1))
      reply.header('cache-control', LIST)
      return page(rest, limit, productCursor, (item) => item)
    },
  )
}

function oneRoutes(app: App, { sales, clock, endingSoonMs, board }: SaleParts, shelf: SaleShelf): void {
  app.get(
    '/api/v1/sales/:saleId',
    {
      schema: {
        tags,
        summary: 'One sale',
        params: SaleId,
        response: answers({ 200: SaleSchema, ...notModified }, 400, 404, 503),
      },
    },
    async (request, reply) => {
      const now = clock.now()
      const live = board.get(request.params.saleId)
      if (live) return send(request, reply, shelf.of(live, now).sale, now, SALE)
      const sale = await sales.sale(request.params.saleId)
      if (!sale) return noSuchSale(reply)
      reply.header('cache-control', SALE)
      return saleView(sale, momentOf(sale, untouched(sale, now), now, endingSoonMs), now)
    },
  )
  app.get(
    '/api/v1/sales/:saleId/status',
    {
      schema: {
        tags,
        summary: 'What is left of a sale',
        params: SaleId,
        response: answers({ 200: SaleStatusSchema, ...notModified }, 400, 404, 503),
      },
    },
    (request, reply) => {
      const now = clock.now()
      const live = board.get(request.params.saleId)
      if (live) {
        send(request, reply, shelf.of(live, now).status, now, STATUS)
        return
      }
      sales.sale(request.params.saleId).then((sale) => {
        if (!sale) return noSuchSale(reply)
        const left = untouched(sale, now)
        reply.header('cache-control', STATUS)
        return reply.send(statusView(sale, left, momentOf(sale, left, now, endingSoonMs), now))
      }, reply.send.bind(reply))
    },
  )
  app.get(
    '/api/v1/time',
    { schema: { tags, summary: "The server's time", response: answers({ 200: Type.Object({ serverTime: TimeSchema }) }, 429) } },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { serverTime: time(clock.now()) }
    },
  )
}

function send(request: FastifyRequest, reply: FastifyReply, text: Text, now: number, cache: string): FastifyReply {
  return fresh(request, reply, text.tag, cache) ? reply : json(reply, dated(text, now))
}

/** Where the asker has this version already, answers 304. */
function fresh(request: FastifyRequest, reply: FastifyReply, tag: string, cache: string): boolean {
  reply.header('etag', `W/"${tag}"`).header('cache-control', cache)
  if (!request.headers['if-none-match']?.includes(`"${tag}"`)) return false
  reply.code(304).send()
  return true
}

function json(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(text)
}

function noSuchSale(reply: FastifyReply): FastifyReply {
  return reply.problem('not-found', 'There is no sale with this id.')
}

function products({ sale, remaining }: Live, moment: Moment): Static<typeof SaleProductSchema>[] {
  return sale.items.map(({ productId, name, image, listPrice, price, currency }) => ({
    saleId: sale.id,
    productId,
    name,
    image,
    price: money(listPrice, currency),
    salePrice: money(price, currency),
    remaining: remaining.get(productId) ?? 0,
    ...moment,
    startTime: time(sale.startTime),
    endTime: time(sale.endTime),
  }))
}

const productCursor = ({ saleId, productId }: { saleId: Id; productId: Id }): string => `${saleId}${productId}`
