import assert from 'node:assert/strict'
import { until } from '../redis-ledger.ts'
import { allKnown, SENTINEL_NAME, type Sentinel, startSentinel } from '../redis-sentinels.ts'
import { type RedisServer, startRedis } from '../redis-server.ts'

const CALM_MS = 30_000

/** A primary and its replica, watched by three Sentinels. */
export type RedisPair = {
  /** Of the ledger. */
  url: string
  primary: RedisServer
  replica: RedisServer
  sentinels: Sentinel[]
  /** From now on the primary's writes reach nobody else. */
  cut(): Promise<void>
  /** Reserves of all sales that this server has. */
  writes(server: RedisServer): Promise<number>
  /** The primary dies; returns when the other is promoted and has the name `primary`. */
  failOver(): Promise<void>
  /** The other was promoted. */
  swap(): void
  /** The replica is started anew and follows the primary; both are whole again, and watched. */
  mend(): Promise<void>
  stop(): Promise<void>
}

export async function startRedisPair(): Promise<RedisPair> {
  const primary = await startRedis()
  const replica = await startRedis('redis-server', following(primary))
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(primary.port)))
  const pair: RedisPair = {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${SENTINEL_NAME}`,
    primary,
    replica,
    sentinels,
    async cut() {
      await pair.primary.command('ACL', 'SETUSER', 'default', '-psync', '-sync', '-replconf')
      await pair.primary.command('CLIENT', 'KILL', 'TYPE', 'replica')
    },
    async writes(server) {
      const outboxes = (await server.command('KEYS', 'flash_sale_outbox:*')) as string[]
      let sum = 0
      for (const outbox of outboxes) sum += Number(await server.command('XLEN', outbox))
      return sum
    },
    async failOver() {
      await pair.primary.kill()
      await until(async () => assert.match(String(await pair.replica.command('INFO', 'replication')), /role:master/), CALM_MS)
      pair.swap()
    },
    swap() {
      ;[pair.primary, pair.replica] = [pair.replica, pair.primary]
    },
    async mend() {
      await pair.replica.kill()
      await pair.replica.start(following(pair.primary))
      await allKnown(sentinels, pair.primary, pair.replica)
    },
    async stop() {
      for (const sentinel of sentinels) sentinel.stop()
      for (const server of [pair.replica, pair.primary]) await server.stop()
    },
  }
  await allKnown(sentinels, pair.primary, pair.replica)
  return pair
}

const following = ({ port }: RedisServer): string[] => ['--replicaof', '127.0.0.1', String(port)]
