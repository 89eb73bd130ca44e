import { systemClock as clock } from '../src/platform/clock.ts'
import { Loop } from '../src/platform/loop.ts'
import { type RedisAddress, redisAddress } from '../src/platform/redis/redis-address.ts'
import { RedisLink } from '../src/platform/redis/redis-link.ts'
import { type BuyerHint, textOf } from '../src/push/hint-wire.ts'
import { LocalPush } from '../src/push/local-push.ts'
import { Outlet } from '../src/push/outlet.ts'
import type { HintResult } from '../src/push/push.ts'
import { RedisPush } from '../src/push/redis-push.ts'
import { newId } from './samples.ts'

/** What a process has of live messages, on that Redis. `listenUrl`: another way to it, for its ear alone. */
export async function pushAt(
  url: string,
  // A machine that has much else to do is patient.
  { lifeMs = 30_000, listenUrl = url, patienceMs = 10_000 }: { lifeMs?: number; listenUrl?: string; patienceMs?: number } = {},
) {
  const open = (at: string) => RedisLink.open(redisAddress(at) as RedisAddress, { clock, check: () => undefined, told() {} })
  const [link, listener] = [await open(url), await open(listenUrl)]
  const counts: Record<HintResult, number> = { sent: 0, heard: 0, lost: 0, ignored: 0 }
  const state = { looks: 0, failed: [] as unknown[], deaf: [] as string[] }
  const serverId = newId()
  const push = new RedisPush({
    local: new LocalPush(),
    link,
    listener,
    serverId,
    clock,
    loop: (name, everyMs, turn) => new Loop(name, clock, everyMs, turn, (_name, error) => state.failed.push(error)),
    saleChanged: () => void state.looks++,
    counted: (result, hints) => {
      counts[result] += hints
    },
    deaf: (error) => state.deaf.push(error.message),
    lifeMs,
    patienceMs,
  })
  return {
    push,
    link,
    serverId,
    counts,
    state,
    async stop() {
      await push.stop()
      await listener.stop()
      await link.stop()
    },
    /** As `kill -9` does: not a word to anybody. */
    async die() {
      await listener.stop()
      await link.stop()
      await push.stop()
    },
  }
}

/** A socket, and what it is told. */
export function someOutlet() {
  const told: string[] = []
  const send = (text: string, done: () => void) => {
    told.push(text)
    done()
  }
  const outlet = new Outlet({ bufferedAmount: 0, send, terminate() {} })
  return { outlet, told: () => told.map((text) => JSON.parse(text)), clear: () => told.splice(0) }
}

export const someHint = (buyerId = newId()): BuyerHint => ({
  buyerId,
  hint: { type: 'order', orderId: newId(), status: 'COMPLETED', version: 2 },
})

/** What is no message of ours; `hint` is a good one to spoil. */
export function forged(hint: BuyerHint): string[] {
  const good = JSON.parse(textOf(hint)) as object
  const ids = [
    { buyerId: undefined },
    { buyerId: 1 },
    { buyerId: 'x' },
    { orderId: undefined },
    { orderId: ['x'] },
    { orderId: '<b>' },
  ]
  const statuses = [{ status: undefined }, { status: 'completed' }, { status: ['COMPLETED'] }]
  const versions = [{ version: undefined }, { version: '2' }, { version: 1.5 }, { version: 1e300 }]
  const spoilt = [...ids, ...statuses, ...versions].map((change) => JSON.stringify([good, { ...good, ...change }]))
  const text = JSON.stringify(good)
  const others = ['', '{', 'null', '1', '"x"', '{}', '[1]', '[null]', '[[]]', '[{}]', text, `[${text}`]
  return [...others, ...spoilt, `[${`${text},`.repeat(1000)}${text}]`]
}
