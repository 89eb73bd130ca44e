import { cardKey, isByCard, isHeld, toldKey } from '../order-words.ts'
import type { Payment } from '../use-payment.ts'
import type { Button } from './button.ts'
import type { Attempt } from './use-purchase.ts'

/** What stands under the button: the key of the words (`told.<key>`), or the server's own words. */
type Told = { key?: string; time?: number | string; text?: string }

export function toldOf(button: Button, attempt: Attempt, payment?: Payment): Told {
  if (attempt.step === 'again') return { key: attempt.because === 'busy' ? 'again' : 'asking-again' }
  if (attempt.step === 'refused') return refusal(button, attempt)
  if (attempt.step !== 'order') return { key: button.kind }
  const { order } = attempt
  const time = order.expiresAt ?? payment?.expiresAt
  if (isHeld(order.status)) return time ? { key: isByCard(order) ? cardKey(payment) : 'held', time } : { key: 'heldShort' }
  return { key: toldKey(order) }
}

function refusal(button: Button, { code, detail }: Extract<Attempt, { step: 'refused' }>) {
  if (code === 'sold-out') return { key: button.kind === 'sold-out' ? 'sold-out' : 'came-back' }
  if (code === 'limit-reached') return { key: 'have-one' }
  if (code === 'payment-unavailable') return { key: code }
  // The sale itself says so now, or did a moment ago.
  if (code === 'paused' || code === 'ended' || code === 'not-started') return { key: button.kind }
  return { text: detail }
}
