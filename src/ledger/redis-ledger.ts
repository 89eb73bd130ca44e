import { readFileSync } from 'node:fs'
import { assert } from '../core/assert.ts'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import type { SaleTerms } from '../core/sale.ts'
import type { Clock } from '../platform/clock.ts'
import type { RedisAddress } from '../platform/redis/redis-address.ts'
import type { RedisFacts, RedisReply } from '../platform/redis/redis-connection.ts'
import { type LinkParts, RedisLink, type Script, scriptOf } from '../platform/redis/redis-link.ts'
import type { Ask, Hold, HoldMove, Ledger, LedgerImage, LedgerView, Reply } from './ledger.ts'
import { argsOfAsk, argsOfHold, argsOfTerms, holdOf, replyOf, type Texts, viewOf } from './redis-wire.ts'

/** What one script call may carry: each stops all others for as long as it runs, some microseconds for each of these. */
const MOVES_MAX = 128
const PAGE_MAX = 500
/** What was staged and never opened goes after that, seconds: its process died. */
const STAGED_S = 600
/** A ledger that seems lost is asked once more through a new connection, at most this often. */
const DOUBT_MS = 1000

const SCRIPTS = ['reserve', 'settle', 'amend', 'look', 'entries', 'stage', 'open'] as const
type Scripts = Record<(typeof SCRIPTS)[number], Script>

export type RedisLedgerParts = {
  clock: Clock
  newId: () => Id
  told: LinkParts['told']
  /** Lua that defines `now()`, for tests that turn the ledger's clock by hand. */
  time?: string
}

/** Connects, and checks that this server may be trusted with stock. Throws `RedisUnusable` with what to do. */
export async function openRedisLedger(address: RedisAddress, parts: RedisLedgerParts): Promise<RedisLedger> {
  const { clock, told, newId, time = lua('time') } = parts
  const scripts = Object.fromEntries(SCRIPTS.map((name) => [name, scriptOf(`${time}\n${lua('sale')}\n${lua(name)}`)]))
  const link = await RedisLink.open(address, { clock, told, check: unfit })
  return new RedisLedger(link, scripts as Scripts, clock, newId)
}

function lua(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8')
}

function unfit({ evicts, mode, version }: RedisFacts): string | undefined {
  if (Number.parseInt(version, 10) < 7) return `The ledger needs Redis 7 or Valkey; this is ${version}.`
  if (mode === 'cluster') return 'This Redis is part of a cluster: point LEDGER_URL at one that stands alone, or at Sentinels.'
  if (evicts === 'noeviction') return undefined
  return `This Redis may throw stock away when its memory is full (maxmemory-policy ${evicts}): set maxmemory-policy noeviction, and keep caches elsewhere.`
}

/** Stock in Redis or Valkey: each method is a script, or several that each change all or nothing. */
export class RedisLedger implements Ledger {
  readonly inBooks = false
  readonly #link: RedisLink
  readonly #scripts: Scripts
  readonly #clock: Clock
  readonly #newId: () => Id
  #doubtedAt = Number.NEGATIVE_INFINITY

  constructor(link: RedisLink, scripts: Scripts, clock: Clock, newId: () => Id) {
    this.#link = link
    this.#scripts = scripts
    this.#clock = clock
    this.#newId = newId
  }

  async incarnation(): Promise<string> {
    return this.#link.incarnation
  }

  async load({ terms, items, holds }: LedgerImage): Promise<boolean> {
    if (terms.incarnation !== this.#link.incarnation) return false
    const live = keysOf(terms.id)
    const staged = live.map((key) => `${key}:${this.#newId()}`)
    const sorted = [...holds].sort((a, b) => a.epoch - b.epoch || a.seq - b.seq)
    for (let from = 0; from === 0 || from < sorted.length; from += PAGE_MAX) {
      const page = sorted.slice(from, from + PAGE_MAX).flatMap(argsOfHold)
      await this.#link.run(this.#scripts.stage, staged, () => [String(terms.epoch), String(STAGED_S), ...page])
    }
    const units = sorted.reduce((sum, { state, quantity }) => sum + (isLive(state) ? quantity : 0), 0)
    // Meanwhile the server may have started anew, and have all that was staged.
    if (terms.incarnation !== this.#link.incarnation) return false
    const opened = await this.#link.run(this.#scripts.open, [...live, ...staged], (incarnation) => [
      incarnation,
      ...argsOfTerms(terms),
      String(sorted.length),
      String(units),
      ...items.flatMap(({ productId, allotment }) => [productId, String(allotment)]),
    ])
    assert(opened !== 'unbalanced', 'what is loaded balances')
    if (opened === 'gone') throw new Fault('redis-refused', 'refused', 'what was staged is gone: Redis lost it meanwhile')
    return opened === 'opened'
  }

