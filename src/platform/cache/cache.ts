import { Fault } from '../../core/fault.ts'
import type { Clock } from '../clock.ts'
import { type Kept, LocalLevel } from './local-level.ts'
import type { Look, RedisLevel } from './redis-level.ts'

/** How long a value is fresh, milliseconds: in this process, in Redis. */
const LOCAL_MS = 30_000
const SHARED_MS = 120_000
/** That there is nothing under a key, at either level. */
const ABSENT_MS = 5000
/** How long after that it may be shown while a new one is made. */
const STALE_MS = 120_000
/** Of what was loaded from a copy that may not have heard of the change before it. */
const DOUBTFUL_MS = 1000
/** How long who rebuilds nothing waits for who does. */
const WAIT_MS = 2000
const LOOK_AGAIN_MS = 25

/** How a read was answered: by a level, with what was fresh once, by somebody else's load, by its own, not at all. */
export type CacheResult = 'process' | 'shared' | 'stale' | 'waited' | 'loaded' | 'refused'

export type CacheParts<T> = {
  clock: Clock
  /** Null: only this process. */
  shared: RedisLevel | null
  /** What comes out of Redis may be of another version, or of somebody else. */
  isValue: (value: unknown) => value is T
  /** About so many characters of memory. */
  sizeOf: (value: T) => number
  /** Of all values in this process, characters. */
  most: number
  /** How far what is loaded may be behind what was written, milliseconds: 0 unless a replica is read. */
  lagMs: number
  counted: (result: CacheResult) => void
}

/** One who asks for a key that is not there loads it; those who come meanwhile wait for the same. */
type Flight<T> = { done: Promise<T | undefined>; waited?: Promise<T | undefined> }

/**
 * Values by key: in this process, then in the Redis that processes share, then from whoever loads them, one at a time over all
 * processes. Without Redis it goes on by itself. What was forgotten is not shown again, also not by a load that had begun before.
 */
export class Cache<T> {
  readonly #parts: CacheParts<T>
  readonly #local: LocalLevel<T>
  readonly #flights = new Map<string, Flight<T>>()
  #doubtUntil = Number.NEGATIVE_INFINITY

  constructor(parts: CacheParts<T>) {
    this.#parts = parts
    this.#local = new LocalLevel(parts.most)
  }

  /** From now on it hears what other processes forget. */
  async listen(): Promise<void> {
    await this.#parts.shared?.listen((key) => this.#drop(key))
  }

  /**
   * The value of a key; `load` is asked where no level has it, and `undefined` of it is kept for a short while as well. Throws what
   * `load` throws, and `Fault`, `refused`, where somebody else loads it, that takes long, and nothing old is there to be shown.
   */
  async get(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const { clock, counted } = this.#parts
    const kept = this.#local.get(key)
    const now = clock.ticks()
    if (kept && now < kept.freshUntil) {
      counted('process')
      return kept.value
    }
    const old = kept && now < kept.staleUntil ? kept : undefined
    const flight = this.#flights.get(key)
    if (!flight) return this.#begin(key, load, old)
    if (!old) return this.#join(flight)
    counted('stale')
    return old.value
  }

  /** In this process at once, in the others soon: a key, or all. Call it after the change is written, also where that failed and
   *  may have been done. Resolves when they are told, or after a moment where Redis is away. Repeatable. */
  async forget(key: string | null): Promise<void> {
    this.#drop(key)
    await this.#parts.shared?.forget(key)
  }

