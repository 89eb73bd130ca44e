import assert from 'node:assert/strict'
import fc from 'fast-check'
import { newId, openTerms } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { SaleTerms } from '../core/sale.ts'
import type { LedgerFixture } from './ledger.contract.ts'
import type { Ask, HoldMove, Ledger } from './ledger.ts'
import { MemoryLedger } from './memory-ledger.ts'

const RUNS = 25
const CALLS_MAX = 60
/** A failure is made smaller for that long. */
const SHRINK_MS = 10_000

const small = (max: number) => fc.nat({ max })
const seldom = fc.integer({ min: 0, max: 9 }).map((n) => n === 9)

const anAsk = fc.record({
  buyer: small(2),
  product: small(2),
  quantity: fc.integer({ min: 1, max: 3 }),
  key: small(4),
  body: seldom,
  late: seldom,
})
const aCall = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      call: fc.constant('reserve' as const),
      wrongEpoch: seldom,
      asks: fc.array(anAsk, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant('settle' as const),
      moves: fc.array(fc.record({ order: small(20), to: fc.constantFrom('commit', 'release', 'return') }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ call: fc.constant('look' as const), afterSeq: small(6), quietMs: fc.constantFrom(0, 100) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant('entries' as const),
      afterSeq: small(6),
      ageMs: small(80),
      max: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('wait' as const), ms: small(80) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('amend' as const),
      limit: fc.integer({ min: 1, max: 4 }),
      paused: fc.constantFrom('', '', '', 'operator', 'recovery'),
      window: fc.constantFrom([-50, 500], [-50, 500], [30, 500], [-50, -10]),
      allotments: fc.tuple(small(8), small(8)),
    }),
  },
)
type Call = typeof aCall extends fc.Arbitrary<infer T> ? T : never

/** The same random calls on this ledger and on the one in memory: the same replies one by one, and the same view at the end. */
export async function compareLedgers(made: LedgerFixture): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(aCall, { minLength: 1, maxLength: CALLS_MAX, size: 'max' }), (calls) => compare(made, calls)),
    { numRuns: RUNS, seed: 20_261_121, interruptAfterTimeLimit: SHRINK_MS },
  )
}

async function compare(made: LedgerFixture, calls: Call[]): Promise<void> {
  const { clock } = made
  const incarnation = await made.ledger.incarnation()
  const memory = new MemoryLedger(clock.now, () => incarnation)
  const terms = openTerms(clock, { limit: 2, incarnation })
  const world: World = {
    terms,
    products: [newId(), newId()],
    buyers: [newId(), newId(), newId()],
    orders: [newId()],
    returns: !made.ledger.inBooks,
  }
  const image = { terms, items: world.products.map((productId) => ({ productId, allotment: 5 })), holds: [] }
  assert.equal(await made.load(image), await memory.load(image))
  const both = [{ ledger: made.ledger, settle: made.settle, amend: made.amend }, facesOf(memory)]
  for (const call of calls) {
    if (call.call === 'wait') await clock.advance(call.ms)
    else {
      const play = stepOf(call, world, clock.now())
      const [real, expected] = [await play(both[0] as Faces), await play(both[1] as Faces)]
      assert.deepEqual(real, expected, JSON.stringify(call))
    }
  }
  for (const [real, expected] of [
    [await seen(made.ledger, terms.id), await seen(memory, terms.id)],
    [
      await made.ledger.entries(terms.id, 1, 0, clock.now() + 1, 1000),
      await memory.entries(terms.id, 1, 0, clock.now() + 1, 1000),
    ],
  ]) {
    assert.deepEqual(real, expected)
  }
}

type World = { terms: SaleTerms; products: Id[]; buyers: Id[]; orders: Id[]; returns: boolean }
type Faces = Pick<LedgerFixture, 'ledger' | 'settle' | 'amend'>
const facesOf = (ledger: Ledger): Faces => ({ ledger, settle: ledger.settle.bind(ledger), amend: ledger.amend.bind(ledger) })

async function seen(ledger: Ledger, saleId: Id, afterSeq = 0, quietMs = 0) {
  const view = await ledger.look(saleId, afterSeq, quietMs)
  return view && { ...view, buyers: [...new Set(view.buyers)].sort() }
}

/** What the call means in this world, to be played on each ledger with the same ids. */
function stepOf(call: Exclude<Call, { call: 'wait' }>, world: World, now: number): (faces: Faces) => Promise<unknown> {
  const { terms, products, buyers, orders } = world
  switch (call.call) {
    case 'reserve': {
      const asks = call.asks.map(
        ({ buyer, product, quantity, key, body, late }): Ask => ({
          orderId: newId(),
          buyerId: buyers[buyer] as Id,
          productId: products[product] ?? terms.id,
          quantity,
          method: 'credit',
          keyDigest: `key ${key}`,
          bodyDigest: body ? 'other' : 'body',
          deadline: late ? now - 1 : now,
        }),
      )
      orders.push(...asks.map((ask) => ask.orderId))
      return ({ ledger }) => ledger.reserve(terms.id, call.wrongEpoch ? 2 : 1, asks)
    }
    case 'settle': {
      const moves = call.moves.map(({ order, to }): HoldMove => {
        const move = to === 'return' && !world.returns ? 'release' : to
        return { orderId: orders[order % orders.length] as Id, to: move as HoldMove['to'] }
      })
      return ({ settle }) => settle(terms.id, moves)
    }
    case 'amend': {
      const [startIn, endIn] = call.window as [number, number]
      const pauses = { pausedByOperator: call.paused === 'operator', pausedForRecovery: call.paused === 'recovery' }
      const amended = { ...terms, ...pauses, limit: call.limit, startTime: now + startIn, endTime: now + endIn }
      const items = products.map((productId, i) => ({ productId, allotment: call.allotments[i] as number }))
      return ({ amend }) => amend(amended, items)
    }
    case 'look':
      return ({ ledger }) => seen(ledger, terms.id, call.afterSeq, call.quietMs)
    case 'entries':
      return ({ ledger }) => ledger.entries(terms.id, 1, call.afterSeq, now - call.ageMs, call.max)
  }
}
