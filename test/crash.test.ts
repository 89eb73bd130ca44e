import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import { type Shop, startShop } from './shop.ts'

const ROUNDS = 22
const BUYERS = 120
const UNITS = 40
/** The crowd arrives within this; the kill comes anywhere in it. */
const OVER_MS = 400

type Buyer = { token: string; key: string; orderId?: string }
type Crowd = { saleId: string; productId: string; buyers: Buyer[] }

test(`what was answered 202 is there and settles after kill -9, ${ROUNDS} times`, { timeout: 300_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'crash-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  let shop = await startShop({ DATA_DIR: dir }, t)
  let told = 0
  for (let round = 0; round < ROUNDS; round++) {
    const crowd = await makeCrowd(shop)
    const killAt = (OVER_MS * (round + 1)) / ROUNDS
    const wire = new Wire(shop.url, BUYERS)
    const asked = crowd.buyers.map(async (buyer, i) => {
      await sleep((i / BUYERS) * OVER_MS)
      await buy(wire, crowd, buyer)
    })
    await sleep(killAt)
    await shop.kill()
    await Promise.all(asked)
    wire.close()
    told += crowd.buyers.filter((buyer) => buyer.orderId !== undefined).length
    shop = await startShop({ DATA_DIR: dir }, t)
    await allIsWell(shop, crowd, round)
  }
  assert.ok(told > ROUNDS, `the kills came too early to prove anything: ${told} orders were accepted before them`)
  assert.equal(await shop.stop(), 0)
})

async function makeCrowd({ api }: Shop): Promise<Crowd> {
  const made = await api.post<{ saleId: string; productId: string; tokensUrl: string }>('/api/v1/admin/drills', {
    buyers: BUYERS,
    units: UNITS,
  })
  const tokens = (await api.text(made.tokensUrl)).trimEnd().split('\n')
  return { ...made, buyers: tokens.map((token, i) => ({ token, key: `intention-${i}` })) }
}

/** Once, with the buyer's own key; an answer that is lost is lost. */
async function buy(wire: Wire, { saleId, productId }: Crowd, buyer: Buyer): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${buyer.token}`, 'idempotency-key': buyer.key }
  const answer = await wire.ask('POST', `/api/v1/sales/${saleId}/purchase`, headers, JSON.stringify({ productId, quantity: 1 }))
  if (answer.kind === 'lost') return undefined
  if (answer.status !== 202) return answer.status
  const { orderId } = JSON.parse(answer.body) as { orderId: string }
  assert.equal(buyer.orderId ?? orderId, orderId, 'the same key gives the same order')
  buyer.orderId = orderId
  return 202
}

async function allIsWell(shop: Shop, crowd: Crowd, round: number): Promise<void> {
  const wire = new Wire(shop.url, 20)
  for (const buyer of crowd.buyers) {
    const before = buyer.orderId
    // Those who have an order get it again; the others buy what is left, until all is gone.
    const status = await buy(wire, crowd, buyer)
    assert.ok(status === 202 || status === 409, `round ${round}: answered ${status}\n${shop.output()}`)
    if (before !== undefined) assert.equal(buyer.orderId, before, `round ${round}: an accepted order is gone`)
  }
  const holders = crowd.buyers.filter((buyer) => buyer.orderId !== undefined)
  assert.equal(holders.length, UNITS, `round ${round}: exactly what there was is sold`)
  await Promise.all(holders.map((buyer) => completed(wire, buyer)))
  wire.close()
  const { ok, equations } = await shop.api.get<{ ok: boolean; equations: { holds: boolean }[] }>('/api/v1/admin/audit')
  assert.ok(ok, JSON.stringify(equations.filter((equation) => !equation.holds)))
}

async function completed(wire: Wire, { orderId, token }: Buyer): Promise<void> {
  for (const until = Date.now() + 15_000; ; ) {
    const answer = await wire.ask('GET', `/api/v1/orders/${orderId}/status`, { authorization: `Bearer ${token}` })
    assert.ok(answer.kind === 'answer')
    if (answer.status === 200 && JSON.parse(answer.body).status === 'COMPLETED') return
    assert.ok(Date.now() < until, `order ${orderId} is ${answer.body}`)
    await sleep(250)
  }
}
