import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { altered, lossy, memoryShop, PRICE } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import { LEASE_MS } from '../gate/lease.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Placed } from './place-order.ts'

const kinds = (placed: Placed[]): string[] => placed.map((one) => one.kind)
const orderOf = (placed: Placed | undefined): Id => {
  assert.ok(placed?.kind === 'accepted', JSON.stringify(placed))
  return placed.orderId
}

describe('a purchase', () => {
  it('is accepted, told, paid, committed and pushed, and the shop adds up', async () => {
    const shop = memoryShop()
    const { books, sales, ledger, record, wish, buyer, settleAll, imbalances } = shop
    const process = shop.process()
    const sale = await shop.sale(3, {}, process)
    const poor = buyer(PRICE - 1)
    const wishes = [wish(sale), wish(sale, { buyerId: poor }), wish(sale), wish(sale)]
    const told = process.watch(wishes[0]?.buyerId ?? '')
    const placed = await Promise.all(wishes.map(process.buy))
    assert.deepEqual(kinds(placed), ['accepted', 'accepted', 'accepted', 'sold-out'])
    assert.ok(placed[0]?.kind === 'accepted' && placed[0].status === 'RESERVATION_PENDING' && !placed[0].replayed)
    assert.equal(process.state.booked, 1)
    assert.equal(process.board.get(sale.id)?.remaining.get(sale.productId), 0)
    await settleAll(process)
    const ids = placed.slice(0, 3).map(orderOf)
    assert.deepEqual(
      (await books.byIds(ids)).map((order) => order.state),
      ['COMPLETED', 'FAILED', 'COMPLETED'],
    )
    assert.deepEqual((await ledger.look(sale.id, 0, 0))?.items[0], {
      productId: sale.productId,
      allotment: 3,
      remaining: 1,
      held: 0,
      sold: 2,
    })
    assert.deepEqual(JSON.parse(told[0] ?? ''), { type: 'order', orderId: ids[0], status: 'COMPLETED', version: 2 })
    assert.equal(process.board.get(sale.id)?.remaining.get(sale.productId), 1, 'what the poor one had is free')
    assert.equal(record.wallets.get(poor)?.balance, PRICE - 1)
    assert.deepEqual(await imbalances(), [])
    assert.equal(await sales.settleEnd(sale.id), false)
  })

  it('gives the same order for the same key, with its present status, whatever became of it and of the sale', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(2, {}, process)
    const [first, poor] = [shop.wish(sale), shop.wish(sale, { buyerId: shop.buyer(0) })]
    const ids = (await Promise.all([first, poor].map(process.buy))).map(orderOf)
    await shop.settleAll(process)
    assert.deepEqual(await process.buy(first), { kind: 'accepted', orderId: ids[0], status: 'COMPLETED', replayed: true })
    assert.deepEqual(await process.buy(poor), { kind: 'accepted', orderId: ids[1], status: 'FAILED', replayed: true })
    assert.deepEqual(await process.buy({ ...first, bodyDigest: 'other' }), { kind: 'key-reused' })
    await process.runSale.change(sale.id, { pausedByOperator: true })
    assert.deepEqual(kinds(await Promise.all([process.buy(first), process.buy(shop.wish(sale))])), ['accepted', 'paused'])
  })

  it('is refused at the limit with the order that stands in the way, and where there is no such item or sale', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(9, { limit: 2 }, process)
    const { buyerId } = shop.wish(sale)
    const first = orderOf(await process.buy(shop.wish(sale, { buyerId, quantity: 2 })))
    assert.deepEqual(await process.buy(shop.wish(sale, { buyerId })), { kind: 'limit-reached', limit: 2, orderId: first })
    assert.deepEqual(await process.buy(shop.wish(sale, { quantity: 3 })), { kind: 'limit-reached', limit: 2, orderId: null })
    assert.deepEqual(await process.buy(shop.wish({ ...sale, productId: newId() })), { kind: 'not-found' })
    assert.deepEqual(await process.buy(shop.wish({ ...sale, id: newId() })), { kind: 'not-found' })
  })

  it('is refused by an overloaded process, and by one that cannot settle what it accepts', async () => {
    const shop = memoryShop()
    const process = shop.process({}, 2)
    const sale = await shop.sale(9, {}, process)
    assert.deepEqual(kinds(await Promise.all([1, 2, 3].map(() => process.buy(shop.wish(sale))))), [
      'accepted',
      'accepted',
      'busy',
    ])
    process.state.behind = true
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'busy' })
    process.state.behind = false
    assert.equal((await process.buy(shop.wish(sale))).kind, 'accepted')
  })
})

