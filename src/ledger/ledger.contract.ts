import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { HandClock } from '../../test/hand-clock.ts'
import { askFor, holdOf, newId, openTerms } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { SaleTerms } from '../core/sale.ts'
import type { Ask, Hold, HoldMove, Ledger, LedgerImage, LedgerView, Reply } from './ledger.ts'
import { compareLedgers } from './ledger-comparison.contract.ts'

export type LedgerFixture = {
  ledger: Ledger
  /** The ledger's own. */
  clock: HandClock
  /** For a ledger that lives in the books these three are what the books do, else its own methods. */
  load(image: LedgerImage): Promise<boolean>
  amend: Ledger['amend']
  settle: Ledger['settle']
} & Partial<AsyncDisposable>

/** What every `Ledger` must do. */
export function ledgerContract(name: string, make: () => Promise<LedgerFixture>): void {
  describe(`ledger: ${name}`, () => {
    let made: LedgerFixture
    before(async () => {
      made = await make()
    })
    after(async () => made[Symbol.asyncDispose]?.())
    const open: Open = (more = {}, units = [3], holds = () => []) => openSale(made, more, units, holds)

    describe('reserve', () => reserving(open))
    describe('replay', () => replaying(open))
    describe('refusals', () => refusing(open))
    describe('quiet time', () => keepingQuiet(open))
    describe('settle', () => settling(open))
    describe('look and entries', () => looking(open))
    describe('amend', () => amending(open))
    describe('load', () => loading(open))
    it('answers and ends as the ledger in memory does, call by call', () => compareLedgers(made))
  })
}

type Sale = Awaited<ReturnType<typeof openSale>>
type Holds = (saleId: Id, productId: Id, clock: HandClock) => Hold[]
/** A sale with so many units of each item, and these holds in it. */
type Open = (more?: Partial<SaleTerms>, units?: number[], holds?: Holds) => Promise<Sale>

async function openSale(made: LedgerFixture, more: Partial<SaleTerms>, units: number[], holds: Holds) {
  const { ledger, clock } = made
  const terms = openTerms(clock, { incarnation: await ledger.incarnation(), ...more })
  const items = units.map((allotment) => ({ productId: newId(), allotment }))
  const products = items.map((item) => item.productId)
  assert.equal(await made.load({ terms, items, holds: holds(terms.id, products[0] as Id, clock) }), true)
  const reserve = (...asks: Ask[]) => ledger.reserve(terms.id, terms.epoch, asks)
  const ask = (change: Partial<Ask> = {}) => askFor(clock, products[0] as Id, change)
  return {
    ...made,
    terms,
    items,
    products,
    reserve,
    ask,
    /** Reserves what must succeed. */
    async take(change: Partial<Ask> = {}): Promise<Ask> {
      const asked = ask(change)
      const [reply] = await reserve(asked)
      assert.equal(reply?.kind, 'reserved')
      return asked
    },
    settle: (...moves: HoldMove[]) => made.settle(terms.id, moves),
    /** As everybody sees it, with what must always hold. */
    async view(afterSeq = 0): Promise<LedgerView> {
      const view = await ledger.look(terms.id, afterSeq, 0)
      assert.ok(view)
      for (const item of view.items) assert.equal(item.remaining + item.held + item.sold, item.allotment)
      return view
    },
    async counts() {
      const view = await ledger.look(terms.id, 0, 0)
      return view?.items.map(({ remaining, held, sold }) => ({ remaining, held, sold }))
    },
  }
}

const kinds = (replies: Reply[]): string[] => replies.map((reply) => reply.kind)

