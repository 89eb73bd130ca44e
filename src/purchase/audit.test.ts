import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { handClock, idle } from '../../test/hand-clock.ts'
import { altered, lossy, type MemoryShop, memoryShop, PRICE } from '../../test/memory-shop.ts'
import { newId, openTerms } from '../../test/samples.ts'
import type { MemoryItem } from '../books/memory-record.ts'
import type { Id } from '../core/ids.ts'
import { runAudit, saleEquations, saleIn } from './audit.ts'

/** A sale of 5 with one order paid, one failed and one that waits. */
async function trading() {
  const shop = memoryShop()
  const process = shop.process()
  const sale = await shop.sale(5, {}, process)
  const buyerId = shop.buyer()
  const placed = await process.buy(shop.wish(sale, { buyerId }))
  assert.ok(placed.kind === 'accepted')
  await process.buy(shop.wish(sale, { buyerId: shop.buyer(0) }))
  await shop.settleAll(process)
  await process.buy(shop.wish(sale))
  return { ...shop, saleId: sale.id, productId: sale.productId, buyerId, orderId: placed.orderId }
}

type World = MemoryShop & { saleId: Id; productId: Id; buyerId: Id; orderId: Id }
const itemOf = (world: World) => world.record.item(world.saleId, world.productId) as MemoryItem

const books = {
  sum: 'books: allotment = available + held + sold + returned',
  held: 'books: held = sum of waiting orders',
  sold: 'books: sold = sum of completed orders',
}
const ledger = { sum: 'ledger: allotment = remaining + held + sold', level: 'ledger remaining = books available' }
const units = 'buyers: units of all = sum of waiting and completed orders'
const buyers = 'buyers over their limit, or whose units differ from their orders'
const money = {
  journal: 'journal: every entry sums to zero',
  wallets: 'wallets that differ from their journal',
  payments: 'payments that differ from completed orders',
  captured: 'gateway: captured - refunded = what attempts hold and owe',
  owed: 'refunds owed by the journal = by the attempts',
  stuck: 'orders that wait longer than their time',
}

const planted: [string, (world: World) => unknown, string[]][] = [
  ['a unit that came from nowhere', (world) => itemOf(world).available++, [books.sum, ledger.level]],
  [
    'a held unit without an order',
    (world) => Object.assign(itemOf(world), { held: 2, available: 2 }),
    [books.held, ledger.level],
  ],
  [
    'a sold unit without an order',
    (world) => Object.assign(itemOf(world), { sold: 2, available: 2 }),
    [books.sold, ledger.level],
  ],
  ['an order that vanished', (world) => world.record.orders.delete(world.orderId), [books.sold, units, buyers, money.payments]],
  ['a buyer who was given more', (world) => world.record.sales.get(world.saleId)?.taken.set(world.buyerId, 2), [units, buyers]],
  ['a buyer who is missing', (world) => world.record.sales.get(world.saleId)?.taken.delete(world.buyerId), [units]],
  ['a limit that nobody kept', (world) => Object.assign(world.record.sales.get(world.saleId) ?? {}, { limit: 0 }), [buyers]],
  [
    'a wallet that was filled by hand',
    (world) => Object.assign(world.record.wallets.get(world.buyerId) ?? {}, { balance: 1 }),
    [money.wallets],
  ],
  ['half a journal entry', (world) => world.record.journal.pop(), [money.journal]],
  [
    'a payment of too little',
    ({ record, orderId, buyerId }) => {
      for (const row of record.journal) if (row.orderId === orderId) row.amount /= 2
      Object.assign(record.wallets.get(buyerId) ?? {}, { balance: 10 * PRICE - PRICE / 2 })
    },
    [money.payments],
  ],
  [
    'money that the gateway never took',
    ({ record }) => record.enter('late:nobody:1', 'refunds', 'gateway', PRICE, null),
    [money.captured, money.owed],
  ],
  ['an order that waits for ever', ({ clock }) => clock.advance(60_001), [money.stuck]],
  [
    'a ledger that gives more than the books have',
    async (world) => {
      const terms = (await world.ledger.look(world.saleId, 0, 0))?.terms
      if (terms) await world.ledger.amend(terms, [{ productId: world.productId, allotment: 6 }])
    },
    [ledger.level],
  ],
]