describe('two processes', () => {
  it('sell no unit twice, and give a buyer who asks both no more than the limit', async () => {
    const shop = memoryShop()
    const [one, other] = [shop.process(), shop.process()]
    const sale = await shop.sale(30, {}, one, other)
    const buyers = Array.from({ length: 40 }, () => shop.buyer())
    const placed = await Promise.all(
      buyers.flatMap((buyerId) => [one.buy(shop.wish(sale, { buyerId })), other.buy(shop.wish(sale, { buyerId }))]),
    )
    const accepted = placed.filter((each) => each.kind === 'accepted')
    assert.equal(accepted.length, 30)
    for (const [i, each] of placed.entries()) {
      const twin = placed[i ^ 1]
      if (each.kind === 'limit-reached') assert.equal(each.orderId, orderOf(twin))
      if (each.kind === 'accepted') assert.notEqual(twin?.kind, 'accepted')
    }
    await shop.settleAll(one)
    assert.deepEqual(await shop.imbalances(), [])
  })

  it('answer one key with one order', async () => {
    const shop = memoryShop()
    const [one, other] = [shop.process(), shop.process()]
    const sale = await shop.sale(9, {}, one, other)
    const wish = shop.wish(sale)
    const placed = await Promise.all([one.buy(wish), other.buy(wish), one.buy(wish), other.buy(wish)])
    assert.equal(new Set(placed.map(orderOf)).size, 1)
    assert.equal(placed.filter((each) => each.kind === 'accepted' && !each.replayed).length, 1)
  })
})

describe('a store that does not answer', () => {
  const cases = [
    ['ledger', 'reserve', 'refused', 'busy', false],
    ['ledger', 'reserve', 'lost', 'unknown-outcome', false],
    ['ledger', 'reserve', 'unheard', 'unknown-outcome', true],
    ['books', 'book', 'refused', 'unknown-outcome', true],
    ['books', 'book', 'lost', 'unknown-outcome', true],
    ['books', 'book', 'unheard', 'unknown-outcome', true],
  ] as const
  for (const [port, method, how, answer, replayed] of cases) {
    it(`${how} by ${port}.${method}: ${answer}, and the same key heals it`, async () => {
      const shop = memoryShop()
      const ports = { ledger: lossy(shop.ledger), books: lossy(shop.books) }
      const process = shop.process(ports)
      const sale = await shop.sale(2, {}, process)
      const wish = shop.wish(sale)
      ports[port].fail(method as never, how)
      assert.deepEqual(await process.buy(wish), { kind: answer })
      assert.equal(process.faults.length, 1)
      const again = await process.buy(wish)
      assert.ok(again.kind === 'accepted' && again.replayed === replayed, JSON.stringify(again))
      assert.equal((await shop.ledger.look(sale.id, 0, 0))?.items[0]?.held, 1)
      await shop.settleAll(process)
      assert.deepEqual(await shop.imbalances(), [])
    })
  }

  it('is answered for after three seconds: the outcome is unknown', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(2, {}, process)
    const wish = shop.wish(sale)
    ledger.fail('reserve', 'silent')
    let placed: Placed | undefined
    void process.buy(wish).then((answer) => (placed = answer))
    await shop.clock.advance(2999)
    assert.equal(placed, undefined)
    await shop.clock.advance(1)
    assert.deepEqual(placed, { kind: 'unknown-outcome' })
    assert.deepEqual(kinds([await process.buy(wish)]), ['accepted'])
  })

  it('may be broken in a way that nobody foresaw: the outcome is unknown then, too', async () => {
    const shop = memoryShop()
    const reserve = () => Promise.reject(new TypeError('no such answer'))
    const process = shop.process({ ledger: altered(shop.ledger, { reserve }) })
    const sale = await shop.sale(2, {}, process)
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'unknown-outcome' })
    assert.ok(process.faults[0] instanceof TypeError)
  })

  it('leaves the status of a replay unknown, and so does an order that is not there', async () => {
    const shop = memoryShop()
    const books = lossy(shop.books)
    const process = shop.process({ books })
    const sale = await shop.sale(2, {}, process)
    const wish = shop.wish(sale)
    const orderId = orderOf(await process.buy(wish))
    books.fail('order', 'refused')
    assert.deepEqual(await process.buy(wish), { kind: 'unknown-outcome' })
    assert.equal(process.faults.length, 1)
    assert.equal(orderOf(await process.buy(wish)), orderId)
    const forgetful = shop.process({ books: altered(shop.books, { order: async () => null }) })
    await forgetful.runSale.refresh()
    assert.deepEqual(await forgetful.buy(wish), { kind: 'unknown-outcome' })
  })

  it('grants no lease where a probe fails: the ledger answers the next, too, and then there is one', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(0, {}, process)
    const answered = async () => {
      const before = ledger.calls.reserve
      const { kind } = await process.buy(shop.wish(sale))
      await shop.idle()
      return `${kind}${ledger.calls.reserve === before ? ' from memory' : ''}`
    }
    ledger.fail('look', 'refused')
    assert.equal(await answered(), 'sold-out')
    assert.equal(process.faults.length, 1)
    assert.equal(await answered(), 'sold-out')
    assert.equal(await answered(), 'sold-out from memory')
  })

  it('refuses nobody without the books: what they do not say is unknown', async () => {
    const shop = memoryShop()
    const books = lossy(shop.books)
    const process = shop.process({ books })
    const sale = await shop.sale(0, {}, process)
    books.fail('truth', 'refused')
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'unknown-outcome' })
  })
})