function reserving(open: Open): void {
  it('decides a batch in its order and numbers what it gives without a gap', async () => {
    const { reserve, ask, clock, terms } = await open({ limit: 2 }, [3])
    const asks = [ask({ quantity: 2 }), ask({ quantity: 2 }), ask(), ask()]
    const { deadline, ...first } = asks[0] as Ask
    const replies = await reserve(...asks)
    assert.deepEqual(kinds(replies), ['reserved', 'sold-out', 'reserved', 'sold-out'])
    assert.deepEqual(replies[0], {
      kind: 'reserved',
      entry: { ...first, saleId: terms.id, epoch: 1, seq: 1, reservedAt: clock.now() },
      remaining: 1,
    })
    assert.deepEqual(replies[1], { kind: 'sold-out', remaining: 1 })
    assert.ok(replies[2]?.kind === 'reserved' && replies[2].entry.seq === 2 && replies[2].remaining === 0)
    assert.deepEqual(replies[3], { kind: 'sold-out', remaining: 0 })
  })

  it('takes from the item that is named', async () => {
    const { reserve, ask, products, counts } = await open({}, [1, 2])
    assert.deepEqual(kinds(await reserve(ask({ productId: products[1] as Id }))), ['reserved'])
    assert.deepEqual(await counts(), [
      { remaining: 1, held: 0, sold: 0 },
      { remaining: 1, held: 1, sold: 0 },
    ])
  })

  it('never gives more than there is, however the asks are batched', async () => {
    const { reserve, ask, counts } = await open({}, [10])
    const batches = await Promise.all(Array.from({ length: 8 }, () => reserve(...Array.from({ length: 5 }, () => ask()))))
    assert.equal(kinds(batches.flat()).filter((kind) => kind === 'reserved').length, 10)
    const seqs = batches.flat().flatMap((reply) => (reply.kind === 'reserved' ? [reply.entry.seq] : []))
    assert.deepEqual(
      seqs.sort((a, b) => a - b),
      Array.from({ length: 10 }, (_, i) => i + 1),
    )
    assert.deepEqual(await counts(), [{ remaining: 0, held: 10, sold: 0 }])
  })

  it('refuses another epoch and a sale it does not know, also a replay', async () => {
    const { ledger, terms, take, counts } = await open()
    const known = await take()
    for (const epoch of [0, 2]) assert.deepEqual(await ledger.reserve(terms.id, epoch, [known]), [{ kind: 'epoch-passed' }])
    assert.deepEqual(await ledger.reserve(newId(), 1, [known]), [{ kind: 'lost' }])
    assert.deepEqual(await counts(), [{ remaining: 2, held: 1, sold: 0 }])
  })
}

function replaying(open: Open): void {
  it('gives the same order again under the same key, and takes nothing', async () => {
    const { reserve, take, counts } = await open()
    const first = await take()
    const [again] = await reserve({ ...first, orderId: newId() })
    assert.ok(again?.kind === 'replayed' && again.entry.orderId === first.orderId && again.entry.seq === 1)
    assert.deepEqual(await counts(), [{ remaining: 2, held: 1, sold: 0 }])
  })

  it('knows the key within the same batch too', async () => {
    const { reserve, ask, counts } = await open()
    const first = ask()
    assert.deepEqual(kinds(await reserve(first, { ...first, orderId: newId() }, { ...first, bodyDigest: 'other' })), [
      'reserved',
      'replayed',
      'key-reused',
    ])
    assert.deepEqual(await counts(), [{ remaining: 2, held: 1, sold: 0 }])
  })

  it('outranks deadline, limit, stock, pauses and the end, also where the order was released', async () => {
    const { reserve, take, settle, amend, terms, items, clock } = await open({ limit: 1 }, [2])
    const live = await take()
    const released = await take()
    await settle({ orderId: released.orderId, to: 'release' })
    await take()
    const again = async (because: string) => {
      const replies = await reserve(live, released)
      assert.deepEqual(kinds(replies), ['replayed', 'replayed'], because)
      const ids = replies.map((reply) => reply.kind === 'replayed' && reply.entry.orderId)
      assert.deepEqual(ids, [live.orderId, released.orderId], because)
      assert.deepEqual(kinds(await reserve({ ...live, bodyDigest: 'other' })), ['key-reused'], because)
    }
    await again('sold out, and one is at the limit')
    await amend({ ...terms, pausedByOperator: true }, items)
    await again('paused')
    await amend({ ...terms, startTime: clock.now() + 1 }, items)
    await again('not started')
    await amend({ ...terms, endTime: clock.now() }, items)
    await again('ended')
    await clock.advance(5000)
    await again('late')
  })

  it('keeps the keys of buyers and of sales apart', async () => {
    const { reserve, take, ask } = await open()
    const { keyDigest, buyerId } = await take()
    assert.deepEqual(kinds(await reserve(ask({ keyDigest }))), ['reserved'])
    const other = await open()
    assert.deepEqual(kinds(await other.reserve(other.ask({ keyDigest, buyerId }))), ['reserved'])
  })
}

