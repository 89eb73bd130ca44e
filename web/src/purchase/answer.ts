import type { Problem } from '../api/client.ts'

/** What the shop said to a purchase. */
export type Answer =
  | { kind: 'accepted'; orderId: string; status: string }
  /** Nothing was bought, and asking again with this key would not change that. */
  | { kind: 'refused'; code: string; orderId?: string; detail: string }
  /** Not now: again with the same key, after so long. */
  | { kind: 'busy'; waitMs: number }
  /** It may have been bought: again with the same key. */
  | { kind: 'unknown'; waitMs: number }
  | { kind: 'signed-out' }

const WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000

/** @param problem `undefined` where no answer came back at all. */
export function refusalOf(response: Response | undefined, problem: (Problem & { orderId?: string }) | undefined): Answer {
  const waitMs = waitOf(response)
  if (!response || !problem?.code) return { kind: 'unknown', waitMs }
  switch (problem.code) {
    case 'slow-down':
    case 'busy':
      return { kind: 'busy', waitMs }
    case 'unauthenticated':
      return { kind: 'signed-out' }
    case 'payment-unavailable':
      // Nothing is tried by itself: there is another way to pay.
      return refused(problem)
    default:
      // An answer above 500 that is not named says nothing of what happened before it failed.
      if (response.status >= 500) return { kind: 'unknown', waitMs }
      return refused(problem)
  }
}

function refused({ code, detail, orderId }: Problem & { orderId?: string }): Answer {
  return { kind: 'refused', code, detail, ...(orderId && { orderId }) }
}

function waitOf(response: Response | undefined): number {
  const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? Math.min(LONGEST_WAIT_MS, Math.max(WAIT_MS, seconds * 1000)) : 2 * WAIT_MS
}
