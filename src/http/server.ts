import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { type App, ProblemSchema } from '../platform/http.ts'
import type { Random } from '../platform/random.ts'
import { describeApi } from './description.ts'
import { type GuardParts, guardRoute, makeNeeds, perAddress, secure, turn } from './guard.ts'
import { nothingHere, onError, problem, socketProblems, traceIds } from './problems.ts'
import { requestLog } from './request-log.ts'

export type ServerParts = GuardParts & {
  log: FastifyBaseLogger
  random: Random
  /** Of this program, as the API's description says it. */
  version: string
  /** Whether what an address says in X-Forwarded-For is believed; null: nobody's is. */
  trustedProxies?: ((address: string) => boolean) | null
  /** Where there is nothing for people; false: it was a program that asked. */
  lost?: ((request: FastifyRequest, reply: FastifyReply) => boolean) | undefined
}

/** The one address that becomes a WebSocket. */
const LIVE = /^\/api\/v1\/live(\?|$)/
const BODY_LIMIT = 16 * 1024
/** Of connections that wait to be accepted. A crowd that arrives within one second fills Node's default of 511. */
const BACKLOG = 4096

/** The server with everything that is the same for all routes, and then the routes. Does not listen yet. */
export async function makeServer(parts: ServerParts, routes: (app: App) => void): Promise<App> {
  const { log, random, rate } = parts
  const base = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'traceId' }),
    genReqId: traceIds(random),
    childLoggerFactory: requestLog,
    bodyLimit: BODY_LIMIT,
    trustProxy: parts.trustedProxies ?? false,
    // Longer than the 60 s after which load balancers drop a connection that is idle, so that it is never we who cut first.
    keepAliveTimeout: 65_000,
    // Elsewhere a wish to upgrade is passed over, as RFC 9110 allows: the connection would be answered and then stay open.
    http: { shouldUpgradeCallback: ({ url }) => LIVE.test(url ?? '') },
    requestTimeout: 30_000,
    // What comes while the server closes was sent before anybody could know.
    return503OnClosing: false,
    clientErrorHandler: socketProblems(random),
    frameworkErrors: (error, request, reply) => void onError(error, request, Object.assign(reply, { problem }) as never),
  })
  const app = base as unknown as App
  app.decorate('needs', makeNeeds(parts))
  app.decorateRequest('caller', null as never)
  app.decorateReply('problem', problem)
  app.setErrorHandler(onError)
  const nothing = nothingHere(base)
  app.setNotFoundHandler((request, reply) => {
    reply.headers(secure)
    turn(rate, reply, perAddress(request), () => {
      if (!parts.lost?.(request, reply)) nothing(request, reply)
    })
  })
  validate(base)
  takeJsonOnly(base)
  app.addHook('onRoute', (route) => {
    const guarded = guardRoute(route, parts)
    if (!route.schema?.response) return
    const added = {
      429: ProblemSchema,
      500: ProblemSchema,
      503: ProblemSchema,
      // Also where no body is asked for, one that is sent is read.
      ...(route.method !== 'GET' && { 400: ProblemSchema, 413: ProblemSchema, 415: ProblemSchema }),
    }
    const security = guarded ? { security: [{ accessToken: [] }] } : {}
    route.schema = { ...route.schema, ...security, response: { ...added, ...route.schema.response } }
  })
  await describeApi(base, parts.version)
  routes(app)
  await app.ready()
  return app
}

/** Answers the address that was taken; port 0 takes a free one. */
export function listen(app: App, host: string, port: number): Promise<string> {
  return app.listen({ host, port, backlog: BACKLOG })
}

/** A body says what it means by its types; all that an address can carry is text, so there numbers and defaults are read. */
function validate(app: FastifyInstance): void {
  const strict = new Ajv({ allErrors: true, coerceTypes: false, removeAdditional: false, useDefaults: false })
  const lenient = new Ajv({ allErrors: true, coerceTypes: true, removeAdditional: false, useDefaults: true })
  for (const ajv of [strict, lenient]) addFormats.default(ajv)
  // What a header says is checked where it is read: here its schema is for the description, and a look costs each request.
  app.setValidatorCompiler(({ schema, httpPart }) =>
    httpPart === 'headers' ? () => true : (httpPart === 'body' ? strict : lenient).compile(schema as object),
  )
}

/** Fastify's own parsers also take text/plain, and refuse a JSON body of no bytes before the route's schema can name it. */
function takeJsonOnly(app: FastifyInstance): void {
  const json = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else json(request, body as string, done)
  })
}
