import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { freePort } from '../../test/free-port.ts'
import { openAt, saleIn, until } from '../../test/redis-ledger.ts'
import { commandAt, placeOf, run, startRedis, withoutRedis } from '../../test/redis-server.ts'

const DOWN_AFTER_MS = 1000

suite('Redis behind three Sentinels', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
  test('after a failover the new primary is found, and is another incarnation', async (t) => {
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

    const gone = await freePort()
    const hosts = [gone, ...sentinels].map((port) => `127.0.0.1:${port}`).join(',')
    const ledger = await openAt(`redis+sentinel://${hosts}/main`)
    t.after(() => ledger.stop())
    const sale = await saleIn(ledger, 9)
    const ask = sale.ask()
    assert.equal((await sale.reserve(ask))[0]?.kind, 'reserved')
    const before = await ledger.incarnation()

    await primary.kill()
    await until(async () => assert.notEqual(await ledger.incarnation(), before), 60_000)
    assert.match(String(await replica.command('INFO', 'replication')), /role:master/)
    assert.deepEqual(await sale.reserve(ask), [{ kind: 'lost' }], 'a copy is never believed')
    assert.equal(await sale.rebuild(), true)
    assert.equal((await ledger.reserve(sale.terms.id, 2, [sale.ask()]))[0]?.kind, 'reserved')
  })

  test('a name that none of them knows is refused with what each said', async (t) => {
    const server = await startRedis()
    t.after(() => server.stop())
    const port = await startSentinel(t, server.port)
    await assert.rejects(openAt(`redis+sentinel://127.0.0.1:${port}/other`), {
      name: 'RedisUnusable',
      message: /no Sentinel names the primary: 127\.0\.0\.1:\d+ does not know other/,
    })
  })
})

async function startSentinel(t: { after(work: () => void): void }, primary: number): Promise<number> {
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