function refusing(open: Open): void {
  it('refuses what comes after its deadline', async () => {
    const { reserve, ask, clock } = await open()
    assert.deepEqual(kinds(await reserve(ask({ deadline: clock.now() }), ask({ deadline: clock.now() - 1 }))), [
      'reserved',
      'late',
    ])
  })

  it('is open from the first millisecond to the last before the end', async () => {
    const { reserve, ask, clock, terms } = await open({ startTime: 1_800_000_900_000, endTime: 1_800_000_900_100 }, [10])
    const at = async (ms: number) => {
      await clock.advance(ms - clock.now())
      return (await reserve(ask()))[0]
    }
    assert.deepEqual(await at(terms.startTime - 1), { kind: 'not-started', startTime: terms.startTime })
    assert.equal((await at(terms.startTime))?.kind, 'reserved')
    assert.equal((await at(terms.endTime - 1))?.kind, 'reserved')
    assert.deepEqual(await at(terms.endTime), { kind: 'ended' })
  })

  it('is closed by either pause', async () => {
    for (const pause of [{ pausedByOperator: true }, { pausedForRecovery: true }]) {
      const { reserve, ask } = await open(pause)
      assert.deepEqual(await reserve(ask()), [{ kind: 'paused' }])
    }
  })

  it('names the first reason that holds: ended, paused, not started, no such item, limit, stock', async () => {
    const { reserve, ask, amend, terms, items, take, clock } = await open({}, [1])
    const { buyerId } = await take()
    const early = { ...terms, startTime: clock.now() + 1 }
    const tooMuch = ask({ buyerId })
    const nothing = ask({ productId: newId(), buyerId })
    assert.deepEqual(kinds(await reserve(tooMuch, nothing, ask())), ['limit-reached', 'not-found', 'sold-out'])
    await amend(early, items)
    assert.deepEqual(kinds(await reserve(nothing)), ['not-started'])
    await amend({ ...early, pausedForRecovery: true }, items)
    assert.deepEqual(kinds(await reserve(nothing)), ['paused'])
    await amend({ ...early, pausedForRecovery: true, endTime: clock.now() }, items)
    assert.deepEqual(kinds(await reserve(nothing)), ['ended'])
    assert.deepEqual(kinds(await reserve({ ...nothing, deadline: clock.now() - 1 })), ['late'])
  })

  it('names no order whose unit came back after it was paid', async () => {
    const { take, settle, reserve, ask } = await open({ limit: 1 }, [5])
    const first = await take()
    await settle({ orderId: first.orderId, to: 'commit' })
    await settle({ orderId: first.orderId, to: 'return' })
    assert.deepEqual(await reserve(ask({ buyerId: first.buyerId, quantity: 2 })), [
      { kind: 'limit-reached', limit: 1, entry: null },
    ])
  })

  it('counts quantities up to the limit and names the newest live order', async () => {
    const { reserve, ask, take, settle } = await open({ limit: 3 }, [10])
    const buyerId = newId()
    assert.deepEqual(await reserve(ask({ buyerId, quantity: 4 })), [{ kind: 'limit-reached', limit: 3, entry: null }])
    const first = await take({ buyerId, quantity: 2 })
    const refused = async () => {
      const [reply] = await reserve(ask({ buyerId, quantity: 2 }))
      assert.ok(reply?.kind === 'limit-reached')
      return reply.entry?.orderId
    }
    assert.equal(await refused(), first.orderId)
    const second = await take({ buyerId })
    assert.equal(await refused(), second.orderId)
    await settle({ orderId: first.orderId, to: 'commit' }, { orderId: second.orderId, to: 'release' })
    assert.equal(await refused(), first.orderId, 'what was released is not named, what was paid is')
    await take({ buyerId })
  })

  it('gives unit and limit back with a release', async () => {
    const { ask, reserve, take, settle } = await open({}, [1])
    const { orderId, buyerId } = await take()
    assert.deepEqual(kinds(await reserve(ask(), ask({ buyerId }))), ['sold-out', 'limit-reached'])
    await settle({ orderId, to: 'release' })
    await take({ buyerId })
  })
}

