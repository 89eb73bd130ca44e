import assert from 'node:assert/strict'
import { it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { MemoryEventLog } from '../events/memory-event-log.ts'
import { booksContract } from './books.contract.ts'
import { memoryBooks } from './memory-books.fixture.contract.ts'
import { MemoryRecord } from './memory-record.ts'

booksContract('memory', async () => {
  const clock = handClock()
  return memoryBooks(clock, new MemoryEventLog(clock.now))
})

it('tells under ids that do not rise, so that a reader by high-water mark is found out', () => {
  const record = new MemoryRecord()
  for (const order of ['a', 'b', 'c', 'd']) record.tell('order-booked', order, 0)
  assert.deepEqual([...record.outbox.keys()], [3, 2, 5, 4])
})
