import { handClock } from '../../test/hand-clock.ts'
import { openSqliteStores } from '../../test/sqlite-stores.ts'
import { peersContract } from './peers.contract.ts'

peersContract('SQLite', async () => {
  const clock = handClock()
  const open = await openSqliteStores(clock)
  return { peers: open.stores.peers, pass: clock.advance, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
})
