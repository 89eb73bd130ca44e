import type { Clock } from '../src/platform/clock.ts'

/** A clock that a test moves. Database threads read the same time by its `shared` memory. */
export type HandClock = Clock & {
  readonly shared: SharedArrayBuffer
  /** Lets time pass and those wake whose sleep ends meanwhile, one after the other; work that waits for no time is done first. */
  advance(ms: number): Promise<void>
}

const START = 1_800_000_000_000

/** What a thread makes of `shared`. */
export function readTime(shared: SharedArrayBuffer): () => number {
  const ms = new BigInt64Array(shared)
  return () => Number(Atomics.load(ms, 0))
}

export function handClock(): HandClock {
  const shared = new SharedArrayBuffer(8)
  const now = readTime(shared)
  const sleepers = new Set<{ at: number; wake: () => void }>()
  const set = (ms: number) => Atomics.store(new BigInt64Array(shared), 0, BigInt(ms))
  set(START)
  return {
    shared,
    now,
    ticks: () => now() - START,
    soon: setImmediate,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = { at: now() + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          resolve()
        })
      }),
    async advance(ms) {
      const until = now() + ms
      await idle()
      for (let next = first(sleepers); next && next.at <= until; next = first(sleepers)) {
        sleepers.delete(next)
        set(Math.max(now(), next.at))
        next.wake()
        await idle()
      }
      set(until)
      await idle()
    },
  }
}

function first<T extends { at: number }>(sleepers: Set<T>): T | undefined {
  return [...sleepers].sort((a, b) => a.at - b.at)[0]
}

/** What awaits only memory has come to rest after a few turns of the event loop. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
