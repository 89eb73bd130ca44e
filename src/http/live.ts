import websocket from '@fastify/websocket'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Caller } from '../core/caller.ts'
import type { Id } from '../core/ids.ts'
import { type App, answers, time } from '../platform/http.ts'
import { Loop } from '../platform/loop.ts'
import type { Board, Live } from '../purchase/board.ts'
import type { Push } from '../push/push.ts'
import type { Tickets } from '../push/tickets.ts'
import { LiveSocket, type LiveSocketParts, stockHint } from './live-socket.ts'

export type LiveParts = LiveSocketParts & {
  push: Pick<Push, 'toSale'>
  board: Pick<Board, 'get' | 'on'>
  tickets: Tickets
  newId: () => Id
  /** Of this process: what other processes call it, and browsers are told. */
  serverId: Id
  /** From where pages may connect, besides the host that they ask. */
  origins: () => readonly string[]
  /** Whether the token that a socket was opened with still counts. */
  stands: (caller: Caller) => boolean
  /** Sockets at most in this process. */
  socketsMax: number
}

const FRAME_MAX = 4096
const STOCK_EVERY_MS = 250
/** Of stock, to all sockets together: they take about a fifteenth of a processor. Where more watch, each is told less often. */
const STOCK_FRAMES_PER_SECOND = 4000
const PING_EVERY_MS = 25_000
/** Who has not answered our goodbye by then is cut off. */
const GOODBYE_MS = 1000
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
/** RFC 6455 section 4.2.1. */
const KEY = /^[+/0-9A-Za-z]{22}==$/

const NO_HANDSHAKE = 'Open this address as a WebSocket (RFC 6455).'

const tags = ['Live']

/** Answers how many sockets are open, for the metrics. */
export function liveRoutes(app: App, parts: LiveParts): () => number {
  const { tickets } = parts
  const sockets = new Set<LiveSocket>()
  ticketRoute(app, tickets)
  // In a scope of its own: the plugin puts two hooks before and after each route that it sees.
  app.register(async (scope) => {
    await scope.register(websocket, {
      options: { maxPayload: FRAME_MAX },
      // A lost connection or a frame too long is the client's business, and the socket closes by itself.
      errorHandler: (error, _socket, request) => request.log.debug({ event: 'socket-failed', err: error }),
      preClose: () => sayGoodbye(sockets, parts),
    })
    socketRoute(scope as App, parts, tickets, sockets)
  })
  const failed = (name: string, error: unknown) => app.log.error({ event: 'failed', loop: name, err: error })
  const loops = [stockLoop(parts, sockets, failed), pingLoop(parts, sockets, failed)]
  app.addHook('onReady', async () => {
    await parts.watching.start()
    for (const loop of loops) loop.start()
  })
  app.addHook('onClose', async () => {
    for (const loop of loops) await loop.stop()
    await parts.watching.stop()
  })
  return () => sockets.size
}

function ticketRoute(app: App, tickets: Tickets): void {
  app.post(
    '/api/v1/live/ticket',
    {
      onRequest: app.needs('buyer', 'admin'),
      schema: {
        tags,
        summary: 'A ticket for one live connection, good for 30 s',
        response: answers({ 200: Type.Object({ ticket: Type.String() }) }, 401, 403, 503),
      },
    },
    async ({ caller }, reply) => {
      const ticket = await tickets.give(caller)
      if (ticket === undefined)
        return reply.header('retry-after', 5).problem('busy', 'Many people are connecting. Try again soon.')
      return reply.header('cache-control', 'no-store').send({ ticket })
    },
  )
}

