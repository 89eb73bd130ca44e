import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, beforeEach, suite, test } from 'node:test'
import { clock, openAt, saleIn, until } from '../../test/redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../test/redis-server.ts'
import { wayTo } from '../../test/way.ts'
import { Fault } from '../core/fault.ts'
import type { RedisLedger } from './redis-ledger.ts'

/** A call ends within 2 s; the machine has other things to do. */
const ENDS_MS = 6000

async function faultOf(call: Promise<unknown>): Promise<string> {
  try {
    return `answered ${JSON.stringify(await call)}`
  } catch (error) {
    assert.ok(error instanceof Fault, String(error))
    return `${error.code} ${error.outcome}`
  }
}

suite('a Redis that does not answer', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
  let server: RedisServer
  let ledger: RedisLedger
  before(async () => {
    server = await startRedis()
    ledger = await openAt(server.url)
  })
  beforeEach(() => until(() => ledger.incarnation()))
  after(async () => {
    await ledger.stop()
    await server.stop()
  })

  test('frozen: calls end as unknown in time, more are refused at once, memory is bounded, the same keys give the truth', async () => {
    const sale = await saleIn(ledger, 10_000)
    const asks = Array.from({ length: 20 }, () => Array.from({ length: 64 }, () => sale.ask()))
    const heap = process.memoryUsage().heapUsed
    process.kill(server.pid(), 'SIGSTOP')
    try {
      const from = performance.now()
      const first = asks.map((batch) => faultOf(sale.reserve(...batch)))
      const flood = Array.from({ length: 1500 }, () => faultOf(sale.reserve(...(asks[0] ?? []))))
      const kinds = Map.groupBy(await Promise.all([...first, ...flood]), (kind) => kind)
      assert.ok(performance.now() - from < ENDS_MS, `${performance.now() - from} ms`)
      // What the kernel takes no more of was never written.
      const { 'redis-busy refused': busy, 'redis-down refused': unwritten, ...others } = Object.fromEntries(kinds)
      assert.deepEqual(Object.keys(others), ['redis-silent unknown'])
      assert.equal(busy?.length, 520, 'a thousand calls wait, no more')
      assert.equal((unwritten?.length ?? 0) + (others['redis-silent unknown']?.length ?? 0), 1000)
      const refused = performance.now()
      assert.equal(await faultOf(sale.reserve(sale.ask())), 'redis-down refused')
      assert.ok(performance.now() - refused < 100)
      const grown = (process.memoryUsage().heapUsed - heap) / 2 ** 20
      assert.ok(grown < 200, `${grown} MiB more`)
    } finally {
      process.kill(server.pid(), 'SIGCONT')
    }
    await until(() => ledger.incarnation())
    const again = asks.map((batch) => batch.map((ask) => ({ ...ask, deadline: clock.now() + 2000 })))
    for (const batch of again) {
      for (const [i, reply] of (await sale.reserve(...batch)).entries()) {
        assert.ok(reply.kind === 'reserved' || reply.kind === 'replayed', reply.kind)
        assert.equal(reply.entry.orderId, batch[i]?.orderId)
      }
    }
    const view = await ledger.look(sale.terms.id, 0, 0)
    assert.equal(view?.items[0]?.held, 1280, 'each once')
    assert.equal(view?.seq, 1280)
  })

  test('what was asked before it froze and is found later than its deadline reserves nothing', async () => {
    const sale = await saleIn(ledger, 10)
    process.kill(server.pid(), 'SIGSTOP')
    const asked = faultOf(sale.reserve(sale.ask({ deadline: clock.now() + 300 })))
    await new Promise((resolve) => setTimeout(resolve, 600))
    process.kill(server.pid(), 'SIGCONT')
    assert.equal(await asked, 'answered [{"kind":"late"}]')
    assert.equal((await ledger.look(sale.terms.id, 0, 0))?.items[0]?.remaining, 10)
  })

  test('an answer lost on its way: unknown, and the same key is a replay', async (t) => {
    const way = await wayTo(server.port)
    t.after(() => way.close())
    const other = await openAt(`redis://127.0.0.1:${way.port}`)
    t.after(() => other.stop())
    const sale = await saleIn(other, 10)
    const ask = sale.ask()
    await sale.reserve(sale.ask())
    way.mute(true)
    assert.equal(await faultOf(sale.reserve(ask)), 'redis-silent unknown')
    way.mute(false)
    await until(() => other.incarnation())
    const [reply] = await sale.reserve(ask)
    assert.ok(reply?.kind === 'replayed' && reply.entry.orderId === ask.orderId)
    way.mute(true)
    const cut = faultOf(sale.reserve(sale.ask()))
    setTimeout(() => way.cut(), 100)
    assert.equal(await cut, 'redis-silent unknown', 'a connection that broke')
  })

  test('scripts that somebody flushed are sent again', async () => {
    const sale = await saleIn(ledger, 10)
    await server.command('SCRIPT', 'FLUSH')
    assert.equal((await sale.reserve(sale.ask()))[0]?.kind, 'reserved')
  })

  test('full memory: refused, nothing half done, and on it goes when there is room', async () => {
    const sale = await saleIn(ledger, 10)
    const ask = sale.ask()
    const dumps = () => Promise.all(sale.keys.map((key) => server.command('DUMP', key)))
    const before = await dumps()
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    assert.equal(await faultOf(sale.reserve(ask, sale.ask())), 'redis-refused refused')
    assert.deepEqual(await dumps(), before)
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    assert.equal((await sale.reserve(ask))[0]?.kind, 'reserved')
  })

  test('a script that fails on its way: the outbox is written first, and what is in it alone is a loss', async (t) => {
    const sale = await saleIn(ledger, 10)
    const dumps = () => Promise.all(sale.keys.map((key) => server.command('DUMP', key)))
    const before = await dumps()
    const lacking = async (right: string) => {
      await server.command('ACL', 'SETUSER', right, 'on', '>x', '~*', '+@all', `-${right}`)
      const other = await openAt(server.url.replace('//', `//${right}:x@`))
      t.after(() => other.stop())
      return faultOf(other.reserve(sale.terms.id, 1, [sale.ask(), sale.ask()]))
    }
    assert.equal(await lacking('xadd'), 'redis-refused unknown')
    assert.deepEqual(await dumps(), before)
    assert.equal(await lacking('hset'), 'redis-refused unknown')
    const [inventory, orders, outbox] = await dumps()
    assert.deepEqual([inventory, orders], before.slice(0, 2))
    assert.notEqual(outbox, before[2])
    assert.deepEqual(await sale.reserve(sale.ask()), [{ kind: 'lost' }])
    assert.equal(await sale.rebuild(), true)
  })

  test('a primary that became a replica is left; primary again it is another incarnation', async () => {
    const before = await ledger.incarnation()
    const sale = await saleIn(ledger, 10)
    await server.command('REPLICAOF', '127.0.0.1', '1')
    assert.equal(await faultOf(sale.reserve(sale.ask())), 'redis-refused refused')
    assert.equal(await faultOf(sale.reserve(sale.ask())), 'redis-down refused')
    await server.command('REPLICAOF', 'NO', 'ONE')
    await until(() => ledger.incarnation())
    assert.notEqual(await ledger.incarnation(), before, 'the same run of the same server')
    assert.deepEqual(await sale.reserve(sale.ask()), [{ kind: 'lost' }])
  })
})

