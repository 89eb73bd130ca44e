import type { Id } from '../core/ids.ts'
import type { Clock } from '../platform/clock.ts'
import { Loop } from '../platform/loop.ts'
import { AnswerTimes } from '../purchase/answer-times.ts'
import type { Board } from '../purchase/board.ts'

const EVERY_MS = 1000
const LATENCY_SECONDS = 10

type Counted = {
  accepted: number
  perSecond: number
  /** One a second, the oldest first. */
  times: AnswerTimes[]
}

/** How many purchases each sale accepted in the last whole second, and how long the answers of the last ten took, here in this
 *  process. Counted by a clock of its own: a figure made of the time between two readers would be another one for each of them. */
export class Pace {
  readonly #board: Pick<Board, 'all'>
  readonly #clock: Clock
  readonly #counts = new Map<Id, Counted>()
  readonly #loop: Loop
  #countedAt: number

  constructor(board: Pick<Board, 'all'>, clock: Clock, failed: (name: string, error: unknown) => void) {
    this.#board = board
    this.#clock = clock
    this.#countedAt = clock.ticks()
    this.#loop = new Loop('pace', clock, EVERY_MS, () => this.#count(), failed)
  }

  of(saleId: Id): number {
    return this.#counts.get(saleId)?.perSecond ?? 0
  }

  /** Milliseconds, at most 9 % too many; null when nobody asked to buy. */
  latencyOf(saleId: Id): { p50: number; p99: number } | null {
    const { times } = this.#counts.get(saleId) ?? { times: [] }
    const oldest = times[0]
    const lately = oldest && times.at(-1)?.since(oldest)
    const [p50, p99] = [lately?.within(0.5), lately?.within(0.99)]
    return p50 === undefined || p99 === undefined ? null : { p50, p99 }
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #count(): Promise<boolean> {
    const now = this.#clock.ticks()
    const seconds = (now - this.#countedAt) / 1000
    this.#countedAt = now
    const known = new Map(this.#counts)
    this.#counts.clear()
    for (const { sale, outcomes, times } of this.#board.all()) {
      // What is new on the board began to count when it came there.
      const before = known.get(sale.id) ?? { accepted: 0, times: [new AnswerTimes()] }
      const accepted = outcomes.get('accepted') ?? 0
      const more = accepted - before.accepted
      this.#counts.set(sale.id, {
        accepted,
        perSecond: seconds > 0 ? Math.round(more / seconds) : 0,
        times: [...before.times.slice(-LATENCY_SECONDS), times.copy()],
      })
    }
    return false
  }
}
