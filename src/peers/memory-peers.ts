import type { Id } from '../core/ids.ts'
import type { Peers } from './peers.ts'

type Lease = { holder: Id; token: number; until: number }

export class MemoryPeers implements Peers {
  readonly #now: () => number
  readonly #seen = new Map<Id, { roles: readonly string[]; at: number }>()
  readonly #leases = new Map<string, Lease>()

  readonly #notes = new Map<string, string>()

  constructor(now: () => number) {
    this.#now = now
  }

  async seen(process: Id, roles: readonly string[]): Promise<void> {
    this.#seen.set(process, { roles, at: this.#now() })
  }

  async unseenMs(role: string): Promise<number | null> {
    const times = [...this.#seen.values()].flatMap(({ roles, at }) => (roles.includes(role) ? [at] : []))
    return times.length > 0 ? this.#now() - Math.max(...times) : null
  }

  async take(lease: string, holder: Id, forMs: number): Promise<number | null> {
    const now = this.#now()
    const known = this.#leases.get(lease) ?? { holder, token: 0, until: 0 }
    const isFree = known.until <= now
    if (!isFree && known.holder !== holder) return null
    const token = isFree ? known.token + 1 : known.token
    this.#leases.set(lease, { holder, token, until: now + forMs })
    return token
  }

  async note(name: string, text: string): Promise<void> {
    this.#notes.set(name, text)
  }

  async noted(name: string): Promise<string | null> {
    return this.#notes.get(name) ?? null
  }

  async leave(process: Id): Promise<void> {
    this.#seen.delete(process)
    for (const lease of this.#leases.values()) if (lease.holder === process) lease.until = 0
  }
}
