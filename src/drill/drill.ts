import { arch, cpus, platform, release, totalmem } from 'node:os'
import { assert } from '../core/assert.ts'
import { type ApiClient, ApiError } from '../platform/api-client.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { CardBuyers } from './card-buyers.ts'
import { Crowd } from './crowd.ts'
import { DemoGateway } from './demo-gateway.ts'
import { watchStock } from './live-stock.ts'
import { inTurns, outcomes } from './outcomes.ts'
import { type Cards, type DrillSettings, type ItemCount, isOfShare, type Result } from './result.ts'
import { auditOf, Till } from './till.ts'
import { Watchers } from './watchers.ts'
import { Wire } from './wire.ts'

export type DrillParts = {
  clock: Clock
  random: Random
  /** A line about what is going on now, several times a second while the crowd buys. */
  progress: (line: string) => void
  /** The rehearsal ends before its time: what was changed is put back, and it throws `ApiError`. */
  ended?: AbortSignal
}

/** Connections of the whole crowd. */
const SOCKETS = 1000
/** Buyers who open the page at the same time before the sale does. */
const EARLY = 32
const SETTLE_MS = 120_000
const LOOK_MS = 100
/** A shop reads what it was not told of every 5 s. Of an order that was removed before, it would wait for the order for a day. */
const LIST_MS = 6_000
/** How long a shop may be busy before that ends the rehearsal. */
const BUSY_MS = 30_000

type Made = { drillId: string; saleId: string; productId: string; price: Cards['price']; tokensUrl: string }
type Live = { items: ItemCount[] }
type Rehearsal = {
  shop: ApiClient
  made: Made
  tokens: string[]
  settings: DrillSettings
  parts: DrillParts
  cards: { gateway: DemoGateway; till: Till } | null
}

/** Makes a sale and its buyers, lets them buy, waits until all is settled and answers what was seen. Removes them unless `keep`,
 *  and leaves the gateway as it was. Throws `ApiError`. */
export async function runDrill(shop: ApiClient, settings: DrillSettings, keep: boolean, parts: DrillParts): Promise<Result> {
  const { buyers, units, noCredit, card, gateway: mood } = settings
  const gateway = card > 0 || mood ? await DemoGateway.of(shop) : null
  parts.progress(`making ${buyers} buyers and ${units} units`)
  const made = await shop.post<Made>('/api/v1/admin/drills', { buyers, units, noCreditShare: noCredit })
  try {
    const tokens = (await shop.text(made.tokensUrl)).trimEnd().split('\n')
    assert(tokens.length === buyers, `${tokens.length} tokens came for ${buyers} buyers`)
    const cards = gateway && { gateway, till: await Till.open(shop, gateway, made.price.currency) }
    if (mood) await gateway?.set(mood)
    return await unlessEnded(rehearse({ shop, made, tokens, settings, parts, cards }), parts.ended)
  } finally {
    try {
      if (mood) await whenNotBusy(parts.clock, async () => gateway?.reset())
    } finally {
      if (!keep) await whenNotBusy(parts.clock, () => shop.delete(`/api/v1/admin/drills/${made.drillId}`))
    }
  }
}

async function unlessEnded<T>(work: Promise<T>, ended: AbortSignal | undefined): Promise<T> {
  const { promise: end, reject } = Promise.withResolvers<never>()
  const tell = () => reject(new ApiError(0, {}, 'Ended before its time: nothing is shown by that.'))
  if (ended?.aborted) tell()
  ended?.addEventListener('abort', tell, { once: true })
  try {
    return await Promise.race([work, end])
  } finally {
    ended?.removeEventListener('abort', tell)
    // What still comes of it is heard by nobody.
    work.catch(() => {})
  }
}

