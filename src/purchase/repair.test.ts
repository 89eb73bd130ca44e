import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryShop, PRICE } from '../../test/memory-shop.ts'
import type { MemoryItem } from '../books/memory-record.ts'
import type { Id } from '../core/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type RepairedAudit, runRepair } from './repair.ts'

/** A sale of 5 with one order paid and one that waits. */
async function trading() {
  const shop = memoryShop()
  const process = shop.process()
  const sale = await shop.sale(5, {}, process)
  const buyerId = shop.buyer()
  assert.equal((await process.buy(shop.wish(sale, { buyerId }))).kind, 'accepted')
  await shop.settleAll(process)
  assert.equal((await process.buy(shop.wish(sale))).kind, 'accepted')

  async function repair(ledger: Ledger = shop.ledger): Promise<RepairedAudit> {
    const { sales, clock } = shop
    const repaired = runRepair({ sales, ledger, clock, rebuild: process.rebuild, stuckMs: 60_000 })
    // To look again, for the leases, and to look again.
    for (const ms of [2000, 250, 2000]) await clock.advance(ms)
    return repaired
  }
  const item = () => shop.record.item(sale.id, sale.productId) as MemoryItem
  return { shop, process, sale, buyerId, repair, item }
}

const did = ({ ok, repaired }: RepairedAudit) => [ok, ...repaired.map(({ steps }) => steps.join(' '))]

describe('the repair', () => {
  it('leaves a shop alone that is balanced', async () => {
    const { shop, sale, repair } = await trading()
    assert.deepEqual(did(await repair()), [true])
    assert.equal((await shop.sales.sale(sale.id))?.epoch, 1)
  })

  it('counts the books anew from the orders, then builds the ledger anew from them, and says what was and is', async () => {
    const { shop, process, sale, repair, item } = await trading()
    Object.assign(item(), { available: 2, sold: 2 })
    const audit = await repair()
    assert.deepEqual(did(audit), [true, 'counted rebuilt'])
    const [one] = audit.repaired
    const sold = (equations: RepairedAudit['equations'] = []) =>
      equations.filter(({ id }) => id.startsWith('books: sold')).map(({ left, right, holds }) => [left, right, holds])
    assert.deepEqual([one?.saleId, sold(one?.before), sold(one?.after)], [sale.id, [[2, 1, false]], [[1, 1, true]]])
    for (const { scope } of [...(one?.before ?? []), ...(one?.after ?? [])]) assert.ok(scope.startsWith(`sale ${sale.id}`), scope)
    assert.equal(process.state.because, 'the audit found it wrong')
    const { available, held, sold: paid } = item()
    assert.deepEqual([available, held, paid], [3, 1, 1])
    assert.equal((await shop.ledger.look(sale.id, 0, 0))?.terms.epoch, 2)
    await process.runSale.refresh()
    for (const answer of ['accepted', 'accepted', 'accepted', 'sold-out'])
      assert.equal((await process.buy(shop.wish(sale))).kind, answer)
  })

  it('builds a ledger anew that differs from the books', async () => {
    const { shop, sale, repair, item } = await trading()
    const [held] = await shop.books.orders({ saleId: sale.id, waiting: true, limit: 1 })
    await shop.ledger.settle(sale.id, [{ orderId: held?.orderId as Id, to: 'release' }])
    assert.deepEqual(did(await repair()), [true, 'rebuilt'])
    const view = await shop.ledger.look(sale.id, 0, 0)
    assert.deepEqual([view?.terms.epoch, view?.items[0]?.remaining], [2, item().available])
    assert.equal((await shop.sales.sale(sale.id))?.pausedForRecovery, false)
  })

  it('only counts where the ledger lives in the books', async () => {
    const { shop, sale, repair, item } = await trading()
    Object.assign(item(), { held: 2, available: 2 })
    const inBooks: Ledger = Object.create(shop.ledger, { inBooks: { value: true } })
    assert.deepEqual(did(await repair(inBooks)), [true, 'counted'])
    assert.equal((await shop.sales.sale(sale.id))?.epoch, 1)
  })

  it("never touches a buyer's money, and goes on to say what is wrong with it", async () => {
    const { shop, buyerId, repair, item } = await trading()
    const wallet = shop.record.wallets.get(buyerId)
    Object.assign(wallet ?? {}, { balance: 9 * PRICE + 1 })
    shop.record.enter('error', 'sales', 'nobody', 1, null)
    const journal = structuredClone(shop.record.journal)
    const orders = structuredClone(shop.record.orders)
    assert.deepEqual(did(await repair()), [false])
    item().available++
    const audit = await repair()
    assert.deepEqual(did(audit), [false, 'counted rebuilt'])
    const wrong = audit.equations.filter(({ holds }) => !holds).map(({ id }) => id)
    assert.deepEqual(wrong, ['wallets that differ from their journal', 'payments that differ from completed orders'])
    assert.equal(wallet?.balance, 9 * PRICE + 1)
    assert.deepEqual([shop.record.journal, shop.record.orders], [journal, orders])
  })

  it('does not pause a sale that it cannot mend', async () => {
    for (const plant of ['a limit that nobody kept', 'fewer units than were sold']) {
      const { shop, sale, repair, item } = await trading()
      if (plant === 'a limit that nobody kept') Object.assign(shop.record.sales.get(sale.id) ?? {}, { limit: 0 })
      else item().allotment = 1
      assert.deepEqual(did(await repair()), [false])
      const after = await shop.sales.sale(sale.id)
      assert.deepEqual([after?.epoch, after?.pausedForRecovery], [1, false])
    }
  })

  it('opens the way for a recovery that found books which do not add up', async () => {
    const { shop, process, sale, repair, item } = await trading()
    item().available++
    await shop.ledger.drop(sale.id)
    await assert.rejects(Promise.all([process.rebuild.turn(), shop.clock.advance(250)]), /do not add up/)
    assert.deepEqual(did(await repair()), [true, 'counted'])
    for (let second = 0; second < 5; second++) {
      await Promise.all([process.rebuild.turn(), shop.clock.advance(1000)])
    }
    assert.equal((await shop.sales.sale(sale.id))?.pausedForRecovery, false)
    assert.deepEqual(await shop.imbalances(), [])
  })
})
