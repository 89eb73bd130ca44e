import { suite } from 'node:test'
import { createClient } from 'redis'
import { handClock } from '../../test/hand-clock.ts'
import { type RedisKind, startRedis, withoutRedis } from '../../test/redis-server.ts'
import { newId } from '../../test/samples.ts'
import { systemClock } from '../platform/clock.ts'
import { type RedisAddress, redisAddress } from '../platform/redis/redis-address.ts'
import { ledgerContract } from './ledger.contract.ts'
import { openRedisLedger } from './redis-ledger.ts'

/** The ledger's clock is turned by hand: it stands in a key. */
const HAND = "local function now() return tonumber(redis.call('GET', 'clock')) end"

for (const kind of ['redis-server', 'valkey-server'] as const) {
  suite(kind, { skip: withoutRedis(kind) }, () => {
    ledgerContract(kind, () => fixture(kind))
  })
}

async function fixture(kind: RedisKind) {
  const server = await startRedis(kind)
  const base = handClock()
  const client = createClient({ url: server.url })
  await client.connect()
  const tell = () => client.set('clock', String(base.now()))
  await tell()
  const clock = {
    ...base,
    async advance(ms: number) {
      await base.advance(ms)
      await tell()
    },
  }
  const address = redisAddress(server.url) as RedisAddress
  const ledger = await openRedisLedger(address, { clock: systemClock, newId, told() {}, time: HAND })
  return {
    ledger,
    clock,
    load: ledger.load.bind(ledger),
    amend: ledger.amend.bind(ledger),
    settle: ledger.settle.bind(ledger),
    async [Symbol.asyncDispose]() {
      await ledger.stop()
      client.destroy()
      await server.stop()
    },
  }
}