describe('a crowd at one process', () => {
  it('goes to the ledger in batches of 64, four at a time; who comes meanwhile goes with the next', async () => {
    const shop = memoryShop()
    const sizes: number[] = []
    const waiting: (() => void)[] = []
    const reserve: Ledger['reserve'] = async (saleId, epoch, asks) => {
      sizes.push(asks.length)
      await new Promise<void>((resolve) => waiting.push(resolve))
      return shop.ledger.reserve(saleId, epoch, asks)
    }
    const process = shop.process({ ledger: altered(shop.ledger, { reserve }) })
    const sale = await shop.sale(1000, {}, process)
    const crowd = (many: number) => Array.from({ length: many }, () => process.buy(shop.wish(sale)))
    const placed = crowd(270)
    await shop.idle()
    assert.deepEqual(sizes, [64, 64, 64, 64])
    placed.push(...crowd(10))
    await shop.idle()
    assert.equal(sizes.length, 4)
    waiting.shift()?.()
    await shop.idle()
    assert.deepEqual(sizes.slice(4), [24])
    for (const go of waiting) go()
    assert.ok((await Promise.all(placed)).every(({ kind }) => kind === 'accepted'))
    assert.equal(process.state.booked, 5, 'once a batch')
  })

  it('is probed for once, however many are refused, and again when that is over', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(1, {}, process)
    await process.buy(shop.wish(sale))
    const probes = async () => {
      const before = ledger.calls.look ?? 0
      await Promise.all(Array.from({ length: 100 }, () => process.buy(shop.wish(sale))))
      await shop.idle()
      return (ledger.calls.look ?? 0) - before
    }
    assert.equal(await probes(), 1)
    await shop.clock.advance(LEASE_MS)
    assert.equal(await probes(), 1)
    assert.equal(process.state.booked, 1, 'nothing was booked for those who were refused')
  })

  it('is not probed for where less is left than one buyer wants', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(1, { limit: 2 }, process)
    const before = ledger.calls.look
    assert.deepEqual(await process.buy(shop.wish(sale, { quantity: 2 })), { kind: 'sold-out', remaining: 1 })
    await shop.idle()
    assert.equal(ledger.calls.look, before)
    assert.equal((await process.buy(shop.wish(sale))).kind, 'accepted')
  })

  it('asks the books for nothing where the ledger lives in them, and has its lease all the same', async () => {
    const shop = memoryShop()
    const [ledger, books] = [lossy(altered(shop.ledger, { inBooks: true })), lossy(shop.books)]
    const process = shop.process({ ledger, books })
    const sale = await shop.sale(0, {}, process)
    for (const reserves of [1, 1]) {
      assert.equal((await process.buy(shop.wish(sale))).kind, 'sold-out')
      await shop.idle()
      assert.equal(ledger.calls.reserve, reserves)
    }
    assert.deepEqual(books.calls, {})
  })
})

