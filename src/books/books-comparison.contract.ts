import assert from 'node:assert/strict'
import fc from 'fast-check'
import { newId } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { Entry, Order } from '../core/order.ts'
import { type GatewayView, gatewayStates } from '../core/payment.ts'
import { MemoryEventLog } from '../events/memory-event-log.ts'
import { type BooksFixture, type BooksWorld, PRICE } from './books.contract.ts'
import type { Moved, NewSale, OrderMove } from './books.ts'
import { memoryBooks } from './memory-books.fixture.contract.ts'
import type { Seen } from './payments.ts'

const RUNS = 40
const CALLS_MAX = 60
/** A failure is made smaller for that long. */
const SHRINK_MS = 10_000
const ORDERS = 14
/** Of them: booked at the beginning. */
const BEGUN = 4

const small = (max: number) => fc.nat({ max })
/** Few are met often, so that they come far. */
const order = fc.oneof({ weight: 4, arbitrary: small(BEGUN - 1) }, { weight: 1, arbitrary: small(ORDERS - 1) })
const anEntry = fc.record({
  order,
  seq: small(8),
  buyer: small(2),
  key: small(5),
  item: small(2),
  quantity: fc.integer({ min: 1, max: 2 }),
  method: fc.constantFrom('credit' as const, 'card' as const),
})
const aView = fc.record({
  order,
  attempt: fc.constantFrom(1, 1, 1, 2, 3),
  state: fc.constantFrom(...gatewayStates),
  /** Seldom of another amount, currency or transaction. */
  twist: small(20),
})
const aCall = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      call: fc.constant('book' as const),
      stale: small(6),
      entries: fc.array(anEntry, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      call: fc.constant('move' as const),
      moves: fc.array(
        fc.record({
          order,
          by: fc.constantFrom('pay', 'pay', 'fail', 'cancel', 'expire', 'refund'),
          returnUnit: fc.boolean(),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  { weight: 8, arbitrary: fc.record({ call: fc.constant('see' as const), view: aView }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('claim' as const), leaseMs: small(80) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constantFrom('later' as const, 'give-up' as const),
      order,
      attempt: fc.constantFrom(1, 1, 2),
      ms: small(80),
      counts: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('hear' as const),
      events: fc.array(fc.record({ id: small(30), view: aView }), { maxLength: 3 }),
      isListed: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('wait-for-buyer' as const), order }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('truth' as const), buyer: small(2), key: small(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant('change' as const),
      item: small(2),
      quantity: small(9),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('raise' as const), late: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('tell' as const), ageMs: small(80) }) },
  {
    weight: 1,
    arbitrary: fc.record({ call: fc.constant('wait' as const), ms: fc.oneof(small(80), fc.constantFrom(6000, 40_000, 700_000)) }),
  },
)
type Call = typeof aCall extends fc.Arbitrary<infer T> ? T : never

/** The same random calls on these books and on those in memory: the same replies one by one, and the same record at the end. */
export async function compareBooks(world: BooksWorld): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(aCall, { minLength: 1, maxLength: CALLS_MAX, size: 'max' }), (calls) => compare(world, calls)),
    { numRuns: RUNS, seed: 20_261_121, interruptAfterTimeLimit: SHRINK_MS },
  )
}

type Cast = { sale: NewSale; products: Id[]; buyers: Id[]; orders: Id[]; epoch: number }

async function compare(world: BooksWorld, calls: Call[]): Promise<void> {
  const { clock } = world
  const memory = memoryBooks(clock, new MemoryEventLog(clock.now))
  const products = [newId(), newId(), newId()]
  const cast: Cast = {
    sale: world.newSale({
      limit: 3,
      items: products.slice(0, 2).map((productId, i) => ({ productId, price: PRICE * (i + 1), currency: 'EUR', quantity: 5 })),
    }),
    products,
    buyers: [newId(), newId(), newId()],
    orders: Array.from({ length: ORDERS }, newId),
    epoch: 1,
  }
  await world.drain()
  for (const books of [world, memory]) {
    for (const [i, id] of products.entries())
      books.addProduct({ id, price: PRICE, kind: i === 1 ? 'coupon' : 'product', stock: 8 })
    for (const [i, id] of cast.buyers.entries()) books.openWallet(id, PRICE * 3 * i, 'EUR', null)
    assert.equal((await books.sales.create(cast.sale)).kind, 'changed')
    await books.inbox.read([], null)
    await begin(books, cast)
  }
  for (const call of calls) {
    if (call.call === 'wait') await clock.advance(call.ms)
    else {
      const play = stepOf(call, cast, clock.now())
      const [real, expected] = [await play(world), await play(memory)]
      assert.deepEqual(real, expected, JSON.stringify(call))
      if (call.call === 'raise' && real === true) cast.epoch++
    }
  }
  const [real, expected] = [await record(world, cast), await record(memory, cast)]
  assert.deepEqual(real, expected)
}

