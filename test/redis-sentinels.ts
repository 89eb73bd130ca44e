import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { until } from './redis-ledger.ts'
import { commandAt, placeOf, type RedisServer, run, startRedis } from './redis-server.ts'

const DOWN_AFTER_MS = 1000

type Test = { after(work: () => unknown): void }

/** A primary with a replica that is level with it, and three Sentinels that know all of it. */
export async function startSentinels(t: Test): Promise<{ primary: RedisServer; replica: RedisServer; sentinels: number[] }> {
  const primary = await startRedis()
  t.after(() => primary.stop())
  const replica = await startRedis('redis-server', ['--replicaof', '127.0.0.1', String(primary.port)])
  t.after(() => replica.stop())
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(t, primary.port)))
  await until(async () => assert.match(String(await replica.command('INFO', 'replication')), /master_link_status:up/))
  // Each must know the replica and the other two, or there is nobody to promote and no majority.
  await until(async () => {
    for (const port of sentinels) {
      const [known] = [(await commandAt(port, 'SENTINEL', 'MASTER', 'main')) as string[]]
      const fact = (name: string) => known[known.indexOf(name) + 1]
      assert.deepEqual([fact('num-slaves'), fact('num-other-sentinels')], ['1', '2'])
    }
  }, 30_000)
  return { primary, replica, sentinels }
}

/** One of two that must agree. Answers its port. */
export async function startSentinel(t: Test, primary: number): Promise<number> {
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
  t.after(() => {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  return port
}
