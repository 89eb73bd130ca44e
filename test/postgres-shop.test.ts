import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import { bad, good } from './command-line.ts'
import { allIsWell, buy, type Crowd, makeCrowd } from './crowd.ts'
import { clientOf } from './postgres-client.ts'
import { type PostgresServer, startBouncer, startPostgres, withoutBouncer, withoutPostgres } from './postgres-server.ts'
import { startShop } from './shop.ts'

const BUYERS = 80
const UNITS = 30
const OVER_MS = 600

suite('a shop with its books on PostgreSQL', { skip: withoutPostgres, timeout: 400_000 }, () => {
  let server: PostgresServer
  const folder = mkdtempSync(join(tmpdir(), 'postgres-shop-'))
  before(async () => {
    // As a server of a shop is: a commit is on the disk.
    server = await startPostgres({ fsync: 'on' })
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Each buyer once, spread over the time, at one of the shops. */
  function arrive(crowd: Crowd, ...wires: Wire[]): Promise<unknown> {
    return Promise.all(
      crowd.buyers.map(async (buyer, i) => {
        await sleep((i / crowd.buyers.length) * OVER_MS)
        await buy(wires[i % wires.length] ?? assert.fail(), crowd, buyer)
      }),
    )
  }

  test('sells a rehearsal out exactly, and balances', async (t) => {
    const shop = await startShop({ DATABASE_URL: await server.newDatabase() }, t)
    const out = await good(shop.dir, 'drill', '--buyers', '200', '--units', '30', '--no-credit', '0.1', '--over', '300')
    assert.match(out, /^exact: 30 of 30 sold, 0 lost, balanced\n/)
    await good(shop.dir, 'audit', '--strict')
  })

  test('sells behind a pgbouncer in transaction mode', { skip: withoutBouncer }, async (t) => {
    await using bouncer = await startBouncer(server)
    const shop = await startShop({ DATABASE_URL: bouncer.through(await server.newDatabase()) }, t)
    const out = await good(shop.dir, 'drill', '--buyers', '100', '--units', '20', '--over', '300')
    assert.match(out, /^exact: 20 of 20 sold, 0 lost, balanced\n/)
    assert.equal(await shop.stop(), 0)
  })

  test('two processes sell one sale', async (t) => {
    const [DATABASE_URL, DATA_DIR] = [await server.newDatabase(), join(folder, 'two')]
    const alike = { PUBLIC_URL: 'http://shop.example', PAYMENT_URL: 'none', ROLES: 'api,relay,payments,scheduler' }
    const settings = { DATABASE_URL, DATA_DIR, ...alike }
    const shops = [await startShop(settings, t), await startShop(settings, t)] as const
    const crowd = await makeCrowd(shops[0], BUYERS, UNITS)
    const wires = shops.map(({ url }) => new Wire(url, BUYERS)) as [Wire, Wire]
    // The other has not seen the sale yet.
    assert.equal(await buy(wires[1], crowd, crowd.buyers[0] ?? assert.fail()), 202)
    await arrive(crowd, ...wires)
    for (const wire of wires) wire.close()
    for (const shop of shops) await allIsWell(shop, crowd, 0, 20_000)
  })

  test('keeps what was answered 202 through kill -9 of the shop', async (t) => {
    const settings = { DATABASE_URL: await server.newDatabase(), DATA_DIR: join(folder, 'kill') }
    let shop = await startShop(settings, t)
    for (let round = 0; round < 3; round++) {
      const crowd = await makeCrowd(shop, BUYERS, UNITS)
      const wire = new Wire(shop.url, BUYERS)
      const asked = arrive(crowd, wire)
      await sleep((OVER_MS * (round + 1)) / 3)
      await shop.kill()
      await asked
      wire.close()
      shop = await startShop(settings, t)
      await allIsWell(shop, crowd, round, 20_000)
    }
  })

  test('keeps what was answered 202 through a crash of PostgreSQL, and goes on by itself', async (t) => {
    const shop = await startShop({ DATABASE_URL: await server.newDatabase() }, t)
    for (let round = 0; round < 3; round++) {
      const crowd = await makeCrowd(shop, BUYERS, UNITS)
      const wire = new Wire(shop.url, BUYERS)
      const asked = arrive(crowd, wire)
      await sleep((OVER_MS * (round + 1)) / 4)
      await server.crash()
      await sleep(200)
      await server.start()
      await asked
      wire.close()
      await allIsWell(shop, crowd, round, 20_000)
    }
    assert.equal(await shop.stop(), 0)
  })

  test('reads catalogue and history from a replica, and from the books while that is away', async (t) => {
    const url = await server.newDatabase()
    const settings = { DATABASE_URL: url, DATA_DIR: join(folder, 'replica'), SEED: 'demo' }
    const first = await startShop(settings, t)
    // As an operator is shown them: from no cache.
    const products = async (shop: typeof first) =>
      (await shop.api.get<{ items: unknown[] }>('/api/v1/admin/products')).items.length
    const all = await products(first)
    assert.ok(all > 1)
    assert.equal(await first.stop(), 0)
    // A database with the same tables, of which one product was lost: what stands in it came from it.
    const replica = await server.newDatabase(url)
    const lagging = clientOf(replica)
    await lagging.connect()
    await lagging.query('DELETE FROM products WHERE id = (SELECT min(id) FROM products)')
    await lagging.end()
    const shop = await startShop({ ...settings, DATABASE_REPLICA_URL: replica }, t)
    assert.equal(await products(shop), all - 1)
    await server.drop(replica)
    assert.equal(await products(shop), all)
    assert.match(shop.output(), /replica-failed/)
  })

  test('says what is wrong where there is no such database', async () => {
    process.env.DATABASE_URL = `postgres://shop@127.0.0.1:${server.port}/nothing`
    await bad(/The database of DATABASE_URL cannot be used: database "nothing" does not exist/, join(folder, 'none'), 'migrate')
    delete process.env.DATABASE_URL
  })
})
