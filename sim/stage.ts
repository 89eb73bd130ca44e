import type { Booked, SaleChange, SaleChanged } from '../src/books/books.ts'
import type { RoleName } from '../src/config.ts'
import type { Id } from '../src/core/ids.ts'
import type { GatewayEvent } from '../src/core/payment.ts'
import type { HoldMove, LedgerImage, Reply } from '../src/ledger/ledger.ts'
import { type Audit, runAudit } from '../src/purchase/audit.ts'
import type { Shopfront } from './buyers.ts'
import { Dice } from './dice.ts'
import { dueAnswer, LATE_BUYER, lastAsks, unfinished } from './ending.ts'
import { type Ask, Host } from './host.ts'
import type { Rhythm } from './house.ts'
import { BookLaws } from './laws.ts'
import { Operator } from './operator.ts'
import type { Premises } from './premises.ts'
import { calmNetwork, type Network, Process } from './process.ts'
import { MEMORY_MS, Promises } from './promises.ts'
import type { SalePlan } from './weather.ts'
import { placedWords, purchaseWords } from './words.ts'
import { type Broken, PRELUDE_MS, PRICE, type World } from './world.ts'

/** With the faults over, everything must have come to its end by then. */
const FINISHED_MS = 60_000
/** And whoever asks then has an answer by then. */
const ANSWERED_MS = 10_000
/** `busy` asks for another try after a second. */
const RETRY_AFTER_MS = 1000
const TRIES = 9

export type Result = {
  seed: number
  broken: Broken | undefined
  digest: string
  causes: readonly string[]
  story: readonly string[]
  counts: { steps: number; asks: number; orders: number; epochs: number }
}

export type Cast = {
  processes: { name: string; runs: readonly RoleName[]; clockOffset: number }[]
  rhythm: Rhythm
  network: Network
  sales: SalePlan[]
  /** From the end of the prelude until the calm. */
  chaosMs: number
}

/** The world of one seed or story: its processes, its stores, and those who see to the laws. What happens, others decide. */
export class Stage {
  readonly world: World
  readonly premises: Premises
  readonly hosts: readonly Host[]
  readonly shopfronts: Shopfront[] = []
  readonly promises: Promises
  readonly operator: Operator
  readonly #seed: number
  readonly #cast: Cast
  readonly #laws: BookLaws
  readonly #dice: Dice
  /** The operator's changes may come between a hold and its order. */
  hasOperator = false

  constructor(seed: number, world: World, cast: Cast, premises: Premises) {
    this.#seed = seed
    this.#cast = cast
    this.world = world
    this.premises = premises
    this.#dice = new Dice(seed, 'fate')
    this.#laws = new BookLaws(world, premises.record, premises.gateway)
    premises.gateway.tell = (event) => this.#bring(event)
    this.promises = new Promises(world, premises.record)
    this.hosts = cast.processes.map(({ name, runs, clockOffset }) => {
      const process = new Process(world, name, calmNetwork(cast.network.delayMs), new Dice(seed, name))
      process.clockOffset = clockOffset
      process.witness = (...seen) => this.#saw(...seen)
      return new Host(
        process,
        runs,
        (one) => premises.portsOf(one),
        cast.rhythm,
        (ask) => this.promises.answered(ask, name),
      )
    })
    this.operator = new Operator(world, new Dice(seed, 'operator'), this.apis, this.shopfronts)
  }

  get apis(): Host[] {
    return this.hosts.filter((host) => host.runs.includes('api'))
  }