/** Few come to their end by random calls from the very beginning: some are booked, and wait for their buyer or are paid. */
async function begin({ books, clock }: BooksFixture, cast: Cast): Promise<void> {
  const entries = Array.from({ length: BEGUN }, (_, i) => {
    const method = i === 0 ? ('credit' as const) : ('card' as const)
    return entryOf(
      { order: i, seq: 10 + i, buyer: (i + 1) % 3, key: 10 + i, item: i % 2, quantity: 1, method },
      cast,
      1,
      clock.now(),
    )
  })
  assert.equal((await books.book(cast.sale.id, 1, entries)).kind, 'booked')
  await books.move(entries.map(({ orderId }) => ({ orderId, by: 'pay' })))
}

/** Codes and ids that the books make up differ. */
const plain = (order: Order | null) => order && { ...order, couponCode: order.couponCode !== null }
const plainMoved = (moved: Moved) => ('order' in moved ? { ...moved, order: plain(moved.order) } : moved)

/** What the call means in this cast, to be played on each of the books. */
function stepOf(call: Exclude<Call, { call: 'wait' }>, cast: Cast, now: number): (books: BooksFixture) => Promise<unknown> {
  const saleId = cast.sale.id
  const orderAt = (i: number) => cast.orders[i] as Id
  switch (call.call) {
    case 'book': {
      const epoch = call.stale === 0 ? cast.epoch - 1 : cast.epoch
      const entries = distinct(call.entries.map((entry) => entryOf(entry, cast, epoch, now)))
      return ({ books }) => books.book(saleId, epoch, entries).then(({ kind }) => kind)
    }
    case 'move': {
      const moves = call.moves.map(({ order, ...move }) => ({ orderId: orderAt(order), ...move, reason: 'because' }) as OrderMove)
      return async ({ books }) => (await books.move(moves)).map(plainMoved)
    }
    case 'see':
    case 'claim':
    case 'later':
    case 'give-up':
    case 'hear':
      return cardStep(call, cast, now)
    case 'wait-for-buyer':
      return async ({ books, waitForBuyer }) => {
        if ((await books.order(orderAt(call.order)))?.state === 'RESERVATION_PENDING') waitForBuyer(orderAt(call.order))
        return books.expired(3)
      }
    case 'truth':
      return async ({ books }) => {
        const asks = [{ buyerId: cast.buyers[call.buyer] as Id, keyDigest: `key ${call.key}` }]
        const { epoch, found } = await books.truth(saleId, asks)
        return { epoch, found: found.map(plain) }
      }
    case 'change': {
      const items = [{ productId: cast.products[call.item] as Id, quantity: call.quantity }]
      return ({ sales }) => sales.change(saleId, { limit: call.limit, items })
    }
    case 'raise':
      return async ({ sales }) => {
        await sales.clearRecovery(saleId, cast.epoch)
        return sales.raiseEpoch(saleId, call.late ? cast.epoch - 1 : cast.epoch, null)
      }
    case 'tell':
      return async ({ outbox }) => {
        const rows = await outbox.claim('teller', 1000, 1)
        await outbox.done(
          'teller',
          rows.map((row) => row.id),
        )
        const told = rows.map(({ happening, refId, at }) => `${at} ${happening} ${refId}`).sort()
        return { told, again: await outbox.again(call.ageMs), waiting: await outbox.waiting() }
      }
  }
}

const plainSeen = (seen: Seen) => ('order' in seen ? { ...seen, order: plain(seen.order) } : seen)

