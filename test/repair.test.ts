import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bad, good } from './command-line.ts'
import { ALONE, gather, reckon, rush } from './rig/crowd.ts'
import { type Shop, startShop } from './shop.ts'

type Repaired = { ok: boolean; repaired: { saleId: string; steps: string[] }[] }

const UNIT = 'UPDATE sale_items SET sold = sold + 1, available = available - 1 WHERE available > 0'
const BUYER = 'UPDATE sale_buyers SET taken = taken + 1 WHERE buyer_id = (SELECT min(buyer_id) FROM sale_buyers)'
const CENT = 'UPDATE wallets SET balance = balance + 1 WHERE user_id = (SELECT min(user_id) FROM wallets)'

suite('a repair of a real shop', { timeout: 240_000 }, () => {
  let shop: Shop
  let other: DatabaseSync
  before(async () => {
    shop = await startShop({ RATE_LIMITS: 'off' })
    other = new DatabaseSync(join(shop.dir, 'doorbuster.db'), { timeout: 5000 })
    await good(shop.dir, 'drill', '--buyers', '10', '--units', '20', '--over', '100', '--keep')
  })
  after(async () => {
    other.close()
    await shop.kill()
  })

  const plant = (change: string) => assert.ok(other.prepare(change).run().changes > 0, change)
  const money = () =>
    JSON.stringify(['wallets', 'journal', 'orders'].map((table) => other.prepare(`SELECT * FROM ${table}`).all()))

  test('mends a unit, whoever is said to have it, and prints each equation before and after', async () => {
    for (const [change, wrong, was, is] of [
      [UNIT, 'books: sold = sum of completed orders', '11 = 10', '10 = 10'],
      [BUYER, 'buyers over their limit', '1 = 0', '0 = 0'],
    ] as const) {
      plant(change)
      await bad(new RegExp(`^FAILED ${wrong}.*: ${was}$`, 'm'), shop.dir, 'audit')
      const out = await good(shop.dir, 'audit', '--repair', '--strict')
      assert.match(out, /^REPAIRED sale \S+: counted anew from its orders$/m)
      assert.match(out, new RegExp(`^before FAILED ${wrong}.*: ${was}\nafter  ok     ${wrong}.*: ${is}$`, 'm'))
      assert.match(out, /^balanced: /m)
      assert.deepEqual(JSON.parse(await good(shop.dir, 'audit', '--repair', '--json')).repaired, [])
    }
  })

  test('leaves a cent alone, and says so until somebody has mended it', async () => {
    plant(CENT)
    plant(UNIT)
    const before = money()
    const { out } = await bad(/^FAILED wallets that differ from their journal shop: 1 = 0$/m, shop.dir, 'audit', '--repair')
    assert.match(out, /^REPAIRED sale /m)
    assert.equal(out.match(/^FAILED/gm)?.length, 1, out)
    assert.equal(money(), before)
    plant(CENT.replace('+ 1', '- 1'))
    await good(shop.dir, 'audit')
  })

  test('mends a sale while a crowd buys, and nobody loses what they were told', async () => {
    const crowd = await gather(shop)
    const rushing = rush(shop, crowd)
    await sleep(ALONE.overMs / 20)
    plant(`${UNIT} AND sale_id = '${crowd.saleId}'`)
    const { ok, repaired } = await shop.api.post<Repaired>('/api/v1/admin/audit', { repair: true })
    assert.deepEqual([ok, repaired.map(({ saleId, steps }) => [saleId, ...steps])], [true, [[crowd.saleId, 'counted']]])
    await rushing
    assert.deepEqual(await reckon(shop, crowd), [])
  })

  test('of a shop that does not run needs no server, and refuses one that does', async () => {
    await bad(/is in use by a running shop/, shop.dir, 'audit', '--offline', '--repair')
    await shop.stop()
    plant(UNIT)
    plant(BUYER)
    await bad(/^NOT balanced/m, shop.dir, 'audit', '--offline')
    assert.match(await good(shop.dir, 'audit', '--offline', '--repair'), /^REPAIRED sale /m)
    plant(CENT)
    await bad(/^FAILED wallets/m, shop.dir, 'audit', '--offline', '--repair')
    plant(CENT.replace('+ 1', '- 1'))
    assert.match(await good(shop.dir, 'audit', '--offline'), /^balanced: /m)
  })
})
