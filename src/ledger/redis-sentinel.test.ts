import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { freePort } from '../../test/free-port.ts'
import { openAt, saleIn, until } from '../../test/redis-ledger.ts'
import { startSentinels } from '../../test/redis-sentinels.ts'
import { startRedis, withoutRedis } from '../../test/redis-server.ts'

suite('Redis behind three Sentinels', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
  test('after a failover the new primary is found, and is another incarnation', async (t) => {
    const primary = await startRedis()
    t.after(() => primary.stop())
    const replica = await startRedis('redis-server', ['--replicaof', '127.0.0.1', String(primary.port)])
    t.after(() => replica.stop())
    const sentinels = await startSentinels(primary, 3, replica)
    t.after(() => sentinels.stop())

    const gone = await freePort()
    const hosts = [gone, ...sentinels.ports].map((port) => `127.0.0.1:${port}`).join(',')
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
    const sentinels = await startSentinels(server, 1)
    t.after(() => sentinels.stop())
    const [port] = sentinels.ports
    await assert.rejects(openAt(`redis+sentinel://127.0.0.1:${port}/other`), {
      name: 'RedisUnusable',
      message: /no Sentinel names the primary: 127\.0\.0\.1:\d+ does not know other/,
    })
  })
})