type CardCall = Extract<Call, { call: 'see' | 'claim' | 'later' | 'give-up' | 'hear' }>

function cardStep(call: CardCall, cast: Cast, now: number): (books: BooksFixture) => Promise<unknown> {
  switch (call.call) {
    case 'see':
      return async ({ books, attempts }) => plainSeen(await attempts.see(await viewOf(call.view, cast, books)))
    case 'claim':
      return async ({ attempts }) =>
        (await attempts.claim(1000, call.leaseMs)).sort((a, b) => (a.orderId < b.orderId ? -1 : 1) || a.number - b.number)
    case 'later':
    case 'give-up':
      return async ({ attempts }) => {
        const attempt = (await attempts.of(cast.orders[call.order] as Id))[call.attempt - 1]
        if (!attempt) return undefined
        return call.call === 'later'
          ? attempts.later(attempt, call.ms, call.counts)
          : plainSeen(await attempts.giveUp(attempt, 'gone'))
      }
    case 'hear':
      return async ({ books, inbox }) => {
        const events = await Promise.all(
          call.events.map(async ({ id, view }) => ({
            id: `${cast.sale.id} ${id}`,
            type: 'told',
            created: now,
            view: await viewOf(view, cast, books),
          })),
        )
        const fresh = call.isListed ? await inbox.read(events, `page ${now}`) : await inbox.receive(events)
        return { fresh, cursor: await inbox.cursor(), seen: (await inbox.apply(1000)).map(plainSeen) }
      }
  }
}

/** As the gateway would say it of what the order costs. */
async function viewOf(
  { order, attempt, state, twist }: typeof aView extends fc.Arbitrary<infer T> ? T : never,
  { orders }: Cast,
  books: BooksFixture['books'],
): Promise<GatewayView> {
  const orderId = orders[order] as Id
  const known = await books.order(orderId)
  const due = known ? known.price * known.quantity : PRICE
  return {
    ...{ orderId, attempt, state, reason: state === 'declined' ? 'no_money' : null },
    redirectUrl: state === 'open' && twist % 2 === 0 ? '/pay' : null,
    txnId: twist === 1 ? 'another' : `txn ${orderId} ${attempt}`,
    amount: twist === 2 ? due + 1 : due,
    currency: twist === 3 ? 'USD' : 'EUR',
  }
}

function entryOf(one: typeof anEntry extends fc.Arbitrary<infer T> ? T : never, cast: Cast, epoch: number, now: number): Entry {
  return {
    orderId: cast.orders[one.order] as Id,
    saleId: cast.sale.id,
    epoch,
    seq: one.seq + 1,
    buyerId: cast.buyers[one.buyer] as Id,
    productId: cast.products[one.item] as Id,
    quantity: one.quantity,
    method: one.method,
    keyDigest: `key ${one.key}`,
    bodyDigest: 'body',
    reservedAt: now,
  }
}

/** No ledger grants one order, sequence or key twice in a batch. */
function distinct(entries: Entry[]): Entry[] {
  const seen = new Set<string>()
  return entries.filter((entry) => {
    const names = [entry.orderId, `seq ${entry.seq}`, `${entry.buyerId} ${entry.keyDigest}`]
    if (names.some((name) => seen.has(name))) return false
    for (const name of names) seen.add(name)
    return true
  })
}

async function record(
  { books, attempts, inbox, sales, stockOf, balanceOf, journalOf }: BooksFixture,
  { sale, products, buyers, orders }: Cast,
) {
  const byName = (row: { entry: string; account: string }) => `${row.entry} ${row.account}`
  return {
    sale: await sales.sale(sale.id),
    tally: await sales.tally(sale.id),
    orders: (await books.ordersOf(sale.id, { epoch: -1, seq: 0 }, 1000)).map(plain),
    histories: await Promise.all(orders.map((id) => books.history(id))),
    journal: orders.map((id) => journalOf(id).sort((a, b) => (byName(a) < byName(b) ? -1 : 1))),
    attempts: await Promise.all(orders.map((id) => attempts.of(id))),
    quarantined: (await inbox.quarantined(1000, undefined)).sort((a, b) => (a.id < b.id ? -1 : 1)),
    stock: products.map(stockOf),
    balances: buyers.map(balanceOf),
  }
}
