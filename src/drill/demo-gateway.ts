import { type ApiClient, ApiError } from '../platform/api-client.ts'
import type { GatewayMood } from './result.ts'

const CHAOS_SHARE = 0.1
const path = '/api/v1/admin/payments/demo-gateway'

type Faults = Record<string, number>
type Controls = { faults: Faults; money: Record<string, { captured: number; refunded: number }> }

/** The shop's demo gateway, by way of the shop: the drill has no key of it. */
export class DemoGateway {
  readonly #shop: ApiClient
  /** As they were set before the rehearsal. */
  readonly #faults: Faults
  #isOver = false
  #last: Promise<unknown> = Promise.resolve()

  private constructor(shop: ApiClient, faults: Faults) {
    this.#shop = shop
    this.#faults = faults
  }

  /** Throws `ApiError` where the shop has another gateway, or none. */
  static async of(shop: ApiClient): Promise<DemoGateway> {
    try {
      return new DemoGateway(shop, (await shop.get<Controls>(path)).faults)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error
      const message = 'To rehearse cards the shop must use the demo gateway, and this one has another or none: see PAYMENT_URL.'
      throw new ApiError(404, error.body, message)
    }
  }

  /** For the time of the rehearsal: one that was ended may still be at work when all is put back. */
  async set(mood: GatewayMood): Promise<void> {
    if (this.#isOver) return
    const share = mood === 'chaos' ? CHAOS_SHARE : 0
    await this.#put(Object.fromEntries(Object.keys(this.#faults).map((name) => [name, share])))
  }

  /** As before the rehearsal. */
  async reset(): Promise<void> {
    this.#isOver = true
    await this.#put(this.#faults)
  }

  /** What it took and did not give back since it began, minor units. */
  async kept(currency: string): Promise<number> {
    const { captured, refunded } = (await this.#shop.get<Controls>(path)).money[currency] ?? { captured: 0, refunded: 0 }
    return captured - refunded
  }

  /** One after the other, so that the last is what stays. */
  async #put(faults: Faults): Promise<void> {
    const put = () => this.#shop.put(`${path}/faults`, faults)
    this.#last = this.#last.then(put, put)
    await this.#last
  }
}
