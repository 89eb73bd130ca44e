import { createHash } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { App } from '../platform/http.ts'
import type { Board, Live } from '../purchase/board.ts'
import { frontPage } from './front-page.ts'
import { style } from './front-style.ts'

export type FrontParts = {
  board: Pick<Board, 'all'>
  clock: Clock
  endingSoonMs: number
  /** Where the shop is reached, when that is not where it is asked. */
  publicUrl: string | null
}

const SALES_MAX = 20
/** A crowd that reloads is answered with the same page for so long. */
const GOOD_FOR_MS = 250
const HOST = /^[\w.:[\]-]{1,255}$/

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  // Pictures stay where their sellers keep them.
  "img-src 'self' data: https: http:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function frontRoutes(app: App, { board, clock, endingSoonMs, publicUrl }: FrontParts): void {
  let held = { origin: '', until: 0, text: '' }
  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    const now = clock.now()
    const host = HOST.test(request.host) ? request.host : 'localhost'
    const origin = publicUrl ?? `${request.protocol}://${host}`
    if (held.origin !== origin || held.until <= now) {
      const text = frontPage({ now, endingSoonMs, origin, sales: shown(board.all(), now) })
      held = { origin, until: now + GOOD_FOR_MS, text }
    }
    return reply
      .headers({ 'content-security-policy': policy, 'cache-control': 'public, max-age=0, s-maxage=1' })
      .type('text/html; charset=utf-8')
      .send(held.text)
  })
}

/** What is on, soonest end first, then what is to come. */
function shown(all: Live[], now: number): Live[] {
  const sales = all.filter(({ sale }) => now < sale.endTime && sale.drillId === null)
  const on = sales.filter(({ sale }) => sale.startTime <= now).sort((a, b) => a.sale.endTime - b.sale.endTime)
  const coming = sales.filter(({ sale }) => sale.startTime > now).sort((a, b) => a.sale.startTime - b.sale.startTime)
  return [...on, ...coming].slice(0, SALES_MAX)
}
