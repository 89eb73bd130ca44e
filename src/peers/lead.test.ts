import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { LEAD_MS, Lead, RENEWED_EVERY_MS } from './lead.ts'
import { MemoryPeers } from './memory-peers.ts'

const one = '0190f7b4-0000-7000-8000-000000000001'
const other = '0190f7b4-0000-7000-8000-000000000002'

test('of two one leads; when it is silent the other does, and it knows by itself that it does not any more', async () => {
  const clock = handClock()
  const peers = new MemoryPeers(clock.now)
  const [first, second] = [one, other].map((process) => new Lead({ peers, clock, lease: 'scheduler', process }))
  assert.ok(first && second)
  assert.deepEqual([await first.leads(), await second.leads()], [true, false])
  for (let renewed = 0; renewed < 5; renewed++) {
    await clock.advance(RENEWED_EVERY_MS)
    await first.renew()
    await second.renew()
  }
  assert.deepEqual([await first.leads(), await second.leads()], [true, false])
  await clock.advance(LEAD_MS)
  assert.equal(await first.leads(), false)
  await second.renew()
  await first.renew()
  assert.deepEqual([await first.leads(), await second.leads()], [false, true])
})

test('an answer that came late counts from when it was asked for', async () => {
  const clock = handClock()
  class Slow extends MemoryPeers {
    override async take(lease: string, holder: string, forMs: number): Promise<number | null> {
      const token = await super.take(lease, holder, forMs)
      await clock.advance(LEAD_MS)
      return token
    }
  }
  const lead = new Lead({ peers: new Slow(clock.now), clock, lease: 'scheduler', process: one })
  assert.equal(await lead.leads(), false)
})
