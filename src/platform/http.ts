import type {} from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { Type } from 'typebox'
import type { Caller, Role } from '../core/caller.ts'
import type { Code } from '../core/codes.ts'

/** The server as a route file sees it. `http/server.ts` makes it. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyInstance {
    /** A route's `onRequest`: answers 401, 403 or 429 before anything else of the request is looked at. */
    needs(...anyOf: Role[]): (request: FastifyRequest, reply: FastifyReply, done: () => void) => void
  }
  interface FastifyRequest {
    /** Only on routes with `needs`. */
    caller: Caller
  }
  interface FastifyReply {
    /** Answers with problem+json. `detail` says what to do; `extra` are the code's own members. */
    problem(code: Code, detail: string, extra?: Record<string, unknown>): FastifyReply
  }
}

export const MoneySchema = Type.Object(
  { amount: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), currency: Type.String({ pattern: '^[A-Z]{3}$' }) },
  { title: 'Money', additionalProperties: false },
)
/** In lower case, as all ids are kept: in upper case the same id would be another one to a comparison of text. */
export const IdSchema = Type.String({ format: 'uuid', pattern: '^[^A-Z]*$' })
export const TimeSchema = Type.String({ format: 'date-time' })

/** `?limit=20&after=<cursor>`; query values are text, so their numbers are coerced, unlike those of bodies. */
export const PageQuery = Type.Object(
  { limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }), after: Type.Optional(Type.String({ maxLength: 200 })) },
  { additionalProperties: false },
)
export type Page<T> = { items: T[]; next: string | null }

export function pageOf<T extends import('typebox').TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) })
}

/** Of rows read with one more than the limit: that one says whether there is a next page. */
export function page<Row, Item>(rows: Row[], limit: number, cursor: (row: Row) => string, item: (row: Row) => Item): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(item), next: rows.length > limit && last !== undefined ? cursor(last) : null }
}

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    traceId: Type.String(),
  },
  { title: 'Problem', additionalProperties: true, description: 'RFC 9457 problem' },
)

/** The documented answers of a route: its own, and the problems it may give. */
export function answers<T, S extends number>(own: T, ...statuses: S[]): T & Record<S, typeof ProblemSchema> {
  return Object.assign({}, own, Object.fromEntries(statuses.map((status) => [status, ProblemSchema]))) as never
}

const latest = { ms: 0, text: '1970-01-01T00:00:00.000Z' }

/** The text of one moment is kept: under load some 30 answers are given in one millisecond, and writing each anew took 8 % of
 *  a sale's status. */
export function time(ms: number): string {
  if (latest.ms !== ms) {
    latest.text = new Date(ms).toISOString()
    latest.ms = ms
  }
  return latest.text
}
