import { handClock } from '../../test/hand-clock.ts'
import { MemoryPeers } from './memory-peers.ts'
import { peersContract } from './peers.contract.ts'

peersContract('memory', async () => {
  const { now, advance } = handClock()
  return { peers: new MemoryPeers(now), pass: advance, async [Symbol.asyncDispose]() {} }
})
