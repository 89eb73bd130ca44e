import { createClient } from 'redis'
import { clock, openAt } from '../test/redis-ledger.ts'
import { startRedis } from '../test/redis-server.ts'
import { askFor, newId, openTerms } from '../test/samples.ts'

/** `node bench/redis.ts`: purchases a second through the ledger on Redis, in batches of 64, and beside it, by turns in the same run,
 *  what the same client can do at its simplest: a plain `SET` each, as many under way. */
const ROUNDS = 5
const ROUND_MS = 3000
const BATCH = 64
const IN_FLIGHT = 4

const server = await startRedis('redis-server', ['--appendfsync', process.argv[2] ?? 'everysec'])
const ledger = await openAt(server.url)
const client = createClient({ RESP: 2, url: server.url })
await client.connect()
try {
  const figures: Record<string, number[]> = { reserve: [], 'sold-out': [], settle: [], SET: [], 'reserve / SET': [] }
  const note = (name: string, rate: number) => figures[name]?.push(rate)
  for (let round = 0; round <= ROUNDS; round++) {
    const terms = openTerms(clock, { incarnation: await ledger.incarnation() })
    const [item, gone] = [1_000_000, 0].map((allotment) => ({ productId: newId(), allotment })) as [Item, Item]
    await ledger.load({ terms, items: [item, gone], holds: [] })
    const asks = (productId: typeof item.productId) => Array.from({ length: BATCH }, () => askFor(clock, productId))
    const orders: ReturnType<typeof newId>[] = []
    const reserved = await rate(BATCH, async () => {
      const batch = asks(item.productId)
      const replies = await ledger.reserve(terms.id, 1, batch)
      if (replies.some((reply) => reply.kind !== 'reserved')) throw new Error(JSON.stringify(replies.at(-1)))
      for (const ask of batch) orders.push(ask.orderId)
    })
    const set = await rate(BATCH, async () => {
      await Promise.all(asks(item.productId).map((ask) => client.set(`plain:${ask.orderId}`, ask.buyerId)))
    })
    const refused = await rate(BATCH, () => ledger.reserve(terms.id, 1, asks(gone.productId)))
    const settled = await rate(BATCH, async () => {
      const moves = orders.splice(-BATCH).map((orderId) => ({ orderId, to: 'commit' as const }))
      if (moves.length > 0) await ledger.settle(terms.id, moves)
      return moves.length > 0
    })
    if (round === 0) continue
    note('reserve', reserved)
    note('SET', set)
    note('sold-out', refused)
    note('settle', settled)
    note('reserve / SET', reserved / set)
    if (round === ROUNDS) console.log(`${await bytes(terms.id)} bytes an order, with its key, its buyer and its entry`)
    await ledger.drop(terms.id)
    await server.command('FLUSHDB')
  }
  for (const [name, rates] of Object.entries(figures)) {
    const sorted = rates.toSorted((a, b) => a - b).map((one) => one.toFixed(name.includes('/') ? 2 : 0))
    console.log(`${name.padEnd(14)} ${sorted[Math.floor(ROUNDS / 2)]}  (${sorted[0]} to ${sorted.at(-1)})`)
  }
} finally {
  client.destroy()
  await ledger.stop()
  await server.stop()
}

type Item = { productId: ReturnType<typeof newId>; allotment: number }

/** Of so many a turn, a second; a turn that answers false ends it. */
async function rate(size: number, turn: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  let done = 0
  let isOver = false
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (!isOver && performance.now() - from < ROUND_MS) {
        if ((await turn()) === false) isOver = true
        else done += size
      }
    }),
  )
  return (done / (performance.now() - from)) * 1000
}

async function bytes(saleId: string): Promise<number> {
  let sum = 0
  for (const what of ['orders', 'outbox']) {
    sum += Number(await server.command('MEMORY', 'USAGE', `flash_sale_${what}:{${saleId}}`, 'SAMPLES', '1000'))
  }
  return Math.round(sum / (Number(await server.command('XLEN', `flash_sale_outbox:{${saleId}}`)) - 1))
}
