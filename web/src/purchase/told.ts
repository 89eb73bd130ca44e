import type { Button } from './button.ts'
import type { Attempt } from './use-purchase.ts'

/** What stands under the button: the key of the words (`told.<key>`), or the server's own words. */
export function toldOf(button: Button, attempt: Attempt): { key?: string; time?: number | string; text?: string } {
  if (attempt.step === 'again') return { key: attempt.because === 'busy' ? 'again' : 'asking-again' }
  if (attempt.step === 'refused') return refusal(button, attempt)
  if (attempt.step !== 'order') return { key: button.kind }
  const { status, reason, expiresAt } = attempt.order
  if (button.kind === 'held') return expiresAt ? { key: 'held', time: expiresAt } : { key: 'heldShort' }
  if (button.kind === 'yours') return { key: 'yours' }
  return { key: status === 'FAILED' && reason === 'not-enough-credit' ? reason : status }
}

function refusal(button: Button, { code, detail }: Extract<Attempt, { step: 'refused' }>) {
  if (code === 'sold-out') return { key: button.kind === 'sold-out' ? 'sold-out' : 'came-back' }
  if (code === 'limit-reached') return { key: 'have-one' }
  // The sale itself says so now, or did a moment ago.
  if (code === 'paused' || code === 'ended' || code === 'not-started') return { key: button.kind }
  return { text: detail }
}
