import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../core/caller.ts'
import { type Random, secret } from '../platform/random.ts'
import type { RedisLink } from '../platform/redis/redis-link.ts'
import { GOOD_FOR_MS, type Tickets } from './tickets.ts'

/**
 * For a socket of any process: `live_ticket:<digest>` holds who it is for, signed. So a copy of Redis opens nothing, and who can
 * write there makes nobody an administrator.
 */
export class RedisTickets implements Tickets {
  readonly #link: Pick<RedisLink, 'call'>
  readonly #random: Random
  readonly #key: string

  /** @param key the same in all processes, and nowhere else */
  constructor(link: Pick<RedisLink, 'call'>, random: Random, key: string) {
    this.#link = link
    this.#random = random
    this.#key = key
  }

  async give(caller: Caller): Promise<string> {
    const ticket = secret(this.#random, 24)
    const name = nameOf(ticket)
    const text = JSON.stringify(caller)
    await this.#link.call('SET', name, `${this.#sign(name, text)}${text}`, 'PX', String(GOOD_FOR_MS))
    return ticket
  }

  async take(ticket: string): Promise<Caller | undefined> {
    const name = nameOf(ticket)
    const kept = await this.#link.call('GETDEL', name)
    if (typeof kept !== 'string') return undefined
    const text = kept.slice(SIGNATURE)
    const [signature, expected] = [Buffer.from(kept.slice(0, SIGNATURE)), Buffer.from(this.#sign(name, text))]
    const isOurs = signature.length === expected.length && timingSafeEqual(signature, expected)
    return isOurs ? (JSON.parse(text) as Caller) : undefined
  }

  #sign(name: string, text: string): string {
    return createHmac('sha256', this.#key).update(`${name} ${text}`).digest('base64url')
  }
}

/** Of a SHA-256 in base64url, characters. */
const SIGNATURE = 43

const nameOf = (ticket: string) => `live_ticket:${hash('sha256', ticket, 'base64url')}`
