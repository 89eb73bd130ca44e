import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, Wire } from '../../src/drill/wire.ts'
import type { Shop } from '../shop.ts'

const BUYERS = 120
const UNITS = 40
/** One buyer in this many cannot pay: those orders fail and their units come back. */
const POOR_ONE_IN = 10
/** The crowd arrives within this. */
export const OVER_MS = 500
/** After a fault everything must have come to its end within this. */
const CALM_MS = 30_000
/** Longer than the word of an order's end takes to come. */
const LOOK_AGAIN_MS = 50

type Buyer = {
  token: string
  /** The orders that this buyer was answered 202 for, by key. */
  told: Map<string, string>
  /** Keys that were asked with and whose answer, if there was one, left open what happened. */
  open: Set<string>
}
export type Crowd = { saleId: string; productId: string; buyers: Buyer[] }
export type Told = { yes: number; no: number; unknown: number }

export async function gather({ api }: Shop): Promise<Crowd> {
  const made = await api.post<{ saleId: string; productId: string; tokensUrl: string }>('/api/v1/admin/drills', {
    buyers: BUYERS,
    units: UNITS,
    noCreditShare: 1 / POOR_ONE_IN,
  })
  const tokens = (await api.text(made.tokensUrl)).trimEnd().split('\n')
  return { ...made, buyers: tokens.map((token) => ({ token, told: new Map(), open: new Set() })) }
}

/** Each buyer asks twice at once, each time with a key of its own; an answer that is lost is lost. */
export async function rush(shop: Shop, crowd: Crowd): Promise<Told> {
  const wire = new Wire(shop.url, 2 * BUYERS)
  const told: Told = { yes: 0, no: 0, unknown: 0 }
  await Promise.all(
    crowd.buyers.map(async (buyer, i) => {
      await sleep((i / BUYERS) * OVER_MS)
      for (const heard of await Promise.all(['first', 'second'].map((key) => buy(wire, crowd, buyer, key)))) told[heard]++
    }),
  )
  wire.close()
  return told
}

/** What is wrong after the fault, in sentences; none when every promise was kept. */
export async function reckon(shop: Shop, crowd: Crowd): Promise<string[]> {
  const wire = new Wire(shop.url, 20)
  const wrong: string[] = []
  const say = (what: string) => void wrong.push(what)
  const until = Date.now() + CALM_MS
  try {
    for (const buyer of crowd.buyers) for (const orderId of buyer.told.values()) await final(wire, buyer, orderId, until, say)
    for (const buyer of crowd.buyers)
      for (const key of [...buyer.told.keys(), ...buyer.open]) await askUntilTold(wire, crowd, buyer, key, until, say)
    await sellOut(shop, wire, crowd, until, say)
    let completed = 0
    for (const buyer of crowd.buyers) completed += await ownOrders(wire, buyer, say)
    if (completed !== UNITS) say(`not exact: ${completed} orders are completed for ${UNITS} units`)
    const { equations } = await shop.api.get<{ equations: Equation[] }>('/api/v1/admin/audit')
    for (const { id, scope, left, right } of equations.filter(({ holds }) => !holds))
      say(`audit: ${id} ${scope}: ${left}, ${right}`)
  } finally {
    wire.close()
  }
  return wrong
}

type Equation = { id: string; scope: string; left: number; right: number; holds: boolean }
type Say = (what: string) => void