  async amend(terms: SaleTerms, items: { productId: Id; allotment: number }[]): Promise<boolean> {
    const allotments = items.flatMap(({ productId, allotment }) => [productId, String(allotment)])
    return (await this.#ask('amend', terms.id, [...argsOfTerms(terms), ...allotments])) === 'amended'
  }

  async reserve(saleId: Id, epoch: number, asks: Ask[]): Promise<Reply[]> {
    const args = [String(epoch), ...asks.flatMap(argsOfAsk)]
    let decided = await this.#ask('reserve', saleId, args)
    // The caller may know a later epoch than a primary that was left behind.
    if (decided === 'epoch-passed' && (await this.#isNewlyDoubted())) decided = await this.#ask('reserve', saleId, args)
    if (decided === 'lost' || decided === 'epoch-passed') return asks.map(() => ({ kind: decided }))
    const [now, ...replies] = decided as [string, ...Texts[]]
    return asks.map((ask, i) => replyOf(replies[i] as Texts, { saleId, epoch, ask, now: Number(now) }))
  }

  async settle(saleId: Id, moves: HoldMove[]): Promise<('moved' | 'unchanged' | 'unknown')[]> {
    const settled: ('moved' | 'unchanged' | 'unknown')[] = []
    for (let from = 0; from < moves.length; from += MOVES_MAX) {
      const part = moves.slice(from, from + MOVES_MAX)
      const words = await this.#ask(
        'settle',
        saleId,
        part.flatMap(({ orderId, to }) => [orderId, to]),
      )
      settled.push(...(words === 'lost' ? part.map(() => 'unknown' as const) : (words as 'moved'[])))
    }
    return settled
  }

  async look(saleId: Id, afterSeq: number, quietMs: number): Promise<LedgerView | null> {
    const shown = await this.#ask('look', saleId, [String(afterSeq), String(quietMs), String(PAGE_MAX)])
    if (shown === 'lost') return null
    const [sale, items, buyers, last] = shown as [Texts, Texts, Texts, Texts]
    const view = viewOf(saleId, sale, items, buyers)
    for (let from = last[0] as string | undefined; from !== undefined; ) {
      const page = await this.#page(saleId, `(${from}`, `${view.terms.epoch}-${view.seq}`, PAGE_MAX)
      for (const entry of page) view.buyers.push(entry.buyerId)
      from = page.length === PAGE_MAX ? page.at(-1)?.id : undefined
    }
    return view
  }

  async entries(saleId: Id, epoch: number, afterSeq: number, before: number, max: number): Promise<Hold[]> {
    const found: Hold[] = []
    const size = Math.min(max, PAGE_MAX)
    for (let from: string | undefined = `(${epoch}-${afterSeq}`; from !== undefined && found.length < max; ) {
      const page: Entry[] = await this.#page(saleId, from, String(epoch), size)
      for (const entry of page) {
        // An entry without its order is a gap, and found as one.
        const hold = entry.record === '' ? undefined : holdOf(saleId, entry.orderId, entry.record)
        if (hold && hold.reservedAt < before) found.push(hold)
      }
      from = page.length === size ? `(${page.at(-1)?.id}` : undefined
    }
    return found.slice(0, max)
  }

  async drop(saleId: Id): Promise<void> {
    await this.#link.call('UNLINK', ...keysOf(saleId))
  }

  /** What was asked is answered first. */
  stop(): Promise<void> {
    return this.#link.stop()
  }

  async #page(saleId: Id, from: string, to: string, count: number): Promise<Entry[]> {
    const page = await this.#ask('entries', saleId, [from, to, String(count)])
    if (page === 'lost') return []
    const texts = page as string[]
    return Array.from({ length: texts.length / 4 }, (_, i) => {
      const [id, orderId, buyerId, record] = texts.slice(4 * i, 4 * i + 4) as [string, Id, Id, string]
      return { id, orderId, buyerId, record }
    })
  }

  async #ask(script: keyof Scripts, saleId: Id, args: string[]): Promise<RedisReply> {
    const ask = () => this.#link.run(this.#scripts[script], keysOf(saleId), (incarnation) => [incarnation, ...args])
    const reply = await ask()
    return reply === 'lost' && (await this.#isNewlyDoubted()) ? ask() : reply
  }

  /** Reconnects, so that a primary that was left behind is not asked twice. False where that was done a moment ago. */
  async #isNewlyDoubted(): Promise<boolean> {
    if (this.#clock.ticks() - this.#doubtedAt < DOUBT_MS) return false
    this.#doubtedAt = this.#clock.ticks()
    await this.#link.renew()
    return true
  }
}

/** Of the outbox. */
type Entry = { id: string; orderId: Id; buyerId: Id; record: string }

const isLive = (state: Hold['state']): boolean => state === 'PENDING' || state === 'COMMITTED'

/** One hash tag, so that a sale is never torn apart. */
function keysOf(saleId: Id): string[] {
  return ['inventory', 'orders', 'outbox'].map((what) => `flash_sale_${what}:{${saleId}}`)
}
