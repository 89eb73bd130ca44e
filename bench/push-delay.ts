import { setTimeout } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import type { Shop } from '../test/shop.ts'
import { type Call, load } from './load.ts'
import { type Crowd, crowd } from './paths.ts'

/** Milliseconds from the answer 202 to the message on the buyer's socket that the order is completed. */
export type Delay = { p50: number; p99: number; max: number }

/** Buyers with a socket, in each of the two readings. */
const WATCHED = 100
const APART_MS = 20
const BEHIND = 8192
const LATEST_MS = 60_000

/** One buyer after the other in a quiet shop; then buyers in between a crowd that keeps the shop as busy as it can be. */
export async function pushDelays(shop: Shop, connections: number): Promise<{ quiet: Delay; busy: Delay }> {
  const buyers = 2 * WATCHED + BEHIND + connections
  const all = await crowd(shop, connections, buyers, buyers)
  const others = all.calls.slice(2 * WATCHED)
  const wire = new Wire(shop.url, 2 * WATCHED)
  try {
    const quiet = await delays(shop, wire, all, 0)
    const behind = load(shop.url, others, { status: 202, includes: 'orderId' }, connections, 'once')
    const [busy] = await Promise.all([delays(shop, wire, all, WATCHED), behind])
    return { quiet, busy }
  } finally {
    wire.close()
  }
}

async function delays(shop: Shop, wire: Wire, { tokens, calls }: Crowd, from: number): Promise<Delay> {
  const watched = await Promise.all(tokens.slice(from, from + WATCHED).map((token) => watch(shop.url, wire, token)))
  const found: Promise<number>[] = []
  for (const [i, { completed }] of watched.entries()) {
    found.push(delayOf(wire, calls[from + i] as Call, completed))
    await setTimeout(APART_MS)
  }
  const sorted = (await Promise.all(found)).sort((a, b) => a - b)
  for (const { close } of watched) close()
  const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] as number
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1) }
}

/** A message that overtakes the answer was not waited for. */
async function delayOf(wire: Wire, { path, headers, body }: Call, completed: Promise<number>): Promise<number> {
  const answer = await wire.ask('POST', path, headers, body)
  const answeredAt = performance.now()
  if (answer.kind === 'lost' || answer.status !== 202)
    throw new Error(`a watched purchase was not accepted: ${JSON.stringify(answer)}`)
  return Math.max(0, (await completed) - answeredAt)
}

/** A socket that hears of its buyer's orders. `completed` is the time of the first message of one that is. */
async function watch(url: string, wire: Wire, token: string): Promise<{ completed: Promise<number>; close: () => void }> {
  const answer = await wire.ask('POST', '/api/v1/live/ticket', { authorization: `Bearer ${token}` })
  if (answer.kind === 'lost') throw new Error('no answer to the request for a ticket')
  const { ticket } = JSON.parse(answer.body) as { ticket: string }
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live?ticket=${ticket}`)
  await new Promise((opened, failed) => {
    socket.onopen = opened
    socket.onerror = failed
  })
  socket.send(JSON.stringify({ subscribe: ['orders'] }))
  const completed = new Promise<number>((resolve, reject) => {
    const late = setTimeout(LATEST_MS, undefined, { ref: false }).then(() =>
      reject(new Error(`nothing was pushed for ${LATEST_MS} ms`)),
    )
    void late
    socket.onmessage = ({ data }) => {
      const { type, status } = JSON.parse(String(data)) as { type: string; status?: string }
      if (type === 'order' && status === 'COMPLETED') resolve(performance.now())
    }
  })
  return { completed, close: () => socket.close() }
}
