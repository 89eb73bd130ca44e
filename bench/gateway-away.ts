import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CardBuyers } from '../src/drill/card-buyers.ts'
import { machine } from '../src/drill/drill.ts'
import { inTurns, outcomes } from '../src/drill/outcomes.ts'
import { latencies } from '../src/drill/result.ts'
import { Wire } from '../src/drill/wire.ts'
import { systemClock } from '../src/platform/clock.ts'
import { systemRandom } from '../src/platform/random.ts'
import { type Shop, startShop } from '../test/shop.ts'
import { dataDir } from './servers.ts'
import { aligned } from './table.ts'

/** `node bench/gateway-away.ts --away 60`: a sale goes on by credit and by card while the card gateway, a process of its own, stands
 *  still (SIGSTOP) for a time. What buyers by credit notice, what became of every order, and how long it took until all was well. */
const { values } = parseArgs({
  options: {
    credit: { type: 'string', default: '40' },
    card: { type: 'string', default: '10' },
    before: { type: 'string', default: '30' },
    away: { type: 'string', default: '60' },
    after: { type: 'string', default: '30' },
  },
})
const [creditRate, cardRate] = [+values.credit, +values.card]
const [beforeS, awayS, afterS] = [+values.before, +values.away, +values.after]
const phases = [
  { name: 'before', until: beforeS },
  { name: 'away', until: beforeS + awayS },
  { name: 'after', until: beforeS + awayS + afterS },
] as const
const SLOWER_MAX = 0.1
/** Long enough for who was on the gateway's page when it went away. */
const HOLD_S = awayS + 90
const SECRETS = { key: 'key-of-the-bench', webhook: 'whsec_bench' }

type Asked = { phase: string; method: 'credit' | 'card'; word: string; ms: number }
type Made = { saleId: string; productId: string; tokensUrl: string; price: { amount: number; currency: string } }
type Gateway = { pid: number; url: string; stop(): void }

using folder = dataDir()
const gateway = await startGateway(join(folder.path, 'gateway'))
const shop = await startShop({
  DATA_DIR: join(folder.path, 'shop'),
  PAYMENT_URL: gateway.url.replace('://', `://${SECRETS.key}@`),
  WEBHOOK_SECRET: SECRETS.webhook,
  HOLD_TTL: `${HOLD_S}s`,
  RATE_LIMITS: 'off',
  LOG_LEVEL: 'error',
})
try {
  if (!(await measured(shop, gateway))) process.exitCode = 1
} finally {
  await shop.stop()
  gateway.stop()
}

