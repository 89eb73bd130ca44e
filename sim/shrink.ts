import { runSeed } from './run.ts'
import type { Result } from './stage.ts'

/** Runs that shrinking may take. */
const RUNS_MAX = 600

/**
 * The same seed with as few causes (faults, purchases, changes by the operator) as still break the same law: halves first, then
 * quarters, at last one by one. Each actor draws from dice of its own, so that what is left happens much as before.
 */
export async function shrink(result: Result, ignored?: string): Promise<Result> {
  let least = result
  let runs = 0
  const without = new Set<string>()
  for (let size = Math.ceil(result.causes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.causes.length && runs < RUNS_MAX; ) {
      const left = new Set([...without, ...least.causes.slice(at, at + size)])
      const tried = await runSeed(result.seed, { without: left, ignored })
      runs++
      if (tried.broken?.law !== result.broken?.law) {
        at += size
        continue
      }
      for (const cause of left) without.add(cause)
      least = tried
    }
  }
  return least
}
