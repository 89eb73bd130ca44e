import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { idle } from '../../test/hand-clock.ts'
import { altered, lossy, type MemoryShop, memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { SaleChange, Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Ledger, LedgerView } from '../ledger/ledger.ts'
import { LocalPush } from '../push/local-push.ts'
import { Board } from './board.ts'
import { RunSale } from './run-sale.ts'

const ENDING_SOON_MS = 60_000

/** A scheduler that has just started: what it tells of the sale, and how often it was woken. */
function scheduler(shop: MemoryShop, ports: { ledger?: Ledger; sales?: Sales } = {}) {
  const board = new Board()
  const told: string[] = []
  const push = new LocalPush()
  const toSale: LocalPush['toSale'] = (_saleId, hint) => {
    told.push(hint.type === 'sale' ? `${hint.status} ${hint.phase}` : hint.type)
  }
  const state = { woken: 0 }
  const { clock, sales, ledger } = shop
  const parts = { sales, ledger, board, clock, push: altered(push, { toSale }), endingSoonMs: ENDING_SOON_MS, ...ports }
  return { board, told, state, runSale: new RunSale({ ...parts, changed: () => state.woken++ }) }
}

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

describe('the scheduler', () => {
  it('tells each phase once, as it comes, and each change of the sale', async () => {
    const shop = memoryShop()
    const start = shop.clock.now() + 100_000
    const sale = await shop.sale(2, { startTime: start, endTime: start + 200_000 })
    const { runSale, told } = scheduler(shop)
    const at = async (ms: number) => {
      await shop.clock.advance(start + ms - shop.clock.now())
      for (let i = 0; i < 3; i++) await runSale.tick()
      return told.splice(0)
    }
    assert.deepEqual(await at(-1), ['SCHEDULED Scheduled'])
    assert.deepEqual(await at(0), ['ACTIVE Active'])
    await shop.sales.change(sale.id, { pausedByOperator: true })
    assert.deepEqual(await at(1), ['PAUSED Paused'])
    await shop.sales.change(sale.id, { pausedByOperator: false })
    assert.deepEqual(await at(2), ['ACTIVE Active'])
    await shop.sales.change(sale.id, { limit: 2 })
    assert.deepEqual(await at(3), ['ACTIVE Active'], 'its limit is news')
    assert.deepEqual(await at(200_000 - ENDING_SOON_MS - 1), [])
    assert.deepEqual(await at(200_000 - ENDING_SOON_MS), ['ACTIVE Ending Soon'])
    assert.deepEqual(await at(199_999), [])
    assert.deepEqual(await at(200_000), ['ENDED Ended', 'ENDED Ended'], 'and once more when it is settled')
  })

  it('calls a sale sold out when nothing of any item is left', async () => {
    const shop = memoryShop()
    const [cup, pot] = [newId(), newId()]
    for (const id of [cup, pot]) shop.record.addProduct({ id })
    const process = shop.process()
    const items = [cup, pot].map((productId) => ({ productId, price: 100, currency: 'EUR', quantity: 1 }))
    const sale = await shop.sale(0, { items }, process)
    const { runSale, told } = scheduler(shop)
    const after = async (productId: Id) => {
      assert.equal((await process.buy(shop.wish({ ...sale, productId }))).kind, 'accepted')
      await runSale.tick()
      return told.splice(0)
    }
    await runSale.tick()
    assert.deepEqual(told.splice(0), ['ACTIVE Active'])
    assert.deepEqual(await after(cup), [])
    assert.deepEqual(await after(pot), ['ACTIVE Sold Out'])
  })

  it('looks again every second, at each edge of a sale to the millisecond, and never at once', async () => {
    const shop = memoryShop()
    const start = shop.clock.now() + 10_000
    await shop.sale(2, { startTime: start, endTime: start + 100_000 })
    await shop.sale(2, { startTime: start + 500, endTime: start + 100_000 })
    const { runSale } = scheduler(shop)
    const at = async (ms: number) => {
      await shop.clock.advance(start + ms - shop.clock.now())
      return runSale.tick()
    }
    assert.deepEqual([await at(-5000), await at(-1000), await at(-999), await at(-1)], [1000, 1000, 999, 1])
    assert.deepEqual([await at(0), await at(499), await at(500)], [500, 1, 1000])
    assert.deepEqual([await at(39_300), await at(40_000)], [700, 1000], 'where it begins to end soon')
    assert.deepEqual([await at(99_999), await at(100_000)], [1, 1000])
    await shop.sale(2)
    const announceStart: Sales['announceStart'] = async () => {
      await shop.clock.advance(2000)
      return false
    }
    const late = scheduler(shop, { sales: altered(shop.sales, { announceStart }) })
    assert.equal(await late.runSale.tick(), 1)
  })

  it('asks the books only for what can be: to announce while it is open, to settle from its end on, until it is settled', async () => {
    const shop = memoryShop()
    const start = shop.clock.now() + 1000
    await shop.sale(2, { startTime: start, endTime: start + 1000 })
    const sales = lossy(shop.sales)
    const { runSale } = scheduler(shop, { sales, ledger: altered(shop.ledger, { inBooks: true }) })
    const at = async (ms: number) => {
      await shop.clock.advance(start + ms - shop.clock.now())
      await runSale.tick()
      return [sales.calls.announceStart ?? 0, sales.calls.settleEnd ?? 0]
    }
    assert.deepEqual(await at(-1), [0, 0])
    assert.deepEqual(await at(0), [1, 0])
    assert.deepEqual(await at(999), [2, 0])
    assert.deepEqual(await at(1000), [2, 1])
    assert.deepEqual(await at(2000), [2, 1])
  })

  it('goes by the time and the numbers of the ledger', async () => {
    const shop = memoryShop()
    const sale = await shop.sale(5, { startTime: shop.clock.now() + 5000 })
    const ahead: Ledger['look'] = async (...args) => {
      const view = await shop.ledger.look(...args)
      return view && { ...view, now: view.now + 5000, items: view.items.map((item) => ({ ...item, remaining: 3 })) }
    }
    const { runSale, board, told } = scheduler(shop, { ledger: altered(shop.ledger, { look: ahead }) })
    await runSale.tick()
    assert.deepEqual(told, ['ACTIVE Active'])
    assert.equal(board.get(sale.id)?.remaining.get(sale.productId), 3)
    assert.equal(board.ledgerNow(shop.clock), shop.clock.now() + 5000)
  })
})

describe('the end of a sale, for a ledger', () => {
  const [ENDED_AT, HELD] = [10_000, { held: 1 }]

  /** A sale whose end has come; what its ledger says of it is changed. */
  async function ended(change: (view: LedgerView) => LedgerView | null) {
    const shop = memoryShop()
    const [cup, pot] = [newId(), newId()]
    for (const id of [cup, pot]) shop.record.addProduct({ id })
    const items = [cup, pot].map((productId) => ({ productId, price: 100, currency: 'EUR', quantity: 1 }))
    const sale = await shop.sale(0, { items, endTime: shop.clock.now() + ENDED_AT })
    const look: Ledger['look'] = async (...args) => {
      const view = await shop.ledger.look(...args)
      return view && change(view)
    }
    await shop.clock.advance(ENDED_AT)
    const own = scheduler(shop, { ledger: altered(shop.ledger, { look }) })
    await own.runSale.tick()
    return (await shop.sales.sale(sale.id))?.settledAt !== null
  }

  it('comes only when it says so, of this epoch, and holds nothing of any item', async () => {
    assert.equal(await ended((view) => view), true)
    assert.equal(await ended(() => null), false)
    assert.equal(await ended((view) => ({ ...view, terms: { ...view.terms, epoch: 2 } })), false)
    assert.equal(
      await ended((view) => ({ ...view, items: view.items.map((item, i) => (i ? { ...item, ...HELD } : item)) })),
      false,
    )
    // The board has heard that it is over, and then another ledger answers.
    let looks = 0
    assert.equal(await ended((view) => (++looks > 1 ? { ...view, now: view.now - 1 } : view)), false)
  })

  it('is forgotten by each process once, and by none where it lives in the books', async () => {
    const shop = memoryShop()
    await shop.sale(2, { endTime: shop.clock.now() + 1000 })
    await shop.clock.advance(1000)
    const [own, inBooks] = [lossy(shop.ledger), lossy(altered(shop.ledger, { inBooks: true }))]
    for (const ledger of [inBooks, own]) {
      const { runSale } = scheduler(shop, { ledger })
      for (let i = 0; i < 4; i++) await runSale.tick()
    }
    assert.deepEqual([own.calls.drop, inBooks.calls.drop], [1, undefined])
  })
})

describe('a new sale', () => {
  it('is in the books, then in the ledger, and on the board of who made it, who looks when it opens', async () => {
    const shop = memoryShop()
    const { runSale, board, state } = scheduler(shop)
    const productId = newId()
    shop.record.addProduct({ id: productId, stock: 7 })
    const sale = (quantity: number) => ({
      ...{ id: newId(), name: 'A sale', banner: null, limit: 1, drillId: null },
      ...{ startTime: shop.clock.now(), endTime: shop.clock.now() + 1000 },
      items: [{ productId, price: 100, currency: 'EUR', quantity }],
    })
    const refused = await runSale.create(sale(8))
    assert.deepEqual(refused, { kind: 'not-enough-stock', productId, stock: 7 })
    assert.deepEqual([board.all(), state.woken], [[], 0])
    const created = await runSale.create(sale(7))
    assert.ok(created.kind === 'changed')
    const { id } = created.sale
    assert.deepEqual([board.get(id)?.remaining.get(productId), state.woken], [7, 1])
    assert.equal(created.sale.incarnation, 'run 1')
    assert.equal((await shop.ledger.look(id, 0, 0))?.items[0]?.remaining, 7)
    assert.deepEqual(await shop.ledger.entries(id, 1, 0, Number.MAX_SAFE_INTEGER, 9), [])
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
    assert.deepEqual(await process.runSale.change(sale.id, { items: [{ productId, quantity: 2 }] }), {
      kind: 'conflict',
      because: 'more than that is held or sold',
    })
  })

  it('that the books refuse and that gives more has not come to the ledger', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(5, {}, process)
    const other = newId()
    const changed = await process.runSale.change(sale.id, { items: [{ productId: other, quantity: 5 }] })
    assert.deepEqual(changed, { kind: 'no-such-product', productId: other })
    assert.equal(ledger.calls.amend, undefined)
  })

  it('is measured by its own item', async () => {
    const shop = memoryShop()
    const order: string[] = []
    const amend: Ledger['amend'] = async (_terms, items) => {
      order.push(items.map(({ allotment }) => allotment).join('+'))
      return shop.ledger.amend(_terms, items)
    }
    const [cup, pot] = [newId(), newId()]
    for (const id of [cup, pot]) shop.record.addProduct({ id })
    const { runSale, board, state } = scheduler(shop, { ledger: altered(shop.ledger, { amend }) })
    const items = [
      { productId: cup, price: 100, currency: 'EUR', quantity: 5 },
      { productId: pot, price: 100, currency: 'EUR', quantity: 9 },
    ]
    const sale = await shop.sale(0, { items })
    await runSale.refresh()
    await runSale.change(sale.id, {
      items: [
        { productId: cup, quantity: 6 },
        { productId: pot, quantity: 7 },
      ],
    })
    assert.deepEqual(order, ['7', '6+7'], 'the less first, alone')
    assert.deepEqual([...(board.get(sale.id)?.remaining.values() ?? [])], [6, 7])
    assert.equal(state.woken, 1)
    order.length = 0
    await runSale.change(sale.id, { items: [{ productId: cup, quantity: 6 }] })
    assert.deepEqual(order, ['6+7'], 'as many is not less')
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

describe('a change of a sale', () => {
  const opening: [string, Partial<SaleTimes>, SaleChange, number][] = [
    ['goes on', { pausedByOperator: true }, { pausedByOperator: false }, 250],
    ['is paused', {}, { pausedByOperator: true }, 0],
    ['stays paused', { pausedByOperator: true }, { pausedByOperator: true }, 0],
    ['starts earlier, and now', { startsIn: 60_000 }, { startTime: -1 }, 250],
    ['starts earlier, within the life of a lease', { startsIn: 60_000 }, { startTime: 249 }, 250],
    ['starts earlier, but after every lease', { startsIn: 60_000 }, { startTime: 250 }, 0],
    ['starts later', { startsIn: 100 }, { startTime: 200 }, 0],
  ]
  for (const [what, { startsIn = -60_000, pausedByOperator }, change, ms] of opening) {
    it(`that ${what} is answered after ${ms} ms: no lease may say closed any more`, async () => {
      const shop = memoryShop()
      const { runSale } = shop.process()
      const sale = await shop.sale(3, { startTime: shop.clock.now() + startsIn })
      if (pausedByOperator) await runSale.change(sale.id, { pausedByOperator })
      const startTime = change.startTime === undefined ? {} : { startTime: shop.clock.now() + change.startTime }
      let answered = false
      void runSale.change(sale.id, { ...change, ...startTime }).then(() => {
        answered = true
      })
      if (ms > 0) await shop.clock.advance(ms - 1)
      else await idle()
      assert.equal(answered, ms === 0)
      if (ms > 0) await shop.clock.advance(1)
      assert.ok(answered)
    })
  }
})

type SaleTimes = { startsIn: number; pausedByOperator: boolean }

describe('a sale that another process makes', () => {
  it('is found by who asks for it, at once, and by one look for all who ask', async () => {
    const shop = memoryShop()
    let looks = 0
    const sales = altered(shop.sales, {
      async current(endedAfter) {
        looks++
        return shop.sales.current(endedAfter)
      },
    })
    const { board, runSale } = scheduler(shop, { sales })
    const sale = await shop.sale(5)
    assert.equal(board.get(sale.id), undefined)
    await runSale.lookAgain()
    assert.equal(board.get(sale.id)?.remaining.get(sale.productId), 5)
    assert.equal(looks, 1)
    const asked = [runSale.lookAgain(), runSale.lookAgain(), runSale.lookAgain()]
    await idle()
    assert.equal(looks, 1, 'who asks for what is nowhere makes ten looks a second at most')
    await shop.clock.advance(100)
    await Promise.all(asked)
    assert.equal(looks, 2)
  })

  it('stays on the board of who made it while the books were being read', async () => {
    const shop = memoryShop()
    const reading = Promise.withResolvers<void>()
    const sales = altered(shop.sales, {
      async current(endedAfter) {
        const read = await shop.sales.current(endedAfter)
        await reading.promise
        return read
      },
    })
    const { board, runSale } = scheduler(shop, { sales })
    const refreshed = runSale.refresh()
    await idle()
    const sale = await shop.sale(5)
    const made = await shop.sales.sale(sale.id)
    assert.ok(made)
    board.putOne(made)
    reading.resolve()
    await refreshed
    assert.equal(board.get(sale.id)?.sale.id, sale.id)
  })
})
