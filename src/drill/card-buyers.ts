import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { type Answer, Wire } from './wire.ts'

/** Of the buyers by card, besides what the gateway declines by itself: the others pay at once. docs/drill.md says the same. */
const LEAVE_SHARE = 0.05
const DECLINE_SHARE = 0.1

/** As a page without a socket looks: soon at first, then less and less often. */
const FIRST_LOOK_MS = 250
const LONGEST_LOOK_MS = 5_000
const PRESS_AGAIN_MS = 200
/** Connections of all of them to the gateway's pages. */
const PAGE_SOCKETS = 64

type Payment = { state: string; attempt?: number; redirectUrl?: string; expiresAt?: string }
type Act = 'pay' | 'decline' | 'leave'

/** What buyers by card do after their `202`: look for the gateway's page, go there, press a button, and come back. */
export class CardBuyers {
  /** Orders whose buyers still look, or are on the gateway's page. */
  underWay = 0
  /** Those who left the page and did not come back. */
  left = 0
  /** Until when the last unit is held, as far as a buyer was told; milliseconds since 1970 by the shop's clock. */
  heldUntil = 0
  readonly #tokens: string[]
  readonly #shop: Wire
  readonly #pages = new Map<string, Wire>()
  readonly #clock: Clock
  readonly #random: Random
  readonly #stop: AbortSignal

  constructor(tokens: string[], parts: { wire: Wire; clock: Clock; random: Random; stop: AbortSignal }) {
    this.#tokens = tokens
    this.#shop = parts.wire
    this.#clock = parts.clock
    this.#random = parts.random
    this.#stop = parts.stop
  }

  /** Until the order is paid or over, or the buyer leaves. */
  async pay(orderId: string, buyer: number): Promise<void> {
    this.underWay++
    const first = this.#mind()
    let pressed = 0
    for (let look = FIRST_LOOK_MS; !this.#stop.aborted; look = Math.min(look * 1.5, LONGEST_LOOK_MS)) {
      // Half of it at random: those who were told yes together do not look together.
      await this.#clock.sleep(look * (0.5 + this.#chance()), this.#stop)
      const payment = await this.#look(orderId, buyer)
      if (!payment) continue
      if (payment.expiresAt) this.heldUntil = Math.max(this.heldUntil, Date.parse(payment.expiresAt))
      if (isOver(payment)) break
      const { redirectUrl, attempt = 1 } = payment
      if (redirectUrl === undefined || attempt <= pressed) continue
      // Whose first card was declined takes another and pays.
      const act = pressed === 0 ? first : 'pay'
      if (!(await this.#visit(redirectUrl, act))) continue
      pressed = attempt
      look = FIRST_LOOK_MS
      if (act === 'leave') {
        this.left++
        break
      }
    }
    this.underWay--
  }

  close(): void {
    for (const wire of this.#pages.values()) wire.close()
  }

  #chance(): number {
    return this.#random.word() / 2 ** 32
  }

  #mind(): Act {
    const chance = this.#chance()
    return chance < LEAVE_SHARE ? 'leave' : chance < LEAVE_SHARE + DECLINE_SHARE ? 'decline' : 'pay'
  }

  async #look(orderId: string, buyer: number): Promise<Payment | undefined> {
    const headers = { authorization: `Bearer ${this.#tokens[buyer]}` }
    const answer = await this.#shop.ask('GET', `/api/v1/payments/${orderId}`, headers)
    return isOk(answer, 200) ? (JSON.parse(answer.body) as Payment) : undefined
  }

  /** Looks at the page as a browser does, then presses. False: the page would not have it, and the shop says what follows. */
  async #visit(address: string, act: Act): Promise<boolean> {
    const { origin, pathname, search } = new URL(address)
    const wire = this.#page(origin)
    const page = await wire.ask('GET', pathname + search, {})
    if (!isOk(page, 200)) return false
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    while (!this.#stop.aborted) {
      const answer = await wire.ask('POST', pathname + search, form, `act=${act}`)
      // To press twice is to press once.
      if (answer.kind === 'answer' && answer.status < 500) return answer.status === 303
      await this.#clock.sleep(PRESS_AGAIN_MS, this.#stop)
    }
    return false
  }

  #page(origin: string): Wire {
    const wire = this.#pages.get(origin) ?? new Wire(origin, PAGE_SOCKETS)
    this.#pages.set(origin, wire)
    return wire
  }
}

function isOver({ state, expiresAt }: Payment): boolean {
  const isNo = state === 'declined' || state === 'voided'
  return state === 'captured' || state === 'refund-due' || state === 'refunded' || (isNo && expiresAt === undefined)
}

function isOk(answer: Answer, status: number): answer is Answer & { kind: 'answer' } {
  return answer.kind === 'answer' && answer.status === status
}
