import { Fault } from '../src/core/fault.ts'
import type { Id } from '../src/core/ids.ts'
import type { GatewayEvent, GatewayState, GatewayView } from '../src/core/payment.ts'
import type { Charge, Gateway } from '../src/payment/gateway.ts'
import type { Dice } from './dice.ts'
import type { Process, Store } from './process.ts'
import { short } from './words.ts'
import { EPOCH, type World } from './world.ts'

/** Shares of calls or of what is told. */
export type CardManners = {
  /** It applies the call, answers with a failure, and with the same failure whenever the key comes again. */
  failsForEver: number
  /** It fails and applies nothing. */
  fails: number
  forgetsKeys: number
  /** A human at the gateway takes money of what was void or declined, or gives back what was taken. */
  byHand: number
  never: number
  twice: number
  late: number
  /** Somebody signs in its name that money was taken, but not what was asked for. */
  forged: number
  /** A new key is a new wish: it takes or gives the same money once more. */
  literal: boolean
}

export const plainManners: CardManners = {
  failsForEver: 0,
  fails: 0,
  forgetsKeys: 0,
  byHand: 0,
  never: 0,
  twice: 0,
  late: 0,
  forged: 0,
  literal: false,
}

type Charged = { view: GatewayView; expiresAt: number; captured: number; refunded: number }

/** A gateway that makes no money and loses none, and is reached, told of and answered as badly as any. */
export class CardGateway implements Gateway, Store<Gateway> {
  readonly name = 'gateway'
  readonly dies = false
  readonly charged = new Map<string, Charged>()
  /** Orders that a human at the gateway has touched. */
  readonly byHand = new Set<Id>()
  /** Those of which it has forgotten a key. */
  readonly forgotten = new Set<Id>()
  readonly #world: World
  readonly #dice: Dice
  /** Of its own, so that what all others draw is the same without a forger. */
  readonly #forger: Dice
  #manners: CardManners
  readonly #keys = new Map<string, GatewayView | 'failed'>()
  readonly #events: GatewayEvent[] = []
  /** Brings an event to the shop; answers whether it came there. */
  tell: (event: GatewayEvent) => Promise<boolean> = async () => true
  #downUntil = 0
  #calls = 0

  constructor(world: World, dice: Dice, manners: CardManners, forger = dice) {
    this.#world = world
    this.#dice = dice
    this.#forger = forger
    this.#manners = manners
  }

  isDown(): boolean {
    return this.#world.time < this.#downUntil
  }

  reach(_process: Process): Gateway {
    return this
  }

  stop(ms: number): void {
    this.#world.tell('gateway', `is down for ${ms} ms`)
    this.#downUntil = this.#world.time + ms
  }

  calm(): void {
    this.#downUntil = 0
    this.#manners = { ...plainManners, literal: this.#manners.literal }
  }

