import type { Id } from '../core/ids.ts'
import type { Clock } from '../platform/clock.ts'
import type { Loop, Turn } from '../platform/loop.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Lead, RENEWED_EVERY_MS } from './lead.ts'
import type { Peers } from './peers.ts'

const SEEN_EVERY_MS = 5000
/** Nothing that was accepted is lost meanwhile: it waits. But nobody is told how it ended. */
const MISSED_AFTER_MS = 30_000

export type CompanyParts = {
  /** `null`: this process is the only one, and does all by itself. */
  peers: Peers | null
  serverId: Id
  roles: readonly string[]
  /** Of which roles there must be somebody, here or elsewhere. */
  needed: readonly string[]
  clock: Clock
  loop(name: string, everyMs: number, turn: Turn): Loop
  metrics: Pick<Metrics, 'gauge'>
  /** Nobody of that role has been there for so long; `null`: there is somebody again. */
  missed: (role: string, unseenMs: number | null) => void
}

/** How an audit ended, and when. */
export type Audited = { ok: boolean; at: number }

/** This process among the others of the shop. */
export class Company {
  readonly #parts: CompanyParts
  readonly #leads = new Map<string, Lead>()
  readonly #loops: Loop[] = []
  readonly #unseenMs = new Map<string, number>()
  #audit: Audited | null = null

  constructor(parts: CompanyParts) {
    this.#parts = parts
    const { loop, roles, metrics } = parts
    if (parts.peers === null) return
    const since = parts.clock.ticks()
    this.#loops.push(loop('attend', SEEN_EVERY_MS, () => this.#attend()))
    if (roles.includes('api')) this.#loops.push(loop('watch-roles', SEEN_EVERY_MS, () => this.#watch(since)))
    metrics.gauge('doorbuster_role_unseen_seconds', 'Since a process of that role was seen.', ['role'], () =>
      [...this.#unseenMs].map(([role, ms]) => ({ labels: [role], value: ms / 1000 })),
    )
  }

  /** Those that must run for it. */
  loops(): Loop[] {
    const { loop, roles } = this.#parts
    const leading = [...this.#leads].filter(([role]) => roles.includes(role))
    return [...this.#loops, ...leading.map(([role, lead]) => loop(`lead-${role}`, RENEWED_EVERY_MS, () => lead.renew()))]
  }

  /** A loop of that role, of which one process at a time does the turns. */
  alone(role: string, name: string, everyMs: number, turn: Turn): Loop {
    const { peers, clock, serverId, loop } = this.#parts
    if (peers === null) return loop(name, everyMs, turn)
    const lead = this.#leads.get(role) ?? new Lead({ peers, clock, lease: role, process: serverId })
    this.#leads.set(role, lead)
    return loop(name, everyMs, async (stopping) => ((await lead.leads()) ? turn(stopping) : false))
  }

  /** Does it when no other process does it at the same time, and waits for one that does. */
  async inTurn<T>(lease: string, forMs: number, work: () => Promise<T>): Promise<T> {
    const { peers, clock, serverId } = this.#parts
    if (peers === null) return work()
    while ((await peers.take(lease, serverId, forMs)) === null) await clock.sleep(100)
    try {
      return await work()
    } finally {
      await peers.leave(serverId)
    }
  }

  /** So that the others know it too, within some seconds. */
  async noteAudit({ ok, at }: Audited): Promise<void> {
    this.#audit = { ok, at }
    await this.#parts.peers?.note('audit', JSON.stringify(this.#audit))
  }

  /** The last audit that any process made. */
  get lastAudit(): Audited | null {
    return this.#audit
  }

  async leave(): Promise<void> {
    await this.#parts.peers?.leave(this.#parts.serverId)
  }

  async #attend(): Promise<boolean> {
    const { peers, serverId, roles } = this.#parts
    await peers?.seen(serverId, roles)
    const audit = await peers?.noted('audit')
    if (audit) this.#audit = JSON.parse(audit) as Audited
    return false
  }

  async #watch(since: number): Promise<boolean> {
    const { peers, roles, needed, clock, missed } = this.#parts
    for (const role of needed) {
      if (roles.includes(role)) continue
      const before = this.#unseenMs.get(role) ?? 0
      // Of one that nobody ever saw, since this process began to look.
      const unseenMs = (await peers?.unseenMs(role)) ?? clock.ticks() - since
      this.#unseenMs.set(role, unseenMs)
      if (unseenMs > MISSED_AFTER_MS && before <= MISSED_AFTER_MS) missed(role, unseenMs)
      if (unseenMs <= MISSED_AFTER_MS && before > MISSED_AFTER_MS) missed(role, null)
    }
    return false
  }
}
