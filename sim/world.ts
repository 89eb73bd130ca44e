import { createHash } from 'node:crypto'
import { systemClock } from '../src/platform/clock.ts'

/** Every world begins here, milliseconds since 1970. */
export const EPOCH = 1_800_000_000_000
/** Before anything fails the processes start and most sales are made: a world without a sale shows nothing. Milliseconds. */
export const PRELUDE_MS = 1500
/** Of every unit, cents. */
export const PRICE = 100
/** Turns of the real event loop that are asked for at once: after each of them the microtasks are drained all the same, and
 *  the loop's own poll is paid once. Steps a second, by the number asked for: 1: 670,000, 64: 2,200,000, 512: 2,300,000. */
const TURNS = 64

/** What may become of a call to a store. */
export const fates = ['refuse', 'loseRequest', 'loseAnswer', 'late'] as const
export type Fate = (typeof fates)[number] | 'crashBefore' | 'crashAfter'

/** What must not happen happened. */
export class Broken extends Error {
  override name = 'Broken'
  readonly law: string

  constructor(law: string, what: string) {
    super(what)
    this.law = law
  }
}

/** Of a seed: causes that are to be left out, and a law that may be broken. */
export type Choice = { without?: ReadonlySet<string>; ignored?: string | undefined }

type Event = { time: number; order: number; work: () => void }

/**
 * Simulated time. Events happen in order of their time, then in the order in which they were planned. After each one every
 * promise that it resolved has run its course, so the order of promises is fixed as well.
 */
export class World {
  /** Milliseconds since the world began. */
  time = 0
  steps = 0
  /** Requests that are on their way to a store. */
  underWay = 0
  broken: Broken | undefined
  /** For the sweep: what is to become of a call, by what it is. */
  plan: ((call: string) => Fate | undefined) | undefined
  readonly story: string[] = []
  /** What was not bound to happen and did, by name: each may be left out in another run of the same seed. */
  readonly causes: string[] = []
  readonly #without: ReadonlySet<string>
  readonly #ignored: string | undefined
  readonly #queue: Event[] = []
  #order = 0

  constructor({ without = new Set(), ignored }: Choice = {}) {
    this.#without = without
    this.#ignored = ignored
  }

  at(time: number, work: () => void): void {
    push(this.#queue, { time: Math.max(time, this.time), order: this.#order++, work })
  }

  after(ms: number, work: () => void): void {
    this.at(this.time + ms, work)
  }

  /** What happens, in words; the digest is made of them. */
  tell(who: string, what: string): void {
    this.story.push(`${this.time} ${who} ${what}`)
  }

  /** Whether what the dice want happens: each cause has a name of its own. */
  strikes(cause: string): boolean {
    if (this.#without.has(cause)) return false
    this.causes.push(cause)
    return true
  }

  breaks(law: string, what: string): void {
    if (law !== this.#ignored) this.broken ??= new Broken(law, what)
  }

  digest(): string {
    return createHash('sha256').update(this.story.join('\n')).digest('hex').slice(0, 32)
  }

  /** Lets events happen up to and including `until`, or until a law is broken or `over` says so. */
  run(until: number, over: () => boolean = () => false): Promise<void> {
    return new Promise((resolve) => {
      let ended = false
      const turn = (): void => {
        if (ended) return
        const next = this.#queue[0]
        if (this.broken || !next || next.time > until || over()) {
          ended = true
          if (!this.broken && (!next || next.time > until)) this.time = until
          resolve()
          return
        }
        pop(this.#queue)
        this.time = next.time
        this.steps++
        next.work()
      }
      const turns = (): void => {
        if (ended) return
        for (let i = 0; i < TURNS; i++) systemClock.soon(turn)
        systemClock.soon(turns)
      }
      turns()
    })
  }
}

const isBefore = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

function push(heap: Event[], event: Event): void {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above] as Event
    if (isBefore(parent, event)) break
    heap[at] = parent
    at = above
  }
  heap[at] = event
}

function pop(heap: Event[]): void {
  const last = heap.pop() as Event
  const { length } = heap
  if (length === 0) return
  let at = 0
  for (let below = 1; below < length; below = 2 * at + 1) {
    const right = below + 1
    if (right < length && isBefore(heap[right] as Event, heap[below] as Event)) below = right
    const child = heap[below] as Event
    if (isBefore(last, child)) break
    heap[at] = child
    at = below
  }
  heap[at] = last
}
