import type { PaymentMethod } from '../core/order.ts'
import type { Clock } from '../platform/clock.ts'
import { type Random, secret } from '../platform/random.ts'
import type { Result } from './result.ts'
import type { Answer, Wire } from './wire.ts'

/** One wish of a buyer. Its key stays the same however often it is asked for. */
type Wish = { buyer: number; key: string; since: number }

/** After so long without a yes or a no a buyer leaves. */
const PATIENCE_MS = 30_000
const LONGEST_WAIT_MS = 5_000
/** Those refused look at the stock so often and ask again when there is some: ten for each unit, at least fifty. */
const LOOK_MS = 250

/** Buyers who arrive when they like, not when the shop is done with the one before. */
export class Crowd {
  readonly arrivals: number[] = []
  readonly answers: Result['answers'] = []
  readonly stock: Result['stock'] = []
  /** Orders answered 202, with their buyer. */
  readonly told = new Map<string, number>()
  lost = 0
  refused = 0
  gaveUp = 0
  /** Requests without an answer yet. */
  inFlight = 0
  readonly #tokens: string[]
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #random: Random
  readonly #path: string
  readonly #bodies: Record<PaymentMethod, string>
  readonly #isByCard: (buyer: number) => boolean
  readonly #accepted: (orderId: string, buyer: number) => void
  readonly #opened: number
  readonly #stop: AbortSignal
  readonly #served = new Set<number>()
  #waiting: Wish[] = []

  constructor(
    tokens: string[],
    sale: { saleId: string; productId: string },
    parts: {
      wire: Wire
      clock: Clock
      random: Random
      /** Who has no answer by then leaves. */
      stop: AbortSignal
      isByCard: (buyer: number) => boolean
      /** Told once of each order. */
      accepted: (orderId: string, buyer: number) => void
    },
  ) {
    this.#tokens = tokens
    this.#wire = parts.wire
    this.#clock = parts.clock
    this.#random = parts.random
    this.#path = `/api/v1/sales/${sale.saleId}/purchase`
    const wish = { productId: sale.productId, quantity: 1 }
    this.#bodies = { credit: JSON.stringify(wish), card: JSON.stringify({ ...wish, payment: { method: 'card' } }) }
    this.#isByCard = parts.isByCard
    this.#accepted = parts.accepted
    this.#opened = parts.clock.ticks()
    this.#stop = parts.stop
  }

  /** Milliseconds since the opening. */
  now(): number {
    return this.#clock.ticks() - this.#opened
  }

  /** Returns when all have arrived; answers are not waited for. */
  async arrive(parallel: number, overMs: number): Promise<void> {
    const buyers = this.#tokens.length
    let next = 0
    while (next < buyers && !this.#stop.aborted) {
      for (; next < buyers && (next / buyers) * overMs <= this.now(); next++) {
        const due = (next / buyers) * overMs
        for (let i = 0; i < parallel; i++) {
          this.arrivals.push(due)
          void this.#ask({ buyer: next, key: secret(this.#random, 16), since: due }, due)
        }
      }
      await this.#clock.sleep(1)
    }
  }

  sawStock(remaining: number): void {
    this.stock.push({ at: this.now(), remaining })
  }

  /** Told that nothing is left, and still without a unit. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Lets those who were refused come back when there is stock, until `stop`. */
  async comeBack(): Promise<void> {
    while (!this.#stop.aborted) {
      await this.#clock.sleep(LOOK_MS, this.#stop)
      if (this.#left() === 0) continue
      this.#waiting = this.#waiting.filter(({ buyer }) => !this.#served.has(buyer))
      const back = this.#waiting.splice(0, Math.max(50, this.#left() * 10))
      const now = this.now()
      for (const wish of back) void this.#ask({ ...wish, since: now }, now)
    }
  }

  #left(): number {
    return this.stock.at(-1)?.remaining ?? 0
  }

  /** Until there is a yes or a no. `due`: when this request should have left. */
  async #ask(wish: Wish, due: number): Promise<void> {
    this.inFlight++
    const headers = { authorization: `Bearer ${this.#tokens[wish.buyer]}`, 'idempotency-key': wish.key }
    const body = this.#bodies[this.#isByCard(wish.buyer) ? 'card' : 'credit']
    for (let asked = due; ; ) {
      const wait = this.#heard(wish, asked, await this.#wire.ask('POST', this.#path, headers, body))
      if (wait === undefined || this.#stop.aborted) break
      if (this.now() - wish.since > PATIENCE_MS) {
        this.gaveUp++
        break
      }
      // Half of it again at random: those who were sent away together do not come back together.
      await this.#clock.sleep(wait * (1 + this.#random.word() / 2 ** 33), this.#stop)
      asked = this.now()
    }
    this.inFlight--
  }

  /** Answers how long to wait before the same is asked again; `undefined`: that was the answer. */
  #heard(wish: Wish, asked: number, answer: Answer): number | undefined {
    if (answer.kind === 'lost') {
      if (answer.refused) this.refused++
      else this.lost++
      return 200
    }
    const at = this.now()
    const said = read(answer.body)
    const word = answer.status === 202 ? 'accepted' : (said.code ?? `status ${answer.status}`)
    this.answers.push({ at, latency: at - asked, word, status: answer.status })
    if (answer.status === 202 && said.orderId) {
      if (!this.told.has(said.orderId)) this.#accepted(said.orderId, wish.buyer)
      this.told.set(said.orderId, wish.buyer)
      this.#served.add(wish.buyer)
    }
    if (word === 'sold-out') this.#waiting.push(wish)
    const again = answer.status === 503 || answer.status === 429
    return again ? Math.min(Math.max(answer.retryAfterMs, 100), LONGEST_WAIT_MS) : undefined
  }
}

function read(body: string): { code?: string; orderId?: string } {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}
