import type { Id } from '../src/core/ids.ts'
import type { PaymentMethod } from '../src/core/order.ts'
import type { Placed } from '../src/purchase/place-order.ts'
import { cancelOrder, refundOrder } from '../src/purchase/settle-order.ts'
import { Dice } from './dice.ts'
import type { Ask, Host } from './host.ts'
import type { Crowd } from './weather.ts'
import { PRELUDE_MS, type World } from './world.ts'

export type Shopfront = { saleId: Id; products: Id[]; limit: number }

export type Street = {
  world: World
  hosts: readonly Host[]
  shopfronts: readonly Shopfront[]
  asks: Ask[]
  /** Nobody begins anything new after this. */
  untilMs: number
  reading(orderId: Id): (version: number) => void
  press(txnId: string, what: 'pay' | 'decline'): void
}

type Intent = { saleId: Id; productId: Id; quantity: number; method: PaymentMethod; key: string; triesLeft: number }

/** One who wants something, asks, asks again or does not, and remembers what was said. */
export class Buyer {
  readonly id: Id
  readonly #street: Street
  readonly #crowd: Crowd
  readonly #dice: Dice
  readonly #isPatient: boolean
  #keys: string[] = []

  constructor(name: string, seed: number, street: Street, crowd: Crowd) {
    this.id = name
    this.#street = street
    this.#crowd = crowd
    this.#dice = new Dice(seed, name)
    this.#isPatient = this.#dice.chance(crowd.patient)
  }

  /** @param edges when sales begin and end. */
  plan(chaosMs: number, edges: readonly number[]): void {
    const dice = this.#dice
    // Crowds come together, at the opening or when a sale begins or ends.
    for (let i = dice.between(1, this.#crowd.intents); i > 0; i--) {
      const edge = edges.length > 0 && dice.chance(0.4) ? dice.pick(edges) - 300 : PRELUDE_MS
      const rush = Math.max(PRELUDE_MS, edge + dice.between(0, this.#crowd.rushMs))
      const at = dice.some(this.#crowd.rush, rush, dice.between(PRELUDE_MS, chaosMs))
      this.#street.world.at(at, () => this.#street.world.strikes(`${this.id} wants something ${i}`) && this.#want())
    }
  }

  #want(): void {
    const dice = this.#dice
    const { shopfronts, world } = this.#street
    if (shopfronts.length === 0) return
    const { saleId, products, limit } = dice.pick(shopfronts)
    const old = this.#keys.length > 0 && dice.chance(this.#crowd.sameKey)
    const key = old ? dice.pick(this.#keys) : `key-${this.#keys.length + 1}`
    if (!old) this.#keys.push(key)
    const quantity = dice.some(0.7, 1, dice.between(1, limit + 1))
    const method = dice.chance(this.#crowd.cards) ? ('card' as const) : ('credit' as const)
    const intent = { saleId, productId: dice.pick(products), quantity, method, key, triesLeft: this.#crowd.tries }
    this.#ask(intent)
    const [isDouble, ms] = [dice.chance(this.#crowd.doubles), dice.between(0, 200)]
    if (isDouble) world.after(ms, () => this.#ask({ ...intent, triesLeft: 0 }))
  }

  #ask(intent: Intent): void {
    const dice = this.#dice
    const { world, hosts, asks, untilMs } = this.#street
    const host = dice.pick(hosts)
    const quantity = dice.chance(this.#crowd.otherBody) ? intent.quantity + 1 : intent.quantity
    const ask: Ask = {
      saleId: intent.saleId,
      productId: intent.productId,
      buyerId: this.id,
      quantity,
      method: intent.method,
      keyDigest: intent.key,
      bodyDigest: `${intent.productId}|${quantity}|${intent.method}`,
      sentAt: world.time,
    }
    const [there, back] = [dice.between(0, 50), dice.between(0, 50)]
    const lost = dice.chance(this.#crowd.lost) && world.strikes(`${this.id} loses ask ${asks.length}`)
    const requestLost = lost && dice.chance(0.5)
    let heard = false
    const hear = (placed: Placed | undefined): void => {
      if (heard) return
      heard = true
      this.#hear(intent, host, placed)
    }
    if (world.time > untilMs) return
    asks.push(ask)
    world.after(this.#crowd.waitMs, () => hear(undefined))
    if (requestLost) return
    world.after(there, () => {
      const listens = host.purchase(ask, (placed) => {
        if (!lost) world.after(back, () => hear(placed))
      })
      if (!listens) world.after(back, () => hear({ kind: 'busy' }))
    })
  }

  #hear(intent: Intent, host: Host, placed: Placed | undefined): void {
    const dice = this.#dice
    const { world } = this.#street
    if (placed?.kind === 'accepted') {
      this.#follow(placed.orderId, host)
      if (intent.method === 'card') this.#toPage(placed.orderId, host, 8)
      if (dice.chance(this.#crowd.asksAgain) && intent.triesLeft-- > 0)
        world.after(dice.between(0, 3000), () => this.#ask(intent))
      return
    }
    const isSure = placed && placed.kind !== 'busy' && placed.kind !== 'unknown-outcome'
    if (intent.triesLeft-- <= 0 || (isSure && !dice.chance(0.3))) return
    if (!this.#isPatient && dice.chance(0.5)) {
      world.tell(this.id, 'walks away')
      return
    }
    world.after(dice.between(50, 1500), () => this.#ask(intent))
  }

  /** Looks at the order's page for a while, and may think better of it. */
  #follow(orderId: Id, host: Host): void {
    const dice = this.#dice
    const { world, reading } = this.#street
    if (dice.chance(this.#crowd.refunds)) {
      const returnUnit = dice.chance(0.5)
      world.after(dice.between(0, 4000), () => {
        host.enter(({ moves }) => void refundOrder(moves, orderId, 'wanted', returnUnit).catch(host.process.failed))
      })
    }
    if (dice.chance(this.#crowd.cancels)) {
      world.after(dice.between(0, 1500), () => {
        host.enter(({ moves }) => void cancelOrder(moves, orderId, 'its buyer').catch(host.process.failed))
      })
    }
    for (let look = dice.between(0, 2); look > 0; look--) {
      world.after(dice.between(0, 3000), () => {
        host.enter(({ books }) => {
          const read = reading(orderId)
          books.order(orderId).then((order) => order && read(order.version), host.process.failed)
        })
      })
    }
  }

  /** Waits for the gateway's page and does something there; once more where the card was declined. */
  #toPage(orderId: Id, host: Host, looks: number): void {
    const dice = this.#dice
    const { world, press } = this.#street
    if (looks === 0) return
    world.after(dice.between(100, 800), () => {
      host.enter(({ stores }) => {
        stores.attempts.of(orderId).then((attempts) => {
          const last = attempts.at(-1)
          const luck = dice.share()
          if (last?.state !== 'OPEN' || last.txnId === null) this.#toPage(orderId, host, looks - 1)
          else if (luck < this.#crowd.pay) press(last.txnId, 'pay')
          else if (luck < this.#crowd.pay + this.#crowd.decline) {
            press(last.txnId, 'decline')
            this.#toPage(orderId, host, looks - 1)
          }
        }, host.process.failed)
      })
    })
  }
}
