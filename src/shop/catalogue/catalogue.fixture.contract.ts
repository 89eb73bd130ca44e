import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { after } from 'node:test'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import Fastify, { type InjectOptions } from 'fastify'
import type { CompiledQuery } from 'kysely'
import { type OpenDatabase, oneConnection } from '../../../test/one-connection.ts'
import { type Code, codes } from '../../core/codes.ts'
import { systemClock } from '../../platform/clock.ts'
import { makeLog } from '../../platform/log.ts'
import { Metrics } from '../../platform/metrics.ts'
import { idMaker, systemRandom } from '../../platform/random.ts'
import { migrate } from '../../platform/sql.ts'
import { cachedCatalogue } from '../../shared-parts.ts'
import { catalogueRoutes } from './routes.ts'
import { SqlCatalogue } from './sql-catalogue.ts'
import { catalogueMigrations } from './tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
after(() => rmSync(folder, { recursive: true }))
export const newId = idMaker(systemClock, systemRandom)

/** Caches of this process, as every shop has them: what is changed is seen at once all the same. */
const alone = {
  config: { replicaUrl: null },
  shared: null,
  clock: systemClock,
  newId,
  metrics: new Metrics(),
  log: makeLog('silent'),
}

export type { OpenDatabase }

/** And the plans of what was asked since the last look. */
export function openSqlite() {
  const sqlite = new DatabaseSync(join(folder, `${newId()}.db`))
  const asked: CompiledQuery[] = []
  const database = oneConnection(sqlite, (query) => asked.push(query))
  const plans = () =>
    asked.splice(0).map((query) => {
      const steps = sqlite.prepare(`EXPLAIN QUERY PLAN ${query.sql}`).all(...(query.parameters as SQLInputValue[]))
      return steps.map(({ detail }) => detail).join()
    })
  return { database, plans }
}

export async function openShop(database: OpenDatabase, { currency = 'EUR' } = {}) {
  await migrate(database, catalogueMigrations, systemClock.now())
  const record = new SqlCatalogue(database)
  const catalogue = await cachedCatalogue(record, alone)
  const strict = formats.default(new Ajv({ allErrors: true, useDefaults: true }))
  const coercing = formats.default(new Ajv({ allErrors: true, useDefaults: true, coerceTypes: true }))
  const app = Fastify({ bodyLimit: 16 * 1024 }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? strict : coercing).compile(schema))
  app.decorate('needs', (role) => (request, reply, done) => {
    if (request.headers.authorization === role) return done()
    reply.problem('forbidden', 'Use an account with that role.')
  })
  app.decorateReply('problem', function (code: Code, detail: string, extra = {}) {
    const [status, title] = codes[code]
    this.code(status).type('application/problem+json')
    return this.send({ type: 'about:blank', title, status, code, detail, traceId: '-', ...extra })
  })
  const refusals: Record<number, Code> = { 400: 'invalid', 413: 'too-large', 415: 'unsupported-media-type' }
  app.setErrorHandler<{ statusCode?: number; message: string }>((error, _request, reply) => {
    reply.problem(refusals[error.statusCode ?? 500] ?? 'internal', error.message)
  })
  catalogueRoutes(app, { catalogue, record, clock: systemClock, newId, currency })
  await app.ready()
  after(async () => {
    await app.close()
    await database[Symbol.asyncDispose]()
  })

  async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: unknown, headers = {}) {
    const request: InjectOptions = { method, url: `/api/v1${url}`, headers: { authorization: 'admin', ...headers } }
    const answer = await app.inject(body === undefined ? request : { ...request, payload: body as object })
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? null : answer.json() }
  }
  const send = (file: string | Buffer, query = '') => ask('POST', `/admin/import${query}`, file, { 'content-type': 'text/csv' })
  const all = async () => (await ask('GET', '/products?limit=100')).body.items
  return { app, database, catalogue, ask, send, all }
}

export const sample = (name: string) => readFileSync(new URL(`../../../test/data/shopify-${name}.csv`, import.meta.url))
export const shopifyHeader = String(sample('apparel')).split(/\r?\n/)[0] as string
/** A row of Shopify's export out of the cells that matter. */
export function shopifyRow(cells: Record<string, string>): string {
  const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return shopifyHeader
    .split(',')
    .map((name) => quoted(cells[name] ?? ''))
    .join(',')
}
export const eur = (amount: number) => ({ amount, currency: 'EUR' })
