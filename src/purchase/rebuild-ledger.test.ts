import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { altered, lossy, type MemoryProcess, type MemoryShop, memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { Books, Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import { type Sale, type SaleTerms, termsOf } from '../core/sale.ts'
import type { Ledger, LedgerImage } from '../ledger/ledger.ts'
import type { Purchase } from './place-order.ts'

/** Lets a turn end that must wait for leases. */
async function turnOf(shop: MemoryShop, ...processes: MemoryProcess[]): Promise<void> {
  await Promise.all([...processes.map((process) => process.rebuild.turn()), shop.clock.advance(250)])
}

/** A sale of 5 units with one order paid, one cancelled and one that waits. */
async function begun(shop: MemoryShop, process: MemoryProcess) {
  const sale = await shop.sale(5, {}, process)
  const wishes = [shop.wish(sale), shop.wish(sale), shop.wish(sale)] as [Purchase, Purchase, Purchase]
  const ids: Id[] = []
  for (const wish of wishes) {
    const placed = await process.buy(wish)
    assert.ok(placed.kind === 'accepted')
    ids.push(placed.orderId)
  }
  const [paid, cancelled, waiting] = ids as [Id, Id, Id]
  await shop.books.move([
    { orderId: paid, by: 'pay' },
    { orderId: cancelled, by: 'cancel', reason: 'test' },
  ])
  await process.sweep()
  return { ...sale, wishes, ids, waiting }
}

/** The sale is open again, and the ledger says what the books say. */
async function isWhole(shop: MemoryShop, sale: { id: Id }, epoch: number): Promise<void> {
  const [now, view, tally] = await Promise.all([
    shop.sales.sale(sale.id),
    shop.ledger.look(sale.id, 0, 0),
    shop.sales.tally(sale.id),
  ])
  assert.ok(now && view && tally)
  assert.deepEqual([now.epoch, now.pausedForRecovery], [epoch, false])
  assert.deepEqual(view.terms, tally.terms)
  const [item] = tally.items
  assert.deepEqual(view.items, [
    { productId: item?.productId, allotment: item?.allotment, remaining: item?.available, held: item?.held, sold: item?.sold },
  ])
}

describe('the rebuild of a lost ledger', () => {
  it('waits for the leases, loads every order under a new epoch, and opens the sale again', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    await shop.ledger.drop(sale.id)
    const turn = process.rebuild.turn()
    await shop.clock.advance(249)
    assert.equal(await shop.ledger.look(sale.id, 0, 0), null)
    const paused = await shop.sales.sale(sale.id)
    assert.ok(paused?.epoch === 2 && paused.pausedForRecovery)
    assert.equal((await process.buy(shop.wish(sale))).kind, 'busy')
    await shop.clock.advance(1)
    await turn
    await isWhole(shop, sale, 2)
    assert.deepEqual([process.state.rebuilt, process.state.because], [1, 'the ledger does not know the sale'])
    const holds = await shop.ledger.entries(sale.id, 1, 0, Number.MAX_SAFE_INTEGER, 9)
    assert.deepEqual(
      holds.map(({ orderId, seq, state }) => [orderId, seq, state]),
      sale.ids.map((id, i) => [id, i + 1, ['COMMITTED', 'CANCELLED', 'PENDING'][i]]),
    )
    assert.deepEqual((await shop.ledger.look(sale.id, 0, 0))?.items[0], {
      productId: sale.productId,
      ...{ allotment: 5, remaining: 3, held: 1, sold: 1 },
    })
    await process.runSale.refresh()
    for (const [i, wish] of sale.wishes.entries()) {
      const again = await process.buy(wish)
      assert.ok(again.kind === 'accepted' && again.orderId === sale.ids[i] && again.replayed)
    }
    assert.equal((await process.buy(shop.wish(sale))).kind, 'accepted')
    await shop.settleAll(process)
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('forgets what was reserved and never booked: nobody was promised it', async () => {
    const shop = memoryShop()
    const books = lossy(shop.books)
    const process = shop.process({ books })
    const sale = await shop.sale(1, {}, process)
    const wish = shop.wish(sale)
    books.fail('book', 'lost')
    assert.equal((await process.buy(wish)).kind, 'unknown-outcome')
    await shop.ledger.drop(sale.id)
    await turnOf(shop, process)
    await process.runSale.refresh()
    const again = await process.buy(wish)
    assert.ok(again.kind === 'accepted' && !again.replayed)
  })

  it('is done by one of those who see the loss', async () => {
    const shop = memoryShop()
    const sales = lossy(shop.sales)
    const processes = [shop.process({ sales }), shop.process({ sales }), shop.process({ sales })]
    const sale = await begun(shop, processes[0] as MemoryProcess)
    await shop.ledger.drop(sale.id)
    await turnOf(shop, ...processes)
    await isWhole(shop, sale, 2)
    await turnOf(shop, ...processes)
    await isWhole(shop, sale, 2)
    assert.equal(
      processes.reduce((sum, one) => sum + one.state.rebuilt, 0),
      1,
    )
    assert.deepEqual([sales.calls.raiseEpoch, sales.calls.tally], [3, 1])
  })

  it('follows a ledger that runs under a new incarnation', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    shop.run.name = 'run 2'
    await turnOf(shop, process)
    await isWhole(shop, sale, 2)
    assert.equal((await shop.sales.sale(sale.id))?.incarnation, 'run 2')
  })

  it("leaves the operator's pause alone", async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    await process.runSale.change(sale.id, { pausedByOperator: true })
    await shop.ledger.drop(sale.id)
    await turnOf(shop, process)
    await isWhole(shop, sale, 2)
    assert.equal((await shop.ledger.look(sale.id, 0, 0))?.terms.pausedByOperator, true)
  })

  it('loads what the books are worth only: where they do not add up the sale stays paused, and it is said', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    const item = shop.record.item(sale.id, sale.productId)
    if (item) item.available++
    await shop.ledger.drop(sale.id)
    await assert.rejects(turnOf(shop, process), /stays paused, its books do not add up/)
    assert.equal((await shop.sales.sale(sale.id))?.pausedForRecovery, true)
    assert.equal(await shop.ledger.look(sale.id, 0, 0), null)
  })

  it('may crash at any await and is taken over by another, at once safe and whole after a few seconds', async () => {
    let crashes = 0
    for (let at = 1; ; at++) {
      const shop = memoryShop()
      const witness = shop.process()
      const sale = await begun(shop, witness)
      await shop.ledger.drop(sale.id)
      const dying = crashingAt(at, shop)
      void shop.process(dying.ports).rebuild.turn()
      await shop.clock.advance(250)
      if (!dying.crashed()) break
      crashes++
      for (let second = 0; second < 5; second++) {
        await turnOf(shop, witness)
        await shop.clock.advance(750)
      }
      const epoch = (await shop.sales.sale(sale.id))?.epoch ?? 0
      assert.ok(epoch === 2 || epoch === 3, `crash ${at}: epoch ${epoch}`)
      await isWhole(shop, sale, epoch)
      await witness.runSale.refresh()
      assert.equal((await witness.buy(shop.wish(sale))).kind, 'accepted')
    }
    assert.ok(crashes >= 10, `${crashes} awaits were tried`)
  })

  it('gives up where another has taken over meanwhile, at whichever step', async () => {
    const steps: [string, (shop: MemoryShop, id: Id) => Partial<Ledger & Sales>][] = [
      ['before it has read', () => ({})],
      [
        'before it loads',
        (shop, id) => ({
          tally: async (saleId: Id) => {
            await shop.sales.raiseEpoch(id, 2, 'run 1')
            const raised = (await shop.sales.sale(id)) as Sale
            await shop.ledger.load({ terms: termsOf(raised), items: raised.items, holds: [] })
            return shop.sales.tally(saleId)
          },
        }),
      ],
      [
        'after it has loaded',
        (shop, id) => ({
          load: async (image: LedgerImage) => (await shop.ledger.load(image)) && shop.sales.raiseEpoch(id, 2, 'run 1'),
        }),
      ],
    ]
    for (const [when, instead] of steps) {
      const shop = memoryShop()
      const sale = await begun(shop, shop.process())
      const methods = instead(shop, sale.id)
      const slow = shop.process({ ledger: altered(shop.ledger, methods), sales: altered(shop.sales, methods) })
      await shop.ledger.drop(sale.id)
      const done = slow.rebuild.rebuild(sale.id, 'told')
      await shop.clock.advance(249)
      if (when === 'before it has read') await shop.sales.raiseEpoch(sale.id, 2, 'run 1')
      await shop.clock.advance(1)
      assert.equal(await done, false, when)
      const now = await shop.sales.sale(sale.id)
      assert.deepEqual([now?.epoch, now?.pausedForRecovery, slow.state.rebuilt], [3, true, 0], when)
    }
  })

  it('has nothing to do where the ledger lives in the books', async () => {
    const shop = memoryShop()
    const sales = lossy(shop.sales)
    const process = shop.process({ ledger: altered(shop.ledger, { inBooks: true }), sales })
    assert.equal(await process.rebuild.turn(), false)
    assert.deepEqual(sales.calls, {})
  })

  it('can be asked for, once: not of a sale that is settled, unknown, or being rebuilt', async () => {
    const shop = memoryShop()
    const [one, other] = [shop.process(), shop.process()]
    const sale = await begun(shop, one)
    const ask = async (saleId: Id) => {
      const done = Promise.all([one.rebuild.rebuild(saleId, 'asked for'), other.rebuild.rebuild(saleId, 'asked for')])
      await shop.clock.advance(250)
      return done
    }
    assert.deepEqual(await ask(sale.id), [true, false])
    assert.equal(one.state.because, 'asked for')
    await isWhole(shop, sale, 2)
    await shop.sales.raiseEpoch(sale.id, 2, 'run 1')
    assert.deepEqual(await ask(sale.id), [false, false])
    await shop.sales.clearRecovery(sale.id, 3)
    Object.assign(shop.record.sales.get(sale.id) ?? {}, { settledAt: shop.clock.now() })
    assert.deepEqual(await ask(sale.id), [false, false])
    assert.deepEqual(await ask(newId()), [false, false])
    assert.equal((await shop.sales.sale(sale.id))?.epoch, 3)
  })

  it('lets go of a rehearsal that is removed meanwhile', async () => {
    const shop = memoryShop()
    let reads = 0
    const sales = altered(shop.sales, { sale: async (id) => (++reads > 2 ? null : shop.sales.sale(id)) })
    const process = shop.process({ sales })
    const sale = await begun(shop, shop.process())
    const done = process.rebuild.rebuild(sale.id, 'asked for')
    await shop.clock.advance(250)
    assert.deepEqual([await done, reads], [true, 3])
  })
})

