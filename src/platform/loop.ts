import { Bug } from '../core/assert.ts'
import type { Clock } from './clock.ts'

/** @param stopping aborted when the loop is to stop: it waits for the turn. */
export type Turn = (stopping: AbortSignal) => Promise<boolean | number>

/**
 * Work that goes on for ever: at once when woken, else every `everyMs`. One turn at a time. A turn that answers true is
 * followed by another at once, a number is how long to wait in place of `everyMs`. A failure is told and tried again after a pause that doubles up to 5 s; a bug ends the loop.
 */
export class Loop {
  readonly #name: string
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #turn: Turn
  readonly #failed: (name: string, error: unknown) => void
  readonly #stopping = new AbortController()
  #pause = new AbortController()
  #woken = false
  #ended: Promise<void> | undefined

  constructor(name: string, clock: Clock, everyMs: number, turn: Turn, failed: (name: string, error: unknown) => void) {
    this.#name = name
    this.#clock = clock
    this.#everyMs = everyMs
    this.#turn = turn
    this.#failed = failed
  }

  start(): void {
    this.#ended = this.#run()
  }

  wake(): void {
    this.#woken = true
    this.#pause.abort()
  }

  /** After the turn under way. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#pause.abort()
    await this.#ended
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      this.#woken = false
      let pauseMs = this.#everyMs
      try {
        const more = await this.#turn(this.#stopping.signal)
        if (typeof more === 'number') pauseMs = more
        else if (more) pauseMs = 0
        failures = 0
      } catch (error) {
        this.#failed(this.#name, error)
        if (error instanceof Bug) return
        pauseMs = Math.min(5000, 100 * 2 ** failures++)
      }
      if (pauseMs === 0 || this.#woken) continue
      this.#pause = new AbortController()
      if (this.#stopping.signal.aborted) return
      await this.#clock.sleep(pauseMs, this.#pause.signal)
    }
  }
}