describe('the audit', () => {
  it('finds a trading shop balanced, and says each equation with both sides', async () => {
    const { sales, ledger, clock } = await trading()
    const audit = await runAudit({ sales, ledger, clock, stuckMs: 60_000 })
    assert.ok(audit.ok && audit.at === clock.now())
    assert.deepEqual(
      audit.equations.map(({ id, left, right }) => [id, left, right]),
      [
        [books.sum, 5, 5],
        [books.held, 1, 1],
        [books.sold, 1, 1],
        ['ledger: allotment = remaining + held + sold', 5, 5],
        ['ledger remaining = books available', 3, 3],
        [units, 2, 2],
        [buyers, 0, 0],
        [money.journal, 0, 0],
        [money.wallets, 0, 0],
        [money.payments, 0, 0],
        [money.captured, 0, 0],
        [money.owed, 0, 0],
        [money.stuck, 0, 0],
      ],
    )
  })

  it('says of each equation what it is about', async () => {
    const { sales, ledger, clock, saleId, productId } = await trading()
    const { equations } = await runAudit({ sales, ledger, clock, stuckMs: 60_000 })
    const [sale, product] = [`sale ${saleId}`, `sale ${saleId} product ${productId}`]
    assert.deepEqual(new Set(equations.map(({ scope }) => scope)), new Set([product, sale, 'shop']))
    for (const one of equations) assert.equal(saleIn(one), one.scope === 'shop' ? undefined : saleId)
    for (const { id, scope } of equations) assert.equal(scope === 'shop', Object.values(money).includes(id), id)
  })

  for (const [what, plant, expected] of planted) {
    it(`finds ${what}`, async () => {
      const world = await trading()
      await plant(world)
      assert.deepEqual(await world.imbalances(), expected)
    })
  }

  it('waits two seconds for what is under way, and looks again', async () => {
    const world = await trading()
    await world.books.move([{ orderId: (await waiting(world))[0] ?? '', by: 'cancel', reason: 'test' }])
    const { sales, ledger, clock } = world
    const audit = runAudit({ sales, ledger, clock, stuckMs: 60_000 })
    await clock.advance(1999)
    await world.process().sweep()
    await clock.advance(1)
    assert.ok((await audit).ok)
  })

  it('waits for nothing where nothing moves', async () => {
    const world = await trading()
    itemOf(world).available++
    const { sales, ledger, clock } = world
    const audit = await runAudit({ sales, ledger, clock, stuckMs: 60_000, still: true })
    assert.equal(audit.ok, false)
  })

  it('reports no difference that it has seen once only', async () => {
    const world = await trading()
    const { sales, ledger, clock } = world
    itemOf(world).available++
    const audit = runAudit({ sales, ledger, clock, stuckMs: 60_000 })
    await clock.advance(1999)
    itemOf(world).available--
    world.record.journal.pop()
    await clock.advance(1)
    const { ok, equations } = await audit
    assert.ok(ok)
    assert.notEqual(equations.find(({ id }) => id === money.journal)?.left, 0)
  })

  it('looks into the ledger only where that has numbers of its own, and the sale is not settled', async () => {
    const { sales, ledger, clock, saleId, record } = await trading()
    const looks = async (parts: object) => {
      const asked = lossy(altered(ledger, parts))
      await runAudit({ sales, ledger: asked, clock, stuckMs: 60_000 })
      return asked.calls.look ?? 0
    }
    assert.deepEqual([await looks({}), await looks({ inBooks: true })], [1, 0])
    Object.assign(record.sales.get(saleId) ?? {}, { settledAt: clock.now() })
    assert.equal(await looks({}), 0)
  })

  it('passes over a sale that is removed while it counts', async () => {
    const { sales, ledger, clock } = await trading()
    const gone = altered(sales, { tally: async () => null })
    const { ok, equations } = await runAudit({ sales: gone, ledger, clock, stuckMs: 60_000 })
    assert.ok(ok && equations.every(({ scope }) => scope === 'shop'))
  })

  it('compares each item with its own count, and counts what went back to ordinary stock', () => {
    const terms = openTerms(handClock())
    const none = { allotment: 5, available: 0, held: 0, sold: 0, returned: 0, heldByOrders: 0, soldByOrders: 0 }
    const recorded = [
      { ...none, productId: 'cup', available: 5 },
      { ...none, productId: 'pot', available: 1, held: 1, heldByOrders: 1, sold: 1, soldByOrders: 1, returned: 2 },
    ]
    const items = [
      { productId: 'pot', allotment: 5, remaining: 0, held: 2, sold: 1 },
      { productId: 'cup', allotment: 5, remaining: 4, held: 1, sold: 0 },
    ]
    const view = { terms, seq: 0, now: 0, items, buyers: [] }
    const equations = saleEquations({ terms, items: recorded, taken: 2, buyersWrong: 0 }, view)
    const wrong = equations.filter(({ holds }) => !holds)
    assert.deepEqual(wrong, [
      { id: ledger.level, scope: `sale ${terms.id} product cup`, left: 4, right: 5, inFlight: 1, holds: false },
      { id: ledger.level, scope: `sale ${terms.id} product pot`, left: 0, right: 1, inFlight: 1, holds: false },
    ])
  })

  it('says of what is under way how much it is', async () => {
    const world = await trading()
    await world.books.move([{ orderId: (await waiting(world))[0] ?? '', by: 'cancel', reason: 'test' }])
    const { sales, ledger, clock } = world
    const audit = runAudit({ sales, ledger, clock, stuckMs: 60_000 })
    await clock.advance(2000)
    const level = (await audit).equations.find((one) => one.id === 'ledger remaining = books available')
    assert.deepEqual([level?.left, level?.right, level?.inFlight, level?.holds], [3, 4, 1, false])
  })

  it('takes a sale that always has something under way for no wrong one, and one that stands still for one', async () => {
    for (const [sells, ok] of [
      [true, true],
      [false, false],
    ] as const) {
      const { sales, ledger: units, clock, wish, saleId, productId } = await trading()
      const reserve = async () => {
        const { saleId: id, ...asked } = wish({ id: saleId, productId })
        await units.reserve(id, 1, [{ ...asked, orderId: newId(), deadline: clock.now() + 1000 }])
      }
      await reserve()
      const audit = runAudit({ sales, ledger: units, clock, stuckMs: 60_000 })
      await idle()
      if (sells) await reserve()
      await clock.advance(2000)
      const { equations } = await audit
      const level = equations.find((one) => one.id === ledger.level)
      assert.deepEqual([level?.holds, level?.inFlight], [ok, sells ? 2 : 1])
    }
  })

  it('compares nothing with a ledger of another epoch', async () => {
    const world = await trading()
    await world.sales.raiseEpoch(world.saleId, 1, 'run 1')
    itemOf(world).available++
    assert.deepEqual(await world.imbalances(), [books.sum])
  })
})

async function waiting({ books, saleId }: World): Promise<Id[]> {
  return (await books.orders({ saleId, waiting: true, limit: 9 })).map((order) => order.orderId)
}