describe('a loss', () => {
  const loses: [
    because: string,
    (shop: MemoryShop, sale: { id: Id; productId: Id; waiting: Id }, process: MemoryProcess) => Promise<unknown>,
  ][] = [
    [
      'the ledger is of epoch 1',
      (shop, sale) => shop.sales.raiseEpoch(sale.id, 1, 'run 1').then(() => shop.sales.clearRecovery(sale.id, 2)),
    ],
    [
      'told first',
      async (_shop, sale, process) => {
        for (const because of ['told first', 'told next']) process.rebuild.alarm(sale.id, 1, because)
        process.rebuild.alarm(sale.id, 0, 'late news')
      },
    ],
    ['the ledger has lost order', (shop, sale) => reload(shop, sale, (hold) => hold.orderId !== sale.waiting)],
    [
      'the ledger has lost order',
      async (shop, sale) => {
        await reload(shop, sale, (hold) => hold.orderId !== sale.waiting)
        const { saleId, ...asked } = shop.wish(sale)
        const ask = { ...asked, orderId: saleId, deadline: shop.clock.now() }
        for (const key of ['a', 'b', 'c'])
          await shop.ledger.reserve(sale.id, 1, [{ ...ask, keyDigest: key, buyerId: key, orderId: key }])
      },
    ],
  ]
  for (const [because, lose] of loses) {
    it(`is seen at once: ${because}`, async () => {
      const shop = memoryShop()
      const process = shop.process()
      const sale = await begun(shop, process)
      await process.rebuild.turn()
      await lose(shop, sale, process)
      await turnOf(shop, process)
      const epoch = (await shop.sales.sale(sale.id))?.epoch ?? 0
      assert.ok(epoch > 1 && process.state.rebuilt === 1)
      const order = because.endsWith('order') ? ` ${sale.waiting}` : ''
      assert.equal(process.state.because, because + order)
      await isWhole(shop, sale, epoch)
    })
  }

  const differences: [because: string, (shop: MemoryShop, sale: Sale) => unknown][] = [
    ['window or limit differ', ({ record }, { id, startTime }) => change(record, id, { startTime: startTime + 1 })],
    ['window or limit differ', ({ record }, { id, endTime }) => change(record, id, { endTime: endTime + 1 })],
    ['window or limit differ', ({ record }, { id }) => change(record, id, { limit: 2 })],
    [
      'allotments differ',
      async ({ ledger }, { id, items }) => {
        const view = await ledger.look(id, 0, 0)
        const holds = await ledger.entries(id, 1, 0, Number.MAX_SAFE_INTEGER, 9)
        await ledger.drop(id)
        if (view) await ledger.load({ terms: view.terms, items: [...items, { productId: newId(), allotment: 1 }], holds })
      },
    ],
  ]
  for (const [because, differ] of differences) {
    it(`is what differs for two seconds: ${because}`, async () => {
      const shop = memoryShop()
      const process = shop.process()
      const sale = await begun(shop, process)
      await shop.clock.advance(10_000)
      await differ(shop, sale)
      await process.rebuild.turn()
      await shop.clock.advance(1999)
      await process.rebuild.turn()
      assert.equal(process.state.rebuilt, 0)
      await shop.clock.advance(1)
      await turnOf(shop, process)
      assert.deepEqual([process.state.rebuilt, process.state.because], [1, because])
      await isWhole(shop, sale, 2)
    })
  }

  it('is a recovery that is left for three seconds; a new one has three of its own', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    await shop.clock.advance(10_000)
    const after = async (ms: number) => {
      await shop.clock.advance(ms)
      await turnOf(shop, process)
      return process.state.because
    }
    await shop.sales.raiseEpoch(sale.id, 1, 'run 1')
    assert.deepEqual([await after(0), await after(2000)], ['', ''])
    await shop.sales.raiseEpoch(sale.id, 2, 'run 1')
    assert.deepEqual([await after(2000), await after(2000)], ['', ''])
    assert.equal(await after(1000), 'a recovery was left unfinished')
    await isWhole(shop, sale, 4)
  })

  it('is not what differs for a moment: only what outlives two seconds', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    await shop.sales.change(sale.id, { limit: 2 })
    await process.rebuild.turn()
    await shop.clock.advance(1999)
    await process.rebuild.turn()
    assert.equal((await shop.sales.sale(sale.id))?.epoch, 1)
    await shop.clock.advance(1)
    await turnOf(shop, process)
    await isWhole(shop, sale, 2)
    const { productId } = sale
    await shop.sales.change(sale.id, { items: [{ productId, quantity: 9 }] })
    await process.rebuild.turn()
    await shop.ledger.amend((await shop.sales.sale(sale.id)) as never, [{ productId, allotment: 9 }])
    await process.rebuild.turn()
    await shop.clock.advance(3000)
    await process.rebuild.turn()
    await isWhole(shop, sale, 2)
    await shop.sales.change(sale.id, { items: [{ productId, quantity: 8 }] })
    await Promise.race([process.rebuild.turn(), shop.clock.advance(0)])
    assert.equal((await shop.sales.sale(sale.id))?.epoch, 2, 'another change begins its own two seconds')
    await shop.clock.advance(2000)
    await turnOf(shop, process)
    await isWhole(shop, sale, 3)
  })

  it('may be that of the books: a ledger ahead of a restored copy is overtaken', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    const view = await shop.ledger.look(sale.id, 0, 0)
    const holds = await shop.ledger.entries(sale.id, 1, 0, Number.MAX_SAFE_INTEGER, 100)
    assert.ok(view && (await shop.ledger.load({ terms: { ...view.terms, epoch: 4 }, items: view.items, holds })))
    for (let second = 0; second < 20; second++) {
      await turnOf(shop, process)
      await shop.clock.advance(750)
    }
    await isWhole(shop, sale, 5)
  })

  it('is not a pause that did not arrive: that is repaired after two seconds, in the same epoch', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await begun(shop, process)
    await shop.sales.change(sale.id, { pausedByOperator: true })
    await process.rebuild.turn()
    await shop.clock.advance(2000)
    await process.rebuild.turn()
    await isWhole(shop, sale, 1)
    assert.equal(process.state.rebuilt, 0)
  })

  it('is not what was evidence against an epoch that has passed, nor what all see while a rebuild is under way', async () => {
    const shop = memoryShop()
    const [one, other] = [shop.process(), shop.process()]
    const sale = await begun(shop, one)
    await shop.ledger.drop(sale.id)
    const turn = one.rebuild.turn()
    await shop.clock.advance(100)
    await other.runSale.refresh()
    assert.equal((await other.buy(shop.wish(sale))).kind, 'busy')
    assert.equal(other.alarms.at(-1)?.epoch, 2)
    await other.rebuild.turn()
    await shop.clock.advance(150)
    await turn
    other.rebuild.alarm(sale.id, 1, 'late news')
    await turnOf(shop, one, other)
    await isWhole(shop, sale, 2)
  })

  it('is none while the shop trades', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(50, {}, process)
    for (let second = 0; second < 10; second++) {
      await Promise.all([1, 2, 3].map(() => process.buy(shop.wish(sale))))
      await shop.settleAll(process)
      assert.equal(await process.rebuild.turn(), false, 'a second is soon enough')
      await process.catchUp()
      await process.sweep()
      await shop.clock.advance(1000)
    }
    assert.deepEqual(process.alarms, [])
    await isWhole(shop, sale, 1)
  })
})

