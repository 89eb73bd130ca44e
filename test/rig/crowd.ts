import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { CardBuyers } from '../../src/drill/card-buyers.ts'
import { isOfShare } from '../../src/drill/result.ts'
import { type Answer, Wire } from '../../src/drill/wire.ts'
import { type ApiClient, ApiError } from '../../src/platform/api-client.ts'
import { systemClock as clock } from '../../src/platform/clock.ts'
import { systemRandom as random } from '../../src/platform/random.ts'

export type Size = {
  buyers: number
  units: number
  /** All arrive within this. */
  overMs: number
  /** Share of the buyers who pay by card. */
  card: number
  /** After a fault everything must have come to its end within this. */
  calmMs: number
}
/** One buyer in this many cannot pay: those orders fail and their units come back. */
const POOR_ONE_IN = 10
/** A shop in one process. */
export const ALONE: Size = { buyers: 120, units: 40, overMs: 500, card: 0, calmMs: 30_000 }
/** Longer than the word of an order's end takes to come. */
const LOOK_AGAIN_MS = 50

type Buyer = {
  index: number
  token: string
  byCard: boolean
  /** The orders that this buyer was answered 202 for, by key. */
  told: Map<string, string>
  /** Keys that were asked with and whose answer, if there was one, left open what happened. */
  open: Set<string>
}
export type Crowd = {
  saleId: string
  productId: string
  size: Size
  buyers: Buyer[]
  payers: CardBuyers
  /** What was found broken so far, in sentences. */
  wrong: string[]
  stop(): void
}
export type Told = { yes: number; no: number; unknown: number }
type Heard = { kind: keyof Told; word: string }
/** Where buyers and the operator reach the shop. */
type Door = { url: string; api: ApiClient }

export async function gather({ url, api }: Door, size = ALONE): Promise<Crowd> {
  const { buyers, units } = size
  const made = await api.post<{ saleId: string; productId: string; tokensUrl: string }>('/api/v1/admin/drills', {
    buyers,
    units,
    noCreditShare: 1 / POOR_ONE_IN,
  })
  const tokens = (await api.text(made.tokensUrl)).trimEnd().split('\n')
  const over = new AbortController()
  const wire = new Wire(url, 20)
  const payers = new CardBuyers(tokens, { wire, clock, random, stop: over.signal })
  const stop = () => {
    over.abort()
    payers.close()
    wire.close()
  }
  const isByCard = (index: number) => isOfShare(index, size.card)
  const each = tokens.map((token, index) => ({ index, token, byCard: isByCard(index), told: new Map(), open: new Set<string>() }))
  return { ...made, size, payers, stop, buyers: each, wrong: [] }
}

/** Each buyer asks twice at once, each time with a key of its own; an answer that is lost is lost. */
export async function rush(shop: Door, crowd: Crowd): Promise<{ told: Told; words: Record<string, number> }> {
  const { overMs } = crowd.size
  const wire = new Wire(shop.url, 2 * crowd.buyers.length)
  const told: Told = { yes: 0, no: 0, unknown: 0 }
  const words: Record<string, number> = {}
  await Promise.all(
    crowd.buyers.map(async (buyer, i) => {
      await sleep((i / crowd.buyers.length) * overMs)
      for (const { kind, word } of await Promise.all(['first', 'second'].map((key) => buy(wire, crowd, buyer, key)))) {
        told[kind]++
        words[word] = (words[word] ?? 0) + 1
      }
    }),
  )
  wire.close()
  return { told, words }
}

/** What is wrong after the fault, in sentences; none when every promise was kept. */
export async function reckon(shop: Door, crowd: Crowd): Promise<string[]> {
  const wire = new Wire(shop.url, 20)
  const { wrong } = crowd
  const say = sayer(crowd)
  const { units, calmMs } = crowd.size
  const until = Date.now() + calmMs
  try {
    for (const buyer of crowd.buyers) for (const orderId of buyer.told.values()) await final(wire, buyer, orderId, until, say)
    for (const buyer of crowd.buyers)
      for (const key of [...buyer.told.keys(), ...buyer.open]) await askUntilTold(wire, crowd, buyer, key, until)
    await sellOut(shop, wire, crowd, until, say)
    let completed = 0
    for (const buyer of crowd.buyers) completed += await ownOrders(wire, buyer, say)
    if (completed !== units) say(`not exact: ${completed} orders are completed for ${units} units`)
    await balanced(shop, until, say)
  } finally {
    crowd.stop()
    wire.close()
  }
  return wrong
}

type Equation = { id: string; scope: string; left: number; right: number; inFlight: number; holds: boolean }
type Say = (what: string) => void
const sayer =
  ({ wrong }: Crowd): Say =>
  (what) =>
    void wrong.push(what)

