import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Shop } from '../test/shop.ts'
import { type Call, type Expected, load } from './load.ts'

export type Path = {
  expected: Expected
  /** One that may be made besides the rounds, to learn the answer's bytes. */
  sample: Call
  /** Of the round; the warm-up is round 0. */
  calls(round: number): readonly Call[]
  /** Each call is made once, however long that takes. */
  once: boolean
  /** Of calls that are made once: how many were accepted and when all of them were completed, after a round of the shop. */
  settled?(): Promise<number>
}

export type Size = { rounds: number; seconds: number; connections: number }

/** The goals are of the ratio to the bare server. */
export const paths: Record<string, { goal?: number; make: (shop: Shop, size: Size) => Promise<Path> }> = {
  accepted: { goal: 0.55, make: accepted },
  'sold-out': { goal: 0.7, make: soldOut },
  status: { goal: 0.7, make: status },
  replay: { make: replay },
  'not-started': { make: notStarted },
  'limit-reached': { make: limitReached },
  'bad-token': { make: badToken },
}

/** Who ask by turns where an answer does not change who may ask again. */
const CROWD = 2048
/** Between two looks whether all is settled: often enough for a tenth of a second, seldom enough to cost the shop nothing. */
const LOOK_MS = 100
/** Buyers in each round of `accepted` for each of its seconds: a token costs a signature, and its check another. */
const ACCEPTED_A_SECOND = 4000

type Live = { items: { remaining: number; held: number; sold: number }[]; lag: { outbox: number; payments: number } }

export type Crowd = {
  saleId: string
  tokens: string[]
  /** A purchase by each buyer with a key of its own. */
  calls: Call[]
}

/** A sale and its buyers, who have opened its page: their tokens were seen before. */
export async function crowd(shop: Shop, connections: number, buyers: number, units: number): Promise<Crowd> {
  const whole = Math.ceil(buyers / connections) * connections
  const made = await shop.api.post<{ saleId: string; productId: string; tokensUrl: string }>('/api/v1/admin/drills', {
    buyers: whole,
    units,
  })
  const tokens = (await shop.api.text(made.tokensUrl)).trimEnd().split('\n')
  const opened = tokens.map((token) => call('GET', '/api/v1/orders?limit=1', token))
  await load(shop.url, opened, { status: 200, includes: '"items"' }, connections, 'once')
  const body = JSON.stringify({ productId: made.productId, quantity: 1 })
  const calls = tokens.map((token) => call('POST', `/api/v1/sales/${made.saleId}/purchase`, token, body))
  return { saleId: made.saleId, tokens, calls }
}

function call(method: Call['method'], path: string, token: string, body?: string): Call {
  const headers = { authorization: `Bearer ${token}` }
  if (body === undefined) return { method, path, headers }
  const key = randomBytes(16).toString('base64url')
  return { method, path, headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key }, body }
}

/** Until everything that was accepted is settled and nothing is under way. */
async function quiet(shop: Shop, saleId: string): Promise<{ sold: number; remaining: number }> {
  for (;;) {
    const { items, lag } = await shop.api.get<Live>(`/api/v1/admin/sales/${saleId}/live`)
    const [item] = items
    if (item?.held === 0 && lag.outbox === 0 && lag.payments === 0) return item
    await setTimeout(LOOK_MS)
  }
}

const problem = (status: number, code: string): Expected => ({ status, includes: `"code":"${code}"` })

async function accepted(shop: Shop, { rounds, seconds, connections }: Size): Promise<Path> {
  const buyers = Math.ceil((seconds * ACCEPTED_A_SECOND) / connections) * connections
  const all = await crowd(shop, connections, 1 + buyers * (rounds + 1), 1 + buyers * (rounds + 1))
  const [sample, ...calls] = all.calls as [Call, ...Call[]]
  return {
    expected: { status: 202, includes: '"RESERVATION_PENDING"' },
    sample,
    calls: (round) => calls.slice(round * buyers, (round + 1) * buyers),
    once: true,
    settled: async () => (await quiet(shop, all.saleId)).sold,
  }
}

/** The same calls in every round. */
function again(calls: Call[], expected: Expected): Path {
  return { expected, sample: calls[0] as Call, calls: () => calls, once: false }
}

async function soldOut(shop: Shop, { connections }: Size): Promise<Path> {
  const { saleId, calls } = await crowd(shop, connections, CROWD + connections, 1)
  const [buyer, ...others] = calls as [Call, ...Call[]]
  await load(shop.url, [buyer], { status: 202, includes: 'orderId' }, 1, 'once')
  await quiet(shop, saleId)
  return again(others, problem(409, 'sold-out'))
}

async function status(shop: Shop, { connections }: Size): Promise<Path> {
  const { saleId } = await crowd(shop, connections, connections, 1000)
  const one: Call = { method: 'GET', path: `/api/v1/sales/${saleId}/status`, headers: {} }
  return again(Array<Call>(connections).fill(one), { status: 200, includes: '"remaining":1000' })
}

/** All of whom have bought, and their orders are completed. */
async function served(shop: Shop, connections: number): Promise<Crowd> {
  const buyers = await crowd(shop, connections, CROWD, 2 * CROWD)
  await load(shop.url, buyers.calls, { status: 202, includes: 'orderId' }, connections, 'once')
  await quiet(shop, buyers.saleId)
  return buyers
}

async function replay(shop: Shop, { connections }: Size): Promise<Path> {
  return again((await served(shop, connections)).calls, { status: 202, includes: '"COMPLETED"' })
}

async function limitReached(shop: Shop, { connections }: Size): Promise<Path> {
  const { tokens, calls } = await served(shop, connections)
  const others = calls.map(({ path, body }, i) => call('POST', path, tokens[i] as string, body))
  return again(others, problem(409, 'limit-reached'))
}

async function notStarted(shop: Shop, { connections }: Size): Promise<Path> {
  const { saleId, calls } = await crowd(shop, connections, CROWD, 1)
  const startTime = new Date(Date.now() + 1800_000).toISOString()
  const headers = { authorization: `Bearer ${shop.token}`, 'content-type': 'application/json' }
  await fetch(`${shop.url}/api/v1/admin/sales/${saleId}`, { method: 'PATCH', headers, body: JSON.stringify({ startTime }) })
  return again(calls, problem(409, 'not-started'))
}

/** Another signature of the right length: the dearest kind of bad token, because it must be checked each time. */
async function badToken(shop: Shop, { connections }: Size): Promise<Path> {
  const { tokens, calls } = await crowd(shop, connections, CROWD, 1)
  const forged = calls.map(({ path, body }, i) => {
    const [head, claims, signature] = (tokens[i] as string).split('.') as [string, string, string]
    const other = randomBytes(Buffer.from(signature, 'base64url').length).toString('base64url')
    return call('POST', path, `${head}.${claims}.${other}`, body)
  })
  return again(forged, problem(401, 'unauthenticated'))
}