async function measured({ api, url }: Shop, { pid }: Gateway): Promise<boolean> {
  const seconds = beforeS + awayS + afterS
  const buyers = seconds * (creditRate + cardRate)
  const made = await api.post<Made>('/api/v1/admin/drills', { buyers, units: buyers })
  const tokens = (await api.text(made.tokensUrl)).trimEnd().split('\n')
  const wire = new Wire(url, 500)
  const over = new AbortController()
  const payers = new CardBuyers(tokens, { wire, clock: systemClock, random: systemRandom, stop: over.signal })
  await inTurns(tokens, 32, (token) => wire.ask('GET', '/api/v1/orders?limit=1', { authorization: `Bearer ${token}` }))
  const asked: Asked[] = []
  const told = new Map<string, number>()
  const paying: Promise<void>[] = []
  const path = `/api/v1/sales/${made.saleId}/purchase`
  const start = performance.now()
  const now = () => (performance.now() - start) / 1000
  let backAt = 0
  let firstCardAt: number | null = null

  const isByCard = (buyer: number) => buyer % (creditRate + cardRate) < cardRate
  async function buy(buyer: number, due: number): Promise<void> {
    const method = isByCard(buyer) ? 'card' : 'credit'
    const phase = phases.find(({ until }) => due < until)?.name ?? 'after'
    const headers = { authorization: `Bearer ${tokens[buyer]}`, 'idempotency-key': `once-${buyer}` }
    const body = JSON.stringify({ productId: made.productId, quantity: 1, payment: { method } })
    const answer = await wire.ask('POST', path, headers, body)
    const said = answer.kind === 'answer' ? (JSON.parse(answer.body) as { orderId?: string; code?: string }) : { code: 'lost' }
    const accepted = answer.kind === 'answer' && answer.status === 202
    asked.push({ phase, method, word: accepted ? 'accepted' : (said.code ?? 'unknown'), ms: (now() - due) * 1000 })
    if (!accepted || !said.orderId) return
    told.set(said.orderId, buyer)
    if (method === 'credit') return
    if (backAt > 0) firstCardAt ??= now()
    paying.push(payers.pay(said.orderId, buyer))
  }
  const arriving = (async () => {
    for (let next = 0; next < buyers; await sleep(5)) {
      for (; next < buyers && next / (creditRate + cardRate) <= now(); next++) void buy(next, next / (creditRate + cardRate))
    }
  })()

  await sleep(beforeS * 1000)
  process.kill(pid, 'SIGSTOP')
  await sleep(awayS * 1000)
  process.kill(pid, 'SIGCONT')
  backAt = now()
  const heldAtReturn = await held()
  await arriving
  await sleep(1000)
  await Promise.all(paying)
  const paidAt = now()
  const until = now() + HOLD_S + 60
  while ((await held()) > 0 && now() < until) await sleep(1000)
  over.abort()
  const ends = await outcomes({ told }, tokens, wire, isByCard)
  const { ok } = await api.get<{ ok: boolean }>('/api/v1/admin/audit')
  const { money } = await api.get<{ money: Record<string, { captured: number; refunded: number }> }>(
    '/api/v1/admin/payments/demo-gateway',
  )
  wire.close()
  payers.close()

  console.log(`${machine()}\n${creditRate} buyers a second by credit, ${cardRate} by card; the gateway away for ${awayS} s\n`)
  console.log(aligned(['phase', 'by', 'asked/s', 'accepted/s', 'p50', 'p99', 'answers'], rows(asked)).join('\n'))
  const { captured = 0, refunded = 0 } = money[made.price.currency] ?? {}
  const lost = (ends.told.unknown ?? 0) + (ends.told.PAYMENT_PENDING ?? 0) + (ends.told.RESERVATION_PENDING ?? 0)
  const sold = ends.cards.completed * made.price.amount
  const [before, away] = ['before', 'away'].map((phase) => acceptedPerSecond(asked, phase, 'credit'))
  const ratio = (away ?? 0) / (before ?? NaN)
  console.log(`
orders         ${Object.entries(ends.told)
    .map((pair) => pair.join(' '))
    .join(' · ')}; ${lost} lost or without an end
by card        ${JSON.stringify(ends.cards)}, ${payers.left} left the page
by credit      ${(ratio * 100).toFixed(1)} % of the accepted rate of before while the gateway was away
recovery       ${heldAtReturn} units held when the gateway came back; first purchase by card ${sinceText(firstCardAt, backAt)} later
               nobody waited for a payment any more ${sinceText(paidAt, backAt)} after it was back, arrivals of the last ${afterS} s included
money          ${captured - refunded} taken and kept at the gateway, ${sold} the price of what was sold by card; audit ${ok ? 'balanced' : 'NOT balanced'}`)
  return ok && lost === 0 && captured - refunded === sold && ratio > 1 - SLOWER_MAX && firstCardAt !== null

  async function held(): Promise<number> {
    const { items } = await api.get<{ items: { held: number }[] }>(`/api/v1/admin/sales/${made.saleId}/live`)
    return items[0]?.held ?? NaN
  }
}

function sinceText(at: number | null, from: number): string {
  return at === null ? 'never' : `${(at - from).toFixed(1)} s`
}

function lasting(phase: string): number {
  return { before: beforeS, away: awayS, after: afterS }[phase] ?? NaN
}

function acceptedPerSecond(asked: Asked[], phase: string, method: string): number {
  return asked.filter((one) => one.phase === phase && one.method === method && one.word === 'accepted').length / lasting(phase)
}

function rows(asked: Asked[]): string[][] {
  return phases.flatMap(({ name }) =>
    (['credit', 'card'] as const).map((method) => {
      const here = asked.filter((one) => one.phase === name && one.method === method)
      const words = Object.entries(Object.groupBy(here, ({ word }) => word)).map(([word, all]) => `${word} ${all?.length ?? 0}`)
      const times = latencies(here.map(({ ms }) => ms))
      const percentile = (wanted: number) => `${times.find((one) => one.percentile === wanted)?.ms.toFixed(0)} ms`
      const rates = [here.length / lasting(name), acceptedPerSecond(asked, name, method)].map((rate) => rate.toFixed(1))
      return [name, method, ...rates, percentile(50), percentile(99), words.join(' · ')]
    }),
  )
}

/** Started by itself, not by the launcher: the process that is stopped must be the gateway. */
async function startGateway(path: string): Promise<Gateway> {
  const env = {
    ...process.env,
    ...{ DATA_DIR: path, PORT: '0', HOST: '127.0.0.1', ROLES: 'gateway-demo', LOG_LEVEL: 'error' },
    ...{ PAYMENT_URL: `http://${SECRETS.key}@127.0.0.1:1`, WEBHOOK_SECRET: SECRETS.webhook },
  }
  const child = spawn(process.execPath, ['src/main.ts', 'start'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    const [, url] = /^ready (http:\S+)$/.exec(line) ?? []
    if (url && child.pid) return { pid: child.pid, url, stop: () => void child.kill('SIGKILL') }
  }
  throw new Error('the gateway ended')
}
