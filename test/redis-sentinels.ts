import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { placeOf } from './place-of.ts'
import { until } from './redis-ledger.ts'
import { commandAt, type RedisServer, run } from './redis-server.ts'

const DOWN_AFTER_MS = 1000

/** Sentinels that call the primary `main`. Returns when each knows the others, and the replica where there is one: before, there
 *  is nobody to promote and no majority. */
export async function startSentinels(
  primary: RedisServer,
  count: number,
  replica?: RedisServer,
): Promise<{ ports: number[]; stop(): Promise<void> }> {
  const started = await Promise.all(Array.from({ length: count }, () => startSentinel(primary.port)))
  if (replica) {
    await until(async () => assert.match(String(await replica.command('INFO', 'replication')), /master_link_status:up/))
  }
  await until(async () => {
    for (const { port } of started) {
      const known = (await commandAt(port, 'SENTINEL', 'MASTER', 'main')) as string[]
      const fact = (name: string) => Number(known[known.indexOf(name) + 1])
      assert.deepEqual([fact('num-slaves'), fact('num-other-sentinels')], [replica ? 1 : 0, count - 1])
    }
  }, 30_000)
  return {
    ports: started.map(({ port }) => port),
    async stop() {
      for (const { stop } of started) stop()
    },
  }
}

async function startSentinel(primary: number): Promise<{ port: number; stop(): void }> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-'))
  const file = join(dir, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor main 127.0.0.1 ${primary} 2`,
    `sentinel down-after-milliseconds main ${DOWN_AFTER_MS}`,
    'sentinel failover-timeout main 5000',
  ]
  writeFileSync(file, lines.join('\n'))
  const child = await run(placeOf('redis-server') as string, [file, '--sentinel'], port)
  return {
    port,
    stop() {
      child.kill('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
