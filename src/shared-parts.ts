import type { Config } from './config.ts'
import type { Id } from './core/ids.ts'
import { isFinal, type Order } from './core/order.ts'
import { type Sale, statusOf } from './core/sale.ts'
import type { OwnRate, Rate } from './gate/rate.ts'
import { RedisRate } from './gate/redis-rate.ts'
import type { Shared } from './open-stores.ts'
import { Cache, type CacheParts } from './platform/cache/cache.ts'
import { RedisLevel } from './platform/cache/redis-level.ts'
import type { Clock } from './platform/clock.ts'
import type { makeLog } from './platform/log.ts'
import type { Loop, Turn } from './platform/loop.ts'
import type { Metrics } from './platform/metrics.ts'
import { BriefLink } from './platform/redis/brief-link.ts'
import type { Board } from './purchase/board.ts'
import { LocalPush } from './push/local-push.ts'
import type { Watching } from './push/outlet.ts'
import type { Push } from './push/push.ts'
import { CachedCatalogue, catalogueValues } from './shop/catalogue/cached-catalogue.ts'
import type { Catalogue } from './shop/catalogue/catalogue.ts'

/** How long a request waits for Redis at most, milliseconds. */
const CACHE_MS = 100
const RATE_MS = 50
/** Of each cache in this process, characters. */
const MOST = 16 * 1024 * 1024
/** How far a replica may be behind. Beyond, what a change made is seen when the caches are made anew. */
const REPLICA_LAG_MS = 10_000

type SharedParts = {
  config: Pick<Config, 'replicaUrl'>
  shared: Shared | null
  clock: Clock
  newId: () => string
  metrics: Metrics
  log: ReturnType<typeof makeLog>
}

/** The catalogue by its caches: of this process, and of the shared Redis where there is one. */
export async function cachedCatalogue(record: Catalogue, parts: SharedParts): Promise<CachedCatalogue> {
  const { config, shared, clock, newId, metrics } = parts
  const redis = shared && briefLink('cache', shared, CACHE_MS, parts)
  const lagMs = config.replicaUrl ? REPLICA_LAG_MS : 0
  async function open<T>(name: string, values: Pick<CacheParts<T>, 'isValue' | 'sizeOf'>): Promise<Cache<T>> {
    const level = shared && redis && new RedisLevel({ name, redis, listener: shared.listener, clock, newId })
    const counted = (result: string) => metrics.cacheRead(name, result)
    const cache = new Cache<T>({ clock, shared: level, ...values, most: MOST, lagMs, counted })
    await cache.listen()
    return cache
  }
  return new CachedCatalogue(record, {
    product: await open('product', catalogueValues.product),
    products: await open('product_list', catalogueValues.products),
    categories: await open('category_list', catalogueValues.categories),
  })
}

type PushParts = SharedParts & { serverId: Id; loop: (name: string, everyMs: number, turn: Turn) => Loop }

/** Live messages to the sockets of this process and, by the shared Redis, of others. */
export async function livePush(parts: PushParts, saleChanged: () => void): Promise<Push & Watching> {
  const { shared, metrics, log, serverId, clock, loop } = parts
  const local = new LocalPush(clock.soon)
  if (!shared) return local
  const { RedisPush } = await import('./push/redis-push.ts')
  return new RedisPush({
    serverId,
    loop,
    clock,
    local,
    saleChanged,
    link: shared.link,
    listener: shared.listener,
    counted: (result, hints) => metrics.hints(result, hints),
    deaf: (error) => log.warn({ event: 'push-deaf', err: error }, 'live messages of other processes are not heard'),
  })
}

/** Turns of all processes, where there is a Redis that they share. */
export function sharedRate(own: OwnRate, parts: SharedParts): Rate {
  const { shared, clock } = parts
  return shared ? new RedisRate(briefLink('rate', shared, RATE_MS, parts), own, clock) : own
}

function briefLink(user: string, { link }: Shared, mostMs: number, { clock, metrics, log }: SharedParts): BriefLink {
  const brief = new BriefLink({
    link,
    clock,
    mostMs,
    lost(because) {
      metrics.sharedLost(user)
      log.warn(
        { event: 'shared-silent', user, because },
        'the shared Redis does not answer in time; this process goes on by itself',
      )
    },
  })
  const away = () => [{ labels: [], value: Number(brief.isAway) }]
  metrics.gauge(
    `doorbuster_shared_${user}_away`,
    '1: the shared Redis is done without now, as it did not answer in time.',
    [],
    away,
  )
  return brief
}

/** Whatever moves ordinary stock, the catalogue's caches hear of it. A sale that runs moves none: its units are its own. */
export function stockMover(board: Pick<Board, 'get'>, catalogue: Pick<CachedCatalogue, 'forget'>, clock: Clock) {
  return {
    bySale: (changed: () => void) => (sale: Sale) => {
      void catalogue.forget(sale.items.map(({ productId }) => productId))
      changed()
    },
    /** Units that come back after the sale was settled are ordinary stock at once. */
    byOrder({ saleId, productId, state }: Order) {
      const live = board.get(saleId)
      const runs = live && statusOf(live.sale, clock.now()) !== 'ENDED'
      if (!runs && isFinal(state) && state !== 'COMPLETED') void catalogue.forget([productId])
    },
    byRepair: () => void catalogue.forget(null),
  }
}
