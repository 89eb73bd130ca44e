import { assert } from '../core/assert.ts'
import type { ApiClient } from '../platform/api-client.ts'
import type { Clock } from '../platform/clock.ts'
import type { DemoGateway } from './demo-gateway.ts'
import type { Cards } from './result.ts'

export type Audit = { ok: boolean; equations: { id: string; scope: string; left: number; holds: boolean }[] }
type Money = Pick<Cards, 'journal' | 'gateway' | 'owed'>

/** A gateway that is calm again gives back what it owes within this. */
const OWED_MS = 120_000
const LOOK_MS = 1_000

/** The money of cards from before a rehearsal to its end, in the shop's books and in the gateway's own: others may have paid by
 *  either before. */
export class Till {
  readonly #shop: ApiClient
  readonly #gateway: DemoGateway
  readonly #currency: string
  readonly #before: Money

  private constructor(shop: ApiClient, gateway: DemoGateway, currency: string, before: Money) {
    this.#shop = shop
    this.#gateway = gateway
    this.#currency = currency
    this.#before = before
  }

  static async open(shop: ApiClient, gateway: DemoGateway, currency: string): Promise<Till> {
    const before = { ...inBooks(await auditOf(shop)), gateway: await gateway.kept(currency) }
    return new Till(shop, gateway, currency, before)
  }

  /** Waits until all that is owed went back, or that takes too long; the equations then say so. */
  async owesNothing(clock: Clock, progress: (line: string) => void): Promise<void> {
    for (const until = clock.ticks() + OWED_MS; clock.ticks() < until; await clock.sleep(LOOK_MS)) {
      if (inBooks(await auditOf(this.#shop)).owed <= this.#before.owed) return
      progress('waiting for refunds of money that came after the end of its order')
    }
  }

  /** Since it was opened. */
  async count(audit: Audit): Promise<Money> {
    const { journal, owed } = inBooks(audit)
    const gateway = (await this.#gateway.kept(this.#currency)) - this.#before.gateway
    return { journal: journal - this.#before.journal, owed: owed - this.#before.owed, gateway }
  }
}

export function auditOf(shop: ApiClient): Promise<Audit> {
  return shop.get('/api/v1/admin/audit')
}

function inBooks({ equations }: Audit): Omit<Money, 'gateway'> {
  const left = (id: string) => {
    const found = equations.find((one) => one.id.startsWith(id))
    assert(found, `the audit has the equation "${id}…"`)
    return found.left
  }
  return { journal: left('gateway: captured - refunded'), owed: left('refunds owed by the journal') }
}
