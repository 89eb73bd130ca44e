import type { RoleName } from '../src/config.ts'
import type { Placed, Purchase } from '../src/purchase/place-order.ts'
import type { Push } from '../src/push/push.ts'
import { type House, type Rhythm, type Stores, startHouse } from './house.ts'
import type { Process } from './process.ts'
import { placedWords, purchaseWords } from './words.ts'

/** An ask of a buyer, as it really went, whatever the buyer knows of it. */
export type Ask = Purchase & {
  sentAt: number
  /** At the process; never, where the request was lost or nobody was there. */
  arrivedAt?: number
  /** When it left the process, and what the process said. */
  answeredAt?: number
  placed?: Placed
  /** It was said before `place` returned, so nobody was asked. */
  fromMemory?: boolean
}

/** A process that died by itself is up again after this. */
const DOWN_MS = 300

const silent: Push = { toBuyer() {}, toSale() {} }

/** A process with its house, which is built anew at each start. */
export class Host {
  readonly process: Process
  readonly runs: readonly RoleName[]
  house: House | undefined
  readonly #storesOf: (process: Process) => Stores
  readonly #rhythm: Rhythm
  readonly #answered: (ask: Ask, host: Host) => void

  constructor(
    process: Process,
    runs: readonly RoleName[],
    storesOf: (process: Process) => Stores,
    rhythm: Rhythm,
    answered: (ask: Ask, host: Host) => void,
  ) {
    this.process = process
    this.runs = runs
    this.#storesOf = storesOf
    this.#rhythm = rhythm
    this.#answered = answered
    process.died = () => process.world.after(DOWN_MS, () => this.start())
  }

  start(): void {
    const { process } = this
    if (process.isUp) return
    process.start()
    process.world.tell(process.name, 'starts')
    this.house = undefined
    const { generation } = process
    process.enter(generation, () => {
      void startHouse(process, this.#storesOf(process), this.runs, this.#rhythm, silent).then((house) => {
        if (generation === process.generation) this.house = house
      }, process.failed)
    })
  }

  crash(downMs: number): void {
    if (!this.process.isUp) return
    this.process.crash()
    this.process.world.after(downMs, () => this.start())
  }

  /** Work of somebody who speaks to this process; answers false where nobody listens. */
  enter(work: (house: House) => void): boolean {
    const { house, process } = this
    if (!house || !process.isUp) return false
    process.enter(process.generation, () => work(house))
    return true
  }

  /** @param heard with the answer, as it leaves the process. */
  purchase(ask: Ask, heard: (placed: Placed) => void): boolean {
    const { process } = this
    const { world, generation } = process
    return this.enter(({ placeOrder }) => {
      ask.arrivedAt = world.time
      let isAtOnce = true
      placeOrder.place(ask, (placed) => {
        if (generation !== process.generation) return
        world.tell(process.name, `answers ${ask.buyerId} for ${purchaseWords(ask)}: ${placedWords(placed)}`)
        if (ask.placed) world.breaks('a purchase is answered once', `${process.name} answers ${ask.buyerId} a second time`)
        ask.answeredAt = world.time
        ask.placed = placed
        ask.fromMemory = isAtOnce
        this.#answered(ask, this)
        heard(placed)
      })
      isAtOnce = false
    })
  }
}
