import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Code, codes } from '../core/codes.ts'
import { Fault } from '../core/fault.ts'
import type { Random } from '../platform/random.ts'

const PROBLEM = 'application/problem+json; charset=utf-8'
/** Of a request that breaks many rules: enough to mend it by, few enough to read. */
const MAX_ERRORS = 20
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/

/** The caller's trace by W3C traceparent, so that its log and ours can be laid side by side; else one of our own: 96 random
 *  bits of this process and a counter, which costs a request a tenth of four random words. */
export function traceIds(random: Random): (request: { headers: IncomingHttpHeaders }) => string {
  const word = () => random.word().toString(16).padStart(8, '0')
  const own = word() + word() + word()
  let count = 0
  return ({ headers: { traceparent } }) => {
    const given = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined
    if (given !== undefined) return given
    count = (count + 1) >>> 0
    return own + count.toString(16).padStart(8, '0')
  }
}

function problemOf(code: Code, detail: string, traceId: string, extra?: Record<string, unknown>) {
  const [status, title] = codes[code]
  return { type: `urn:doorbuster:problem:${code}`, title, status, code, detail, traceId, ...extra }
}

export function problem(this: FastifyReply, code: Code, detail: string, extra?: Record<string, unknown>): FastifyReply {
  const body = problemOf(code, detail, this.request.id, extra)
  // As text: a serializer made from the schema took twice as long for these few fields.
  return this.code(body.status).header('content-type', PROBLEM).send(JSON.stringify(body))
}

/** Everything that was thrown while a request was answered. */
export function onError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Fault) {
    request.log.warn({ event: 'fault', code: error.code, outcome: error.outcome }, error.message)
    reply.header('retry-after', 1)
    if (error.outcome === 'refused') return reply.problem('busy', 'Nothing was done. Ask again after the seconds in Retry-After.')
    return reply.problem(
      'unknown-outcome',
      'It may have been done. Ask again after the seconds in Retry-After, with the same key.',
    )
  }
  const known = error as Partial<FastifyError>
  if (known.validation) return invalid(reply, known)
  if (known.statusCode !== undefined && known.statusCode < 500) return refused(reply, known)
  request.log.error({ event: 'failed', method: request.method, url: request.url, err: error }, 'a request failed')
  return reply.problem('internal', 'Something failed here. Ask again once with the same key; then report the traceId.')
}

function invalid(reply: FastifyReply, { validation = [], validationContext }: Partial<FastifyError>): FastifyReply {
  const errors = validation.slice(0, MAX_ERRORS).map(({ instancePath, message, params, keyword }) => {
    const name = params.missingProperty ?? params.additionalProperty
    const path = typeof name === 'string' ? `${instancePath}/${name}` : instancePath
    const allowed = keyword === 'enum' && Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : ''
    return { path, message: keyword === 'additionalProperties' ? 'is not known here' : `${message}${allowed}` }
  })
  const where = validationContext === 'querystring' ? 'query string' : (validationContext ?? 'request')
  return reply.problem('invalid', `Correct the fields of the ${where} named in "errors".`, { errors })
}

/** What the framework refuses before a route sees it. */
function refused(reply: FastifyReply, { statusCode, message }: Partial<FastifyError>): FastifyReply {
  // The framework would close the connection: with input unread the kernel then resets it, and a client that still writes its
  // 10 MB never sees this answer. The rest is read and dropped instead, for at most the time a request may take.
  reply.removeHeader('connection')
  if (statusCode === 413) return reply.problem('too-large', 'Send less at once.')
  if (statusCode === 415) return reply.problem('unsupported-media-type', 'Send the body as application/json.')
  if (statusCode === 404) return reply.problem('not-found', 'There is nothing at this address. /docs lists what there is.')
  const errors = [{ path: '', message }]
  return reply.problem('invalid', 'The body, or the address, cannot be read. It must be JSON in UTF-8.', { errors })
}

/** 404, or 405 where only the method is wrong. */
export function nothingHere(app: FastifyInstance): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  const known: { pattern: RegExp; method: string }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(
      `^${url
        .replace(/[.+?()]/g, '\\$&')
        .replace(/:\w+/g, '[^/]+')
        .replace('*', '.*')}$`,
    )
    for (const one of [method].flat()) known.push({ pattern, method: one })
  })
  return (request, reply) => {
    const path = request.url.split('?', 1)[0] as string
    const methods = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    if (methods.length === 0 || methods.includes(request.method)) {
      return reply.problem('not-found', 'There is nothing at this address. /docs lists what there is.')
    }
    const allow = [...new Set(methods)].sort().join(', ')
    return reply.header('allow', allow).problem('method-not-allowed', `Use ${allow} here.`)
  }
}

/** What is not HTTP, or too long to be read as HTTP: there is no request to answer, so the answer goes to the socket. */
export function socketProblems(random: Random): (error: NodeJS.ErrnoException, socket: Socket) => void {
  const nextId = traceIds(random)
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const { status, code, detail } = socketProblem(error.code)
    const body = JSON.stringify({ ...problemOf(code, detail, nextId({ headers: {} })), status, title: STATUS_CODES[status] })
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${PROBLEM}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
    // Closed with input unread, the kernel resets the connection and the answer is lost on its way.
    socket.resume()
    socket.setTimeout(2000, () => socket.destroy())
  }
}

function socketProblem(code: string | undefined): { status: number; code: Code; detail: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, code: 'too-large', detail: 'Send shorter headers.' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, code: 'invalid', detail: 'Send the whole request within 30 s.' }
  return { status: 400, code: 'invalid', detail: 'Send HTTP/1.1.' }
}
