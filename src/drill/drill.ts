import { arch, cpus, platform, release, totalmem } from 'node:os'
import { assert } from '../core/assert.ts'
import { type OrderState, releases } from '../core/order.ts'
import { type ApiClient, ApiError } from '../platform/api-client.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { Crowd } from './crowd.ts'
import { watchStock } from './live-stock.ts'
import type { DrillSettings, ItemCount, Result } from './result.ts'
import { Watchers } from './watchers.ts'
import { Wire } from './wire.ts'

export type DrillParts = {
  clock: Clock
  random: Random
  /** A line about what is going on now, several times a second while the crowd buys. */
  progress: (line: string) => void
}

/** Connections of the whole crowd. */
const SOCKETS = 1000
/** Buyers who open the page at the same time before the sale does. */
const EARLY = 32
const SETTLE_MS = 120_000
const LOOK_MS = 100
/** How long a shop may be busy before that ends the rehearsal. */
const BUSY_MS = 30_000

type Made = { drillId: string; saleId: string; productId: string; tokensUrl: string }
type Live = { items: ItemCount[] }
type Audit = { ok: boolean; equations: { id: string; scope: string; holds: boolean }[] }

/** Makes a sale and its buyers, lets them buy, waits until all is settled and answers what was seen. Removes them unless `keep`. */
export async function runDrill(shop: ApiClient, settings: DrillSettings, keep: boolean, parts: DrillParts): Promise<Result> {
  const { buyers, units, noCredit } = settings
  parts.progress(`making ${buyers} buyers and ${units} units`)
  const made = await shop.post<Made>('/api/v1/admin/drills', { buyers, units, noCreditShare: noCredit })
  try {
    const tokens = (await shop.text(made.tokensUrl)).trimEnd().split('\n')
    assert(tokens.length === buyers, `${tokens.length} tokens came for ${buyers} buyers`)
    return await rehearse(shop, made, tokens, settings, parts)
  } finally {
    if (!keep) await whenNotBusy(parts.clock, () => shop.delete(`/api/v1/admin/drills/${made.drillId}`))
  }
}

async function rehearse(
  shop: ApiClient,
  made: Made,
  tokens: string[],
  settings: DrillSettings,
  parts: DrillParts,
): Promise<Result> {
  const { clock, progress } = parts
  const wire = new Wire(shop.url, SOCKETS)
  const stop = new AbortController()
  try {
    progress('the buyers open the page')
    await inTurns(tokens, EARLY, (token) => wire.ask('GET', '/api/v1/orders?limit=1', { authorization: `Bearer ${token}` }))
    const watchers = new Watchers(shop.url, made.saleId, tokens, { clock, random: parts.random, stop: stop.signal })
    const pages = Array.from({ length: settings.watchers }, () => watchers)
    await inTurns(pages, EARLY, (page) => page.open())
    void watchers.poll()
    const cpuBefore = await cpuMs(wire)
    watchers.opening()
    const startedAt = clock.now()
    const crowd = new Crowd(tokens, made, { wire, clock, random: parts.random, stop: stop.signal })
    const live = () => whenNotBusy(clock, () => shop.get<Live>(`/api/v1/admin/sales/${made.saleId}/live`))
    void watchStock(shop.url, made.saleId, clock, stop.signal, (remaining) => crowd.sawStock(remaining))
    void crowd.comeBack()
    void crowd.arrive(settings.parallel, settings.overMs)
    const item = await settled(crowd, live, settings, parts)
    const settledAt = crowd.now()
    const cpuAfter = await cpuMs(wire)
    stop.abort()
    const { told, twice } = await outcomes(crowd, tokens, wire)
    const audit = await whenNotBusy(clock, () => shop.get<Audit>('/api/v1/admin/audit'))
    return {
      settings,
      url: shop.url,
      machine: machine(),
      startedAt,
      arrivals: crowd.arrivals,
      answers: crowd.answers,
      lost: crowd.lost,
      refused: crowd.refused,
      gaveUp: crowd.gaveUp,
      stock: crowd.stock,
      told,
      twice,
      item,
      auditFailures: audit.equations.filter((equation) => !equation.holds).map(({ id, scope }) => `${id} ${scope}`),
      settledAt,
      watched: settings.watchers > 0 ? watchers.seen : null,
      shopCpuMs: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
    }
  } finally {
    stop.abort()
    wire.close()
  }
}

/** Of the shop's process since its start; null where it does not say. */
async function cpuMs(wire: Wire): Promise<number | null> {
  const answer = await wire.ask('GET', '/metrics', {})
  const [, seconds] = (answer.kind === 'answer' && /^process_cpu_seconds_total (\S+)$/m.exec(answer.body)) || []
  return seconds === undefined ? null : Number(seconds) * 1000
}

/** What is rehearsed may be a fault: a shop whose ledger is away is busy until it is back. */
async function whenNotBusy<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  for (const until = clock.ticks() + BUSY_MS; ; ) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 503) || clock.ticks() > until) throw error
    }
    await clock.sleep(LOOK_MS)
  }
}

/** Looks until everybody has an answer, nothing is held and nobody waits for what is left, or that takes too long; the
 *  equations then say so. */
async function settled(crowd: Crowd, live: () => Promise<Live>, settings: DrillSettings, parts: DrillParts): Promise<ItemCount> {
  const all = settings.buyers * settings.parallel
  for (;;) {
    const answered = crowd.answers.length
    const item = (await live()).items[0]
    assert(item, "the rehearsal's sale has an item")
    const { remaining, held, sold } = item
    parts.progress(
      `${(crowd.now() / 1000).toFixed(1)} s  arrived ${crowd.arrivals.length}  answered ${crowd.answers.length}  ` +
        `yes ${crowd.told.size}  left ${remaining}  held ${held}  sold ${sold}`,
    )
    // Who was answered during the look may have changed what it saw.
    const quiet = crowd.arrivals.length === all && crowd.inFlight === 0 && crowd.answers.length === answered
    if (quiet && held === 0 && (remaining === 0 || crowd.waiting === 0)) return item
    if (crowd.now() > settings.overMs + SETTLE_MS) return item
    await parts.clock.sleep(LOOK_MS)
  }
}

/** Asks for each order as its buyer does. */
async function outcomes(crowd: Crowd, tokens: string[], wire: Wire): Promise<Pick<Result, 'told' | 'twice'>> {
  const told: Result['told'] = {}
  const live = new Map<number, number>()
  await inTurns([...crowd.told], EARLY, async ([orderId, buyer]) => {
    const headers = { authorization: `Bearer ${tokens[buyer]}` }
    const answer = await wire.ask('GET', `/api/v1/orders/${orderId}/status`, headers)
    const known = answer.kind === 'answer' && answer.status === 200
    const state = known ? (JSON.parse(answer.body) as { status: OrderState }).status : 'unknown'
    told[state] = (told[state] ?? 0) + 1
    if (state !== 'unknown' && !(Object.values(releases) as string[]).includes(state)) live.set(buyer, (live.get(buyer) ?? 0) + 1)
  })
  return { told, twice: [...live.values()].filter((orders) => orders > 1).length }
}

async function inTurns<T>(all: T[], atOnce: number, work: (one: T) => Promise<unknown>): Promise<void> {
  const rest = all.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of rest) await work(one)
    }),
  )
}

/** This machine in a line, for what is kept of a run. */
export function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} x ${cpu?.model.trim() ?? arch()}, ${memory} GiB, ${platform()} ${release()}, Node ${process.versions.node}`
}
