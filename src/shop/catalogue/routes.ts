import { createHash } from 'node:crypto'
import type { FastifyReply, onSendHookHandler } from 'fastify'
import { type TSchema, Type } from 'typebox'
import type { Id } from '../../core/ids.ts'
import { money } from '../../core/money.ts'
import type { Clock } from '../../platform/clock.ts'
import { type App, answers, IdSchema, MoneySchema, PageQuery, page, pageOf, TimeSchema, time } from '../../platform/http.ts'
import { type Catalogue, type ImportedProduct, type Product, productKinds } from './catalogue.ts'
import { demoPictures } from './demo.ts'
import { type ImportFile, readCsvFile, readJsonFile } from './import-file.ts'
import { fieldReader, type Problem } from './product-fields.ts'

type CatalogueParts = {
  /** What buyers are shown; changes go by it as well. */
  catalogue: Catalogue
  /** What an operator is shown: from no cache. */
  record: Pick<Catalogue, 'product' | 'products' | 'knownHandles'>
  clock: Clock
  newId: () => Id
  /** Of prices in files that name none. */
  currency: string
}

const MAX_IMPORT = 10 * 1024 * 1024

const OrNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Kind = Type.Enum([...productKinds])
const Stock = OrNull(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const Category = Type.String({ maxLength: 100, pattern: '^\\P{Cc}*$' })

const ProductSchema = Type.Object(
  {
    id: IdSchema,
    handle: OrNull(Type.String()),
    name: Type.String(),
    description: Type.String({ description: 'clean HTML' }),
    price: MoneySchema,
    category: OrNull(Type.String()),
    kind: Kind,
    image: OrNull(Type.String()),
    stock: Stock,
    attributes: Type.Record(Type.String(), Type.String()),
    createdAt: TimeSchema,
    updatedAt: TimeSchema,
  },
  { title: 'Product' },
)
const NewProductBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    description: Type.Optional(Type.String({ description: 'HTML; what is not text or its structure is taken out' })),
    price: MoneySchema,
    category: Type.Optional(OrNull(Category)),
    kind: Type.Optional(Kind),
    image: Type.Optional(OrNull(Type.String({ maxLength: 2000, description: 'https://…, http://… or /images/…' }))),
    stock: Type.Optional(Stock),
  },
  { additionalProperties: false },
)
const ChangesBody = Type.Partial(NewProductBody, { additionalProperties: false, minProperties: 1 })
const Params = Type.Object({ id: IdSchema })
const ProductsQuery = Type.Object(
  { ...PageQuery.properties, after: Type.Optional(IdSchema), category: Type.Optional(Category) },
  { additionalProperties: false },
)
const CategoriesQuery = Type.Object({ ...PageQuery.properties, after: Type.Optional(Category) }, { additionalProperties: false })
const ImportQuery = Type.Object(
  { dryRun: Type.Boolean({ default: false }), skipBad: Type.Boolean({ default: false }) },
  { additionalProperties: false },
)
const ImportAnswer = Type.Object(
  {
    created: Type.Integer(),
    updated: Type.Integer(),
    rejected: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() })),
    rows: Type.Optional(
      Type.Array(
        Type.Object({ line: Type.Integer(), name: Type.String(), price: MoneySchema, change: Type.Enum(['create', 'update']) }),
        { description: 'What would become of each good line; with `dryRun` only.' },
      ),
    ),
  },
  { title: 'Imported' },
)

export function catalogueRoutes(app: App, parts: CatalogueParts): void {
  publicRoutes(app, parts)
  recordRoutes(app, parts)
  productRoutes(app, parts)
  importRoute(app, parts)
}

function publicRoutes(app: App, { catalogue }: CatalogueParts): void {
  const tags = ['Catalogue']
  app.get(
    '/api/v1/products',
    {
      onSend: cached(30),
      schema: {
        tags,
        summary: 'Products, newest first',
        querystring: ProductsQuery,
        response: answers({ 200: pageOf(ProductSchema) }, 400),
      },
    },
    async ({ query: { limit, after, category } }) =>
      page(await catalogue.products(limit + 1, after, category), limit, ({ id }) => id, shown),
  )
  app.get(
    '/api/v1/products/:id',
    {
      onSend: cached(60),
      schema: { tags, summary: 'One product', params: Params, response: answers({ 200: ProductSchema }, 400, 404) },
    },
    async ({ params }, reply) => {
      const product = await catalogue.product(params.id)
      return product ? shown(product) : noSuchProduct(reply)
    },
  )
  const CategorySchema = Type.Object({ category: Type.String(), products: Type.Integer() }, { title: 'Category' })
  app.get(
    '/api/v1/categories',
    {
      onSend: cached(30),
      schema: {
        tags,
        summary: 'Categories by name, and how many products each has',
        querystring: CategoriesQuery,
        response: answers({ 200: pageOf(CategorySchema) }, 400),
      },
    },
    async ({ query: { limit, after } }) =>
      page(
        await catalogue.categories(limit + 1, after),
        limit,
        ({ category }) => category,
        (row) => row,
      ),
  )
  app.get<{ Params: { name: string } }>('/images/demo/:name.svg', { schema: { hide: true } }, async ({ params }, reply) => {
    const picture = demoPictures.get(params.name)
    if (picture === undefined) return reply.problem('not-found', 'There is no such picture.')
    // Its name stays when it is drawn anew.
    reply.headers({
      'Cache-Control': 'public, max-age=86400, stale-while-revalidate=604800',
      'X-Content-Type-Options': 'nosniff',
    })
    return reply.type('image/svg+xml').send(picture)
  })
}

