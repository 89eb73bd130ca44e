import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { newId, openTerms } from '../../test/samples.ts'
import type { Sale } from '../core/sale.ts'
import { Board } from './board.ts'

const [CUP, POT] = [newId(), newId()]

/** A board with one sale of 5 cups and 2 pots, and what it has told since. */
function shown() {
  const clock = handClock()
  const item = { price: 100, listPrice: 200, currency: 'EUR', name: 'A thing', image: null }
  const sale: Sale = {
    ...openTerms(clock),
    ...{ name: 'A sale', banner: null, createdAt: clock.now(), settledAt: null, drillId: null },
    items: [
      { ...item, productId: CUP, allotment: 5 },
      { ...item, productId: POT, allotment: 2 },
    ],
  }
  const board = new Board()
  const told: string[] = []
  board.on((live, what) => told.push(`${what} ${live.version}`))
  board.put([sale])
  return { clock, sale, board, told, left: () => [...(board.get(sale.id)?.remaining ?? [])].map(([, units]) => units) }
}

describe('the board', () => {
  it('shows a sale with its allotments, and tells of it and of each change once', () => {
    const { board, sale, told, left } = shown()
    assert.deepEqual(left(), [5, 2])
    board.put([{ ...sale }])
    assert.deepEqual(told, ['sale 2'], 'the same again is no news')
    board.put([{ ...sale, name: 'Another name' }])
    board.stock(sale.id, POT, 1)
    board.stock(sale.id, POT, 1)
    assert.deepEqual(told, ['sale 2', 'sale 3', 'stock 4'])
    assert.equal(board.get(sale.id)?.sale.name, 'Another name')
    assert.deepEqual(left(), [5, 1], 'what was left is still known')
  })

  it('forgets what is no longer current, and hears no more of it', () => {
    const { board, sale, told } = shown()
    const other = { ...sale, id: newId() }
    board.put([other])
    assert.deepEqual(
      board.all().map((live) => live.sale.id),
      [other.id],
    )
    board.stock(sale.id, CUP, 0)
    board.count(sale.id, 'accepted', 1)
    assert.equal(board.get(sale.id), undefined)
    assert.deepEqual(told, ['sale 2', 'sale 2'])
    board.remove(other.id)
    assert.deepEqual(board.all(), [])
  })

  it('counts answers by their outcome, with the time that they took', () => {
    const { board, sale } = shown()
    for (const outcome of ['accepted', 'sold-out', 'sold-out']) board.count(sale.id, outcome, 10)
    const live = board.get(sale.id)
    assert.deepEqual(Object.fromEntries(live?.outcomes ?? []), { accepted: 1, 'sold-out': 2 })
    const within = live?.times.within(0.5) ?? 0
    assert.ok(within > 9 && within < 11, `${within}`)
  })

  it("goes by the ledger's time once it has heard it", async () => {
    const { board, clock } = shown()
    assert.equal(board.ledgerNow(clock), clock.now())
    board.setLedgerNow(5000, clock)
    await clock.advance(70)
    assert.equal(board.ledgerNow(clock), 5070)
  })
})