  #drop(key: string | null): void {
    const { clock, lagMs } = this.#parts
    this.#doubtUntil = clock.ticks() + lagMs
    if (key === null) {
      this.#flights.clear()
      this.#local.clear()
    } else {
      this.#flights.delete(key)
      this.#local.forget(key)
    }
  }

  #begin(key: string, load: () => Promise<T | undefined>, old: Kept<T> | undefined): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>()
    const flight: Flight<T> = { done: promise }
    this.#flights.set(key, flight)
    const work = this.#fly(key, flight, load, old).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    })
    resolve(work)
    return promise
  }

  async #join(flight: Flight<T>): Promise<T | undefined> {
    const { counted } = this.#parts
    flight.waited ??= this.#within(flight.done)
    try {
      const value = await flight.waited
      counted('waited')
      return value
    } catch (error) {
      if (error instanceof Fault && error.code === 'cache-busy') counted('refused')
      throw error
    }
  }

  async #within(done: Promise<T | undefined>): Promise<T | undefined> {
    const answered = new AbortController()
    const late = this.#parts.clock.sleep(WAIT_MS, answered.signal).then(() => {
      throw busy()
    })
    try {
      return await Promise.race([done, late])
    } finally {
      late.catch(() => {})
      answered.abort()
    }
  }

  async #fly(
    key: string,
    flight: Flight<T>,
    load: () => Promise<T | undefined>,
    old: Kept<T> | undefined,
  ): Promise<T | undefined> {
    const { clock, shared, counted } = this.#parts
    if (!shared) return this.#load(key, flight, load)
    const until = clock.ticks() + WAIT_MS
    for (;;) {
      const look = await this.#look(shared, key)
      if (!look) return this.#load(key, flight, load)
      if (look.kind === 'mine') return this.#rebuild(shared, key, look.lock, flight, load)
      const shown = look.found ?? old
      if (shown) {
        counted(look.kind)
        if (look.kind === 'shared') this.#keep(key, flight, shown.value, look.freshMs)
        return shown.value
      }
      if (clock.ticks() > until) {
        counted('refused')
        throw busy()
      }
      await clock.sleep(LOOK_AGAIN_MS)
    }
  }

  /** As it can be read: what cannot be is passed over, and made anew. */
  async #look(shared: RedisLevel, key: string) {
    let look = await shared.look(key)
    let found = this.#read(look)
    if (look?.kind === 'fresh' && !found) {
      look = await shared.look(key, true)
      found = undefined
    }
    if (!look || look.kind === 'mine') return look
    if (look.kind === 'fresh') return { kind: 'shared' as const, found, freshMs: look.freshMs }
    return { kind: 'stale' as const, found }
  }

  async #load(key: string, flight: Flight<T>, load: () => Promise<T | undefined>): Promise<T | undefined> {
    this.#parts.counted('loaded')
    const from = this.#parts.clock.ticks()
    const value = await load()
    this.#keep(key, flight, value, this.#freshMs(value, from, LOCAL_MS))
    return value
  }

  /** With the lock of all processes. */
  async #rebuild(
    shared: RedisLevel,
    key: string,
    lock: string,
    flight: Flight<T>,
    load: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const from = this.#parts.clock.ticks()
    const done = new AbortController()
    shared.watch(key, lock, done.signal)
    try {
      const value = await this.#load(key, flight, load)
      const freshMs = this.#freshMs(value, from, SHARED_MS)
      void shared.keep(key, lock, JSON.stringify(value ?? null), freshMs, freshMs + STALE_MS)
      return value
    } catch (error) {
      void shared.free(key, lock)
      throw error
    } finally {
      done.abort()
    }
  }

  #freshMs(value: T | undefined, from: number, most: number): number {
    if (from < this.#doubtUntil) return DOUBTFUL_MS
    return value === undefined ? ABSENT_MS : most
  }

  /** Not where it was forgotten since its load began. */
  #keep(key: string, flight: Flight<T>, value: T | undefined, freshMs: number): void {
    if (this.#flights.get(key) !== flight) return
    const { clock, sizeOf } = this.#parts
    const freshUntil = clock.ticks() + Math.min(freshMs, value === undefined ? ABSENT_MS : LOCAL_MS)
    this.#local.set(key, { value, freshUntil, staleUntil: freshUntil + STALE_MS }, value === undefined ? 0 : sizeOf(value))
  }

  #read(look: Look | undefined): { value: T | undefined } | undefined {
    if (!look || look.kind === 'mine' || look.text === undefined) return undefined
    try {
      const value: unknown = JSON.parse(look.text)
      if (value === null) return { value: undefined }
      return this.#parts.isValue(value) ? { value } : undefined
    } catch {
      return undefined
    }
  }
}

function busy(): Fault {
  return new Fault('cache-busy', 'refused', `somebody else reads the same from the database, for more than ${WAIT_MS} ms`)
}
