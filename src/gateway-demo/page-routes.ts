import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../platform/http.ts'
import { pageHeaders } from '../platform/plain-page.ts'
import type { Transaction } from './machine.ts'
import { noticePage, payPage, wordsFor } from './page.ts'
import type { GatewayRouteParts } from './route-parts.ts'
import type { Words } from './words-en.ts'

type Page = { Params: { txnId: string }; Body: { act: string } }

/** As the shop's own pages: a crowd may come from one address. */
const open = { config: { unlimited: true } as object, schema: { hide: true } }

/** Where a buyer pays. Who has the address may pay: it cannot be guessed, and is in nobody's hands but the buyer's. */
export function payRoutes(app: App, parts: GatewayRouteParts): void {
  const { store, clock, dice, manner, tell } = parts
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, { act: new URLSearchParams(body as string).get('act') ?? '' })
  })
  app.setErrorHandler(failed)
  app.get<Page>('/pay/:txnId', open, async (request, reply) => {
    const words = wordsFor(request.headers['accept-language'])
    const transaction = await store.transaction(request.params.txnId)
    if (!transaction) return send(reply.code(404), noticePage(words, words.unknown))
    const waits = transaction.state === 'open' && clock.now() < transaction.expiresAt
    return send(reply, waits ? payPage(words, transaction, clock.now()) : endPage(words, transaction), transaction)
  })
  app.post<Page>('/pay/:txnId', open, async (request, reply) => {
    const words = wordsFor(request.headers['accept-language'])
    const { act } = request.body
    const before = await store.transaction(request.params.txnId)
    if (!before) return send(reply.code(404), noticePage(words, words.unknown))
    if (act === 'leave') return back(reply, before)
    if (act !== 'pay' && act !== 'decline') return send(reply.code(400), noticePage(words, words.invalid, before.returnUrl))
    const done = await store.act(before.txnId, dice.falls('decline') ? 'decline' : act, manner())
    if (!done) return send(reply.code(404), noticePage(words, words.unknown))
    await tell()
    const { kind, transaction } = done
    // Pressed twice: the second time it is as they wanted it.
    const isSo = transaction.state === (act === 'pay' ? 'authorized' : 'declined')
    if (isSo || kind === 'authorized' || kind === 'declined') return back(reply, transaction)
    return send(reply.code(409), endPage(words, transaction), transaction)
  })
}

function endPage(words: Words, transaction: Transaction): string {
  const { state, returnUrl } = transaction
  return noticePage(words, state === 'open' ? words.expired : words.ended[state], returnUrl)
}

function back(reply: FastifyReply, { returnUrl }: Transaction): FastifyReply {
  return reply.header('cache-control', 'no-store').redirect(returnUrl, 303)
}

function send(reply: FastifyReply, text: string, transaction?: Transaction): FastifyReply {
  return reply.headers(pageHeaders(...(transaction ? [new URL(transaction.returnUrl).origin] : []))).send(text)
}

/** For people; what the framework refuses is for programs. */
function failed(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.statusCode !== undefined && error.statusCode < 500) throw error
  request.log.error({ event: 'gateway-page-failed', err: error }, 'the page of the demo gateway failed')
  const words = wordsFor(request.headers['accept-language'])
  return send(reply.code(503).header('retry-after', 10), noticePage(words, words.failed))
}