function keepingQuiet(open: Open): void {
  it('stays sold out for as long as a look has asked for, also if a unit comes back; replays are answered', async () => {
    const { ledger, terms, take, ask, reserve, settle, clock } = await open({}, [1])
    const first = await take()
    await ledger.look(terms.id, 0, 250)
    await settle({ orderId: first.orderId, to: 'release' })
    await clock.advance(249)
    assert.deepEqual(await reserve(ask()), [{ kind: 'sold-out', remaining: 0 }])
    assert.deepEqual(kinds(await reserve(first)), ['replayed'])
    await clock.advance(1)
    await take()
  })

  it('stays closed for as long as a look has asked for that found it so, also if it is opened; replays are answered', async () => {
    const { ledger, terms, items, take, ask, reserve, amend, clock } = await open({ limit: 2 }, [9])
    const first = await take()
    const paused = { ...terms, pausedByOperator: true }
    const later = { ...terms, startTime: clock.now() + 60_000 }
    for (const [closed, reply] of [
      [paused, { kind: 'paused' }],
      [later, { kind: 'not-started', startTime: later.startTime }],
    ] as const) {
      await amend(closed, items)
      await ledger.look(terms.id, 0, 250)
      await amend(terms, items)
      await ledger.look(terms.id, 0, 250)
      await clock.advance(249)
      assert.deepEqual(await reserve(ask()), [reply])
      assert.deepEqual(kinds(await reserve(first)), ['replayed'])
      await clock.advance(1)
      await take()
    }
  })

  it('does not keep a sale closed beyond its start, nor after a look that did not wish for it', async () => {
    const { ledger, terms, items, take, amend, clock } = await open({}, [9])
    await amend({ ...terms, startTime: clock.now() + 100 }, items)
    await ledger.look(terms.id, 0, 250)
    await clock.advance(100)
    await take()
    await clock.advance(150)
    await amend({ ...terms, pausedForRecovery: true }, items)
    await ledger.look(terms.id, 0, 0)
    await amend(terms, items)
    await take()
  })

  it('is of no effect on an item with units left, and not wished for by a look without it', async () => {
    const { ledger, terms, products, take, settle } = await open({}, [1, 1])
    await ledger.look(terms.id, 0, 250)
    const first = await take()
    await ledger.look(terms.id, 0, 0)
    await settle({ orderId: first.orderId, to: 'release' })
    await take()
    await ledger.look(terms.id, 0, 250)
    await take({ productId: products[1] as Id })
  })
}

function settling(open: Open): void {
  it('commits and releases by order id, once', async () => {
    const { take, settle, counts } = await open({}, [3])
    const [sold, freed, held] = [await take(), await take(), await take()]
    const moves: HoldMove[] = [
      { orderId: sold.orderId, to: 'commit' },
      { orderId: freed.orderId, to: 'release' },
      { orderId: newId(), to: 'release' },
    ]
    assert.deepEqual(await settle(...moves), ['moved', 'moved', 'unknown'])
    assert.deepEqual(await counts(), [{ remaining: 1, held: 1, sold: 1 }])
    assert.deepEqual(await settle(...moves), ['unchanged', 'unchanged', 'unknown'])
    assert.deepEqual(await settle({ orderId: sold.orderId, to: 'release' }, { orderId: freed.orderId, to: 'commit' }), [
      'unchanged',
      'unchanged',
    ])
    assert.deepEqual(await counts(), [{ remaining: 1, held: 1, sold: 1 }])
    assert.deepEqual(await settle({ orderId: held.orderId, to: 'commit' }, { orderId: held.orderId, to: 'release' }), [
      'moved',
      'unchanged',
    ])
    assert.deepEqual(await counts(), [{ remaining: 1, held: 0, sold: 2 }])
  })

  it('knows nothing of a sale that it does not have', async () => {
    const { ledger } = await open()
    assert.deepEqual(await ledger.settle(newId(), [{ orderId: newId(), to: 'commit' }]), ['unknown'])
  })

  it('returns what was sold, or what is about to be: the commit that comes after does nothing', async (t) => {
    const { ledger, take, settle, counts } = await open({}, [2])
    if (ledger.inBooks) return t.skip('the books take no refunds yet')
    const [sold, late] = [await take(), await take()]
    await settle({ orderId: sold.orderId, to: 'commit' })
    const returns: HoldMove[] = [
      { orderId: sold.orderId, to: 'return' },
      { orderId: late.orderId, to: 'return' },
    ]
    assert.deepEqual(await settle(...returns), ['moved', 'moved'])
    assert.deepEqual(await settle(...returns), ['unchanged', 'unchanged'])
    assert.deepEqual(await settle({ orderId: late.orderId, to: 'commit' }), ['unchanged'])
    assert.deepEqual(await counts(), [{ remaining: 2, held: 0, sold: 0 }])
  })
}

