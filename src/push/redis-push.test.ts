import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../test/redis-ledger.ts'
import { forged, pushAt, someHint, someOutlet } from '../../test/redis-push.ts'
import { type RedisServer, startRedis, withoutRedis } from '../../test/redis-server.ts'
import { newId } from '../../test/samples.ts'
import { wayTo } from '../../test/way.ts'
import type { Caller } from '../core/caller.ts'
import { systemRandom } from '../platform/random.ts'
import { pushContract } from './push.contract.ts'
import { RedisTickets } from './redis-tickets.ts'

type Process = Awaited<ReturnType<typeof pushAt>>

let server: RedisServer
const running: Process[] = []

/** A process that serves sockets. */
async function started(options: Parameters<typeof pushAt>[1] = {}): Promise<Process> {
  const process = await pushAt(server.url, options)
  await process.push.start()
  running.push(process)
  return process
}

/** A socket of that buyer there, and what it is told. */
async function watched({ push }: Process, buyerId: string) {
  const socket = someOutlet()
  await push.watchBuyer(buyerId, socket.outlet)
  return socket
}

/** Until a hint that one tells comes to a socket of the other. */
async function tells(from: Process, to: Process): Promise<void> {
  const buyerId = newId()
  const { outlet, told } = await watched(to, buyerId)
  await until(async () => {
    from.push.toBuyer(buyerId, someHint(buyerId).hint)
    await sleep(50)
    assert.ok(told().length > 0)
  })
  to.push.forget(outlet, [], buyerId)
}

const serversIn = (buyerId: string) => server.command('ZRANGE', `live_servers:${buyerId}`, '0', '-1')