  async authorize(key: string, { orderId, attempt, amount, currency, expiresAt }: Charge): Promise<GatewayView> {
    return this.#keyed(key, () => {
      const txnId = `txn-${this.charged.size + 1}`
      const redirectUrl = `/pay/${txnId}`
      const view = { orderId, attempt, txnId, state: 'open' as const, amount, currency, redirectUrl, reason: null }
      this.charged.set(txnId, { view, expiresAt, captured: 0, refunded: 0 })
      return view
    })
  }

  async capture(key: string, txnId: string): Promise<GatewayView> {
    return this.#keyed(key, () => this.#move(txnId, ['authorized', ...this.#again(txnId, 'captured')], 'captured'))
  }

  async void(key: string, txnId: string): Promise<GatewayView> {
    return this.#keyed(key, () => this.#move(txnId, ['open', 'authorized'], 'voided'))
  }

  async refund(key: string, txnId: string): Promise<GatewayView> {
    return this.#keyed(key, () => this.#move(txnId, ['captured', ...this.#again(txnId, 'refunded')], 'refunded'))
  }

  #again(txnId: string, state: 'captured' | 'refunded'): GatewayState[] {
    const orderId = this.charged.get(txnId)?.view.orderId ?? ''
    return this.#manners.literal && !this.byHand.has(orderId) && !this.forgotten.has(orderId) ? [state] : []
  }

  /** Of an attempt that came to be twice the one with money in it, else the first. */
  async lookup(orderId: Id, attempt: number): Promise<GatewayView | null> {
    const own = [...this.charged.values()].filter(({ view }) => view.orderId === orderId && view.attempt === attempt)
    const found = own.find(({ captured }) => captured > 0) ?? own[0]
    return found ? { ...found.view } : null
  }

  async events(after: string | null, max: number) {
    const from = Number(after ?? 0)
    const events = this.#events.slice(from, from + max)
    return { events: structuredClone(events), next: String(from + events.length) }
  }

  get eventCount(): number {
    return this.#events.length
  }

  payAll(): void {
    for (const txnId of this.charged.keys()) this.press(txnId, 'pay')
  }

  /** What a buyer does on the page. */
  press(txnId: string, what: 'pay' | 'decline'): void {
    const one = this.charged.get(txnId)
    if (one?.view.state !== 'open' || EPOCH + this.#world.time >= one.expiresAt) return
    this.#world.tell('gateway', `${what === 'pay' ? 'authorizes' : 'declines'} ${txnId}`)
    this.#move(txnId, ['open'], what === 'pay' ? 'authorized' : 'declined')
  }

  #keyed(key: string, apply: () => GatewayView): GatewayView {
    const { failsForEver, fails, forgetsKeys } = this.#manners
    const known = this.#keys.get(key)
    if (known === 'failed') throw new Fault('gateway-silent', 'unknown', 'it failed once and says so again')
    if (known) return { ...known }
    if (this.#strikes(fails, 'fails')) throw new Fault('gateway-silent', 'unknown', 'it fails')
    const view = { ...apply() }
    const isFailed = this.#strikes(failsForEver, 'fails for ever')
    if (this.#strikes(forgetsKeys, 'forgets')) this.forgotten.add(view.orderId)
    else this.#keys.set(key, isFailed ? 'failed' : view)
    if (isFailed) throw new Fault('gateway-silent', 'unknown', 'it fails after all')
    return { ...view }
  }

  #move(txnId: string, from: GatewayState[], to: GatewayState): GatewayView {
    const one = this.charged.get(txnId)
    if (!one) throw new Fault('gateway-refused', 'refused', `no transaction ${txnId}`)
    if (!from.includes(one.view.state)) return one.view
    if (to === 'captured') one.captured += one.view.amount
    if (to === 'refunded') one.refunded += one.view.amount
    one.view = { ...one.view, state: to, redirectUrl: null, reason: to === 'declined' ? 'card_declined' : null }
    this.#happened(one.view)
    const byHand = { voided: 'captured', declined: 'captured', captured: 'refunded' } as const
    if (to in byHand && this.#strikes(this.#manners.byHand, `by hand ${txnId}`)) {
      this.#world.after(this.#dice.between(0, 4000), () => this.#byHand(txnId, to, byHand[to as keyof typeof byHand]))
    }
    return one.view
  }

  #byHand(txnId: string, from: GatewayState, to: GatewayState): void {
    const one = this.charged.get(txnId)
    if (one?.view.state !== from || this.#manners.byHand === 0) return
    this.byHand.add(one.view.orderId)
    this.#world.tell('gateway', `${txnId}, ${from}, is ${to} by hand`)
    this.#move(txnId, [from], to)
  }

  #happened(view: GatewayView): void {
    const { never, twice, late } = this.#manners
    const event = {
      id: `event-${this.#events.length + 1}`,
      type: `charge.${view.state}`,
      created: EPOCH + this.#world.time,
      view,
    }
    this.#events.push(event)
    this.#world.tell('gateway', `${view.txnId} of ${short(view.orderId)} ${view.attempt} is ${view.state}`)
    if (this.#forger.chance(this.#manners.forged) && this.#world.strikes(`forger ${event.id}`)) this.#forge(event)
    if (this.#strikes(never, 'never tells')) return
    const ms = this.#strikes(late, 'tells late') ? this.#dice.between(1000, 8000) : this.#dice.between(0, 100)
    for (let i = this.#strikes(twice, 'tells twice') ? 3 : 1; i > 0; i--) this.#world.after(ms, () => this.#bring(event, 3))
  }

  #forge({ id, view, ...event }: GatewayEvent): void {
    const forged = { ...view, state: 'captured' as const, amount: 1 }
    this.#world.after(this.#forger.between(0, 1000), () => this.#bring({ id: `forged-${id}`, ...event, view: forged }, 3))
  }

  #bring(event: GatewayEvent, tries: number): void {
    void this.tell(structuredClone(event)).then((came) => {
      if (!came && tries > 0) this.#world.after(1000, () => this.#bring(event, tries - 1))
    })
  }

  #strikes(share: number, what: string): boolean {
    return this.#dice.chance(share) && this.#world.strikes(`gateway ${what} ${++this.#calls}`)
  }
}
