import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handClock } from '../../test/hand-clock.ts'
import { GatewayWord } from './gateway-word.ts'
import { MemoryPeers } from './memory-peers.ts'

const one = '0190f7b4-0000-7000-8000-000000000001'
const other = '0190f7b4-0000-7000-8000-000000000002'

function told() {
  const clock = handClock()
  const peers = new MemoryPeers(clock.now)
  const gateway = { available: true }
  const asks = new GatewayWord({ peers, serverId: one, clock, gateway })
  const takes = () => new GatewayWord({ peers, serverId: other, clock, gateway: { available: true } })
  return { clock, gateway, asks, takes }
}

test('who only takes orders hears from those who ask the gateway that it is away, and that it is there again', async () => {
  const { clock, gateway, asks, takes } = told()
  const front = takes()
  await asks.tell()
  await front.heed()
  assert.equal(front.available, true)
  gateway.available = false
  for (let second = 0; second < 10; second++) {
    await asks.tell()
    await front.heed()
    assert.equal(front.available, false)
    assert.equal(asks.available, false)
    await clock.advance(1000)
  }
  gateway.available = true
  await asks.tell()
  await front.heed()
  assert.equal(front.available, true)
})

test('the word of one who is gone is believed for 3 s, and no word of before the start', async () => {
  const { clock, gateway, asks, takes } = told()
  const front = takes()
  await front.heed()
  gateway.available = false
  await asks.tell()
  await front.heed()
  await clock.advance(2999)
  await front.heed()
  assert.equal(front.available, false)
  await clock.advance(1)
  await front.heed()
  assert.equal(front.available, true)
  const later = takes()
  await later.heed()
  assert.equal(later.available, true)
  await asks.tell()
  await later.heed()
  assert.equal(later.available, false)
})
