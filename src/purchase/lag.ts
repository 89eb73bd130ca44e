import type { Outbox } from '../books/books.ts'
import type { EventLog } from '../events/event-log.ts'

/** How much waits behind acceptance, and whether it has become too old to accept more: what is promised must be settled
 *  while the hold stands. */
export class Lag {
  /** Rows of the outbox, events for the payment workers. */
  outbox = 0
  payments = 0
  oldestMs = 0
  /** When it was measured last, in the clock's time; a store that does not answer leaves it behind. */
  measuredAt = 0
  readonly #outbox: Outbox
  readonly #events: EventLog
  readonly #mostMs: number

  /** @param mostMs the oldest may be so old; PROTOCOL has a quarter of the time a unit is held. */
  constructor(outbox: Outbox, events: EventLog, mostMs: number) {
    this.#outbox = outbox
    this.#events = events
    this.#mostMs = mostMs
  }

  get behind(): boolean {
    return this.oldestMs > this.#mostMs
  }

  async measure(now: number): Promise<void> {
    const [outbox, payments] = await Promise.all([this.#outbox.waiting(), this.#events.lag('payments')])
    this.outbox = outbox.count
    this.payments = payments.count
    this.oldestMs = Math.max(outbox.oldestMs, payments.oldestMs)
    this.measuredAt = now
  }
}