/** What an operator is shown. */
function recordRoutes(app: App, { record }: CatalogueParts): void {
  const tags = ['Administration']
  const onRequest = app.needs('admin')
  app.get(
    '/api/v1/admin/products',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Products, newest first',
        querystring: ProductsQuery,
        response: answers({ 200: pageOf(ProductSchema) }, 400, 401, 403),
      },
    },
    async ({ query: { limit, after, category } }) =>
      page(await record.products(limit + 1, after, category), limit, ({ id }) => id, shown),
  )
  app.get(
    '/api/v1/admin/products/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'One product, as it is now',
        params: Params,
        response: answers({ 200: ProductSchema }, 400, 401, 403, 404),
      },
    },
    async ({ params }, reply) => {
      const product = await record.product(params.id)
      return product ? shown(product) : noSuchProduct(reply)
    },
  )
}

function productRoutes(app: App, { catalogue, clock, newId, currency }: CatalogueParts): void {
  const tags = ['Administration']
  const onRequest = app.needs('admin')
  app.post(
    '/api/v1/admin/products',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Create a product',
        body: NewProductBody,
        response: answers({ 201: ProductSchema }, 400, 401, 403, 413, 415),
      },
    },
    async ({ body }, reply) => {
      const { changes, problems } = (await fieldReader(currency))(body)
      const { name, price, currency: unit } = changes
      if (name === undefined || price === undefined || unit === undefined || problems.length > 0) return refuse(reply, problems)
      const product = await catalogue.create(newId(), { ...changes, name, price, currency: unit }, clock.now())
      return reply.code(201).send(shown(product))
    },
  )
  app.patch(
    '/api/v1/admin/products/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Change a product: what is not named stays; null empties a field',
        params: Params,
        body: ChangesBody,
        response: answers({ 200: ProductSchema }, 400, 401, 403, 404, 413, 415),
      },
    },
    async ({ params, body }, reply) => {
      const { changes, problems } = (await fieldReader(currency))(body)
      if (problems.length > 0) return refuse(reply, problems)
      const product = await catalogue.edit(params.id, changes, clock.now())
      return product ? shown(product) : noSuchProduct(reply)
    },
  )
  app.delete(
    '/api/v1/admin/products/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Take a product out of the shop; orders that name it keep it',
        params: Params,
        response: answers({ 204: Type.Null() }, 400, 401, 403, 404),
      },
    },
    async ({ params }, reply) =>
      (await catalogue.remove(params.id, clock.now())) ? reply.code(204).send(null) : noSuchProduct(reply),
  )
}

function importRoute(app: App, { catalogue, record, clock, newId, currency }: CatalogueParts): void {
  // A scope of its own: only here is CSV understood.
  app.register(async (scope) => {
    scope.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.post<{ Querystring: { dryRun: boolean; skipBad: boolean } }>(
      '/api/v1/admin/import',
      {
        onRequest: scope.needs('admin'),
        bodyLimit: MAX_IMPORT,
        schema: {
          tags: ['Administration'],
          summary: 'Import products: all or, when a line is bad and `skipBad` is not set, none',
          querystring: ImportQuery,
          body: {
            content: {
              'text/csv': { schema: { description: "Shopify's product export, or our columns" } },
              'application/json': { schema: { description: 'a list of products, or {"products": [...]}' } },
            },
          },
          response: answers({ 200: ImportAnswer }, 400, 401, 403, 413, 415),
        },
      },
      async ({ body, query }, reply) => {
        const read = Buffer.isBuffer(body) ? readCsvFile(body, currency, clock) : readJsonFile(body, currency, clock)
        const file: ImportFile = await read
        const { rejected } = file
        if (file.kind === 'unreadable' || (rejected.length > 0 && !query.skipBad)) {
          const advice = file.kind === 'read' ? ', or leave them out with skipBad=true' : ''
          const detail = `Nothing was imported. Correct the lines named in "rejected"${advice}.`
          return reply.problem('invalid', detail, { created: 0, updated: 0, rejected })
        }
        if (query.dryRun) return { ...(await preview(record, file.products)), rejected }
        const products = file.products.map(({ product }) => ({ id: newId(), product }))
        return { ...(await catalogue.import(products, clock.now())), rejected }
      },
    )
  })
}

async function preview(record: Pick<Catalogue, 'knownHandles'>, products: { line: number; product: ImportedProduct }[]) {
  const known = new Set(await record.knownHandles(products.map(({ product }) => product.handle)))
  const rows = products.map(({ line, product: { handle, name, price, currency } }) => ({
    line,
    name,
    price: money(price, currency),
    change: known.has(handle) ? ('update' as const) : ('create' as const),
  }))
  return { created: rows.length - known.size, updated: known.size, rows }
}

function shown({ price, currency, createdAt, updatedAt, ...same }: Product) {
  return { ...same, price: money(price, currency), createdAt: time(createdAt), updatedAt: time(updatedAt) }
}

function noSuchProduct(reply: FastifyReply) {
  return reply.problem('not-found', 'There is no product with this id, or it was removed.')
}

function refuse(reply: FastifyReply, problems: Problem[]) {
  const errors = problems.map(({ field, message }) => ({ path: `/${field}`, message }))
  return reply.problem('invalid', 'Correct the fields named in "errors".', { errors })
}

/** For an answer that is the same for everybody: caches may keep it so many seconds, and ask whether it changed. */
function cached(seconds: number): onSendHookHandler {
  return async (request, reply, payload) => {
    if (reply.statusCode !== 200 || typeof payload !== 'string') return payload
    const tag = `"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`
    reply.header('Cache-Control', `public, max-age=5, s-maxage=${seconds}, stale-while-revalidate=30`).header('ETag', tag)
    const known = request.headers['if-none-match']?.split(',').map((text) => text.trim().replace(/^W\//, ''))
    if (!known?.includes(tag)) return payload
    reply.code(304)
    return ''
  }
}
