import type { Id } from '../core/ids.ts'
import type { Clock } from '../platform/clock.ts'
import { Loop } from '../platform/loop.ts'
import type { Board } from '../purchase/board.ts'

const EVERY_MS = 1000

/** How many purchases each sale accepted in the last whole second, here in this process. Counted by a clock of its own: a
 *  figure made of the time between two readers would be another one for each of them. */
export class Pace {
  readonly #board: Pick<Board, 'all'>
  readonly #clock: Clock
  readonly #counts = new Map<Id, { accepted: number; perSecond: number }>()
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
    for (const { sale, outcomes } of this.#board.all()) {
      const accepted = outcomes.get('accepted') ?? 0
      const more = accepted - (known.get(sale.id)?.accepted ?? accepted)
      this.#counts.set(sale.id, { accepted, perSecond: seconds > 0 ? Math.round(more / seconds) : 0 })
    }
    return false
  }
}
