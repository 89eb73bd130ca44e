import type { Id } from '../core/ids.ts'
import { type Delivery, type Event, type EventLog, type Group, subscriptions } from './event-log.ts'

type Waiting = Delivery & { group: Group; token: string | null; leasedUntil: number }

/** The event log as an executable specification. */
export class MemoryEventLog implements EventLog {
  readonly events: Event[] = []
  #waiting: Waiting[] = []
  #position = 0
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  async append(events: Event[]): Promise<void> {
    for (const event of events) {
      if (this.events.some((known) => known.id === event.id)) continue
      this.events.push(structuredClone(event))
      for (const [group, types] of Object.entries(subscriptions) as [Group, readonly string[]][]) {
        if (!types.includes(event.type)) continue
        this.#waiting.push({ position: ++this.#position, event: structuredClone(event), group, token: null, leasedUntil: 0 })
      }
    }
  }

  async take(group: Group, token: string, max: number, leaseMs: number): Promise<Delivery[]> {
    const now = this.#now()
    const free = this.#waiting.filter((one) => one.group === group && one.leasedUntil <= now).slice(0, max)
    for (const one of free) Object.assign(one, { token, leasedUntil: now + leaseMs })
    return free.map(({ position, event }) => ({ position, event: structuredClone(event) }))
  }

  async ack(group: Group, token: string, positions: number[]): Promise<number> {
    const before = this.#waiting.length
    this.#waiting = this.#waiting.filter((one) => one.group !== group || one.token !== token || !positions.includes(one.position))
    return before - this.#waiting.length
  }

  async lag(group: Group) {
    const times = this.#waiting.filter((one) => one.group === group).map((one) => one.event.time)
    return { count: times.length, oldestMs: Math.max(0, ...times.map((time) => this.#now() - time)) }
  }

  /** Some group has not yet handled an event about it. */
  isWaiting(subject: Id): boolean {
    return this.#waiting.some((one) => one.event.subject === subject)
  }
}
