import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { Loop } from '../platform/loop.ts'
import { Company, type CompanyParts } from './company.ts'
import { MemoryPeers } from './memory-peers.ts'

const ids = ['0190f7b4-0000-7000-8000-000000000001', '0190f7b4-0000-7000-8000-000000000002'] as const

function house() {
  const clock = handClock()
  const peers = new MemoryPeers(clock.now)
  const failed = (_: string, error: unknown) => {
    throw error
  }
  const join = (serverId: string, roles: string[], more: Partial<CompanyParts> = {}) => {
    const loop: CompanyParts['loop'] = (name, everyMs, turn) => new Loop(name, clock, everyMs, turn, failed)
    const needed = ['payments']
    return new Company({ peers, serverId, roles, needed, clock, loop, metrics: { gauge() {} }, missed() {}, ...more })
  }
  return { clock, join }
}

test('an api hears that nobody settles payments, once, and that somebody does again', async () => {
  const { clock, join } = house()
  const heard: unknown[] = []
  const api = join(ids[0], ['api'], { missed: (role, unseenMs) => heard.push([role, unseenMs === null]) })
  const payments = join(ids[1], ['payments'])
  const watching = api.loops()
  for (const loop of watching) loop.start()
  await clock.advance(25_000)
  assert.deepEqual(heard, [])
  await clock.advance(20_000)
  assert.deepEqual(heard, [['payments', false]])
  const working = payments.loops()
  for (const loop of working) loop.start()
  await clock.advance(10_000)
  assert.deepEqual(heard, [
    ['payments', false],
    ['payments', true],
  ])
  for (const loop of [...watching, ...working]) await loop.stop()
})

test('what one is enough for is done by one, and by another when that one is gone', async () => {
  const { clock, join } = house()
  const done = [0, 0]
  const schedulers = ids.map((id, at) => {
    const company = join(id, ['scheduler'])
    const work = company.alone('scheduler', 'audit', 1000, async () => {
      done[at] = (done[at] ?? 0) + 1
      return false
    })
    const loops = [work, ...company.loops()]
    for (const loop of loops) loop.start()
    return { company, loops }
  })
  await clock.advance(20_000)
  assert.ok((done[0] ?? 0) >= 20 && done[1] === 0, String(done))
  const [first, second] = schedulers
  for (const loop of first?.loops ?? []) await loop.stop()
  await first?.company.leave()
  await clock.advance(5000)
  assert.ok((done[1] ?? 0) >= 1, String(done))
  for (const loop of second?.loops ?? []) await loop.stop()
})

test('of those who must do something in turn, one does it at a time', async () => {
  const { clock, join } = house()
  let within = 0
  const turns = ids.map((id) =>
    join(id, ['api']).inTurn('first-start', 30_000, async () => {
      assert.equal(++within, 1)
      await clock.sleep(1000)
      within--
      return id
    }),
  )
  await clock.advance(5000)
  assert.deepEqual(await Promise.all(turns), ids)
})

test('who is alone asks nobody', async () => {
  const { join } = house()
  const company = join(ids[0], ['api'], { peers: null })
  assert.deepEqual(company.loops(), [])
  assert.equal(await company.inTurn('first-start', 1000, async () => 7), 7)
  await company.leave()
})
