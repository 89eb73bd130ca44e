/** Time comes in by the door, so that a simulator can bring its own. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds from any fixed point; never steps back. For durations and deadlines inside this process. */
  ticks(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** After the input that is waiting now was read: gathers what arrives within one turn of the event loop. */
  soon(work: () => void): void
}

export const systemClock: Clock = {
  now: Date.now,
  ticks: () => performance.now(),
  soon: setImmediate,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.min(ms, 0x7fffffff))
      signal?.addEventListener('abort', done, { once: true })
    }),
}
