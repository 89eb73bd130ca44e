import { Fault } from '../core/fault.ts'

export type BatchesParts<T> = {
  /** A clock's: what comes within one turn of the event loop goes together. */
  soon: (work: () => void) => void
  /** So many wait at most; the oldest gives way. */
  waitingMax: number
  /** So many go in one call. */
  atOnceMax: number
  /** Throws `Fault` where it came to nothing. */
  send(items: T[]): Promise<void>
  /** So many were not sent, or nobody knows. They are not sent again. */
  lost(items: number): void
}

/** Gathers for somebody who may be slow: one call at a time, what comes meanwhile goes with the next. Of one key the latest counts. */
export class Batches<T> {
  readonly #parts: BatchesParts<T>
  #waiting = new Map<string, T>()
  #last: Promise<void> = Promise.resolve()
  /** The batch that takes what waits. */
  #next: Promise<void> | undefined

  constructor(parts: BatchesParts<T>) {
    this.#parts = parts
  }

  /** Resolves when the batch that takes it is through, or lost. */
  add(key: string, item: T): Promise<void> {
    const { waitingMax, lost } = this.#parts
    this.#waiting.delete(key)
    this.#waiting.set(key, item)
    if (this.#waiting.size > waitingMax) {
      this.#waiting.delete(this.#waiting.keys().next().value as string)
      lost(1)
    }
    if (!this.#next) {
      this.#next = this.#run(this.#last)
      this.#last = this.#next
    }
    return this.#next
  }

  /** All that was added is through, or lost. */
  idle(): Promise<void> {
    return this.#last
  }

  async #run(before: Promise<void>): Promise<void> {
    const { soon, atOnceMax, send, lost } = this.#parts
    await before
    await new Promise<void>((resolve) => soon(resolve))
    const items = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#next = undefined
    for (let from = 0; from < items.length; from += atOnceMax) {
      const part = items.slice(from, from + atOnceMax)
      try {
        await send(part)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        lost(part.length)
      }
    }
  }
}