/** Every equation holds, and no move is under way any more. */
async function balanced(shop: Door, until: number, say: Say): Promise<void> {
  for (;;) {
    const { equations } = await whenUp(until, () => shop.api.get<{ equations: Equation[] }>('/api/v1/admin/audit'))
    const wrong = equations.filter(({ holds }) => !holds)
    const moving = equations.filter(({ inFlight }) => inFlight !== 0)
    if (wrong.length === 0 && moving.length === 0) return
    if (wrong.length > 0 || Date.now() > until) {
      for (const { id, scope, left, right, inFlight } of new Set([...wrong, ...moving]))
        say(`audit: ${id} ${scope}: ${left}, ${right}${inFlight === 0 ? '' : `, ${inFlight} under way`}`)
      return
    }
    await sleep(LOOK_AGAIN_MS)
  }
}

/** What was struck may still be coming back. */
async function whenUp<T>(until: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const isAway = error instanceof ApiError && (error.status === 0 || error.status === 503)
      if (!isAway || Date.now() > until) throw error
    }
    await sleep(LOOK_AGAIN_MS)
  }
}

/** Notes what the buyer was told. A 5xx and a lost answer leave it open what happened. */
async function buy(wire: Wire, crowd: Crowd, buyer: Buyer, key: string): Promise<Heard> {
  const say = sayer(crowd)
  const { saleId, productId, payers } = crowd
  const headers = { authorization: `Bearer ${buyer.token}`, 'idempotency-key': key }
  const wish = { productId, quantity: 1, payment: { method: buyer.byCard ? 'card' : 'credit' } }
  const answer = await wire.ask('POST', `/api/v1/sales/${saleId}/purchase`, headers, JSON.stringify(wish))
  const said = answer.kind === 'lost' ? {} : read(answer.body)
  const word = wordOf(answer, said)
  if (answer.kind === 'lost' || answer.status >= 500) {
    buyer.open.add(key)
    return { kind: 'unknown', word }
  }
  if (answer.status === 429) return { kind: 'unknown', word }
  buyer.open.delete(key)
  const before = buyer.told.get(key)
  if (answer.status !== 202) {
    if (answer.status !== 409) say(`refused: a purchase is answered ${answer.status}`)
    if (before !== undefined) say(`lost: order ${before} was accepted and its key is now answered ${answer.status}`)
    return { kind: 'no', word }
  }
  const { orderId = '' } = said
  if (before !== undefined && before !== orderId) say(`lost: the key of order ${before} now gives ${orderId}`)
  if (before === undefined && buyer.byCard) void payers.pay(orderId, buyer.index)
  buyer.told.set(key, orderId)
  return { kind: 'yes', word: 'accepted' }
}

/** A shop that is slow says so itself; what a proxy answers in its place was sent to one that then was gone. */
function wordOf(answer: Answer, { code, detail }: Said): string {
  if (answer.kind === 'lost') return 'no answer'
  if (code === undefined) return `status ${answer.status}`
  return code === 'unknown-outcome' && !/bought/.test(detail ?? '') ? CUT_OFF : code
}

type Said = { code?: string; detail?: string; orderId?: string }
export const CUT_OFF = 'cut off'

function read(body: string): Said {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}

async function askUntilTold(wire: Wire, crowd: Crowd, buyer: Buyer, key: string, until: number): Promise<void> {
  while ((await buy(wire, crowd, buyer, key)).kind === 'unknown') {
    if (Date.now() > until) return sayer(crowd)(`stuck: a key is still not answered ${crowd.size.calmMs} ms after the fault`)
    await sleep(LOOK_AGAIN_MS)
  }
}

/** Buyers whose money is still theirs ask with new keys for what is left, until all is sold. */
async function sellOut(shop: Door, wire: Wire, crowd: Crowd, until: number, say: Say): Promise<void> {
  for (let turn = 0; ; turn++) {
    type Live = { items: { remaining: number; held: number; sold: number }[] }
    const { items } = await whenUp(until, () => shop.api.get<Live>(`/api/v1/admin/sales/${crowd.saleId}/live`))
    const [item] = items
    assert(item)
    if (item.remaining === 0 && item.held === 0) break
    if (Date.now() > until)
      return say(`stuck: ${item.remaining} units are left and ${item.held} held after ${crowd.size.calmMs} ms`)
    const without = crowd.buyers.filter((buyer) => buyer.told.size === 0)
    if (item.remaining > 0)
      for (const buyer of without.slice(0, item.remaining)) await askUntilTold(wire, crowd, buyer, `again-${turn}`, until)
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
