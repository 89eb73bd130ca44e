import { readFileSync } from 'node:fs'
import { Fault } from '../core/fault.ts'
import { type Id, isId } from '../core/ids.ts'
import { Batches } from '../platform/batches.ts'
import type { Clock } from '../platform/clock.ts'
import type { Loop, Turn } from '../platform/loop.ts'
import { type RedisLink, scriptOf } from '../platform/redis/redis-link.ts'
import { type BuyerHint, hintsIn, textOf } from './hint-wire.ts'
import type { LocalPush } from './local-push.ts'
import type { Outlet, Watching } from './outlet.ts'
import type { HintResult, OrderHint, Push, SaleHint, StockHint } from './push.ts'
import { RedisPresence, serversOf } from './redis-presence.ts'

/** Told to that process alone. */
const toServer = (serverId: Id): string => `payment_update:${serverId}`
/** Told to every process with sockets: a sale is not what it was. By whom, and nothing else. */
const SALES = 'sale_update'

/** Nobody reads a hint that waited for more than that before it, and they hold about 3 MB. */
const WAITING_MAX = 10_000
const AT_ONCE_MAX = 200
/** Whoever subscribes waits no longer until Redis knows it, milliseconds. */
const PATIENCE_MS = 500
/** What a killed process leaves behind runs out after that, milliseconds. */
const LIFE_MS = 30_000
/** A connection that only listens never notices by itself that the server stands still. */
const LISTEN_EVERY_MS = 1000
/** However many say that a sale changed, this process looks no more often. */
const LOOK_EVERY_MS = 250

const script = scriptOf(readFileSync(new URL('lua/tell.lua', import.meta.url), 'utf8'))

export type RedisPushParts = {
  /** To the sockets of this process. */
  local: LocalPush
  link: Pick<RedisLink, 'run' | 'call' | 'incarnation'>
  listener: Pick<RedisLink, 'listen' | 'call'>
  serverId: Id
  clock: Clock
  loop: (name: string, everyMs: number, turn: Turn) => Loop
  /** Look at the sales again: another process has changed one. */
  saleChanged: () => void
  counted: (result: HintResult, hints: number) => void
  /** Redis does not let this process listen. */
  deaf: (error: Fault) => void
  lifeMs?: number
  patienceMs?: number
}

/**
 * To the sockets of this process, and by Redis to those of others. Nothing waits for Redis: what it does not take is lost and
 * counted. What comes from it is checked, for whoever can write to it can publish.
 */
export class RedisPush implements Push, Watching {
  readonly #parts: RedisPushParts
  readonly #presence: RedisPresence
  readonly #hints: Batches<BuyerHint>
  readonly #sales: Batches<undefined>
  readonly #loops: Loop[]
  #looking = false

  constructor(parts: RedisPushParts) {
    this.#parts = parts
    const { link, serverId, clock, loop, counted, lifeMs = LIFE_MS } = parts
    this.#presence = new RedisPresence({ link, serverId, clock, lifeMs })
    const lost = (hints: number) => counted('lost', hints)
    const { soon } = clock
    this.#hints = new Batches({ soon, waitingMax: WAITING_MAX, atOnceMax: AT_ONCE_MAX, send: (hints) => this.#tell(hints), lost })
    this.#sales = new Batches({ soon, waitingMax: 1, atOnceMax: 1, send: () => this.#tellSales(), lost })
    this.#loops = [
      loop(
        'push-listen',
        LISTEN_EVERY_MS,
        unlessAway(() => parts.listener.call('PING')),
      ),
      loop(
        'push-presence',
        Math.min(1000, lifeMs / 6),
        unlessAway(() => this.#presence.renew()),
      ),
    ]
  }

  toBuyer(buyerId: Id, hint: OrderHint): void {
    this.#parts.local.toBuyer(buyerId, hint)
    void this.#hints.add(hint.orderId, { buyerId, hint })
  }

  /** Of the stock other processes are told nothing: each counts it once a second, and a crowd changes it all the time. */
  toSale(saleId: Id, hint: StockHint | SaleHint): void {
    this.#parts.local.toSale(saleId, hint)
    if (hint.type === 'sale') void this.#sales.add(SALES, undefined)
  }

  watchSale(saleId: Id, outlet: Outlet): void {
    this.#parts.local.watchSale(saleId, outlet)
  }

  async watchBuyer(buyerId: Id, outlet: Outlet): Promise<void> {
    const { local, clock, patienceMs = PATIENCE_MS } = this.#parts
    void local.watchBuyer(buyerId, outlet)
    const known = new AbortController()
    await Promise.race([this.#presence.add(buyerId), clock.sleep(patienceMs, known.signal)])
    known.abort()
  }

  forget(outlet: Outlet, saleIds: Iterable<Id>, buyerId: Id | undefined): void {
    const { local } = this.#parts
    local.forget(outlet, saleIds, buyerId)
    if (buyerId !== undefined && !local.hasBuyer(buyerId)) this.#presence.remove(buyerId)
  }

  async start(): Promise<void> {
    const { listener, serverId, deaf } = this.#parts
    const heard = { [toServer(serverId)]: this.#hear, [SALES]: this.#hearSales }
    for (const [channel, hear] of Object.entries(heard)) {
      // The link listens again with each new connection: what is away now is heard then.
      await listener.listen(channel, hear).catch((error) => deaf(faultIn(error)))
    }
    for (const loop of this.#loops) loop.start()
  }

  async stop(): Promise<void> {
    for (const loop of this.#loops) await loop.stop()
    await this.#presence.stop()
    await this.#hints.idle()
  }

  async #tell(hints: BuyerHint[]): Promise<void> {
    const { link, serverId, counted } = this.#parts
    const keys = hints.map(({ buyerId }) => serversOf(buyerId))
    const [heard, unheard] = (await link.run(script, keys, () => [serverId, ...hints.map(textOf)])) as [number, number]
    counted('sent', heard)
    counted('lost', unheard)
  }

  async #tellSales(): Promise<void> {
    await this.#parts.link.call('PUBLISH', SALES, this.#parts.serverId)
  }

  readonly #hear = (message: string): void => {
    const { local, counted } = this.#parts
    const hints = hintsIn(message)
    for (const { buyerId, hint } of hints ?? []) local.toBuyer(buyerId, hint)
    counted(hints ? 'heard' : 'ignored', hints?.length ?? 1)
  }

  readonly #hearSales = (message: string): void => {
    const { serverId, clock, counted, saleChanged } = this.#parts
    if (message === serverId) return
    counted(isId(message) ? 'heard' : 'ignored', 1)
    if (!isId(message) || this.#looking) return
    this.#looking = true
    void clock.sleep(LOOK_EVERY_MS).then(() => {
      this.#looking = false
      saleChanged()
    })
  }
}

/** The link says that it is away, and comes back by itself. */
function unlessAway(work: () => Promise<unknown>): Turn {
  return async () => {
    try {
      await work()
    } catch (error) {
      faultIn(error)
    }
    return false
  }
}

/** Throws what is none. */
function faultIn(error: unknown): Fault {
  if (error instanceof Fault) return error
  throw error
}
