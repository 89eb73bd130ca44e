import { hash } from 'node:crypto'
import type { Caller } from '../core/caller.ts'
import { type Random, secret } from '../platform/random.ts'
import type { RedisLink } from '../platform/redis/redis-link.ts'
import { GOOD_FOR_MS, type Tickets } from './tickets.ts'

/** For a socket of any process: `live_ticket:<digest>` holds who it is for. A copy of the database opens nothing. */
export class RedisTickets implements Tickets {
  readonly #link: Pick<RedisLink, 'call'>
  readonly #random: Random

  constructor(link: Pick<RedisLink, 'call'>, random: Random) {
    this.#link = link
    this.#random = random
  }

  async give(caller: Caller): Promise<string> {
    const ticket = secret(this.#random, 24)
    await this.#link.call('SET', keyOf(ticket), JSON.stringify(caller), 'PX', String(GOOD_FOR_MS))
    return ticket
  }

  async take(ticket: string): Promise<Caller | undefined> {
    const text = await this.#link.call('GETDEL', keyOf(ticket))
    return typeof text === 'string' ? (JSON.parse(text) as Caller) : undefined
  }
}

const keyOf = (ticket: string) => `live_ticket:${hash('sha256', ticket, 'base64url')}`
