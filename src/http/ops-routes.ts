import { Type } from 'typebox'
import type { Outbox } from '../books/books.ts'
import { statusOf } from '../core/sale.ts'
import type { EventLog } from '../events/event-log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { App } from '../platform/http.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Board } from '../purchase/board.ts'

export type OpsParts = {
  metrics: Pick<Metrics, 'text'>
  /** By name: true, or what is wrong. */
  ready(): Promise<Record<string, true | string>>
  clock: Clock
}

/** Who asks wants an answer within 100 ms, also while a store gives none. */
const PATIENCE_MS = 80

const tags = ['Operations']
/** Whoever watches the shop must see it most of all while a crowd uses up the turns of an address. */
const config = { unlimited: true }
const Live = Type.Object({ status: Type.Literal('UP') })
const Ready = Type.Object({
  status: Type.Enum(['UP', 'DOWN']),
  checks: Type.Record(Type.String(), Type.String(), { description: '"ok", or what is wrong.' }),
})

/** The words UP and DOWN are those of Spring's actuator, whose addresses are kept as well. */
export function opsRoutes(app: App, { metrics, ready, clock }: OpsParts): void {
  for (const url of ['/health/live', '/livez']) {
    const summary = 'Whether the process goes on'
    app.get(url, { config, schema: { tags, summary, response: { 200: Live } } }, async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { status: 'UP' as const }
    })
  }
  const check = readiness(ready, clock)
  for (const url of ['/health/ready', '/readyz', '/health', '/actuator/health']) {
    const summary = 'Whether it can do its work now'
    app.get(url, { config, schema: { tags, summary, response: { 200: Ready, 503: Ready } } }, async (_request, reply) => {
      const checks = await check()
      const up = Object.values(checks).every((each) => each === 'ok')
      reply.header('cache-control', 'no-store')
      return reply.code(up ? 200 : 503).send({ status: up ? 'UP' : 'DOWN', checks })
    })
  }
  const text = { 200: { content: { 'text/plain': { schema: Type.String() } } } }
  for (const url of ['/metrics', '/actuator/metrics', '/actuator/prometheus']) {
    const summary = 'Figures for Prometheus'
    app.get(url, { config, schema: { tags, summary, response: text } }, async (_request, reply) => {
      const { type, body } = await metrics.text()
      return reply
        .header('cache-control', 'no-store')
        .type(type)
        .send(body as never)
    })
  }
}

/** One look at the stores serves all who ask meanwhile: watchers must not pile up on a store that stalls. */
function readiness(ready: OpsParts['ready'], clock: Clock): () => Promise<Record<string, string>> {
  let looking: Promise<Record<string, true | string>> | undefined
  return async () => {
    looking ??= ready()
      .catch((error: unknown) => ({ stores: error instanceof Error ? error.message : 'failed' }))
      .finally(() => {
        looking = undefined
      })
    const answered = new AbortController()
    const late = clock.sleep(PATIENCE_MS, answered.signal).then(() => ({ stores: `no answer within ${PATIENCE_MS} ms` }))
    const checks = await Promise.race([looking, late])
    answered.abort()
    return Object.fromEntries(Object.entries(checks).map(([name, state]) => [name, state === true ? 'ok' : state]))
  }
}

export type GaugeParts = {
  board: Pick<Board, 'all'>
  ledger: Pick<Ledger, 'look'>
  outbox: Pick<Outbox, 'waiting'>
  events: Pick<EventLog, 'lag'>
  audit: { last(): { ok: boolean; at: number } | null }
  sockets: () => number
  clock: Clock
}

/** What can be looked at any time, besides what is counted as it happens. Read at each scrape. */
export function opsGauges(
  metrics: Pick<Metrics, 'gauge'>,
  { board, ledger, outbox, events, audit, sockets, clock }: GaugeParts,
): void {
  metrics.gauge('doorbuster_sale_units', 'Units of the sales in memory, by what they are now.', ['sale', 'state'], async () => {
    const views = await Promise.all(board.all().map(({ sale }) => ledger.look(sale.id, Number.MAX_SAFE_INTEGER, 0)))
    return views.flatMap((view) => {
      if (!view) return []
      const sum = (of: 'remaining' | 'held' | 'sold') => view.items.reduce((units, item) => units + item[of], 0)
      return (['remaining', 'held', 'sold'] as const).map((state) => ({ labels: [view.terms.id, state], value: sum(state) }))
    })
  })
  metrics.gauge('doorbuster_sales', 'Sales in memory, by their status.', ['status'], () => {
    const now = clock.now()
    const counts = { SCHEDULED: 0, ACTIVE: 0, PAUSED: 0, ENDED: 0 }
    for (const { sale } of board.all()) counts[statusOf(sale, now)]++
    return Object.entries(counts).map(([status, value]) => ({ labels: [status], value }))
  })
  const stages = async () => [
    { labels: ['outbox'], ...(await outbox.waiting()) },
    { labels: ['payments'], ...(await events.lag('payments')) },
  ]
  metrics.gauge('doorbuster_waiting', 'What waits behind acceptance, by stage.', ['stage'], async () =>
    (await stages()).map(({ labels, count }) => ({ labels, value: count })),
  )
  metrics.gauge('doorbuster_waiting_oldest_seconds', 'Age of the oldest that waits; 0 when none does.', ['stage'], async () =>
    (await stages()).map(({ labels, oldestMs }) => ({ labels, value: oldestMs / 1000 })),
  )
  const last = (value: (one: { ok: boolean; at: number }) => number) => () => {
    const one = audit.last()
    return one ? [{ labels: [], value: value(one) }] : []
  }
  metrics.gauge(
    'doorbuster_audit_ok',
    '1: every equation of the last audit held.',
    [],
    last(({ ok }) => Number(ok)),
  )
  metrics.gauge(
    'doorbuster_audit_age_seconds',
    'Since the last audit.',
    [],
    last(({ at }) => (clock.now() - at) / 1000),
  )
  metrics.gauge('doorbuster_live_sockets', 'Live connections open now.', [], () => [{ labels: [], value: sockets() }])
}
