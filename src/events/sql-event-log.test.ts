import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { openSqliteStores } from '../../test/sqlite-stores.ts'
import { eventLogContract } from './event-log.contract.ts'

eventLogContract('SQLite', async () => {
  const clock = handClock()
  const open = await openSqliteStores(clock)
  return { events: open.stores.events, clock, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
})

test('old events are forgotten, but not one that somebody still waits for', async () => {
  const clock = handClock()
  await using open = await openSqliteStores(clock)
  const { events } = open.stores
  const told = (n: number, type: string) => ({
    id: `${n}`,
    type,
    topic: 'doorbuster.orders' as const,
    subject: `${n}`,
    time: clock.now(),
    data: {},
  })
  await events.append([told(1, 'OrderCreated'), told(2, 'InventoryReserved')])
  await clock.advance(1000)
  await events.append([told(3, 'OrderCreated')])
  assert.equal(await events.prune(500), 1)
  assert.equal(await events.prune(500), 0)
  const [delivery] = await events.take('payments', 'token', 10, 1000)
  assert.equal(delivery?.event.id, '2')
})
