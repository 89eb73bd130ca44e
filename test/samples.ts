import { type Id, uuidV7 } from '../src/core/ids.ts'
import type { SaleTerms } from '../src/core/sale.ts'
import type { Ask, Hold, HoldState } from '../src/ledger/ledger.ts'
import type { HandClock } from './hand-clock.ts'

let made = 0

/** Ids that rise, the same in every run. */
export const newId = (): Id => uuidV7(1_700_000_000_000 + ++made, 0, 0, 0)

/** A sale that is open for an hour: one unit a buyer. */
export function openTerms(clock: HandClock, more: Partial<SaleTerms> = {}): SaleTerms {
  return {
    id: newId(),
    startTime: clock.now() - 60_000,
    endTime: clock.now() + 3600_000,
    epoch: 1,
    incarnation: null,
    limit: 1,
    pausedByOperator: false,
    pausedForRecovery: false,
    ...more,
  }
}

/** One unit, for a new buyer, with a new key. */
export function askFor(clock: HandClock, productId: Id, more: Partial<Ask> = {}): Ask {
  const orderId = newId()
  return {
    orderId,
    buyerId: newId(),
    productId,
    quantity: 1,
    method: 'credit',
    keyDigest: `key ${orderId}`,
    bodyDigest: 'body',
    deadline: clock.now() + 2000,
    ...more,
  }
}

/** As a rebuild would put it into the ledger. */
export function holdOf(clock: HandClock, saleId: Id, productId: Id, state: HoldState, more: Partial<Hold> = {}): Hold {
  const { deadline, ...asked } = askFor(clock, productId)
  return { ...asked, saleId, epoch: 1, seq: 1, reservedAt: clock.now(), state, ...more }
}
