import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import type { Shop } from './shop.ts'

export type Buyer = { token: string; key: string; orderId?: string }
export type Crowd = { saleId: string; productId: string; units: number; buyers: Buyer[] }

/** A rehearsal's buyers with their tokens. */
export async function makeCrowd({ api }: Shop, buyers: number, units: number): Promise<Crowd> {
  const made = await api.post<{ saleId: string; productId: string; tokensUrl: string }>('/api/v1/admin/drills', {
    buyers,
    units,
  })
  const tokens = (await api.text(made.tokensUrl)).trimEnd().split('\n')
  return { ...made, units, buyers: tokens.map((token, i) => ({ token, key: `intention-${i}` })) }
}

/** Once, with the buyer's own key; an answer that is lost is lost. */
export async function buy(wire: Wire, { saleId, productId }: Crowd, buyer: Buyer): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${buyer.token}`, 'idempotency-key': buyer.key }
  const answer = await wire.ask('POST', `/api/v1/sales/${saleId}/purchase`, headers, JSON.stringify({ productId, quantity: 1 }))
  if (answer.kind === 'lost') return undefined
  if (answer.status !== 202) return answer.status
  const { orderId } = JSON.parse(answer.body) as { orderId: string }
  assert.equal(buyer.orderId ?? orderId, orderId, 'the same key gives the same order')
  buyer.orderId = orderId
  return 202
}

/** The others buy what is left until all is gone; then each unit is sold and paid, and the books balance.
 *  @param patienceMs so long the shop may say that it is busy. */
export async function allIsWell(shop: Shop, crowd: Crowd, round: number, patienceMs = 0): Promise<void> {
  const wire = new Wire(shop.url, 20)
  for (const buyer of crowd.buyers) {
    const before = buyer.orderId
    // Those who have an order get it again; the others buy what is left, until all is gone.
    let status = await buy(wire, crowd, buyer)
    for (const until = Date.now() + patienceMs; status === 503 && Date.now() < until; ) {
      await sleep(250)
      status = await buy(wire, crowd, buyer)
    }
    assert.ok(status === 202 || status === 409, `round ${round}: answered ${status}\n${shop.output()}`)
    if (before !== undefined) assert.equal(buyer.orderId, before, `round ${round}: an accepted order is gone`)
  }
  const holders = crowd.buyers.filter((buyer) => buyer.orderId !== undefined)
  assert.equal(holders.length, crowd.units, `round ${round}: exactly what there was is sold`)
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