function socketRoute(app: App, parts: LiveParts, tickets: Tickets, sockets: Set<LiveSocket>): void {
  app.route({
    method: 'GET',
    url: '/api/v1/live',
    schema: {
      tags,
      summary: 'The live connection, a WebSocket',
      description:
        'Send `{"subscribe": ["sale:<id>", "orders"]}`; `orders` needs a ticket. What comes is JSON with a `type`: `hello`, ' +
        '`stock`, `sale`, `order` or `error`. It is a hint, and may be lost: the status calls are the truth.',
      querystring: Type.Object({ ticket: Type.Optional(Type.String({ maxLength: 200 })) }, { additionalProperties: false }),
      response: answers({ 101: Type.Null({ description: 'The connection is a WebSocket now.' }) }, 400, 401, 403, 503),
    },
    preHandler: async (request, reply) => admit(request, reply, request.query.ticket),
    handler: async (_request, reply) => reply.problem('invalid', NO_HANDSHAKE),
    wsHandler: (socket, request) => {
      const opened = new LiveSocket(parts.newId(), socket, request.caller as Caller | null, parts)
      sockets.add(opened)
      socket.once('close', () => sockets.delete(opened))
      opened.send({ type: 'hello', serverTime: time(parts.clock.now()), serverId: parts.serverId })
    },
  })

  /** Answers in place of the socket where there must be none. */
  async function admit(request: FastifyRequest, reply: FastifyReply, ticket: string | undefined) {
    if (!isHandshake(request)) return reply.problem('invalid', NO_HANDSHAKE)
    if (!isFromHere(request, parts.origins())) {
      return reply.problem('forbidden', 'Pages of other sites may not connect. PUBLIC_URL says where this shop is.')
    }
    if (sockets.size >= parts.socketsMax) {
      reply.header('retry-after', 10)
      return reply.problem('busy', 'All live connections are taken. The status calls tell the same.')
    }
    const caller = ticket === undefined ? null : await tickets.take(ticket)
    if (caller === undefined || (caller !== null && !parts.stands(caller))) {
      return reply.problem(
        'unauthenticated',
        'The ticket was used, is older than 30 s, or its sign-in has ended. Ask for a new one.',
      )
    }
    request.caller = caller as Caller
    return undefined
  }
}

function isHandshake({ ws, headers }: FastifyRequest): boolean {
  if (!ws || headers.upgrade?.toLowerCase() !== 'websocket') return false
  return headers['sec-websocket-version'] === '13' && KEY.test(headers['sec-websocket-key'] ?? '')
}

/** Browsers always send where a page comes from, and a page cannot change it. Programs send nothing. */
function isFromHere({ headers: { origin, host } }: FastifyRequest, origins: readonly string[]): boolean {
  if (origin === undefined || origins.includes(origin)) return true
  const url = URL.parse(origin)
  return url !== null && url.host === host?.toLowerCase()
}

/** After a turn that sent so many frames. */
export function pauseMs(frames: number): number {
  return Math.max(STOCK_EVERY_MS, (frames / STOCK_FRAMES_PER_SECOND) * 1000)
}

/** What changed since the last turn is told once, whatever happened in between: a crowd changes the stock a thousand times a
 *  second, and nobody can read that. */
function stockLoop(
  { board, push, clock }: LiveParts,
  sockets: Set<LiveSocket>,
  failed: (name: string, error: unknown) => void,
): Loop {
  const changed = new Set<Live>()
  board.on((live, what) => {
    if (what === 'stock') changed.add(live)
  })
  return new Loop(
    'live-stock',
    clock,
    STOCK_EVERY_MS,
    async () => {
      for (const live of changed) push.toSale(live.sale.id, stockHint(live, clock.now()))
      const frames = changed.size * sockets.size
      changed.clear()
      return pauseMs(frames)
    },
    failed,
  )
}

/** Who has not answered the last ping is gone; whose token has ended must show a new one. */
function pingLoop({ clock, stands }: LiveParts, sockets: Set<LiveSocket>, failed: (name: string, error: unknown) => void): Loop {
  return new Loop(
    'live-ping',
    clock,
    PING_EVERY_MS,
    async () => {
      for (const live of sockets) {
        if (!live.answered) live.socket.terminate()
        else if (live.caller && !stands(live.caller)) live.socket.close(POLICY_VIOLATION, 'the token has ended')
        else {
          live.answered = false
          live.socket.ping()
        }
      }
      return false
    },
    failed,
  )
}

async function sayGoodbye(sockets: Set<LiveSocket>, { clock }: LiveParts): Promise<void> {
  const gone = Promise.all([...sockets].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve))))
  for (const { socket } of sockets) socket.close(GOING_AWAY, 'the server stops')
  const answered = new AbortController()
  await Promise.race([gone.then(() => answered.abort()), clock.sleep(GOODBYE_MS, answered.signal)])
  for (const { socket } of sockets) socket.terminate()
}
