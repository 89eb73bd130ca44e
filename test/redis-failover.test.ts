import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { allIsWell, makeCrowd } from './crowd.ts'
import { freePort } from './free-port.ts'
import { startPostgres, withoutPostgres } from './postgres-server.ts'
import { until } from './redis-ledger.ts'
import { withoutRedis } from './redis-server.ts'
import { startRedisPair } from './set/redis-pair.ts'
import { arrive, twoShops } from './two-shops.ts'

const BUYERS = 160
const UNITS = 70
const PATIENCE_MS = 60_000

const without = withoutRedis('redis-server') || withoutPostgres

suite('two shops whose ledger fails over', { skip: without, timeout: 240_000 }, () => {
  test('what the new primary has lost was promised to nobody, or is in the books', async (t) => {
    await using postgres = await startPostgres()
    const pair = await startRedisPair()
    t.after(() => pair.stop())
    const { primary, replica } = pair
    const env = { DATABASE_URL: await postgres.newDatabase(), LEDGER_URL: pair.url }
    const shops = await twoShops(env, env)
    t.after(() => shops.stop())
    const crowd = await makeCrowd(shops.one, BUYERS, UNITS)
    const outbox = `flash_sale_outbox:{${crowd.saleId}}`
    const reserved = async (server: typeof primary) => Number(await server.command('XLEN', outbox)) - 1
    const sold = async (buyers: typeof crowd.buyers) => {
      await arrive(buyers, crowd, 0, shops.one, shops.other)
      return crowd.buyers.filter((buyer) => buyer.orderId).length
    }
    // Some of it reaches the replica, the rest does not.
    assert.ok((await sold(crowd.buyers.slice(0, 20))) > 0)
    await until(async () => assert.equal(await reserved(replica), await reserved(primary)))
    await replica.command('REPLICAOF', '127.0.0.1', String(await freePort()))
    await until(async () => assert.match(String(await replica.command('INFO', 'replication')), /master_link_status:down/))
    const before = await sold([])
    assert.ok((await sold(crowd.buyers.slice(20, 60))) > before)
    const lost = (await reserved(primary)) - (await reserved(replica))
    assert.ok(lost > 0, 'written to the primary alone')
    await primary.kill()
    await until(async () => assert.match(String(await replica.command('INFO', 'replication')), /role:master/), PATIENCE_MS)
    await until(async () => assert.match(shops.output(), /ledger-rebuilt/), PATIENCE_MS)
    await allIsWell(shops.one, crowd, 0, PATIENCE_MS)
    await allIsWell(shops.other, crowd, 1, PATIENCE_MS)
  })
})
