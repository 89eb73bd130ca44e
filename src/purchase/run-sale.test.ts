import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { altered, lossy, memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { Ledger } from '../ledger/ledger.ts'

describe('the end of a sale', () => {
  it('is settled only when what the ledger gave out is booked and paid; then the ledger forgets it', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const end = shop.clock.now() + 10_000
    const sale = await shop.sale(3, { endTime: end }, process)
    const wish = shop.wish(sale)
    const { saleId, ...asked } = wish
    const orderId = newId()
    await shop.clock.advance(9999)
    await shop.ledger.reserve(sale.id, 1, [{ ...asked, orderId, deadline: end }])
    await shop.clock.advance(1)
    const settledAt = async () => (await shop.sales.sale(sale.id))?.settledAt
    await process.runSale.tick()
    assert.equal(await settledAt(), null, 'the order is in no books yet')
    await shop.clock.advance(1000)
    await process.catchUp()
    await process.runSale.tick()
    assert.equal(await settledAt(), null, 'it is not paid yet')
    await shop.settleAll(process)
    await process.runSale.tick()
    assert.equal(await settledAt(), shop.clock.now())
    await process.runSale.tick()
    assert.equal(await shop.ledger.look(sale.id, 0, 0), null)
    assert.deepEqual(shop.record.item(sale.id, sale.productId)?.returned, 2)
    assert.deepEqual(await shop.imbalances(), [])
    await process.runSale.refresh()
    const again = await process.buy(wish)
    assert.ok(
      again.kind === 'accepted' && again.orderId === orderId && again.status === 'COMPLETED',
      'replays come from the books',
    )
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'ended' })
    assert.deepEqual(await process.buy({ ...wish, bodyDigest: 'other' }), { kind: 'key-reused' })
  })

  it('leaves nothing in the ledger and nothing to buy, also where the last payment came long after it', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const [soon, late] = [
      await shop.sale(3, { endTime: shop.clock.now() + 1000 }, process),
      await shop.sale(3, { endTime: shop.clock.now() + 1000 }, process),
    ]
    await process.buy(shop.wish(late))
    await shop.clock.advance(2000)
    await process.runSale.tick()
    await process.runSale.tick()
    assert.deepEqual([...(process.board.get(soon.id)?.remaining ?? [])], [[soon.productId, 0]])
    assert.equal(process.board.get(late.id)?.remaining.get(late.productId), 2)
    await shop.clock.advance(2 * 3600_000)
    await shop.settleAll(process)
    await process.runSale.tick()
    await process.runSale.tick()
    assert.equal(process.board.get(late.id), undefined, 'nobody looks at it any more')
    for (const { id } of [soon, late]) assert.equal(await shop.ledger.look(id, 0, 0), null)
  })

  it('is not known to who was under way to the ledger while it was settled and forgotten: busy, then ended', async () => {
    const shop = memoryShop()
    const settler = shop.process()
    const reserve: Ledger['reserve'] = async (...args) => {
      await shop.clock.advance(2000)
      for (let turn = 0; turn < 3; turn++) await settler.runSale.tick()
      await asked.runSale.refresh()
      return shop.ledger.reserve(...args)
    }
    const asked = shop.process({ ledger: altered(shop.ledger, { reserve }) })
    const sale = await shop.sale(3, { endTime: shop.clock.now() + 1000 }, asked, settler)
    const wish = shop.wish(sale)
    assert.deepEqual(await asked.buy(wish), { kind: 'busy' })
    assert.equal(await shop.ledger.look(sale.id, 0, 0), null)
    assert.deepEqual(await asked.buy(wish), { kind: 'ended' })
  })

  it('is announced, as the start is, once', async () => {
    const shop = memoryShop()
    const [one, other] = [shop.process(), shop.process()]
    const start = shop.clock.now() + 1000
    const sale = await shop.sale(3, { startTime: start, endTime: start + 1000 }, one, other)
    for (let i = 0; i < 5; i++) {
      await Promise.all([one.runSale.tick(), other.runSale.tick()])
      await shop.clock.advance(500)
    }
    const told = [...shop.record.outbox.values()].map(({ row }) => `${row.happening} ${row.refId}`)
    assert.deepEqual(told, [`sale-started ${sale.id}`, `sale-ended ${sale.id}`])
  })
})

describe('a change of a sale', () => {
  it('tells the ledger of less first and of more last', async () => {
    const shop = memoryShop()
    const order: string[] = []
    const noting = <T extends object>(port: T, methods: string[]): T =>
      new Proxy(port, {
        get(target, name) {
          const method = Reflect.get(target, name)
          if (typeof method !== 'function') return method
          if (methods.includes(String(name))) order.push(String(name))
          return method.bind(target)
        },
      })
    const process = shop.process({ ledger: noting(shop.ledger, ['amend']), sales: noting(shop.sales, ['change']) })
    const sale = await shop.sale(5, { limit: 3 }, process)
    const { productId } = sale
    const did = async (change: Parameters<typeof process.runSale.change>[1]) => {
      order.length = 0
      assert.equal((await process.runSale.change(sale.id, change)).kind, 'changed')
      const view = await shop.ledger.look(sale.id, 0, 0)
      const now = await shop.sales.sale(sale.id)
      assert.deepEqual([view?.terms.limit, view?.items[0]?.allotment], [now?.limit, now?.items[0]?.allotment])
      return order.join(' ')
    }
    assert.equal(await did({ items: [{ productId, quantity: 9 }], limit: 4 }), 'change amend')
    assert.equal(await did({ items: [{ productId, quantity: 4 }] }), 'amend change amend')
    assert.equal(await did({ limit: 2 }), 'amend change amend')
    assert.equal(await did({ pausedByOperator: true }), 'change amend')
  })

  it('that the ledger or the books refuse leaves both as they were', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(5, { limit: 3 }, process)
    const { productId } = sale
    assert.equal((await process.buy(shop.wish(sale, { quantity: 3 }))).kind, 'accepted')
    for (const change of [
      { items: [{ productId, quantity: 2 }] },
      { limit: 2 },
      { limit: 1, items: [{ productId, quantity: 4 }] },
    ]) {
      assert.equal((await process.runSale.change(sale.id, change)).kind, 'conflict')
      const view = await shop.ledger.look(sale.id, 0, 0)
      assert.deepEqual([view?.terms.limit, view?.items[0]?.allotment, view?.items[0]?.remaining], [3, 5, 2])
      assert.equal((await shop.sales.sale(sale.id))?.limit, 3)
    }
    assert.deepEqual(await process.runSale.change(newId(), { limit: 2 }), { kind: 'not-found' })
  })

  it('that dies between the books and the ledger is completed by a rebuild or a repair', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(5, {}, process)
    ledger.fail('amend', 'lost')
    await assert.rejects(process.runSale.change(sale.id, { pausedByOperator: true }))
    await process.rebuild.turn()
    await shop.clock.advance(2000)
    await process.rebuild.turn()
    assert.equal((await shop.ledger.look(sale.id, 0, 0))?.terms.pausedByOperator, true)
  })
})
