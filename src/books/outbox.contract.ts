import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId } from '../../test/samples.ts'
import type { BooksWorld } from './books.contract.ts'

const LEASE_MS = 1000

export function outboxContract(get: () => BooksWorld): void {
  it('hands a row to one claimer at a time, oldest first, until its lease runs out', async () => {
    const { outbox, sale, booked, clock } = get()
    const made = await sale()
    const orders: string[] = []
    for (const seq of [1, 2, 3]) {
      orders.push((await booked(made, seq)).orderId)
      await clock.advance(1)
    }
    const claim = async (token: string, max: number) => (await outbox.claim(token, max, LEASE_MS)).map((row) => row.refId)
    assert.deepEqual(await claim('first', 2), orders.slice(0, 2))
    assert.deepEqual(await claim('second', 9), orders.slice(2))
    assert.deepEqual(await claim('third', 9), [])
    assert.deepEqual(await outbox.waiting(), { count: 3, oldestMs: 3 }, 'claimed is not yet told')
    await clock.advance(LEASE_MS - 1)
    assert.deepEqual(await claim('third', 9), [])
    await clock.advance(1)
    assert.deepEqual(await claim('third', 9), orders)
  })

  it('never hands one row to two that claim at once', async () => {
    const { outbox, sale, booked } = get()
    const made = await sale()
    for (const seq of [1, 2, 3, 4]) await booked(made, seq)
    const claims = await Promise.all(['a', 'b', 'c'].map((token) => outbox.claim(token, 2, LEASE_MS)))
    const ids = claims.flat().map((row) => row.id)
    assert.equal(ids.length, 4)
    assert.equal(new Set(ids).size, 4)
  })

  it('lets only who holds a row be done with it, once', async () => {
    const { outbox, sale, booked, clock } = get()
    const { orderId } = await booked(await sale(), 1)
    const [row] = await outbox.claim('slow', 9, LEASE_MS)
    assert.ok(row)
    assert.deepEqual(row, { id: row.id, happening: 'order-booked', refId: orderId, at: clock.now() })
    await clock.advance(LEASE_MS)
    await outbox.claim('quick', 9, LEASE_MS)
    assert.equal(await outbox.done('slow', [row.id]), 0)
    assert.equal(await outbox.done('quick', [row.id, row.id + 1000]), 1)
    assert.equal(await outbox.done('quick', [row.id]), 0)
    assert.deepEqual(await outbox.waiting(), { count: 0, oldestMs: 0 })
  })

  it('tells again of what waits unpaid and of which nothing is on its way', async () => {
    const { books, outbox, events, sale, booked, told, clock, waitForBuyer } = get()
    const made = await sale()
    const [lost, paid, asking, onItsWay, unread] = [
      await booked(made, 1),
      await booked(made, 2),
      await booked(made, 3),
      await booked(made, 4),
      await booked(made, 5),
    ]
    await books.move([{ orderId: paid.orderId, by: 'pay' }])
    waitForBuyer(asking.orderId)
    await clock.advance(1000)
    assert.equal(await outbox.again(0), 0, 'all is yet to be told')
    await told()
    const event = { id: newId(), type: 'InventoryReserved', topic: 'doorbuster.payments', time: clock.now(), data: {} } as const
    await events.append([{ ...event, subject: onItsWay.orderId }])
    const [delivery] = await events.take('payments', 'worker', 9, LEASE_MS)
    assert.equal(await outbox.again(1000), 0, 'they are not older than that')
    assert.equal(await outbox.again(999), 2)
    assert.equal(await outbox.again(999), 0)
    const rows = await outbox.claim('teller', 9, LEASE_MS)
    assert.deepEqual(
      new Set(rows.map(({ happening, refId, at }) => `${at} ${happening} ${refId}`)),
      new Set([lost, unread].map(({ orderId }) => `${clock.now()} order-booked ${orderId}`)),
    )
    await events.ack('payments', 'worker', [delivery?.position ?? 0])
    assert.equal(await outbox.again(999), 1, 'its event was taken and it still waits')
  })
}
