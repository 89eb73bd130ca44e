import { handClock } from '../../test/hand-clock.ts'
import { eventLogContract } from './event-log.contract.ts'
import { MemoryEventLog } from './memory-event-log.ts'

eventLogContract('memory', async () => {
  const clock = handClock()
  return { events: new MemoryEventLog(clock.now), clock }
})
