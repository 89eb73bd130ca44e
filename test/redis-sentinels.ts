import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { placeOf } from './place-of.ts'
import { until } from './redis-ledger.ts'
import { commandAt, type RedisServer, run } from './redis-server.ts'

export const SENTINEL_NAME = 'main'
const DOWN_AFTER_MS = 1000
/** A failover that takes longer is given up; no second one begins before twice that. */
const FAILOVER_MS = 3000

export type Sentinel = {
  port: number
  pid(): number
  kill(): void
  start(): Promise<void>
  stop(): void
}

/** One that watches the primary at this port, which two must call dead. Its file is its memory: it is kept until `stop`. */
export async function startSentinel(primary: number): Promise<Sentinel> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-'))
  const file = join(dir, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${SENTINEL_NAME} 127.0.0.1 ${primary} 2`,
    `sentinel down-after-milliseconds ${SENTINEL_NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${SENTINEL_NAME} ${FAILOVER_MS}`,
  ]
  writeFileSync(file, lines.join('\n'))
  let child: ChildProcess
  const start = async () => {
    child = await run(placeOf('redis-server') as string, [file, '--sentinel'], port)
  }
  await start()
  const kill = () => void child.kill('SIGKILL')
  return {
    port,
    pid: () => child.pid ?? 0,
    start,
    kill,
    stop() {
      kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** So many. Returns when all is known to each. */
export async function startSentinels(
  primary: RedisServer,
  count: number,
  replica?: RedisServer,
): Promise<{ ports: number[]; stop(): Promise<void> }> {
  const started = await Promise.all(Array.from({ length: count }, () => startSentinel(primary.port)))
  await allKnown(started, primary, replica)
  return {
    ports: started.map(({ port }) => port),
    async stop() {
      for (const sentinel of started) sentinel.stop()
    },
  }
}

const CALM_MS = 30_000

/** Each must know the others, and the replica that follows: before, there is nobody to promote and no majority. */
export async function allKnown(sentinels: Sentinel[], primary: RedisServer, replica?: RedisServer): Promise<void> {
  const isLinked = /role:slave[\s\S]*master_link_status:up/
  if (replica) await until(async () => assert.match(String(await replica.command('INFO', 'replication')), isLinked), CALM_MS)
  const known = { primary: primary.port, replicas: replica ? 1 : 0, others: sentinels.length - 1 }
  await until(async () => {
    for (const sentinel of sentinels) assert.deepEqual(await watchedBy(sentinel), known)
  }, CALM_MS)
}

/** The port of whom this Sentinel calls the primary, and how many replicas and other Sentinels it knows. */
export async function watchedBy({ port }: Pick<Sentinel, 'port'>) {
  const known = (await commandAt(port, 'SENTINEL', 'MASTER', SENTINEL_NAME)) as string[]
  const fact = (name: string) => Number(known[known.indexOf(name) + 1])
  return { primary: fact('port'), replicas: fact('num-slaves'), others: fact('num-other-sentinels') }
}