suite('live messages between processes', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
  before(async () => {
    server = await startRedis()
  })
  after(async () => {
    for (const process of running) await process.stop()
    await server.stop()
    assert.deepEqual(
      running.flatMap(({ state }) => [...state.failed, ...state.deaf]),
      [],
    )
  })

  suite('by the contract', () => {
    pushContract(async () => [(await started()).push, (await started()).push])
  })

  test('Redis knows where a buyer is watched, once that is awaited, and no more when the last socket is gone', async () => {
    const [one, other] = [await started(), await started()]
    const buyerId = newId()
    const sockets = [await watched(one, buyerId), await watched(one, buyerId)]
    assert.deepEqual(await serversIn(buyerId), [one.serverId])
    const last = await watched(other, buyerId)
    assert.deepEqual(await serversIn(buyerId), [one.serverId, other.serverId])
    const lifeMs = Number(await server.command('PTTL', `live_servers:${buyerId}`))
    assert.ok(lifeMs > 0 && lifeMs <= 30_000, `${lifeMs} ms`)
    for (const { outlet } of sockets) {
      assert.deepEqual(await serversIn(buyerId), [one.serverId, other.serverId])
      one.push.forget(outlet, [], buyerId)
    }
    await until(async () => assert.deepEqual(await serversIn(buyerId), [other.serverId]))
    other.push.forget(last.outlet, [], buyerId)
    await until(async () => assert.deepEqual(await serversIn(buyerId), []))
  })

  test('one that stops takes all of it back', async () => {
    const process = await pushAt(server.url)
    await process.push.start()
    const buyers = Array.from({ length: 600 }, newId)
    await Promise.all(buyers.map((buyerId) => watched(process, buyerId)))
    for (const buyerId of buyers.slice(0, 9)) assert.deepEqual(await serversIn(buyerId), [process.serverId])
    await process.stop()
    assert.equal(await server.command('EXISTS', ...buyers.map((buyerId) => `live_servers:${buyerId}`)), 0)
  })

  test('what is said of a buyer lives while the process does, and runs out by itself when it was killed', async () => {
    const lifeMs = 1500
    const [lives, killed] = [await started({ lifeMs }), await pushAt(server.url, { lifeMs })]
    await killed.push.start()
    const buyerId = newId()
    const { told } = await watched(lives, buyerId)
    await watched(killed, buyerId)
    await sleep(2 * lifeMs)
    await until(async () => assert.deepEqual(((await serversIn(buyerId)) as string[]).sort(), [lives.serverId, killed.serverId]))
    await killed.die()
    await until(async () => assert.deepEqual(await serversIn(buyerId), [lives.serverId]), 10 * lifeMs)
    const hint = someHint(buyerId)
    ;(await started()).push.toBuyer(buyerId, hint.hint)
    await until(async () => assert.deepEqual(told(), [hint.hint]))
  })

  test('a process without sockets listens to nothing and registers nothing, and is heard', async () => {
    const worker = await pushAt(server.url)
    running.push(worker)
    const { buyerId, hint } = someHint()
    worker.push.toBuyer(buyerId, hint)
    await tells(worker, await started())
    assert.ok(worker.counts.sent > 0)
    assert.deepEqual(await serversIn(buyerId), [])
    assert.deepEqual(await server.command('PUBSUB', 'CHANNELS', `*${worker.serverId}`), [])
  })

  test('a thousand hints of one moment go in a few messages, and each arrives', async () => {
    const [from, to] = [await started(), await started()]
    const buyerId = newId()
    const { told } = await watched(to, buyerId)
    const hints = Array.from({ length: 1000 }, () => someHint(buyerId).hint)
    for (const hint of hints) from.push.toBuyer(buyerId, hint)
    await until(async () => assert.equal(told().length, 1000))
    assert.deepEqual(told(), hints)
    assert.deepEqual([from.counts.sent, to.counts.heard, from.counts.lost], [1000, 1000, 0])
  })

  test('a change of a sale makes the others look, four times a second whatever is said', async () => {
    const [from, to] = [await started(), await started()]
    const saleId = newId()
    const since = performance.now()
    for (let n = 0; n < 100; n++) {
      from.push.toSale(saleId, { type: 'sale', saleId, status: 'ACTIVE', phase: 'Active' })
      await sleep(2)
    }
    await until(async () => assert.ok(to.state.looks > 0))
    const most = Math.ceil((performance.now() - since) / 250)
    assert.ok(to.state.looks <= most, `${to.state.looks} looks, at most ${most}`)
    assert.equal(from.state.looks, 0, 'nor does whoever said it')
  })

  test('of the stock no process tells another', async () => {
    const [from, to] = [await started(), await started()]
    const saleId = newId()
    from.push.toSale(saleId, { type: 'stock', saleId, items: [], at: '' })
    await tells(from, to)
    assert.equal(to.counts.heard, from.counts.sent)
  })

  test('forged messages do nothing, and are counted', async () => {
    const [from, to] = [await started(), await started()]
    const hint = someHint()
    const { told } = await watched(to, hint.buyerId)
    const messages = forged(hint)
    for (const message of messages) await server.command('PUBLISH', `payment_update:${to.serverId}`, message)
    for (const message of ['', 'x', '{}', `${to.serverId} `]) await server.command('PUBLISH', 'sale_update', message)
    await tells(from, to)
    assert.deepEqual(told(), [])
    assert.equal(to.counts.ignored, messages.length + 4)
    assert.equal(to.state.looks, 0)
  })

  test('a key that somebody spoilt keeps no other buyer from being told', async () => {
    const [from, to] = [await started(), await started()]
    const [spoilt, whole] = [newId(), newId()]
    await server.command('SET', `live_servers:${spoilt}`, 'x')
    const [, { told }] = await Promise.all([watched(to, spoilt), watched(to, whole)])
    const hint = someHint(whole).hint
    from.push.toBuyer(spoilt, someHint(spoilt).hint)
    from.push.toBuyer(whole, hint)
    await until(async () => assert.deepEqual(told(), [hint]))
    assert.equal(from.counts.lost, 0)
  })

  test('an ear that hears nothing more is noticed, and another is opened', async (t) => {
    const way = await wayTo(server.port)
    t.after(() => way.close())
    const [from, to] = [await started(), await started({ listenUrl: `redis://127.0.0.1:${way.port}` })]
    await tells(from, to)
    const channel = `payment_update:${to.serverId}`
    const ears = async () => ((await server.command('PUBSUB', 'NUMSUB', channel)) as unknown[])[1]
    assert.equal(await ears(), 1)
    way.mute(true)
    await until(async () => assert.equal(await ears(), 0))
    way.mute(false)
    await until(async () => assert.equal(await ears(), 1))
    await tells(from, to)
  })

  test('while Redis stands still nothing waits for it, and little is kept for it; afterwards hints come again', async () => {
    const [from, to] = [await started({ patienceMs: 100 }), await started()]
    const buyerId = newId()
    const near = await watched(from, buyerId)
    const far = await watched(to, buyerId)
    process.kill(server.pid(), 'SIGSTOP')
    const since = performance.now()
    try {
      for (let n = 0; n < 100_000; n++) from.push.toBuyer(buyerId, someHint(buyerId).hint)
      assert.equal(near.told().length, 100_000, 'its own sockets are told at once')
      near.clear()
      assert.ok(from.counts.lost >= 90_000 - 200, `${from.counts.lost} lost`)
      const asked = performance.now()
      await watched(from, newId())
      assert.ok(performance.now() - asked < 1900, 'who subscribes goes on')
      await sleep(3000 - (performance.now() - since))
    } finally {
      process.kill(server.pid(), 'SIGCONT')
    }
    await tells(from, to)
    await tells(to, from)
    far.clear()
    const { hint } = someHint(buyerId)
    from.push.toBuyer(buyerId, hint)
    await until(async () => assert.deepEqual(far.told(), [hint]))
  })

  test('a Redis that was killed and forgot all is told anew who watches', async () => {
    const [from, to] = [await started(), await started()]
    const buyerId = newId()
    const { told } = await watched(to, buyerId)
    await server.command('FLUSHALL')
    await server.kill()
    await until(async () => {
      from.push.toBuyer(buyerId, someHint(buyerId).hint)
      await sleep(20)
      assert.ok(from.counts.lost > 0)
    })
    await server.start()
    await until(async () => assert.deepEqual(await serversIn(buyerId), [to.serverId]))
    const { hint } = someHint(buyerId)
    await until(async () => {
      from.push.toBuyer(buyerId, hint)
      await sleep(50)
      assert.deepEqual(told().at(-1), hint)
    })
    await tells(to, from)
  })

  test('the rights that the operator is told to give are enough; one who may not listen says so', async () => {
    const rule = /^ACL (SETUSER doorbuster-shared .*)$/m.exec(readFileSync('docs/operations.md', 'utf8'))?.[1] ?? ''
    await server.command('ACL', ...rule.split(' '))
    const as = (user: string) => server.url.replace('//', `//${user}@`)
    const [from, to] = [await pushAt(as('doorbuster-shared:PASSWORD')), await pushAt(as('doorbuster-shared:PASSWORD'))]
    running.push(from, to)
    await to.push.start()
    await tells(from, to)
    const tickets = new RedisTickets(from.link, systemRandom)
    const caller: Caller = { id: newId(), roles: ['buyer'], expiresAt: 0, grantId: null, drillSaleId: null }
    assert.deepEqual(await tickets.take(await tickets.give(caller)), caller)
    await server.command('ACL', 'SETUSER', 'mute', 'on', '>x', '~*', '+@all', 'resetchannels')
    const deaf = await pushAt(as('mute:x'))
    await deaf.push.start()
    assert.equal(deaf.state.deaf.length, 2)
    assert.match(deaf.state.deaf[0] ?? '', /NOPERM/)
    await deaf.stop()
  })
})