suite('a Redis that must not hold stock', { skip: withoutRedis('redis-server'), timeout: 60_000 }, () => {
  test('one that evicts is refused with what to set', async (t) => {
    const server = await startRedis('redis-server', ['--maxmemory-policy', 'allkeys-lru'])
    t.after(() => server.stop())
    await assert.rejects(openAt(server.url), {
      name: 'RedisUnusable',
      message: /maxmemory-policy allkeys-lru.*set maxmemory-policy noeviction/,
    })
  })

  test('one that is set so later is left at the next connection', async (t) => {
    const server = await startRedis()
    t.after(() => server.stop())
    const heard: (string | null)[] = []
    const ledger = await openAt(server.url, (because) => heard.push(because))
    t.after(() => ledger.stop())
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru')
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await until(async () => assert.match(String(heard.at(-1)), /set maxmemory-policy noeviction/))
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await until(async () => assert.equal(heard.at(-1), null))
  })

  test('the rights that the operator is told to give are enough, and none besides', async (t) => {
    const server = await startRedis()
    t.after(() => server.stop())
    const rule = /^ACL (SETUSER doorbuster .*)$/m.exec(readFileSync('docs/operations.md', 'utf8'))?.[1] ?? ''
    await server.command('ACL', ...rule.split(' '))
    const ledger = await openAt(server.url.replace('//', '//doorbuster:PASSWORD@'))
    t.after(() => ledger.stop())
    const sale = await saleIn(ledger, 9)
    const ask = sale.ask()
    assert.equal((await sale.reserve(ask))[0]?.kind, 'reserved')
    assert.deepEqual(await ledger.settle(sale.terms.id, [{ orderId: ask.orderId, to: 'commit' }]), ['moved'])
    assert.equal(await ledger.amend(sale.terms, sale.image.items), true)
    assert.equal((await ledger.look(sale.terms.id, 0, 250))?.seq, 1)
    const holds = await ledger.entries(sale.terms.id, 1, 0, Number.MAX_SAFE_INTEGER, 9)
    assert.equal(await sale.rebuild(holds), true)
    await ledger.drop(sale.terms.id)
    const used = String(await server.command('INFO', 'commandstats'))
    for (const right of rule.split(' ').filter((word) => word.startsWith('+'))) {
      assert.ok(used.includes(`cmdstat_${right.slice(1)}:`), `${right} is not needed`)
    }
  })

  test('a cluster, a wrong password, nobody there', async (t) => {
    const cluster = await startRedis('redis-server', ['--cluster-enabled', 'yes'])
    t.after(() => cluster.stop())
    await assert.rejects(openAt(cluster.url), { name: 'RedisUnusable', message: /part of a cluster/ })
    const locked = await startRedis()
    t.after(() => locked.stop())
    await locked.command('CONFIG', 'SET', 'requirepass', 'right')
    await assert.rejects(openAt(locked.url), { name: 'RedisUnusable', message: /NOAUTH/ })
    await assert.rejects(openAt(locked.url.replace('//', '//:wrong@')), { name: 'RedisUnusable', message: /WRONGPASS/ })
    const ledger = await openAt(locked.url.replace('//', '//:right@'))
    await ledger.stop()
    await locked.stop()
    await assert.rejects(openAt(locked.url), { name: 'RedisUnusable', message: /ECONNREFUSED.*start it, or mend the address/ })
  })
})
