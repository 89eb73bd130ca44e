import assert from 'node:assert/strict'
import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, suite, test } from 'node:test'
import { clock, openAt, saleIn, until } from '../../test/redis-ledger.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../test/redis-server.ts'
import { holdOf, newId } from '../../test/samples.ts'
import { wayTo } from '../../test/way.ts'
import type { RedisLedger } from './redis-ledger.ts'

suite('a Redis that loses what it held', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
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

  /** What is said of a sale that is not there. */
  async function isLost({ terms, image, ask, reserve }: Awaited<ReturnType<typeof saleIn>>, because: string) {
    assert.deepEqual(await reserve(ask(), ask()), [{ kind: 'lost' }, { kind: 'lost' }], because)
    assert.equal(await ledger.look(terms.id, 0, 250), null, because)
    assert.equal(await ledger.amend(terms, image.items), false, because)
    assert.deepEqual(await ledger.entries(terms.id, 1, 0, Number.MAX_SAFE_INTEGER, 10), [], because)
    assert.deepEqual(await ledger.settle(terms.id, [{ orderId: newId(), to: 'commit' }]), ['unknown'], because)
  }

  test('FLUSHALL in mid-sale: lost, until it is built anew', async () => {
    const sale = await saleIn(ledger, 9)
    assert.equal((await sale.reserve(sale.ask()))[0]?.kind, 'reserved')
    await server.command('FLUSHALL')
    await isLost(sale, 'flushed')
    assert.equal(await sale.rebuild(), true)
    assert.equal((await ledger.reserve(sale.terms.id, 2, [sale.ask()]))[0]?.kind, 'reserved')
  })

  test('one key gone, of another kind or from before: lost, and the others as they were', async () => {
    for (const which of [0, 1, 2] as const) {
      for (const [what, harm] of Object.entries({
        gone: (key: string) => server.command('DEL', key),
        'another kind': async (key: string) => {
          await server.command('DEL', key)
          await server.command('SET', key, 'taken')
        },
        'from before': (key: string) =>
          which === 2 ? server.command('XTRIM', key, 'MAXLEN', '0') : server.command('HSET', key, 'epoch', '0'),
      })) {
        const sale = await saleIn(ledger, 9)
        const taken = sale.ask()
        await sale.reserve(taken)
        await harm(sale.keys[which])
        const others = () => Promise.all(sale.keys.filter((_, i) => i !== which).map((key) => server.command('DUMP', key)))
        const before = await others()
        await isLost(sale, `${sale.keys[which]} ${what}`)
        await ledger.settle(sale.terms.id, [{ orderId: taken.orderId, to: 'commit' }])
        assert.deepEqual(await others(), before, `${sale.keys[which]} ${what}`)
        assert.equal(await sale.rebuild(), true)
      }
    }
  })

  test('an outbox whose last entry is gone is a loss', async () => {
    const sale = await saleIn(ledger, 9)
    await sale.reserve(sale.ask(), sale.ask())
    await server.command('XDEL', sale.keys[2], '1-2')
    await isLost(sale, 'the last entry')
  })

  test('an order that is gone from within is a gap in the entries', async () => {
    const sale = await saleIn(ledger, 9)
    const asks = [sale.ask(), sale.ask()] as const
    await sale.reserve(...asks)
    await server.command('HDEL', sale.keys[1], `order:${asks[0].orderId}`)
    const found = await ledger.entries(sale.terms.id, 1, 0, Number.MAX_SAFE_INTEGER, 10)
    assert.deepEqual(
      found.map((hold) => hold.seq),
      [2],
    )
  })

  test('a restart is another incarnation: nothing lost, and yet not believed', async () => {
    const sale = await saleIn(ledger, 9)
    await sale.reserve(sale.ask())
    const before = await ledger.incarnation()
    await server.kill()
    await until(() => assert.rejects(sale.reserve(sale.ask()), { code: 'redis-down', outcome: 'refused' }))
    await server.start()
    const now = await until(() => ledger.incarnation())
    assert.notEqual(now, before)
    assert.equal(await server.command('XLEN', sale.keys[2]), 2, 'what it held came back')
    await isLost(sale, 'restarted')
    assert.equal(await ledger.load(sale.image), false, 'of the incarnation before')
    assert.equal(await sale.rebuild(), true)
    assert.equal((await ledger.look(sale.terms.id, 0, 0))?.terms.incarnation, now)
  })

  test('a primary that was left behind is recognised by the epoch that it lacks: another connection finds the new one', async (t) => {
    const next = await startRedis()
    t.after(() => next.stop())
    const way = await wayTo(server.port)
    t.after(() => way.close())
    const behind = await openAt(`redis://127.0.0.1:${way.port}`)
    t.after(() => behind.stop())
    const ahead = await openAt(next.url)
    t.after(() => ahead.stop())
    const sale = await saleIn(behind, 9)
    const before = await behind.incarnation()
    way.turn(next.port)
    const terms = { ...sale.terms, epoch: 2, incarnation: await ahead.incarnation() }
    assert.equal(await ahead.load({ ...sale.image, terms }), true)
    assert.equal(await behind.incarnation(), before, 'it speaks to the old one still')
    assert.equal((await behind.reserve(terms.id, 2, [sale.ask()]))[0]?.kind, 'reserved')
    assert.equal(await behind.incarnation(), terms.incarnation)
    assert.deepEqual(await behind.reserve(terms.id, 1, [sale.ask()]), [{ kind: 'epoch-passed' }])
  })

  test('kill -9 and the end of the file gone: lost, and what is left is whole up to there', async () => {
    const sale = await saleIn(ledger, 10_000)
    for (let batch = 0; batch < 20; batch++) await sale.reserve(...Array.from({ length: 64 }, () => sale.ask()))
    await server.kill()
    const folder = join(server.dir, 'appendonlydir')
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.incr.aof')) as string)
    truncateSync(file, statSync(file).size - 100_001)
    await server.start()
    await until(() => ledger.incarnation())
    const entries = (await server.command('XLEN', sale.keys[2])) as number
    const seq = Number(await server.command('HGET', sale.keys[0], 'seq'))
    assert.ok(seq > 0 && seq < 1280 && seq % 64 === 0, `${seq} of 1280 are left, in whole batches`)
    assert.equal(entries, seq + 1)
    assert.equal(await server.command('HGET', sale.keys[0], `${sale.productId}:held`), String(seq))
    await isLost(sale, 'cut')
    assert.equal(await sale.rebuild(), true)
  })

  test('thousands of orders come back page by page, each as it was', async () => {
    const sale = await saleIn(ledger, 5000)
    const holds = Array.from({ length: 1203 }, (_, i) => {
      const state = (['PENDING', 'COMMITTED', 'CANCELLED', 'RETURNED'] as const)[i % 4] ?? 'PENDING'
      return holdOf(clock, sale.terms.id, sale.productId, state, { seq: i + 1 })
    })
    assert.equal(await sale.rebuild(holds.toReversed()), true)
    assert.deepEqual(await ledger.entries(sale.terms.id, 1, 0, Number.MAX_SAFE_INTEGER, 5000), holds)
    const view = await ledger.look(sale.terms.id, 0, 0)
    assert.deepEqual(
      view?.buyers,
      holds.map((hold) => hold.buyerId),
    )
    assert.deepEqual(view?.items, [{ productId: sale.productId, allotment: 5000, remaining: 4398, held: 301, sold: 301 }])
    assert.deepEqual(await server.command('KEYS', `*{${sale.terms.id}}:*`), [], 'nothing staged is left')
    assert.equal(await server.command('TTL', sale.keys[0]), -1, 'what is live never goes by itself')
  })

  test('what does not add up is not opened', async () => {
    const sale = await saleIn(ledger, 1)
    const holds = [1, 2].map((seq) => holdOf(clock, sale.terms.id, sale.productId, 'PENDING', { seq }))
    await assert.rejects(sale.rebuild(holds), { name: 'Bug' })
    const [other] = holds.map((hold) => ({ ...hold, productId: newId() }))
    await assert.rejects(sale.rebuild(other ? [other] : []), { name: 'Bug' })
    assert.equal((await ledger.look(sale.terms.id, 0, 0))?.terms.epoch, 1)
    assert.deepEqual(await server.command('KEYS', `*{${sale.terms.id}}:*`), [])
  })
})
