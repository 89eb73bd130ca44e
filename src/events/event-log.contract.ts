import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { HandClock } from '../../test/hand-clock.ts'
import { newId } from '../../test/samples.ts'
import type { Delivery, Event, EventLog } from './event-log.ts'

const LEASE_MS = 1000

export type EventLogFixture = { events: EventLog; clock: HandClock } & Partial<AsyncDisposable>

/** What every `EventLog` must do. */
export function eventLogContract(name: string, make: () => Promise<EventLogFixture>): void {
  describe(`event log: ${name}`, () => {
    let made: EventLogFixture
    before(async () => {
      made = await make()
    })
    after(async () => made[Symbol.asyncDispose]?.())
    beforeEach(async () => {
      await made.clock.advance(LEASE_MS)
      const left = await take('cleaner')
      await ack('cleaner', left)
    })
    const reserved = (more: Partial<Event> = {}): Event => {
      const subject = newId()
      const time = made.clock.now()
      return {
        id: `${subject}:reserved`,
        type: 'InventoryReserved',
        topic: 'doorbuster.payments',
        subject,
        time,
        data: { a: [1, 'é'] },
        ...more,
      }
    }
    const take = (token: string, max = 1000) => made.events.take('payments', token, max, LEASE_MS)
    const ack = (token: string, deliveries: Delivery[]) =>
      made.events.ack(
        'payments',
        token,
        deliveries.map(({ position }) => position),
      )
    const eventsOf = (deliveries: Delivery[]) => deliveries.map(({ event }) => event)

    it('hands a group what it subscribed to, whole and in order, and nothing else', async () => {
      const [first, second] = [reserved(), reserved()]
      await made.events.append([first, reserved({ id: newId(), type: 'OrderCreated', topic: 'doorbuster.orders' }), second])
      await made.events.append([])
      assert.deepEqual(eventsOf(await take('worker')), [first, second])
    })

    it('takes an event once, however often it is appended, also after it was handled', async () => {
      const event = reserved()
      await made.events.append([event, event])
      await Promise.all([made.events.append([event]), made.events.append([{ ...event, data: {} }])])
      const taken = await take('worker')
      assert.deepEqual(eventsOf(taken), [event])
      await ack('worker', taken)
      await made.events.append([event])
      assert.deepEqual(await take('worker'), [])
    })

    it('hands an event to one worker at a time, oldest first, until its lease runs out', async () => {
      const all = [reserved(), reserved(), reserved()]
      await made.events.append(all)
      assert.deepEqual(eventsOf(await take('first', 2)), all.slice(0, 2))
      assert.deepEqual(eventsOf(await take('second')), all.slice(2))
      await made.clock.advance(LEASE_MS - 1)
      assert.deepEqual(await take('third'), [])
      await made.clock.advance(1)
      assert.deepEqual(eventsOf(await take('third')), all)
    })

    it('never hands one event to two that take at once', async () => {
      await made.events.append([reserved(), reserved(), reserved(), reserved()])
      const taken = await Promise.all(['a', 'b', 'c'].map((token) => take(token, 2)))
      const positions = taken.flat().map(({ position }) => position)
      assert.equal(positions.length, 4)
      assert.equal(new Set(positions).size, 4)
    })

    it('lets only who holds an event acknowledge it, once', async () => {
      await made.events.append([reserved()])
      const taken = await take('slow')
      await made.clock.advance(LEASE_MS)
      const again = await take('quick')
      assert.deepEqual(again, taken)
      assert.equal(await ack('slow', taken), 0)
      assert.equal(await ack('quick', again), 1)
      assert.equal(await ack('quick', again), 0)
      await made.clock.advance(LEASE_MS)
      assert.deepEqual(await take('third'), [])
    })

    it('says how many events a group has not handled, and since when', async () => {
      assert.deepEqual(await made.events.lag('payments'), { count: 0, oldestMs: 0 })
      const early = made.clock.now()
      await made.events.append([reserved()])
      await made.clock.advance(5)
      await made.events.append([
        reserved(),
        reserved({ id: newId(), type: 'OrderCreated', topic: 'doorbuster.orders', time: early - 5 }),
      ])
      assert.deepEqual(await made.events.lag('payments'), { count: 2, oldestMs: 5 })
      await ack('worker', await take('worker', 1))
      assert.deepEqual(await made.events.lag('payments'), { count: 1, oldestMs: 0 })
    })
  })
}
