import { readFileSync } from 'node:fs'
import type { Clock } from '../platform/clock.ts'
import type { BriefLink } from '../platform/redis/brief-link.ts'
import type { RedisReply } from '../platform/redis/redis-connection.ts'
import { type Script, scriptOf } from '../platform/redis/redis-link.ts'
import type { OwnRate, Rate } from './rate.ts'

/** Turns that one call takes; each costs the server about a microsecond, in which it does nothing else. */
const BATCH_MAX = 200
/** Keys that were refused and need not be asked for again yet. */
const REFUSED_MAX = 50_000

type Ask = { key: string; perSecond: number; burst: number; answer: (waitMs: number) => void }

/**
 * Turns that processes share, in Redis. What is asked within one turn of the event loop goes out as one call. Who was refused is
 * refused from memory until the wait that was named is over. Redis away: the turns of this process alone, which it counts all along.
 */
export class RedisRate implements Rate {
  readonly #script: Script
  readonly #redis: BriefLink
  readonly #own: OwnRate
  readonly #clock: Clock
  readonly #refusedUntil = new Map<string, number>()
  #asks: Ask[] = []

  /** @param time Lua that defines `now()`, for tests that turn Redis's clock by hand */
  constructor(redis: BriefLink, own: OwnRate, clock: Clock, time = lua('time')) {
    this.#script = scriptOf(`${time}\n${lua('take')}`)
    this.#redis = redis
    this.#own = own
    this.#clock = clock
  }

  take(key: string, perSecond: number, burst: number): number | Promise<number> {
    if (this.#redis.isAway) return this.#own.take(key, perSecond, burst)
    const refusedUntil = this.#refusedUntil.get(key)
    if (refusedUntil !== undefined) {
      const wait = refusedUntil - this.#clock.ticks()
      if (wait > 0) return Math.ceil(wait)
      this.#refusedUntil.delete(key)
    }
    return new Promise((answer) => {
      if (this.#asks.length === 0) this.#clock.soon(() => this.#send())
      this.#asks.push({ key, perSecond, burst, answer })
    })
  }

  #send(): void {
    const asks = this.#asks
    this.#asks = []
    for (let at = 0; at < asks.length; at += BATCH_MAX) void this.#askFor(asks.slice(at, at + BATCH_MAX))
  }

  async #askFor(asks: Ask[]): Promise<void> {
    const keys = asks.map(({ key }) => `rate_limit:${key.replaceAll(' ', ':')}`)
    const args = asks.flatMap(({ perSecond, burst }) => [String(1_000_000 / perSecond), String(burst)])
    const waits = waitsOf(await this.#redis.run(this.#script, keys, args), asks.length)
    for (const [i, { key, perSecond, burst, answer }] of asks.entries()) {
      const wait = waits?.[i]
      // Counted here as well, so that whoever has used up their turns has none more when Redis goes.
      if (wait === undefined || wait === 0) {
        const own = this.#own.take(key, perSecond, burst)
        answer(wait ?? own)
      } else answer(this.#refused(key, wait / 1000))
    }
  }

  #refused(key: string, waitMs: number): number {
    if (this.#refusedUntil.size >= REFUSED_MAX) this.#refusedUntil.clear()
    this.#refusedUntil.set(key, this.#clock.ticks() + waitMs)
    return Math.ceil(waitMs)
  }
}

function lua(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8')
}

function waitsOf(reply: RedisReply | undefined, length: number): number[] | undefined {
  if (!Array.isArray(reply) || reply.length !== length) return undefined
  return reply.every((wait) => typeof wait === 'number') ? reply : undefined
}
