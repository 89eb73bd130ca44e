import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { assert } from '../../core/assert.ts'
import type { Id } from '../../core/ids.ts'
import { money } from '../../core/money.ts'
import type { Sale } from '../../core/sale.ts'
import type { Clock } from '../../platform/clock.ts'
import { type App, answers, IdSchema, MoneySchema } from '../../platform/http.ts'

/** What a rehearsal asks of the rest of the house. */
export type DrillParts = {
  accounts: {
    /** All or none. */
    createDrillBuyers(drillId: Id, buyers: { id: Id; openingCredit: number }[], now: number): Promise<void>
    /** In the order of their ids. */
    drillBuyers(drillId: Id): Promise<Id[]>
    removeDrill(drillId: Id): Promise<unknown>
  }
  identity: { mintDrillTokens(buyerIds: Id[], saleId: Id): AsyncIterable<string> }
  catalogue: {
    create(id: Id, product: { name: string; price: number; currency: string; kind: 'coupon' }, now: number): Promise<unknown>
    remove(id: Id, now: number): Promise<boolean>
  }
  sales: {
    /** Opens it everywhere: books, ledger, and what is served from memory. */
    create(sale: DrillSale): Promise<{ kind: string }>
    sale(id: Id): Promise<Sale | null>
    /** Forgets the sale with its orders, holds and payments, everywhere. Repeatable. */
    removeDrill(drillId: Id): Promise<void>
  }
  clock: Clock
  newId: () => Id
  /** The wallet's. */
  currency: string
}

export type DrillSale = {
  id: Id
  drillId: Id
  name: string
  banner: null
  startTime: number
  endTime: number
  limit: number
  items: { productId: Id; price: number; currency: string; quantity: number }[]
}

/** Minor units. */
const PRICE = 1999
const LASTS_MS = 3600_000
/** Written in one transaction: others' purchases wait for it meanwhile. */
const BUYERS_AT_ONCE = 500

const Body = Type.Object(
  {
    buyers: Type.Integer({ minimum: 1, maximum: 100_000 }),
    units: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    noCreditShare: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'how many of the buyers cannot pay' })),
  },
  { additionalProperties: false },
)
const Made = Type.Object({
  drillId: IdSchema,
  saleId: IdSchema,
  productId: IdSchema,
  price: MoneySchema,
  tokensUrl: Type.String(),
})
const Params = Type.Object({ id: IdSchema })

/** A rehearsal is known by the id of its sale, so that nothing about it has to be remembered elsewhere. */
export function drillRoutes(app: App, parts: DrillParts): void {
  const { accounts, identity, catalogue, sales, clock } = parts
  const tags = ['Administration']
  const onRequest = app.needs('admin')
  app.post(
    '/api/v1/admin/drills',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Make a sale and its buyers for a rehearsal',
        body: Body,
        response: answers({ 201: Made }, 400, 401, 403, 413, 415),
      },
    },
    async ({ body }, reply) => {
      const { drillId, productId } = await makeDrill(parts, body.buyers, body.units, body.noCreditShare ?? 0)
      const tokensUrl = `/api/v1/admin/drills/${drillId}/tokens`
      return reply.code(201).send({ drillId, saleId: drillId, productId, price: money(PRICE, parts.currency), tokensUrl })
    },
  )
  app.get(
    '/api/v1/admin/drills/:id/tokens',
    {
      onRequest,
      schema: {
        tags,
        summary: 'The access tokens of a rehearsal, one a line; new ones each time',
        params: Params,
        response: answers(
          { 200: { content: { 'text/plain': { schema: Type.Unsafe<Readable>(Type.String()) } } } },
          400,
          401,
          403,
          404,
        ),
      },
    },
    async ({ params }, reply) => {
      const buyers = await accounts.drillBuyers(params.id)
      if (buyers.length === 0) return reply.problem('not-found', 'There is no rehearsal with this id, or it was removed.')
      reply.header('Cache-Control', 'no-store').type('text/plain')
      return reply.send(Readable.from(lines(identity.mintDrillTokens(buyers, params.id))))
    },
  )
  app.delete(
    '/api/v1/admin/drills/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Remove a rehearsal: its accounts, orders, sale and product',
        params: Params,
        response: answers({ 204: Type.Null() }, 400, 401, 403, 404),
      },
    },
    async ({ params }, reply) => {
      const sale = await sales.sale(params.id)
      if (!sale?.drillId) return reply.problem('not-found', 'There is no rehearsal with this id, or it was removed.')
      await sales.removeDrill(sale.drillId)
      await accounts.removeDrill(sale.drillId)
      for (const { productId } of sale.items) await catalogue.remove(productId, clock.now())
      return reply.code(204).send(null)
    },
  )
}

async function makeDrill(
  { accounts, catalogue, sales, clock, newId, currency }: DrillParts,
  buyers: number,
  units: number,
  poor: number,
) {
  const drillId = newId()
  const productId = newId()
  const price = { price: PRICE, currency }
  await catalogue.create(productId, { name: 'Rehearsal coupon', kind: 'coupon', ...price }, clock.now())
  // Those who cannot pay are spread evenly, so that they arrive among the others; floor(buyers * share) of them.
  const crowd = Array.from({ length: buyers }, (_, index) => {
    const cannotPay = Math.floor((index + 1) * poor) > Math.floor(index * poor)
    return { id: newId(), openingCredit: cannotPay ? 0 : PRICE }
  })
  for (let at = 0; at < buyers; at += BUYERS_AT_ONCE) {
    await accounts.createDrillBuyers(drillId, crowd.slice(at, at + BUYERS_AT_ONCE), clock.now())
  }
  const now = clock.now()
  const opened = await sales.create({
    id: drillId,
    drillId,
    name: 'Rehearsal',
    banner: null,
    startTime: now,
    endTime: now + LASTS_MS,
    limit: 1,
    items: [{ productId, ...price, quantity: units }],
  })
  assert(opened.kind === 'changed', `a sale of an uncounted product could not be made: ${opened.kind}`)
  return { drillId, productId }
}

async function* lines(tokens: AsyncIterable<string>): AsyncIterable<string> {
  for await (const token of tokens) yield `${token}\n`
}
