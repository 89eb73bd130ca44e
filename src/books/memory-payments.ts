import type { Attempt } from '../core/attempt.ts'
import type { Id } from '../core/ids.ts'
import type { GatewayEvent, GatewayView } from '../core/payment.ts'
import { declined, keptEvent, keptView, merge, mismatchOf } from './desk.ts'
import { MemoryDesk, remainingOf } from './memory-desk.ts'
import type { MemoryRecord } from './memory-record.ts'
import { type Attempts, EARLY_AGAIN_MS, EARLY_MAX_MS, type Inbox, type Quarantined, type Seen } from './payments.ts'

type Tools = { now: () => number; newCode: () => string }

/** Attempts as an executable specification. */
export class MemoryAttempts implements Attempts {
  readonly #record: MemoryRecord
  readonly #tools: Tools

  constructor(record: MemoryRecord, tools: Tools) {
    this.#record = record
    this.#tools = tools
  }

  async claim(max: number, leaseMs: number): Promise<Attempt[]> {
    const now = this.#tools.now()
    const due = [...this.#record.attempts.values()].flat().filter(({ dueAt }) => dueAt !== null && dueAt <= now)
    const claimed = due.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0)).slice(0, max)
    for (const one of claimed) one.dueAt = now + leaseMs
    return claimed.map(({ attempt }) => ({ ...attempt }))
  }

  see(view: GatewayView): Promise<Seen> {
    return this.#record.alone(() => this.#see(view))
  }

  async #see(told: GatewayView): Promise<Seen> {
    const view = keptView(told)
    const order = this.#record.orders.get(view.orderId)
    const attempts = (this.#record.attempts.get(view.orderId) ?? []).map((one) => one.attempt)
    const attempt = attempts.find((one) => one.number === view.attempt)
    if (!order || !attempt) return { kind: 'early' }
    const because = mismatchOf(attempt, view)
    if (because) return { kind: 'mismatch', because }
    const isNews = await merge(new MemoryDesk(this.#record, this.#tools), order, attempts, attempt, view)
    const remaining = remainingOf(this.#record, order)
    return { kind: isNews ? 'news' : 'stale', attempt: { ...attempt }, order: { ...order }, remaining }
  }

  async later({ orderId, number, version }: Attempt, ms: number, counts: boolean): Promise<void> {
    const kept = this.#record.attempts.get(orderId)?.[number - 1]
    if (kept?.attempt.version !== version || kept.dueAt === null) return
    kept.dueAt = this.#tools.now() + ms
    if (counts) kept.attempt.tries++
  }

  giveUp(attempt: Attempt, reason: string): Promise<Seen> {
    return this.see(declined(attempt, reason))
  }

  async of(orderId: Id): Promise<Attempt[]> {
    return (this.#record.attempts.get(orderId) ?? []).map(({ attempt }) => ({ ...attempt }))
  }

  async byTxn(txnId: string): Promise<Attempt | null> {
    const all = [...this.#record.attempts.values()].flat()
    const found = all.find(({ attempt }) => attempt.txnId === txnId)
    return found ? { ...found.attempt } : null
  }
}

export class MemoryInbox implements Inbox {
  readonly #record: MemoryRecord
  readonly #attempts: Pick<Attempts, 'see'>
  readonly #now: () => number

  constructor(record: MemoryRecord, attempts: Pick<Attempts, 'see'>, now: () => number) {
    this.#record = record
    this.#attempts = attempts
    this.#now = now
  }

  async receive(events: GatewayEvent[]): Promise<number> {
    let fresh = 0
    for (const event of events.map(keptEvent)) {
      if (this.#record.inbox.has(event.id)) continue
      const now = this.#now()
      this.#record.inbox.set(event.id, { event, status: 'waiting', because: '', receivedAt: now, dueAt: now })
      fresh++
    }
    return fresh
  }

  async apply(max: number): Promise<Seen[]> {
    const now = this.#now()
    const waiting = [...this.#record.inbox.values()].filter((one) => one.status === 'waiting' && one.dueAt <= now)
    const due = waiting.sort((a, b) => a.dueAt - b.dueAt).slice(0, max)
    const done: Seen[] = []
    for (const one of due) {
      const seen = await this.#attempts.see(one.event.view)
      const isOver = seen.kind === 'early' && now >= one.receivedAt + EARLY_MAX_MS
      if (seen.kind === 'mismatch') Object.assign(one, { status: 'quarantined', because: seen.because })
      else if (isOver) Object.assign(one, { status: 'quarantined', because: 'no such attempt' })
      else if (seen.kind === 'early') one.dueAt = now + EARLY_AGAIN_MS
      else one.status = 'applied'
      done.push(seen)
    }
    return done
  }

  async quarantined(limit: number, after: string | undefined): Promise<Quarantined[]> {
    const all = [...this.#record.inbox.values()].filter((one) => one.status === 'quarantined').reverse()
    const from = after === undefined ? 0 : all.findIndex((one) => one.event.id === after) + 1
    return all
      .slice(from, from + limit)
      .map(({ event, because, receivedAt }) => ({ ...structuredClone(event), because, receivedAt }))
  }

  async dismiss(id: string): Promise<boolean> {
    const one = this.#record.inbox.get(id)
    if (one?.status !== 'quarantined') return false
    one.status = 'dismissed'
    return true
  }

  async cursor(): Promise<string | null> {
    return this.#record.gatewayCursor
  }

  read(events: GatewayEvent[], next: string | null): Promise<number> {
    this.#record.gatewayCursor = next
    return this.receive(events)
  }
}
