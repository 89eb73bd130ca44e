import type { Booked, SaleChange, SaleChanged } from '../src/books/books.ts'
import type { Id } from '../src/core/ids.ts'
import type { HoldMove, LedgerImage, Reply } from '../src/ledger/ledger.ts'
import { type Audit, runAudit } from '../src/purchase/audit.ts'
import { Buyer, type Shopfront, type Street } from './buyers.ts'
import { Dice } from './dice.ts'
import { dueAnswer, lastAsks, unfinished } from './ending.ts'
import { type Ask, Host } from './host.ts'
import { BookLaws } from './laws.ts'
import { Operator } from './operator.ts'
import { calmNetwork, Process } from './process.ts'
import { MEMORY_MS, Promises } from './promises.ts'
import { FarStores } from './stores.ts'
import { PRELUDE_MS, type Weather, weatherOf } from './weather.ts'
import { placedWords, purchaseWords } from './words.ts'
import { type Broken, type Choice, EPOCH, World } from './world.ts'

/** With the faults over, everything must have come to its end by then. */
const FINISHED_MS = 60_000
/** And whoever asks then has an answer by then. */
const ANSWERED_MS = 10_000
/** `busy` asks for another try after a second. */
const RETRY_AFTER_MS = 1000
const TRIES = 9
const PRICE = 100

export type Result = {
  seed: number
  broken: Broken | undefined
  digest: string
  causes: readonly string[]
  story: readonly string[]
  counts: { steps: number; asks: number; orders: number; epochs: number }
}

/** One world from its seed. */
export async function runSeed(seed: number, choice: Choice = {}): Promise<Result> {
  const run = new Run(seed, choice)
  await run.play()
  return run.result()
}

class Run {
  readonly #seed: number
  readonly #weather: Weather
  readonly #world: World
  readonly #stores: FarStores
  readonly #laws: BookLaws
  readonly #promises: Promises
  readonly #hosts: Host[]
  readonly #shopfronts: Shopfront[] = []
  readonly #dice: Dice
  #operator: Operator | undefined

