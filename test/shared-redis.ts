import type { Shared } from '../src/open-stores.ts'
import { systemClock } from '../src/platform/clock.ts'
import { BriefLink } from '../src/platform/redis/brief-link.ts'
import { type RedisAddress, redisAddress } from '../src/platform/redis/redis-address.ts'
import { RedisLink } from '../src/platform/redis/redis-link.ts'

/** What a process has of a Redis that it shares with others. */
export type SharedHere = { redis: BriefLink; listener: RedisLink; lost: string[] } & AsyncDisposable & Pick<Shared, 'link'>

/** As a process of its own connects. `mostMs`: patience; long by default, so that a slow machine is not taken for a silent Redis. */
export async function shareRedis(url: string, mostMs = 20_000): Promise<SharedHere> {
  const address = redisAddress(url) as RedisAddress
  const parts = { clock: systemClock, check: () => undefined, told() {} }
  const [link, listener] = [await RedisLink.open(address, parts), await RedisLink.open(address, parts)]
  const lost: string[] = []
  const redis = new BriefLink({ link, clock: systemClock, mostMs, lost: (because) => lost.push(because) })
  return {
    redis,
    link,
    listener,
    lost,
    async [Symbol.asyncDispose]() {
      await redis.stop()
      await listener.stop()
      await link.stop()
    },
  }
}
