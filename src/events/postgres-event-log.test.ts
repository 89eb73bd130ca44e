import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../test/postgres-server.ts'
import { openPostgresStores } from '../../test/postgres-stores.ts'
import { eventLogContract } from './event-log.contract.ts'

describe('the event log on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  eventLogContract('PostgreSQL', async () => {
    const clock = handClock()
    const open = await openPostgresStores(clock, await server.newDatabase())
    return { events: open.stores.events, clock, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
  })

  it('hands each event to one of many workers, of several processes, whichever commits first', async () => {
    const clock = handClock()
    const url = await server.newDatabase()
    await using one = await openPostgresStores(clock, url)
    await using other = await openPostgresStores(clock, url)
    const told = (n: number) => ({
      id: `${n}`,
      type: 'InventoryReserved',
      topic: 'doorbuster.payments' as const,
      subject: `${n}`,
      time: clock.now(),
      data: {},
    })
    const all = Array.from({ length: 200 }, (_, n) => told(n))
    const logs = [one.stores.events, other.stores.events]
    const taken: string[] = []
    const work = async (worker: number) => {
      const events = logs[worker % 2] ?? assert.fail()
      for (let idle = 0; idle < 3; ) {
        const deliveries = await events.take('payments', `worker ${worker}`, 7, 60_000)
        idle = deliveries.length === 0 ? idle + 1 : 0
        taken.push(...deliveries.map(({ event }) => event.id))
        const positions = deliveries.map(({ position }) => position)
        assert.equal(await events.ack('payments', `worker ${worker}`, positions), positions.length)
      }
    }
    const appended = Array.from({ length: 10 }, (_, i) => {
      const batch = all.slice(i * 20, i * 20 + 20)
      // Each is told twice, by two processes at once: the second adds nothing.
      return Promise.all(logs.map((events) => events.append(batch)))
    })
    await Promise.all([...appended, ...[0, 1, 2, 3, 4, 5].map(work)])
    await work(0)
    assert.deepEqual(
      taken.sort((a, b) => Number(a) - Number(b)),
      all.map(({ id }) => id),
    )
  })
})
