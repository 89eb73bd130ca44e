import type { Id } from '../src/core/ids.ts'
import type { Hold, Ledger, LedgerView } from '../src/ledger/ledger.ts'
import { MemoryLedger } from '../src/ledger/memory-ledger.ts'
import type { Dice } from './dice.ts'
import type { Known } from './premises.ts'
import type { Process, Store } from './process.ts'
import { EPOCH, type World } from './world.ts'

type Call = {
  method: 'load' | 'amend' | 'reserve' | 'settle' | 'look' | 'drop'
  args: unknown[]
  at: number
  incarnation: string
}
/** A running ledger: what was called on it is kept, so that one that knows less can be made by calling less. */
type Run = { incarnation: string; ledger: Ledger; memory: MemoryLedger; calls: Call[]; clockOffset: number }

const ALL = Number.MAX_SAFE_INTEGER
const changing = new Set(['load', 'amend', 'reserve', 'settle', 'look', 'drop'])

/**
 * The ledger as a server that may lose what it knows: restarted without its last calls or with none, or two of it at once, an
 * old primary and a replica that was behind. Every process stays with the one that it is connected to.
 */
export class LedgerServer implements Store<Ledger> {
  readonly name = 'ledger'
  readonly dies = false
  readonly #world: World
  readonly #dice: Dice
  #run: Run
  #other: { run: Run; processes: Set<Process> } | undefined
  /** It was restarted, or two of it served. */
  hasLost = false
  #downUntil = 0
  #runs = 0

  constructor(world: World, dice: Dice) {
    this.#world = world
    this.#dice = dice
    this.#run = this.#make([])
  }

  isDown(): boolean {
    return this.#world.time < this.#downUntil
  }

  reach(process: Process): Ledger {
    return this.#runOf(process).ledger
  }

  #runOf(process: Process): Run {
    return this.#other?.processes.has(process) ? this.#other.run : this.#run
  }

  /** What the ledger says that counts: the one that knows the sale under this epoch. */
  async truth(saleId: Id, epoch: number): Promise<LedgerView | null> {
    for (const run of this.#other ? [this.#run, this.#other.run] : [this.#run]) {
      const view = await run.memory.look(saleId, ALL, 0)
      if (view?.terms.epoch === epoch) return view
    }
    return null
  }

  /** No two of it, and nothing more is lost. */
  calm(): void {
    this.#downUntil = 0
    this.#other = undefined
  }

  /** All that the ledger knows of a sale to which this process is connected. */
  async known(process: Process, saleId: Id): Promise<{ now: number; known: Known }> {
    const { memory, clockOffset } = this.#runOf(process)
    const now = EPOCH + this.#world.time + clockOffset
    const view = await memory.look(saleId, ALL, 0)
    if (!view) return { now, known: null }
    const holds: Hold[] = []
    for (let epoch = 1; epoch <= view.terms.epoch; epoch++) holds.push(...(await memory.entries(saleId, epoch, 0, ALL, ALL)))
    return { now, known: { view, holds } }
  }

  /** Without the last `lost` changes. */
  restart(lost: number, downMs: number): void {
    this.hasLost = true
    const calls = this.#run.calls.slice(0, Math.max(0, this.#run.calls.length - lost))
    this.#world.tell(
      'ledger',
      `restarts and has lost ${this.#run.calls.length - calls.length} of ${this.#run.calls.length} changes`,
    )
    this.#run = this.#make(calls)
    this.#downUntil = this.#world.time + downMs
  }

  /** A replica that is behind serves some of the processes, and the old primary the others; one of them is left at the end. */
  split(processes: Process[], lost: number, ms: number): void {
    if (this.#other) return
    this.hasLost = true
    const run = this.#make(this.#run.calls.slice(0, Math.max(0, this.#run.calls.length - lost)))
    const moved = processes.filter(() => this.#dice.chance(0.5))
    const replicaStays = this.#dice.chance(0.7)
    this.#other = { run, processes: new Set(moved) }
    this.#world.tell(
      'ledger',
      `${run.incarnation}, ${lost} changes behind, serves ${moved.map((one) => one.name).join(', ')} too`,
    )
    this.#world.after(ms, () => {
      if (this.#other?.run !== run) return
      if (replicaStays) this.#run = run
      this.#other = undefined
      this.#world.tell('ledger', `only ${this.#run.incarnation} is left`)
    })
  }

  stepClock(ms: number): void {
    this.#run.clockOffset += ms
  }

  /** What runs is the real ledger in memory; what was called on its predecessor is called on it again. */
  #make(past: Call[]): Run {
    const name = `run-${++this.#runs}`
    let again: Call | undefined
    const now = () => again?.at ?? EPOCH + this.#world.time + run.clockOffset
    const memory = new MemoryLedger(now, () => again?.incarnation ?? name)
    const ledger = this.#recorded(memory, now, name, past)
    const run: Run = { incarnation: name, ledger, memory, calls: past, clockOffset: 0 }
    for (again of past) void (memory[again.method] as (...args: unknown[]) => unknown)(...again.args)
    again = undefined
    return run
  }

  #recorded(memory: MemoryLedger, now: () => number, incarnation: string, calls: Call[]): Ledger {
    return new Proxy(memory, {
      get(_, method: string) {
        const work = (memory as unknown as Record<string, unknown>)[method]
        if (typeof work !== 'function') return work
        return (...args: unknown[]) => {
          if (changing.has(method)) calls.push({ method: method as Call['method'], args, at: now(), incarnation })
          return work.apply(memory, args)
        }
      },
    })
  }
}
