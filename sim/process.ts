import { Bug } from '../src/core/assert.ts'
import { Fault } from '../src/core/fault.ts'
import type { Clock } from '../src/platform/clock.ts'
import type { Dice } from './dice.ts'
import { wordsOf } from './words.ts'
import { EPOCH, type Fate, fates, type World } from './world.ts'

/** How the way to a store behaves: shares of calls, and milliseconds. */
export type Network = {
  delayMs: number
  refuse: number
  loseRequest: number
  loseAnswer: number
  /** The request arrives after its caller gave up. */
  late: number
  /** So long a caller waits for an answer; then the outcome is unknown. */
  patienceMs: number
}

export const calmNetwork = (delayMs: number): Network => ({
  delayMs,
  refuse: 0,
  loseRequest: 0,
  loseAnswer: 0,
  late: 0,
  patienceMs: 2000,
})

/** What stands behind a port: asked anew at each call, because a ledger that was restarted is another one. */
export type Store<T> = {
  readonly name: string
  /** It lives in the process and dies with it: what has not arrived then never does. */
  readonly dies: boolean
  isDown(): boolean
  reach(process: Process): T
}
export type Witness = (process: Process, store: string, method: string, args: unknown[], value: unknown) => void

/**
 * A process is a number of generations. Its code reaches the world only through its clock and its calls, and comes back from
 * both by `enter`: what belongs to a generation that crashed never comes back, so it crashes at any await.
 */
export class Process {
  readonly world: World
  readonly name: string
  readonly dice: Dice
  network: Network
  /** Sees each call as it happens in the store. */
  witness: Witness = () => {}
  died: () => void = () => {}
  generation = 0
  isUp = false
  /** What its clock says more than the world's, milliseconds. */
  clockOffset = 0
  #stalledUntil = 0
  #calls = 0

  constructor(world: World, name: string, network: Network, dice: Dice) {
    this.world = world
    this.name = name
    this.network = network
    this.dice = dice
  }

  start(): void {
    this.generation++
    this.isUp = true
    this.#stalledUntil = 0
  }

  crash(): void {
    this.world.tell(this.name, 'crashes')
    this.generation++
    this.isUp = false
  }

  /** It crashes by itself, and whoever watches over it starts it again. */
  die = (): void => {
    if (!this.isUp) return
    this.crash()
    this.died()
  }

  get standsStill(): boolean {
    return this.isUp && this.world.time < this.#stalledUntil
  }

  /** Nothing of it runs for so long; the world goes on. */
  stall(ms: number): void {
    this.world.tell(this.name, `stands still for ${ms} ms`)
    this.#stalledUntil = this.world.time + ms
  }

  stepClock(ms: number): void {
    this.clockOffset += ms
    this.world.tell(this.name, `has a clock that is ${this.clockOffset} ms ahead`)
  }

  /** Runs what belongs to a generation, unless that is gone; later, while the process stands still. */
  enter(generation: number, work: () => void): void {
    if (generation !== this.generation) return
    if (this.world.time < this.#stalledUntil) this.world.at(this.#stalledUntil, () => this.enter(generation, work))
    else work()
  }

  /** An assertion failed, or an error is nobody's: no weather is an excuse. */
  failed = (error: unknown): void => {
    if (error instanceof Fault) return
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.world.breaks(error instanceof Bug ? 'no assertion fails' : 'nothing but faults is thrown', `${this.name}: ${what}`)
  }

  clock(): Clock {
    const { world, generation } = this
    const begun = world.time
    return {
      now: () => EPOCH + world.time + this.clockOffset,
      ticks: () => world.time - begun,
      soon: (work) => world.after(0, () => this.enter(generation, work)),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve()
          signal?.addEventListener('abort', () => resolve(), { once: true })
          world.after(Math.max(0, Math.ceil(ms)), () => this.enter(generation, resolve))
        }),
    }
  }

  /** A store as this process sees it: far away, and not always there. `facts` are known without asking. */
  port<T extends object>(store: Store<T>, facts: Partial<T> = {}): T {
    const { generation } = this
    const calls: Record<string, unknown> = { ...facts }
    return new Proxy({} as T, {
      get: (_, method: string) => {
        if (method === 'then') return undefined
        calls[method] ??= (...args: unknown[]) => this.#call(store, generation, method, args)
        return calls[method]
      },
    })
  }

  #call<T>(store: Store<T>, generation: number, method: string, args: unknown[]): Promise<unknown> {
    const { world, network } = this
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    if (generation !== this.generation) return promise
    const what = `${store.name}.${method}`
    const [there, back, fate] = [this.#delay(), this.#delay(), this.#fate(what)]
    const answer = (ms: number, work: () => void) => world.after(ms, () => this.enter(generation, work))
    const giveUp = (outcome: 'refused' | 'unknown', ms: number) => {
      const because = `${what}: ${fate ?? 'down'}`
      world.tell(this.name, because)
      answer(ms, () => reject(new Fault('store-failed', outcome, because)))
    }
    const arrive = () => {
      world.underWay--
      if (store.dies && generation !== this.generation) return
      if (store.isDown()) {
        giveUp('refused', back)
        return
      }
      const done = this.#apply(store, method, args)
      if (fate === 'loseAnswer') giveUp('unknown', network.patienceMs)
      if (fate === 'loseAnswer' || fate === 'late') done.catch(() => {})
      else if (fate === 'crashAfter') done.then(this.die, this.die)
      else
        done.then(
          (value) => answer(back, () => resolve(value)),
          (error) => answer(back, () => reject(error)),
        )
    }
    if (fate === 'crashBefore') this.die()
    else if (fate === 'refuse') giveUp('refused', there)
    else if (fate === 'loseRequest' || fate === 'late') giveUp('unknown', network.patienceMs)
    if (fate === 'crashBefore' || fate === 'refuse' || fate === 'loseRequest') return promise
    world.underWay++
    world.after(fate === 'late' ? network.patienceMs + there : there, arrive)
    return promise
  }

  async #apply<T>(store: Store<T>, method: string, args: unknown[]): Promise<unknown> {
    const reached = store.reach(this) as Record<string, (...args: unknown[]) => Promise<unknown>>
    try {
      const value = await reached[method]?.(...args)
      const words = wordsOf(method, args, value)
      if (words) this.world.tell(this.name, `${store.name}.${method} ${words}`)
      this.witness(this, store.name, method, args, value)
      return value
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  #delay(): number {
    const { delayMs } = this.network
    // Now and then ten times as long: calls overtake each other.
    return this.dice.between(0, delayMs) * (this.dice.share() < 0.05 ? 10 : 1)
  }

  #fate(what: string): Fate | undefined {
    const luck = this.dice.share()
    const call = ++this.#calls
    let share = 0
    for (const fate of fates) {
      share += this.network[fate]
      if (luck < share) return this.world.strikes(`${this.name} ${what} ${fate} ${call}`) ? fate : undefined
    }
    return this.world.plan?.(`${this.name} ${what}`)
  }
}
