import assert from 'node:assert/strict'
import { beforeEach, it } from 'node:test'
import { until } from '../../test/redis-ledger.ts'
import { someHint, someOutlet } from '../../test/redis-push.ts'
import { newId } from '../../test/samples.ts'
import type { Watching } from './outlet.ts'
import type { Push, SaleHint } from './push.ts'

type Side = Push & Watching

/** What every `Push` must do that `make` joins: two processes, or one twice. */
export function pushContract(make: () => Promise<[Side, Side]>): void {
  let one: Side
  let other: Side
  beforeEach(async () => {
    ;[one, other] = await make()
  })

  it('tells a buyer on each socket, in whichever process, once, and nobody else', async () => {
    const [buyerId, stranger] = [newId(), newId()]
    const [here, there, again, theirs] = [someOutlet(), someOutlet(), someOutlet(), someOutlet()]
    await one.watchBuyer(buyerId, here.outlet)
    await other.watchBuyer(buyerId, there.outlet)
    for (let times = 0; times < 2; times++) await other.watchBuyer(buyerId, again.outlet)
    await other.watchBuyer(stranger, theirs.outlet)
    const [first, second, last] = [someHint(buyerId), someHint(buyerId), someHint(stranger)]
    one.toBuyer(buyerId, first.hint)
    other.toBuyer(buyerId, second.hint)
    one.toBuyer(stranger, last.hint)
    await until(async () => {
      assert.deepEqual(theirs.told(), [last.hint])
      for (const { told } of [here, there, again]) assert.equal(told().length, 2)
    })
    const inOrder = (told: { orderId: string }[]) => told.sort((a, b) => (a.orderId < b.orderId ? -1 : 1))
    for (const { told } of [here, there, again]) assert.deepEqual(inOrder(told()), [first.hint, second.hint])
  })

  it('tells as soon as it was watched, also what comes at once', async () => {
    for (let n = 0; n < 20; n++) {
      const { buyerId, hint } = someHint()
      const { outlet, told } = someOutlet()
      await one.watchBuyer(buyerId, outlet)
      other.toBuyer(buyerId, hint)
      await until(async () => assert.deepEqual(told(), [hint]))
    }
  })

  it('of two versions in one moment at least the newer arrives', async () => {
    const { buyerId, hint } = someHint()
    const { outlet, told } = someOutlet()
    await one.watchBuyer(buyerId, outlet)
    other.toBuyer(buyerId, { ...hint, version: 1 })
    other.toBuyer(buyerId, hint)
    await until(async () => assert.deepEqual(told().at(-1), hint))
  })

  it('tells no socket that is gone, and goes on with the others of that buyer', async () => {
    const buyerId = newId()
    const [gone, stays, sale] = [someOutlet(), someOutlet(), newId()]
    for (const { outlet } of [gone, stays]) await one.watchBuyer(buyerId, outlet)
    one.watchSale(sale, gone.outlet)
    for (let times = 0; times < 2; times++) one.forget(gone.outlet, [sale], buyerId)
    one.forget(someOutlet().outlet, [], undefined)
    const { hint } = someHint(buyerId)
    other.toBuyer(buyerId, hint)
    one.toSale(sale, { type: 'sale', saleId: sale, status: 'ACTIVE', phase: 'Active' })
    await until(async () => assert.deepEqual(stays.told(), [hint]))
    assert.deepEqual(gone.told(), [])
  })

  it('tells a sale to all who watch it in this process, and to no others', async () => {
    const [saleId, elsewhere] = [newId(), newId()]
    const [mine, also, not] = [someOutlet(), someOutlet(), someOutlet()]
    for (const { outlet } of [mine, also]) one.watchSale(saleId, outlet)
    one.watchSale(elsewhere, not.outlet)
    const hint: SaleHint = { type: 'sale', saleId, status: 'PAUSED', phase: 'Paused' }
    one.toSale(saleId, hint)
    await until(async () => {
      for (const { told } of [mine, also]) assert.deepEqual(told(), [hint])
    })
    assert.deepEqual(not.told(), [])
  })
}