  /** Prelude, chaos, calm. @param act plans what buyers, operator and weather will do. */
  async play(act: () => void): Promise<Result> {
    const { sales, network, chaosMs } = this.#cast
    for (const [i, { stock }] of sales.entries()) {
      for (const [j, units] of stock.entries())
        this.premises.addProduct({ id: `sale-${i + 1}-item-${j + 1}`, price: PRICE, stock: units })
    }
    this.premises.openWallet(LATE_BUYER, 100 * PRICE)
    this.premises.changed(() => this.#laws.takeStock())
    for (const host of this.hosts) host.start()
    for (const [i, plan] of sales.entries()) this.world.at(200 + plan.at, () => this.operator.open(`sale-${i + 1}`, plan))
    act()
    await this.world.run(PRELUDE_MS)
    for (const { process } of this.hosts) process.network = network
    await this.world.run(chaosMs)
    this.#calm()
    await this.#finish(`after ${FINISHED_MS / 1000} s of calm`)
    await this.#ask()
    await this.#finish('after the last purchases')
    await this.#audit()
    this.premises.changed(() => this.#laws.atEnd())
    this.promises.atEnd()
    return this.#result()
  }

  #result(): Result {
    const { broken, causes, story, steps } = this.world
    const { orders, sales } = this.premises.record
    const epochs = [...sales.values()].reduce((total, sale) => total + sale.epoch - 1, 0)
    const counts = { steps, asks: this.promises.asks.length, orders: orders.size, epochs }
    return { seed: this.#seed, broken, digest: this.world.digest(), causes, story, counts }
  }

  /** A webhook, at whichever process answers it. */
  #bring(event: GatewayEvent): Promise<boolean> {
    const host = this.#dice.pick(this.apis)
    const came = Promise.withResolvers<boolean>()
    const refused = () => came.resolve(false)
    const listens = host.enter(({ stores, told }) => {
      stores.inbox.receive([event]).then((fresh) => {
        if (fresh > 0) told()
        came.resolve(true)
      }, refused)
    })
    if (!listens) refused()
    return came.promise
  }

  #calm(): void {
    this.world.tell('weather', 'calm')
    for (const host of this.hosts) {
      host.process.network = calmNetwork(Math.min(5, this.#cast.network.delayMs))
      host.start()
    }
    this.premises.calm()
  }

  async #finish(when: string): Promise<void> {
    const until = this.world.time + FINISHED_MS
    let left = await this.#unfinished()
    while (left !== undefined && this.world.time < until && !this.world.broken) {
      await this.world.run(this.world.time + 200)
      // Whoever has longer to pay than the world has, pays now.
      if (this.#cast.rhythm.holdTtlMs >= FINISHED_MS / 2) this.premises.gateway.payAll()
      left = await this.#unfinished()
    }
    if (left !== undefined) this.world.breaks('I6 everything finishes', `${when}: ${left}`)
  }

  async #unfinished(): Promise<string | undefined> {
    const down = this.hosts.find((host) => host.house === undefined || host.process.standsStill)
    if (this.operator.isBusy) return 'the operator waits'
    return down ? `${down.process.name} is not up` : unfinished(this.world, this.premises)
  }

  /** Whoever was ever told yes asks once more, and one who has nothing yet asks in every sale. */
  async #ask(): Promise<void> {
    if (this.world.broken) return
    await this.world.run(this.world.time + 2 * MEMORY_MS)
    const wanted = lastAsks(this.premises.record, this.promises.asks)
    const asks = wanted.slice()
    for (const [i, ask] of wanted.entries()) {
      const send = (again: Ask, tries: number): void => {
        asks[i] = again
        this.promises.asks.push(again)
        this.#dice.pick(this.apis).purchase(again, ({ kind }) => {
          if ((kind === 'busy' || kind === 'not-found') && tries < TRIES)
            this.world.after(RETRY_AFTER_MS, () => send({ ...ask }, tries + 1))
        })
      }
      send({ ...ask }, 1)
    }
    const isDone = ({ placed }: Ask) => placed !== undefined && placed.kind !== 'busy' && placed.kind !== 'not-found'
    await this.world.run(this.world.time + ANSWERED_MS, () => asks.every(isDone))
    for (const ask of asks) {
      const due = dueAnswer(this.world, this.premises.record, ask)
      if (ask.placed && due.includes(ask.placed.kind)) continue
      const said = ask.placed ? placedWords(ask.placed) : 'nothing'
      this.world.breaks(
        'I6 whoever asks is served',
        `${ask.buyerId} asked for ${purchaseWords(ask)}: ${said}, not ${due.join(' or ')}`,
      )
    }
  }

  async #audit(): Promise<void> {
    const host = this.#dice.pick(this.hosts)
    let audit: Audit | undefined
    host.enter(({ sales, ledger, clock }) => {
      void runAudit({ sales, ledger, clock, stuckMs: this.#cast.rhythm.holdTtlMs }).then((made) => {
        audit = made
      }, host.process.failed)
    })
    await this.world.run(this.world.time + ANSWERED_MS, () => audit !== undefined)
    const wrong = audit?.equations.filter((one) => !one.holds) ?? []
    if (!audit?.ok) this.world.breaks('the audit agrees', audit ? JSON.stringify(wrong) : 'it did not end')
  }

  #check(): void {
    this.premises.changed(() => {
      this.#laws.check()
      this.promises.followBooks()
    })
  }

  /** Each call as it happens in a store. */
  #saw(process: Process, store: string, method: string, args: unknown[], value: unknown): void {
    const { promises, premises } = this
    if (store === 'sales' && method === 'change') this.#wanted(args as [Id, SaleChange], value as SaleChanged)
    if (changing[store]?.has(method)) {
      this.#check()
      if (store !== 'books') this.#look()
    }
    if (store === 'books' && method === 'book') this.#booked(value as Booked)
    if (store !== 'ledger') return
    if (method === 'look' && (args[2] as number) > 0) promises.probed(process.name, args[0] as Id)
    if (method === 'settle') promises.settled(args[1] as HoldMove[], value as string[])
    if (method === 'load' && value === true) promises.loaded(args[0] as LedgerImage)
    if (method !== 'reserve') return
    void premises.known(process, args[0] as Id).then(({ now, known }) => promises.reserved(value as Reply[], now, known))
  }

  #wanted([saleId, { pausedByOperator }]: [Id, SaleChange], changed: SaleChanged): void {
    if (changed.kind === 'changed' && pausedByOperator !== undefined) this.#laws.paused(saleId, pausedByOperator)
  }

  /** The books free a unit before the ledger does: what their guards refuse proves a loss, or a change by the operator. */
  #booked(booked: Booked): void {
    if (booked.kind !== 'disagreement' || this.premises.hasLost || this.hasOperator) return
    this.world.breaks('no disagreement without a loss', booked.because)
  }

  /** What the ledger that counts says now, for those who are refused. */
  #look(): void {
    for (const sale of this.premises.record.sales.values()) {
      void this.premises.view(sale.id, sale.epoch).then((view) => this.promises.see(sale.id, view))
    }
  }

  /** The ledger is another one than a moment ago. */
  lostLedger(): void {
    this.#look()
  }
}

/** After which calls the books may be others, and after which what the ledger says. */
const changing: Record<string, ReadonlySet<string>> = {
  books: new Set(['book', 'move']),
  attempts: new Set(['see', 'giveUp']),
  inbox: new Set(['apply', 'receive', 'read']),
  sales: new Set(['create', 'change', 'settleEnd', 'announceStart', 'raiseEpoch', 'clearRecovery']),
  ledger: new Set(['reserve', 'settle', 'load', 'amend', 'drop']),
  relay: new Set(['settle']),
}
