import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ALONE, gather, rush } from './rig/crowd.ts'
import { type Shop, startShop } from './shop.ts'

const FOUND_WITHIN_MS = 60_000
type Audit = { ok: boolean; equations: { id: string; holds: boolean }[] }

/** What somebody changes behind the shop's back, how to undo it, and the equation that must tell. `?` is the sale. */
const planted = [
  [
    'a unit more than there is',
    'UPDATE sale_items SET allotment = allotment + 1 WHERE sale_id = ?',
    'UPDATE sale_items SET allotment = allotment - 1 WHERE sale_id = ?',
    /^books: allotment = /,
  ],
  [
    'a unit sold to nobody',
    'UPDATE sale_items SET sold = sold + 1, available = available - 1 WHERE sale_id = ? AND available > 0',
    'UPDATE sale_items SET sold = sold - 1, available = available + 1 WHERE sale_id = ?',
    /^books: sold = /,
  ],
  [
    'a unit that a buyer does not have',
    'UPDATE sale_buyers SET taken = taken + 1 WHERE sale_id = ?1 AND buyer_id = (SELECT min(buyer_id) FROM sale_buyers WHERE sale_id = ?1)',
    'UPDATE sale_buyers SET taken = taken - 1 WHERE sale_id = ?1 AND buyer_id = (SELECT min(buyer_id) FROM sale_buyers WHERE sale_id = ?1 AND taken > 1)',
    /^buyers over their limit/,
  ],
  [
    'a cent in a wallet',
    'UPDATE wallets SET balance = balance + 1 WHERE user_id = (SELECT min(id) FROM users WHERE drill_id = ?)',
    'UPDATE wallets SET balance = balance - 1 WHERE user_id = (SELECT min(id) FROM users WHERE drill_id = ?)',
    /^wallets that differ/,
  ],
  [
    'a cent in the journal',
    "UPDATE journal SET amount = amount + 1 WHERE entry = 'opening:' || (SELECT min(id) FROM users WHERE drill_id = ?) AND amount > 0",
    "UPDATE journal SET amount = amount - 1 WHERE entry = 'opening:' || (SELECT min(id) FROM users WHERE drill_id = ?) AND amount > 0",
    /^journal: every entry/,
  ],
] as const

suite('the audit finds one unit and one cent while a crowd buys', { timeout: 240_000 }, () => {
  let shop: Shop
  let other: DatabaseSync
  before(async () => {
    shop = await startShop({ RATE_LIMITS: 'off' })
    other = new DatabaseSync(join(shop.dir, 'doorbuster.db'), { timeout: 5000 })
  })
  after(async () => {
    other.close()
    await shop.stop()
  })

  for (const [what, plant, undo, tells] of planted) {
    test(what, async () => {
      const crowd = await gather(shop)
      const rushing = rush(shop, crowd)
      // Early: some of the units must still be there.
      await sleep(ALONE.overMs / 20)
      assert.equal(other.prepare(plant).run(crowd.saleId).changes, 1)
      const plantedAt = performance.now()
      const audit = await shop.api.get<Audit>('/api/v1/admin/audit')
      assert.ok(performance.now() - plantedAt < FOUND_WITHIN_MS)
      const failed = audit.equations.filter(({ holds }) => !holds).map(({ id }) => id)
      assert.ok(
        failed.some((id) => tells.test(id)),
        `${failed}`,
      )
      await rushing
      other.prepare(undo).run(crowd.saleId)
      const { ok, equations } = await shop.api.get<Audit>('/api/v1/admin/audit')
      assert.ok(ok, JSON.stringify(equations.filter(({ holds }) => !holds)))
    })
  }
})

type Live = { audit: { ok: boolean } | null }

suite('the shop audits itself', { timeout: 240_000 }, () => {
  test('and finds a unit that is planted while a crowd buys, with nobody asking for it', async (t) => {
    const shop = await startShop({ RATE_LIMITS: 'off', AUDIT_EVERY: '100ms' }, t)
    using other = new DatabaseSync(join(shop.dir, 'doorbuster.db'), { timeout: 5000 })
    const crowd = await gather(shop)
    const [, plant, undo] = planted[0]
    const told = async (ok: boolean) => {
      for (;;) {
        const { audit } = await shop.api.get<Live>(`/api/v1/admin/sales/${crowd.saleId}/live`)
        if (audit?.ok === ok) return
        await rush(shop, crowd)
      }
    }
    await told(true)
    other.prepare(plant).run(crowd.saleId)
    await told(false)
    assert.match(shop.output(), /"event":"audit-failed".*books: allotment = /)
    other.prepare(undo).run(crowd.saleId)
    await told(true)
  })
})
