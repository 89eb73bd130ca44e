import { createHash } from 'node:crypto'
import type { Static } from 'typebox'
import type { Id } from '../core/ids.ts'
import type { Sale } from '../core/sale.ts'
import { time } from '../platform/http.ts'
import { type Random, secret } from '../platform/random.ts'
import type { Board, Live } from '../purchase/board.ts'
import { type Moment, momentOf, type SaleStatusSchema, saleView, stockOf } from './sale-view.ts'

export type ShelfParts = {
  board: Pick<Board, 'all'>
  random: Random
  /** How long before its end a sale is `Ending Soon`, milliseconds. */
  endingSoonMs: number
}

const DAY_MS = 24 * 3600_000

/** An answer without its server time, which is last in it and the only part that differs from one request to the next. */
export type Text = { tag: string; head: string }
type Texts = { version: number; of: Sale; moment: Moment; sale: Text; status: Text }

/** Answers ready to send, made again only when what they say has changed. */
export class SaleShelf {
  readonly #board: ShelfParts['board']
  readonly #endingSoonMs: number
  /** Texts are numbered from the start of the process, so a tag from before it must not match. */
  readonly #start: string
  #made = 0
  readonly #texts = new WeakMap<Live, Texts>()

  constructor({ board, random, endingSoonMs }: ShelfParts) {
    this.#start = secret(random, 6)
    this.#board = board
    this.#endingSoonMs = endingSoonMs
  }

  /** Those that run and those that start within 24 hours, by id: `limit` of them after `after`. */
  active(limit: number, after: Id | undefined, now: number): { tag: string; text: string } {
    const near = current(this.#board, now, DAY_MS).filter(({ sale }) => after === undefined || sale.id > after)
    const shown = near.slice(0, limit).map((live) => this.of(live, now).sale)
    const next = near.length > limit ? (near[limit - 1]?.sale.id ?? null) : null
    const state = createHash('sha256').update(`${next} ${shown.map(({ tag }) => tag).join()}`)
    const items = shown.map((sale) => dated(sale, now)).join()
    return { tag: state.digest('base64url').slice(0, 22), text: `{"next":${JSON.stringify(next)},"items":[${items}]}` }
  }

  of(live: Live, now: number): Texts {
    const { sale, remaining, version } = live
    const moment = momentOf(sale, remaining, now, this.#endingSoonMs)
    const held = this.#texts.get(live)
    const sameMoment = held?.moment.phase === moment.phase && held.moment.status === moment.status
    if (held && sameMoment && held.version === version) return held
    const texts = {
      version,
      of: sale,
      moment,
      // While units are sold this one stays as it is, and in a large sale it is long.
      sale: held && sameMoment && held.of === sale ? held.sale : this.#text(saleView(sale, moment, now)),
      status: this.#text(statusView(sale, remaining, moment, now)),
    }
    this.#texts.set(live, texts)
    return texts
  }

  #text({ serverTime: _, ...view }: { serverTime: string }): Text {
    const tag = `${this.#start}.${(++this.#made).toString(36)}`
    return { tag, head: `${JSON.stringify(view).slice(0, -1)},"serverTime":` }
  }
}

export function dated({ head }: Text, now: number): string {
  return `${head}"${time(now)}"}`
}

/** No rehearsals: they are for their own buyers. */
export function current(board: ShelfParts['board'], now: number, aheadMs: number): Live[] {
  const near = board.all().filter(({ sale }) => now < sale.endTime && sale.startTime <= now + aheadMs && sale.drillId === null)
  return near.sort((a, b) => (a.sale.id < b.sale.id ? -1 : 1))
}

export function statusView(
  sale: Sale,
  remaining: ReadonlyMap<Id, number>,
  moment: Moment,
  now: number,
): Static<typeof SaleStatusSchema> {
  return { saleId: sale.id, ...moment, items: stockOf(sale, remaining), serverTime: time(now) }
}