describe('what the ledger says', () => {
  it('that nothing was done is busy: it came too late, or the ledger is ahead of the books', async () => {
    const shop = memoryShop()
    const reserve: Ledger['reserve'] = async (...args) => {
      await shop.clock.advance(2001)
      return shop.ledger.reserve(...args)
    }
    const [slow, process] = [shop.process({ ledger: altered(shop.ledger, { reserve }) }), shop.process()]
    const sale = await shop.sale(2, {}, slow, process)
    assert.deepEqual(await slow.buy(shop.wish(sale)), { kind: 'busy' })
    await shop.ledger.load({ terms: { ...sale, epoch: 2 }, items: sale.items, holds: [] })
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'busy' })
    assert.deepEqual([slow.faults, process.faults], [[], []])
  })

  it('of an item that it does not have is heard, too', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(2, {}, process)
    await shop.ledger.drop(sale.id)
    await shop.ledger.load({ terms: sale, items: [], holds: [] })
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'not-found' })
  })

  it('changes nothing on the board but by what is left', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(5, {}, process)
    const left = () => process.board.get(sale.id)?.remaining.get(sale.productId)
    const { buyerId } = shop.wish(sale)
    await process.buy(shop.wish(sale, { buyerId }))
    assert.equal(left(), 4)
    assert.equal((await process.buy(shop.wish(sale, { buyerId }))).kind, 'limit-reached')
    assert.equal((await process.buy(shop.wish(sale, { quantity: 2 }))).kind, 'limit-reached')
    assert.equal(left(), 4)
  })

  it('is not believed where the books know better: an order that it lost is a replay, not sold out', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(1, {}, process)
    const wish = shop.wish(sale)
    const first = orderOf(await process.buy(wish))
    await shop.ledger.drop(sale.id)
    await shop.ledger.load({
      terms: { ...sale, incarnation: 'run 1' },
      items: [{ productId: sale.productId, allotment: 0 }],
      holds: [],
    })
    const again = await process.buy(wish)
    assert.ok(again.kind === 'accepted' && again.orderId === first && again.replayed)
    assert.deepEqual(await process.buy({ ...wish, bodyDigest: 'other' }), { kind: 'key-reused' })
  })

  it('is `busy` where the epoch has passed, until the process has heard of it', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(2, {}, process)
    await shop.sales.raiseEpoch(sale.id, 1, 'run 1')
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'busy' }, 'the ledger granted it, the books did not')
    await shop.sales.clearRecovery(sale.id, 2)
    const raised = await shop.sales.sale(sale.id)
    assert.ok(raised)
    await shop.ledger.load({ terms: raised, items: raised.items, holds: [] })
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'busy' })
    assert.deepEqual(process.alarms, [])
    await process.runSale.refresh()
    assert.equal((await process.buy(shop.wish(sale))).kind, 'accepted')
  })

  it('raises an alarm where the books refuse it, and nobody is promised anything', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(1, {}, process)
    const item = shop.record.item(sale.id, sale.productId)
    Object.assign(item ?? {}, { allotment: 0, available: 0 })
    assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'busy' })
    assert.equal(process.alarms[0]?.epoch, 1)
    assert.match(process.alarms[0]?.because ?? '', /fewer are available/)
  })

  it('is `busy` where the order in the way is already free in the books', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(2, {}, process)
    const { buyerId } = shop.wish(sale)
    const orderId = orderOf(await process.buy(shop.wish(sale, { buyerId })))
    await shop.books.move([{ orderId, by: 'cancel', reason: 'test' }])
    assert.deepEqual(await process.buy(shop.wish(sale, { buyerId })), { kind: 'busy' })
    await shop.ledger.settle(sale.id, [{ orderId, to: 'release' }])
    assert.equal((await process.buy(shop.wish(sale, { buyerId }))).kind, 'accepted')
  })
})