async function rehearse(rehearsal: Rehearsal): Promise<Result> {
  const { shop, made, tokens, settings, parts } = rehearsal
  const { clock, progress, random } = parts
  const wire = new Wire(shop.url, SOCKETS)
  const over = new AbortController()
  const stop = parts.ended ? AbortSignal.any([over.signal, parts.ended]) : over.signal
  const payers = new CardBuyers(tokens, { wire, clock, random, stop })
  try {
    progress('the buyers open the page')
    await inTurns(tokens, EARLY, (token) => wire.ask('GET', '/api/v1/orders?limit=1', { authorization: `Bearer ${token}` }))
    const watchers = new Watchers(shop.url, made.saleId, tokens, { clock, random, stop })
    const pages = Array.from({ length: settings.watchers }, () => watchers)
    await inTurns(pages, EARLY, (page) => page.open())
    void watchers.poll()
    const cpuBefore = await cpuOf(wire)
    watchers.opening()
    const startedAt = clock.now()
    const isByCard = (buyer: number) => isOfShare(buyer, settings.card)
    const accepted = (orderId: string, buyer: number) => void (isByCard(buyer) && payers.pay(orderId, buyer))
    const crowd = new Crowd(tokens, made, { wire, clock, random, stop, isByCard, accepted })
    void watchStock(shop.url, made.saleId, clock, stop, (remaining) => crowd.sawStock(remaining))
    void crowd.comeBack()
    void crowd.arrive(settings.parallel, settings.overMs)
    const item = await settled(rehearsal, crowd, payers, stop)
    const settledAt = crowd.now()
    const cpuAfter = await cpuOf(wire)
    over.abort()
    const till = await afterCrowd(rehearsal)
    const ends = await outcomes(crowd, tokens, wire, isByCard)
    const audit = await whenNotBusy(clock, () => auditOf(shop))
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
      told: ends.told,
      twice: ends.twice,
      item,
      auditFailures: audit.equations.filter((equation) => !equation.holds).map(({ id, scope }) => `${id} ${scope}`),
      settledAt,
      cards: till && { ...ends.cards, price: made.price, left: payers.left, ...(await till.count(audit)) },
      watched: settings.watchers > 0 ? watchers.seen : null,
      shopCpuMs: cpuBetween(cpuBefore, cpuAfter),
    }
  } finally {
    over.abort()
    payers.close()
    wire.close()
  }
}

type Cpu = { process: string; ms: number }

/** Of the shop's process since its start; null where it does not say. */
async function cpuOf(wire: Wire): Promise<Cpu | null> {
  const answer = await wire.ask('GET', '/metrics', {})
  const figure = (name: string) =>
    answer.kind === 'answer' ? new RegExp(`^${name} (\\S+)$`, 'm').exec(answer.body)?.[1] : undefined
  const [process, seconds] = [figure('process_start_time_seconds'), figure('process_cpu_seconds_total')]
  return process === undefined || seconds === undefined ? null : { process, ms: Number(seconds) * 1000 }
}

/** Behind a balancer each look may have been at another process: that says nothing. */
function cpuBetween(before: Cpu | null, after: Cpu | null): number | null {
  return before && after && before.process === after.process && before.ms <= after.ms ? after.ms - before.ms : null
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

/** What went wrong until now must come right when nothing does any more. */
async function afterCrowd({ cards, settings, parts }: Rehearsal): Promise<Till | null> {
  if (!cards || settings.card === 0) return null
  if (settings.gateway) await cards.gateway.set('calm')
  await cards.till.owesNothing(parts.clock, parts.progress)
  if (settings.gateway === 'chaos') {
    parts.progress("waiting until the shop has read the gateway's list of events")
    await parts.clock.sleep(LIST_MS, parts.ended)
  }
  return cards.till
}

/** Looks until everybody has an answer, nothing is held and nobody waits for what is left, or that takes too long; the
 *  equations then say so. */
async function settled({ shop, made, settings, parts }: Rehearsal, crowd: Crowd, payers: CardBuyers, stop: AbortSignal) {
  const all = settings.buyers * settings.parallel
  for (;;) {
    const answered = crowd.answers.length
    const [item] = (await whenNotBusy(parts.clock, () => shop.get<Live>(`/api/v1/admin/sales/${made.saleId}/live`))).items
    assert(item, "the rehearsal's sale has an item")
    const { remaining, held, sold } = item
    const holdMs = payers.heldUntil - parts.clock.now()
    const arrived = crowd.arrivals.length === all && crowd.inFlight === 0
    const isWaiting = arrived && payers.underWay === 0 && held > 0 && holdMs > 0
    parts.progress(
      `${(crowd.now() / 1000).toFixed(1)} s  arrived ${crowd.arrivals.length}  answered ${crowd.answers.length}  ` +
        `yes ${crowd.told.size}  left ${remaining}  held ${held}  sold ${sold}` +
        (payers.underWay > 0 ? `  paying ${payers.underWay}` : '') +
        (isWaiting ? `  waiting at most ${Math.ceil(holdMs / 1000)} s (HOLD_TTL) for units of buyers who left` : ''),
    )
    // Who was answered during the look may have changed what it saw.
    const quiet = arrived && payers.underWay === 0 && crowd.answers.length === answered
    if (quiet && held === 0 && (remaining === 0 || crowd.waiting === 0)) return item
    if (crowd.now() > settings.overMs + SETTLE_MS && holdMs < -SETTLE_MS) return item
    stop.throwIfAborted()
    await parts.clock.sleep(LOOK_MS)
  }
}

/** This machine in a line, for what is kept of a run. */
export function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} x ${cpu?.model.trim() ?? arch()}, ${memory} GiB, ${platform()} ${release()}, Node ${process.versions.node}`
}