function change(record: MemoryShop['record'], saleId: Id, more: Partial<SaleTerms>): void {
  Object.assign(record.sales.get(saleId) ?? {}, more)
}

/** The ledger as it would be had it lost some holds. */
async function reload(shop: MemoryShop, sale: { id: Id }, keeps: (hold: { orderId: Id }) => boolean): Promise<void> {
  const view = await shop.ledger.look(sale.id, 0, 0)
  const holds = await shop.ledger.entries(sale.id, 1, 0, Number.MAX_SAFE_INTEGER, 100)
  assert.ok(view)
  await shop.ledger.drop(sale.id)
  await shop.ledger.load({ terms: view.terms, items: view.items, holds: holds.filter(keeps) })
}

/** Ports of a process that never comes back from its nth call: the odd ones do not happen, the even ones do. */
function crashingAt(nth: number, shop: MemoryShop) {
  let calls = 0
  const crash = Math.ceil(nth / 2)
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return async (...args: unknown[]) => {
          calls++
          if (calls > crash || (calls === crash && nth % 2 === 1)) return new Promise(() => {})
          const answer = await Reflect.apply(method, target, args)
          return calls === crash ? new Promise(() => {}) : answer
        }
      },
    })
  const ports: { ledger: Ledger; books: Books; sales: Sales } = {
    ledger: dying(shop.ledger),
    books: dying(shop.books),
    sales: dying(shop.sales),
  }
  return { ports, crashed: () => calls >= crash }
}