/** Notes what the buyer was told. A 5xx and a lost answer leave it open what happened. */
async function buy(wire: Wire, { saleId, productId }: Crowd, buyer: Buyer, key: string, say?: Say): Promise<keyof Told> {
  const headers = { authorization: `Bearer ${buyer.token}`, 'idempotency-key': key }
  const answer = await wire.ask('POST', `/api/v1/sales/${saleId}/purchase`, headers, JSON.stringify({ productId, quantity: 1 }))
  if (answer.kind === 'lost' || answer.status >= 500) {
    buyer.open.add(key)
    return 'unknown'
  }
  if (answer.status === 429) return 'unknown'
  buyer.open.delete(key)
  const before = buyer.told.get(key)
  if (answer.status !== 202) {
    if (before !== undefined) say?.(`lost: order ${before} was accepted and its key is now answered ${answer.status}`)
    return 'no'
  }
  const { orderId } = JSON.parse(answer.body) as { orderId: string }
  if (before !== undefined && before !== orderId) say?.(`lost: the key of order ${before} now gives ${orderId}`)
  buyer.told.set(key, orderId)
  return 'yes'
}

async function askUntilTold(wire: Wire, crowd: Crowd, buyer: Buyer, key: string, until: number, say: Say): Promise<void> {
  while ((await buy(wire, crowd, buyer, key, say)) === 'unknown') {
    if (Date.now() > until) return say(`stuck: a key is still not answered ${CALM_MS} ms after the fault`)
    await sleep(LOOK_AGAIN_MS)
  }
}

/** Buyers whose money is still theirs ask with new keys for what is left, until all is sold. */
async function sellOut(shop: Shop, wire: Wire, crowd: Crowd, until: number, say: Say): Promise<void> {
  for (let turn = 0; ; turn++) {
    const { items } = await shop.api.get<{ items: { remaining: number; held: number; sold: number }[] }>(
      `/api/v1/admin/sales/${crowd.saleId}/live`,
    )
    const [item] = items
    assert(item)
    if (item.remaining === 0 && item.held === 0) break
    if (Date.now() > until) return say(`stuck: ${item.remaining} units are left and ${item.held} held after ${CALM_MS} ms`)
    const without = crowd.buyers.filter((buyer) => buyer.told.size === 0)
    if (item.remaining > 0)
      for (const buyer of without.slice(0, item.remaining)) await askUntilTold(wire, crowd, buyer, `again-${turn}`, until, say)
    await sleep(LOOK_AGAIN_MS)
  }
  for (const buyer of crowd.buyers) for (const orderId of buyer.told.values()) await final(wire, buyer, orderId, until, say)
}

/** An order that was answered 202 is there, and comes to its end. */
async function final(wire: Wire, buyer: Buyer, orderId: string, until: number, say: Say): Promise<void> {
  for (;;) {
    const answer = await get(wire, buyer, `/api/v1/orders/${orderId}/status`)
    if (answer.kind === 'answer' && answer.status === 404) return say(`lost: order ${orderId} was accepted and is unknown`)
    if (answer.kind === 'answer' && answer.status === 200 && !/PENDING/.test(JSON.parse(answer.body).status)) return
    if (Date.now() > until)
      return say(`stuck: order ${orderId}: ${answer.kind === 'lost' ? 'no answer' : `${answer.status} ${answer.body}`}`)
    await sleep(LOOK_AGAIN_MS)
  }
}

/** How many of them are completed. Every key was answered by now, so an order that the buyer was not told of is one too many. */
async function ownOrders(wire: Wire, buyer: Buyer, say: Say): Promise<number> {
  const answer = await get(wire, buyer, '/api/v1/orders?limit=100')
  if (answer.kind === 'lost' || answer.status !== 200) {
    say("stuck: a buyer's orders cannot be listed")
    return 0
  }
  const { items } = JSON.parse(answer.body) as { items: { orderId: string; status: string }[] }
  const told = new Set(buyer.told.values())
  for (const { orderId } of items) if (!told.has(orderId)) say(`charged wrongly: nobody was told of order ${orderId}`)
  const completed = items.filter(({ status }) => status === 'COMPLETED').length
  if (completed > 1) say(`oversold: a buyer has ${completed} units with a limit of 1`)
  return completed
}

function get(wire: Wire, { token }: Buyer, path: string): Promise<Answer> {
  return wire.ask('GET', path, { authorization: `Bearer ${token}` })
}