function looking(open: Open): void {
  it('shows terms, time, the highest sequence, the counts, and who has an order above a sequence, live or released', async () => {
    const { terms, items, take, settle, view, clock } = await open({ limit: 2 }, [5, 1])
    const [first, second] = [await take(), await take()]
    await settle({ orderId: second.orderId, to: 'release' })
    const third = await take({ quantity: 2 })
    const shown = await view(1)
    assert.deepEqual(
      { ...shown, buyers: [...shown.buyers].sort() },
      {
        terms,
        seq: 3,
        now: clock.now(),
        items: [
          { ...items[0], remaining: 2, held: 3, sold: 0 },
          { ...items[1], remaining: 1, held: 0, sold: 0 },
        ],
        buyers: [second.buyerId, third.buyerId].sort(),
      },
    )
    assert.deepEqual(new Set((await view(0)).buyers), new Set([first.buyerId, second.buyerId, third.buyerId]))
    assert.deepEqual((await view(3)).buyers, [])
  })

  it('does not know a sale that is not there', async () => {
    const { ledger } = await open()
    assert.equal(await ledger.look(newId(), 0, 250), null)
    assert.deepEqual(await ledger.entries(newId(), 1, 0, Number.MAX_SAFE_INTEGER, 10), [])
  })

  it('lists entries in order of their sequence: those above one, of an epoch, reserved before a time, so many', async () => {
    const { ledger, terms, take, settle, clock } = await open({}, [10])
    const old = [await take(), await take(), await take()]
    await settle({ orderId: old[0]?.orderId as Id, to: 'commit' }, { orderId: old[1]?.orderId as Id, to: 'release' })
    await clock.advance(100)
    const fresh = await take()
    const list = async (afterSeq: number, before: number, max = 10, epoch = 1) =>
      (await ledger.entries(terms.id, epoch, afterSeq, before, max)).map(({ orderId, seq, state }) => ({ orderId, seq, state }))
    const states = ['COMMITTED', 'CANCELLED', 'PENDING', 'PENDING']
    const all = [...old, fresh].map(({ orderId }, i) => ({ orderId, seq: i + 1, state: states[i] }))
    assert.deepEqual(await list(0, clock.now() + 1), all)
    assert.deepEqual(await list(0, clock.now()), all.slice(0, 3))
    assert.deepEqual(await list(1, clock.now(), 1), all.slice(1, 2))
    assert.deepEqual(await list(0, clock.now() + 1, 10, 2), [])
    const { deadline, ...asked } = fresh
    const [last] = await ledger.entries(terms.id, 1, 3, clock.now() + 1, 10)
    assert.deepEqual(last, { ...asked, saleId: terms.id, epoch: 1, seq: 4, reservedAt: clock.now(), state: 'PENDING' })
  })
}

function amending(open: Open): void {
  it('changes allotments up, and down as far as nothing is held or sold', async () => {
    const { amend, terms, products, take, settle, counts } = await open({}, [3])
    const productId = products[0] as Id
    const to = (allotment: number) => amend(terms, [{ productId, allotment }])
    assert.equal((await take()).productId, productId)
    await settle({ orderId: (await take()).orderId, to: 'commit' })
    assert.equal(await to(5), true)
    assert.deepEqual(await counts(), [{ remaining: 3, held: 1, sold: 1 }])
    assert.equal(await to(2), true)
    assert.equal(await to(2), true)
    assert.deepEqual(await counts(), [{ remaining: 0, held: 1, sold: 1 }])
    assert.equal(await to(1), false)
    assert.deepEqual(await counts(), [{ remaining: 0, held: 1, sold: 1 }])
  })

  it('changes nothing where one allotment cannot be, an item is not there, or the epoch is another', async () => {
    const { amend, terms, items, products, take, view } = await open({}, [3, 3])
    await take()
    const before = await view()
    const [first, second] = products as [Id, Id]
    const change = { ...terms, limit: 7, pausedByOperator: true }
    for (const refused of [
      [
        { productId: second, allotment: 9 },
        { productId: first, allotment: 0 },
      ],
      [
        { productId: first, allotment: 9 },
        { productId: newId(), allotment: 9 },
      ],
    ]) {
      assert.equal(await amend(change, refused), false)
    }
    assert.equal(await amend({ ...change, epoch: 2 }, items), false)
    assert.equal(await amend({ ...change, id: newId() }, items), false)
    assert.deepEqual(await view(), before)
  })

  it('changes window, limit and pauses at once', async () => {
    const { amend, terms, ask, reserve, take, items, clock } = await open({}, [9])
    const { buyerId } = await take()
    const now = async (change: Partial<SaleTerms>) => {
      assert.equal(await amend({ ...terms, ...change }, items), true)
      return kinds(await reserve(ask({ buyerId })))[0]
    }
    assert.equal(await now({ pausedByOperator: true }), 'paused')
    assert.equal(await now({ startTime: clock.now() + 1 }), 'not-started')
    assert.equal(await now({ endTime: clock.now() }), 'ended')
    assert.equal(await now({}), 'limit-reached')
    assert.equal(await now({ limit: 2 }), 'reserved')
  })
}

