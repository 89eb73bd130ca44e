import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { altered, lossy, memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { Entry, OrderState } from '../core/order.ts'
import type { Ask, Reply } from '../ledger/ledger.ts'
import { confirm, entryOf, holdOf } from './book.ts'

/** A sale of ten units, and a process that confirms replies as a ledger of its own might give them. */
async function open() {
  const shop = memoryShop()
  const [books, ledger] = [lossy(shop.books), shop.ledger]
  const sale = await shop.sale(10)
  const alarms: string[] = []
  const parts = { ledger, books, alarm: (_id: string, _epoch: number, because: string) => void alarms.push(because) }
  let seq = 0
  const ask = (): Ask => {
    const { saleId, ...asked } = shop.wish(sale)
    return { ...asked, orderId: newId(), deadline: shop.clock.now() }
  }
  const entry = ({ deadline, ...asked }: Ask): Entry => {
    return { ...asked, saleId: sale.id, epoch: 1, seq: ++seq, reservedAt: shop.clock.now() }
  }
  const reserved = (asked: Ask): Reply => ({ kind: 'reserved', entry: entry(asked), remaining: 5 })
  /** What is said in the end, each ask with the ledger's reply to it. */
  const said = (...pairs: [Ask, Reply][]) =>
    confirm(
      parts,
      sale.id,
      1,
      pairs.map(([asked]) => asked),
      pairs.map(([, reply]) => reply),
    )
  const has = async ({ orderId }: { orderId: string }) => (await shop.books.order(orderId)) !== null
  return { ...shop, books, sale, alarms, parts, ask, entry, reserved, said, has }
}

const soldOut: Reply = { kind: 'sold-out', remaining: 0 }

describe('what the ledger said', () => {
  it('is confirmed one by one, each answer in its place', async () => {
    const { ask, entry, reserved, said, books, sale } = await open()
    const [known, reused] = [entry(ask()), entry(ask())]
    await books.book(sale.id, 1, [known, reused])
    const asks = [ask(), ask(), { ...ask(), ...known }, ask(), ask(), { ...ask(), ...reused, bodyDigest: 'other' }] as const
    const [first, second] = [reserved(asks[0]), reserved(asks[3])]
    assert.deepEqual(
      await said(
        [asks[0], first],
        [asks[1], soldOut],
        [asks[2], soldOut],
        [asks[3], second],
        [asks[4], { kind: 'ended' }],
        [asks[5], { kind: 'paused' }],
      ),
      [first, soldOut, { kind: 'replayed', entry: known }, second, { kind: 'ended' }, { kind: 'key-reused' }],
    )
  })

  it('costs the books no more than it must', async () => {
    const { ask, reserved, said, books } = await open()
    await said([ask(), soldOut], [ask(), { kind: 'paused' }])
    assert.deepEqual(books.calls, { truth: 1 })
    const one = ask()
    await said([one, reserved(one)])
    assert.deepEqual(books.calls, { truth: 1, book: 1 })
  })

  it('is the truth already where the ledger lives in the books', async () => {
    const { ask, reserved, sale, books, ledger, parts } = await open()
    const one = ask()
    const replies: Reply[] = [reserved(one), { kind: 'lost' }]
    const inBooks = { ...parts, ledger: altered(ledger, { inBooks: true }) }
    assert.deepEqual(await confirm(inBooks, sale.id, 1, [one, ask()], replies), replies)
    assert.deepEqual(books.calls, {})
  })

  it('counts for nothing where the books refuse to book it: not the grant, nor a replay, nor an order that stands in the way', async () => {
    const { ask, entry, said, record, sale, alarms, has } = await open()
    Object.assign(record.item(sale.id, sale.productId) ?? {}, { allotment: 0, available: 0 })
    const [granted, replayed, other] = [ask(), ask(), ask()]
    const [one, two, way] = [entry(granted), entry(replayed), entry(ask())]
    assert.deepEqual(
      await said(
        [granted, { kind: 'reserved', entry: one, remaining: 5 }],
        [replayed, { kind: 'replayed', entry: two }],
        [other, { kind: 'limit-reached', limit: 1, entry: way }],
        [ask(), soldOut],
      ),
      [{ kind: 'busy' }, { kind: 'busy' }, { kind: 'busy' }, soldOut],
    )
    assert.equal(alarms.length, 1)
    assert.match(alarms[0] ?? '', /fewer are available/)
    assert.deepEqual(await Promise.all([one, two, way].map(has)), [false, false, false])
  })

  it('names an order that stands in the way only once it is booked', async () => {
    const { ask, entry, said, has } = await open()
    const way = entry(ask())
    const reply: Reply = { kind: 'limit-reached', limit: 1, entry: way }
    const nobody: Reply = { kind: 'limit-reached', limit: 1, entry: null }
    assert.deepEqual(await said([ask(), reply], [ask(), nobody], [ask(), soldOut]), [reply, nobody, soldOut])
    assert.ok(await has(way))
  })

  it('is evidence against the ledger where it does not know the sale', async () => {
    const { ask, reserved, said, alarms } = await open()
    const one = ask()
    const first = reserved(one)
    assert.deepEqual(await said([one, first], [ask(), { kind: 'lost' }]), [first, { kind: 'lost' }])
    assert.deepEqual(alarms, ['the ledger does not know the sale any more'])
  })
})

it('an order stands for the hold that its unit is', async () => {
  const { ask, entry, books, sale } = await open()
  const made = entry(ask())
  await books.book(sale.id, 1, [made])
  const order = await books.order(made.orderId)
  assert.ok(order)
  assert.deepEqual(entryOf(order), made)
  const states: [OrderState, string][] = [
    ['RESERVATION_PENDING', 'PENDING'],
    ['PAYMENT_PENDING', 'PENDING'],
    ['COMPLETED', 'COMMITTED'],
    ['REFUND_DUE', 'COMMITTED'],
  ]
  for (const [state, hold] of states) assert.deepEqual(holdOf({ ...order, state }), { ...made, state: hold })
  for (const state of ['FAILED', 'EXPIRED', 'REFUNDED'] as const)
    assert.deepEqual(holdOf({ ...order, state, released: true }), { ...made, state: 'CANCELLED' })
})