  constructor(seed: number, choice: Choice) {
    this.#seed = seed
    this.#weather = weatherOf(seed)
    this.#world = new World(choice)
    this.#dice = new Dice(seed, 'fate')
    this.#stores = new FarStores(this.#world, new Dice(seed, 'stores'), this.#weather.log, this.#weather.rhythm.holdTtlMs)
    this.#laws = new BookLaws(this.#world, this.#stores.record)
    this.#promises = new Promises(this.#world, this.#stores.record)
    this.#hosts = this.#weather.processes.map(({ name, runs, clockOffset }) => {
      const process = new Process(this.#world, name, calmNetwork(this.#weather.network.delayMs), new Dice(seed, name))
      process.clockOffset = clockOffset
      process.witness = (...seen) => this.#saw(...seen)
      const portsOf = (one: Process) => this.#stores.portsOf(one)
      return new Host(process, runs, portsOf, this.#weather.rhythm, (ask, { process: { name } }) =>
        this.#promises.answered(ask, name),
      )
    })
  }

  get #apis(): Host[] {
    return this.#hosts.filter((host) => host.runs.includes('api'))
  }

  async play(): Promise<void> {
    const { chaosMs } = this.#weather
    this.#open()
    this.#planFaults()
    await this.#world.run(PRELUDE_MS)
    for (const { process } of this.#hosts) process.network = this.#weather.network
    await this.#world.run(chaosMs)
    this.#calm()
    await this.#finish(`after ${FINISHED_MS / 1000} s of calm`, FINISHED_MS)
    await this.#ask()
    await this.#finish('after the last purchases', FINISHED_MS)
    await this.#audit()
    this.#promises.atEnd()
  }

  result(): Result {
    const { broken, causes, story, steps } = this.#world
    const { orders, sales } = this.#stores.record
    const epochs = [...sales.values()].reduce((total, sale) => total + sale.epoch - 1, 0)
    const counts = { steps, asks: this.#promises.asks.length, orders: orders.size, epochs }
    return { seed: this.#seed, broken, digest: this.#world.digest(), causes, story, counts }
  }

  #open(): void {
    const { sales, crowd, operator, chaosMs, rhythm } = this.#weather
    const { record } = this.#stores
    const operatorDice = new Dice(this.#seed, 'operator')
    const street: Street = {
      world: this.#world,
      hosts: this.#apis,
      shopfronts: this.#shopfronts,
      asks: this.#promises.asks,
      untilMs: chaosMs,
      reading: (orderId) => this.#promises.reading(orderId),
      openCard: (orderId) => {
        // What is still open on such a page when the world ends would never come to its end.
        if (rhythm.holdTtlMs < FINISHED_MS / 2 && this.#world.time < chaosMs) {
          this.#stores.openCard(orderId)
          this.#laws.check()
        }
      },
    }
    for (const [i, plan] of sales.entries()) {
      for (const [j, stock] of plan.stock.entries()) record.addProduct({ id: `sale-${i + 1}-item-${j + 1}`, price: PRICE, stock })
    }
    this.#laws.takeStock()
    const edges = sales.flatMap(({ startTime, endTime }) => [startTime, endTime]).filter((at) => at > 0 && at <= chaosMs)
    for (let i = 1; i <= crowd.buyers; i++) {
      const isPoor = this.#dice.chance(crowd.poor)
      record.openWallet(`buyer-${i}`, isPoor ? this.#dice.between(0, 2) * PRICE : 100 * PRICE, 'EUR')
      new Buyer(`buyer-${i}`, this.#seed, street, crowd).plan(chaosMs, edges)
    }
    record.openWallet('late-buyer', 100 * PRICE, 'EUR')
    for (const host of this.#hosts) host.start()
    this.#operator = new Operator(this.#world, operatorDice, this.#apis, this.#shopfronts)
    for (const [i, plan] of sales.entries()) this.#world.at(200 + plan.at, () => this.#operator?.open(`sale-${i + 1}`, plan))
    for (let act = 0; act < operator.acts; act++) {
      const at = operatorDice.between(PRELUDE_MS, chaosMs)
      this.#world.at(at, () => this.#world.strikes(`operator ${act}`) && this.#operator?.act())
    }
  }

  #planFaults(): void {
    const { crashes, stalls, clockSteps, ledgerLosses, booksStops, eventsStops } = this.#weather
    const plan = (name: string, at: number, work: () => void) => this.#world.at(at, () => this.#world.strikes(name) && work())
    const hostOf = (which: number) => this.#hosts[which % this.#hosts.length] as Host
    for (const [i, { at, which, ms }] of crashes.entries()) plan(`crash ${i}`, at, () => hostOf(which).crash(ms))
    for (const [i, { at, which, ms }] of stalls.entries()) plan(`stall ${i}`, at, () => hostOf(which).process.stall(ms))
    for (const [i, { at, which, amount }] of clockSteps.entries()) {
      plan(`clock ${i}`, at, () => {
        const { process } = hostOf(which)
        process.clockOffset += amount
        this.#world.tell(process.name, `has a clock that is ${process.clockOffset} ms ahead`)
      })
    }
    for (const [i, { at, how, amount, ms }] of ledgerLosses.entries()) {
      const { ledger } = this.#stores
      const lost = amount > 8 ? Number.POSITIVE_INFINITY : Math.abs(amount)
      const processes = this.#hosts.map((host) => host.process)
      plan(`ledger ${i}`, at, () => {
        if (how === 'restart') ledger.restart(lost, ms)
        else ledger.split(processes, lost, ms)
        this.#look()
      })
    }
    for (const [i, { at, ms }] of booksStops.entries()) plan(`books ${i}`, at, () => this.#stores.stopBooks(ms))
    for (const [i, { at, ms }] of eventsStops.entries()) plan(`events ${i}`, at, () => this.#stores.stopEvents(ms))
  }

  #calm(): void {
    this.#world.tell('weather', 'calm')
    for (const host of this.#hosts) {
      host.process.network = calmNetwork(Math.min(5, this.#weather.network.delayMs))
      host.start()
    }
    this.#stores.calm()
  }

  async #finish(when: string, ms: number): Promise<void> {
    const until = this.#world.time + ms
    let left = await this.#unfinished()
    while (left !== undefined && this.#world.time < until && !this.#world.broken) {
      await this.#world.run(this.#world.time + 200)
      left = await this.#unfinished()
    }
    if (left !== undefined) this.#world.breaks('I6 everything finishes', `${when}: ${left}`)
  }

  async #unfinished(): Promise<string | undefined> {
    const down = this.#hosts.find((host) => host.house === undefined)
    if (this.#operator?.isBusy) return 'the operator waits'
    return down ? `${down.process.name} is not up` : unfinished(this.#world, this.#stores)
  }

  /** Whoever was ever told yes asks once more, and one who has nothing yet asks in every sale. */
  async #ask(): Promise<void> {
    if (this.#world.broken) return
    await this.#world.run(this.#world.time + 2 * MEMORY_MS)
    const wanted = lastAsks(this.#stores.record, this.#promises.asks)
    const asks = wanted.slice()
    for (const [i, ask] of wanted.entries()) {
      const send = (again: Ask, tries: number): void => {
        asks[i] = again
        this.#promises.asks.push(again)
        this.#dice.pick(this.#apis).purchase(again, ({ kind }) => {
          if ((kind === 'busy' || kind === 'not-found') && tries < TRIES)
            this.#world.after(RETRY_AFTER_MS, () => send({ ...ask }, tries + 1))
        })
      }
      send({ ...ask }, 1)
    }
    const isDone = ({ placed }: Ask) => placed !== undefined && placed.kind !== 'busy' && placed.kind !== 'not-found'
    await this.#world.run(this.#world.time + ANSWERED_MS, () => asks.every(isDone))
    for (const ask of asks) {
      const due = dueAnswer(this.#world, this.#stores.record, ask)
      if (ask.placed && due.includes(ask.placed.kind)) continue
      const said = ask.placed ? placedWords(ask.placed) : 'nothing'
      this.#world.breaks(
        'I6 whoever asks is served',
        `${ask.buyerId} asked for ${purchaseWords(ask)}: ${said}, not ${due.join(' or ')}`,
      )
    }
  }

  async #audit(): Promise<void> {
    const host = this.#dice.pick(this.#hosts)
    let audit: Audit | undefined
    host.enter(({ sales, ledger, clock }) => {
      void runAudit({ sales, ledger, clock, stuckMs: this.#weather.rhythm.holdTtlMs }).then((made) => {
        audit = made
      }, host.process.failed)
    })
    await this.#world.run(this.#world.time + ANSWERED_MS, () => audit !== undefined)
    const wrong = audit?.equations.filter((one) => !one.holds) ?? []
    if (!audit?.ok) this.#world.breaks('the audit agrees', audit ? JSON.stringify(wrong) : 'it did not end')
  }

  /** Each call as it happens in a store. */
  #saw(process: Process, store: string, method: string, args: unknown[], value: unknown): void {
    if (store === 'books' || store === 'sales') {
      if (!changesBooks.has(method)) return
      if (method === 'change') this.#wanted(args as [Id, SaleChange], value as SaleChanged)
      this.#laws.check()
      if (method === 'book') this.#booked(value as Booked)
      if (store === 'sales') this.#look()
    }
    if (store !== 'ledger') return
    const run = this.#stores.ledger.runOf(process)
    if (method === 'reserve') {
      const saleId = args[0] as Id
      const now = EPOCH + this.#world.time + run.clockOffset
      void this.#stores.ledger.known(process, saleId).then((known) => this.#promises.reserved(value as Reply[], now, known))
    }
    if (method === 'look' && (args[2] as number) > 0) this.#promises.probed(process.name, args[0] as Id)
    if (method === 'settle') this.#promises.settled(args[1] as HoldMove[], value as string[])
    if (method === 'load' && value === true) this.#promises.loaded(args[0] as LedgerImage)
    if (method === 'reserve' || method === 'settle' || method === 'load' || method === 'amend' || method === 'drop') this.#look()
  }

  #wanted([saleId, { pausedByOperator }]: [Id, SaleChange], changed: SaleChanged): void {
    if (changed.kind === 'changed' && pausedByOperator !== undefined) this.#laws.paused(saleId, pausedByOperator)
  }

  /** The books free a unit before the ledger does: what their guards refuse proves a loss, or a change by the operator. */
  #booked(booked: Booked): void {
    if (booked.kind !== 'disagreement' || this.#stores.ledger.hasLost || this.#weather.operator.acts > 0) return
    this.#world.breaks('no disagreement without a loss', booked.because)
  }

  /** What the ledger that counts says now, for those who are refused. */
  #look(): void {
    const { record, ledger } = this.#stores
    for (const sale of record.sales.values()) {
      void ledger.truth(sale.id, sale.epoch).then((view) => this.#promises.see(sale.id, view))
    }
  }
}

const changesBooks = new Set(['book', 'move', 'create', 'change', 'settleEnd', 'announceStart', 'raiseEpoch', 'clearRecovery'])
