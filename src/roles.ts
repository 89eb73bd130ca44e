import type { RoleName } from './config.ts'
import type { Parts } from './parts.ts'
import type { Loop } from './platform/loop.ts'

/** What a process does besides answering requests, by role. A loop that two roles name runs once. */
const loopsOf: Record<RoleName, (loops: Parts['loops']) => Loop[]> = {
  api: ({ running }) => [running],
  relay: ({ publishing, catchingUp }) => [publishing, catchingUp],
  payments: ({ settling, paying, hearing, listing }) => [settling, paying, hearing, listing],
  // Stands beside the shop with loops of its own.
  'gateway-demo': () => [],
  scheduler: ({ running, rebuilding, sweeping, expiring, purging, auditing }) => [
    running,
    rebuilding,
    sweeping,
    expiring,
    purging,
    auditing,
  ],
}

/** Starts them, and what each process needs; they stop in reverse, each after the turn under way. */
export function startRoles(roles: readonly RoleName[], loops: Parts['loops'], beside: readonly Loop[] = []): AsyncDisposable {
  const chosen = [...new Set([loops.measuring, ...beside, ...roles.flatMap((role) => loopsOf[role](loops))])]
  for (const loop of chosen) loop.start()
  return {
    async [Symbol.asyncDispose]() {
      for (const loop of chosen.reverse()) await loop.stop()
    },
  }
}