describe('the lease', () => {
  /** A process whose lease says that the sale is sold out. */
  async function soldOut() {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const [seller, leased] = [shop.process(), shop.process({ ledger })]
    const sale = await shop.sale(1, {}, seller, leased)
    const winner = shop.wish(sale)
    const orderId = orderOf(await seller.buy(winner))
    assert.deepEqual(await leased.buy(shop.wish(sale)), { kind: 'sold-out', remaining: 0 })
    await shop.idle()
    const reserves = () => ledger.calls.reserve ?? 0
    const fromMemory = async (change = {}) => {
      const before = reserves()
      const placed = await leased.buy(shop.wish(sale, change))
      return { kind: placed.kind, fromMemory: reserves() === before }
    }
    return { ...shop, ledger, seller, leased, sale, winner, orderId, fromMemory }
  }

  it('refuses a loser from memory, for a quarter of a second from when its probe was sent', async () => {
    const { clock, fromMemory } = await soldOut()
    assert.deepEqual(await fromMemory(), { kind: 'sold-out', fromMemory: true })
    await clock.advance(LEASE_MS - 1)
    const late = fromMemory()
    assert.deepEqual(await late, { kind: 'sold-out', fromMemory: true })
    await clock.advance(LEASE_MS)
    assert.deepEqual(await fromMemory(), { kind: 'sold-out', fromMemory: false })
  })

  it('brings the board level with the ledger', async () => {
    const { leased, sale } = await soldOut()
    assert.equal(leased.board.get(sale.id)?.remaining.get(sale.productId), 0)
  })

  it('says that a sale is paused', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const sale = await shop.sale(2, {}, process)
    await process.runSale.change(sale.id, { pausedByOperator: true })
    for (const reserves of [1, 1]) {
      assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'paused' })
      await shop.idle()
      assert.equal(ledger.calls.reserve, reserves)
    }
  })

  it('is not granted for what the ledger has forgotten, and that is no fault', async () => {
    const shop = memoryShop()
    const process = shop.process()
    const sale = await shop.sale(2, { endTime: shop.clock.now() + 1000 }, process)
    await shop.clock.advance(5000)
    for (let turn = 0; turn < 3; turn++) await process.runSale.tick()
    assert.equal(await shop.ledger.look(sale.id, 0, 0), null)
    for (let ask = 0; ask < 2; ask++) {
      assert.deepEqual(await process.buy(shop.wish(sale)), { kind: 'ended' })
      await shop.idle()
    }
    assert.deepEqual(process.faults, [])
  })

  it('renews itself while it is used', async () => {
    const { clock, fromMemory } = await soldOut()
    for (let i = 0; i < 10; i++) {
      await clock.advance(LEASE_MS / 2 + 1)
      assert.deepEqual(await fromMemory(), { kind: 'sold-out', fromMemory: true })
    }
  })

  it('never refuses a buyer who has an order, live or released, in the ledger or only in the books', async () => {
    const shop = await soldOut()
    const { leased, winner, orderId, sale, books, clock } = shop
    assert.deepEqual(await leased.buy(winner), { kind: 'accepted', orderId, status: 'RESERVATION_PENDING', replayed: true })
    const booked = shop.wish(sale)
    const { saleId, ...asked } = booked
    const entry = { ...asked, orderId: newId(), saleId, epoch: 1, seq: 7, reservedAt: clock.now() }
    Object.assign(shop.record.item(sale.id, sale.productId) ?? {}, { available: 1 })
    assert.equal((await books.book(sale.id, 1, [entry])).kind, 'booked')
    await clock.advance(LEASE_MS)
    await leased.buy(shop.wish(sale))
    await shop.idle()
    assert.deepEqual(await shop.fromMemory(), { kind: 'sold-out', fromMemory: true })
    assert.equal(orderOf(await leased.buy(booked)), entry.orderId, 'the ledger has never heard of it')
    await books.move([{ orderId, by: 'cancel', reason: 'test' }])
    await shop.ledger.settle(sale.id, [{ orderId, to: 'release' }])
    const released = await leased.buy(winner)
    assert.ok(released.kind === 'accepted' && released.orderId === orderId && released.status === 'CANCELLED')
  })

  it('knows the buyers of a new epoch, whose sequences begin anew', async () => {
    const shop = await soldOut()
    const { leased, sale, clock, sales } = shop
    await shop.books.move([{ orderId: shop.orderId, by: 'cancel', reason: 'test' }])
    await sales.raiseEpoch(sale.id, 1, 'run 1')
    await sales.clearRecovery(sale.id, 2)
    const raised = await sales.sale(sale.id)
    assert.ok(raised)
    await shop.ledger.load({ terms: raised, items: raised.items, holds: [] })
    await clock.advance(LEASE_MS)
    await leased.runSale.refresh()
    // Reserved by a process that has not booked it yet.
    const { saleId, ...asked } = shop.wish(sale)
    const orderId = newId()
    await shop.ledger.reserve(sale.id, 2, [{ ...asked, orderId, deadline: clock.now() }])
    assert.equal((await leased.buy(shop.wish(sale))).kind, 'sold-out')
    await shop.idle()
    assert.deepEqual(await shop.fromMemory(), { kind: 'sold-out', fromMemory: true })
    assert.equal(orderOf(await leased.buy({ saleId, ...asked })), orderId)
  })

  it('is not granted where the books are of another epoch than the ledger', async () => {
    const shop = await soldOut()
    const { sale, clock, fromMemory } = shop
    await clock.advance(LEASE_MS / 2 + 1)
    await shop.sales.raiseEpoch(sale.id, 1, 'run 1')
    assert.deepEqual(await fromMemory(), { kind: 'sold-out', fromMemory: true }, 'and a probe leaves')
    await shop.idle()
    await clock.advance(LEASE_MS / 2)
    assert.deepEqual(await fromMemory(), { kind: 'busy', fromMemory: false })
  })

  it('keeps a returned unit back for as long as some process may refuse from memory', async () => {
    const shop = await soldOut()
    const { seller, sale, clock, orderId } = shop
    await shop.books.move([{ orderId, by: 'cancel', reason: 'test' }])
    await shop.ledger.settle(sale.id, [{ orderId, to: 'release' }])
    assert.equal((await seller.buy(shop.wish(sale))).kind, 'sold-out')
    await clock.advance(LEASE_MS)
    assert.equal((await seller.buy(shop.wish(sale))).kind, 'accepted')
  })

  it('says nothing near the edges of the window, and the ledger opens and closes to the millisecond', async () => {
    const shop = memoryShop()
    const ledger = lossy(shop.ledger)
    const process = shop.process({ ledger })
    const start = shop.clock.now() + 10_000
    const sale = await shop.sale(9, { startTime: start, endTime: start + 10_000 }, process)
    const ask = async (at: number) => {
      await shop.clock.advance(at - shop.clock.now() - 100)
      await process.buy(shop.wish(sale))
      await shop.clock.advance(100)
      const before = ledger.calls.reserve ?? 0
      const placed = await process.buy(shop.wish(sale))
      await shop.idle()
      return `${placed.kind}${(ledger.calls.reserve ?? 0) === before ? ' from memory' : ''}`
    }
    assert.equal(await ask(start - 2000), 'not-started from memory')
    assert.equal(await ask(start - 1999), 'not-started')
    assert.equal(await ask(start - 1), 'not-started')
    assert.equal(await ask(start), 'accepted')
    assert.equal(await ask(start + 9999), 'accepted')
    assert.equal(await ask(start + 10_000), 'ended')
    assert.equal(await ask(start + 11_999), 'ended')
    assert.equal(await ask(start + 12_100), 'ended from memory')
  })
})