function loading(open: Open): void {
  it('begins a new epoch with what the books say: counts, keys, limits, settling; and counts from one', async () => {
    let holds: Hold[] = []
    const sale = await open({ epoch: 2, limit: 2 }, [5], (saleId, productId, clock) => {
      const states = ['PENDING', 'COMMITTED', 'CANCELLED'] as const
      holds = states.map((state, i) => holdOf(clock, saleId, productId, state, { seq: i + 1, quantity: i === 1 ? 2 : 1 }))
      return holds
    })
    const { terms, clock, reserve, ask, settle, counts, view, ledger } = sale
    const [pending, paid, cancelled] = holds as [Hold, Hold, Hold]
    assert.deepEqual(await counts(), [{ remaining: 2, held: 1, sold: 2 }])
    const again = (hold: Hold, change: Partial<Ask> = {}) => ask({ buyerId: hold.buyerId, keyDigest: hold.keyDigest, ...change })
    const replies = await reserve(again(pending), again(cancelled), again(paid, { bodyDigest: 'other' }))
    assert.deepEqual(kinds(replies), ['replayed', 'replayed', 'key-reused'])
    const { state, ...entry } = pending
    assert.deepEqual(replies[0], { kind: 'replayed', entry })
    const [refused] = await reserve(ask({ buyerId: paid.buyerId }))
    assert.ok(refused?.kind === 'limit-reached' && refused.entry?.orderId === paid.orderId)
    assert.deepEqual(await settle({ orderId: pending.orderId, to: 'commit' }, { orderId: cancelled.orderId, to: 'release' }), [
      'moved',
      'unchanged',
    ])
    const [fresh] = await reserve(ask({ buyerId: cancelled.buyerId }))
    assert.ok(fresh?.kind === 'reserved' && fresh.entry.epoch === 2 && fresh.entry.seq === 1)
    assert.deepEqual(new Set((await view(0)).buyers), new Set(holds.map((hold) => hold.buyerId)))
    assert.deepEqual((await view(1)).buyers, [])
    const found = await ledger.entries(terms.id, 1, 0, clock.now() + 1, 10)
    assert.deepEqual(
      found.map((hold) => hold.orderId),
      holds.map((hold) => hold.orderId),
      'each keeps its epoch and sequence',
    )
  })

  it('is replaced only by a higher epoch; what was not in the books is gone then', async (t) => {
    const { ledger, terms, items, take, counts, reserve } = await open({ epoch: 2 })
    if (ledger.inBooks) return t.skip('the books are loaded already')
    const lost = await take()
    for (const epoch of [1, 2]) assert.equal(await ledger.load({ terms: { ...terms, epoch }, items, holds: [] }), false)
    assert.deepEqual(await counts(), [{ remaining: 2, held: 1, sold: 0 }])
    assert.equal(await ledger.load({ terms: { ...terms, epoch: 3 }, items, holds: [] }), true)
    assert.deepEqual(await counts(), [{ remaining: 3, held: 0, sold: 0 }])
    assert.deepEqual(await reserve(lost), [{ kind: 'epoch-passed' }])
    assert.deepEqual(kinds(await ledger.reserve(terms.id, 3, [lost])), ['reserved'])
  })

  it('is gone once it is dropped, and may be loaded anew', async (t) => {
    const { ledger, terms, items, take, reserve, counts } = await open()
    if (ledger.inBooks) return t.skip('the orders are the record and stay')
    const lost = await take()
    await ledger.drop(terms.id)
    await ledger.drop(terms.id)
    assert.deepEqual(await reserve(lost), [{ kind: 'lost' }])
    assert.equal(await ledger.load({ terms, items, holds: [] }), true)
    assert.deepEqual(await counts(), [{ remaining: 3, held: 0, sold: 0 }])
  })
}
