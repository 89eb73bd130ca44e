import type { Id } from '../core/ids.ts'
import type { Clock } from '../platform/clock.ts'
import type { Loop, Turn } from '../platform/loop.ts'
import type { Peers } from './peers.ts'

const EVERY_MS = 1000
/** It is told again while it is so, for who told it may be gone. */
const BELIEVED_MS = 3000
const NOTE = 'gateway'
const HERE = 'here'

export type GatewayWordParts = {
  peers: Pick<Peers, 'note' | 'noted'>
  serverId: Id
  clock: Pick<Clock, 'ticks'>
  /** As this process knows it, which learns of it only by asking. */
  gateway: { readonly available: boolean }
}

/** Whether it is of use to send buyers to the card gateway: those who ask it tell those who only take orders. */
export class GatewayWord {
  readonly #parts: GatewayWordParts
  #told = 0
  #heard: string | null = null
  #awayUntil = Number.NEGATIVE_INFINITY

  constructor(parts: GatewayWordParts) {
    this.#parts = parts
  }

  get available(): boolean {
    const { gateway, clock } = this.#parts
    return gateway.available && clock.ticks() >= this.#awayUntil
  }

  /** For a process with these roles. */
  loops(roles: readonly string[], loop: (name: string, everyMs: number, turn: Turn) => Loop): Loop[] {
    if (roles.includes('payments')) return [loop('tell-gateway', EVERY_MS, () => this.tell())]
    return roles.includes('api') ? [loop('heed-gateway', EVERY_MS, () => this.heed())] : []
  }

  /** A turn of who asks the gateway. */
  async tell(): Promise<boolean> {
    const { peers, serverId, gateway } = this.#parts
    // Each time another text: who reads it cannot know otherwise that it is new.
    if (!gateway.available) await peers.note(NOTE, `away ${serverId} ${++this.#told}`)
    else if (this.#told > 0) {
      await peers.note(NOTE, HERE)
      this.#told = 0
    }
    return false
  }

  /** A turn of who only takes orders. */
  async heed(): Promise<boolean> {
    const { peers, clock } = this.#parts
    const said = await peers.noted(NOTE)
    if (said === HERE) this.#awayUntil = Number.NEGATIVE_INFINITY
    // What stood there before this process began may be of any age.
    else if (said !== null && this.#heard !== null && said !== this.#heard) this.#awayUntil = clock.ticks() + BELIEVED_MS
    this.#heard = said ?? HERE
    return false
  }
}
