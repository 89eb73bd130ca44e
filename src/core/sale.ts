import type { Id } from './ids.ts'

/** Times are milliseconds since 1970, UTC. `start` is included, `end` is not. */
export type Window = { startTime: number; endTime: number }

/** What decides a purchase; the same facts in the books and in the ledger. */
export type SaleTerms = Window & {
  id: Id
  epoch: number
  /** The running ledger that this epoch was made for; `null` where the ledger lives in the books. What any other says counts for
   *  nothing. */
  incarnation: string | null
  limit: number
  /** Two flags that do not touch each other: an operator's pause survives a recovery, and a recovery clears only its own. */
  pausedByOperator: boolean
  pausedForRecovery: boolean
}

/** Of a whole sale only what decides. */
export function termsOf(sale: SaleTerms): SaleTerms {
  const { id, startTime, endTime, epoch, incarnation, limit, pausedByOperator, pausedForRecovery } = sale
  return { id, startTime, endTime, epoch, incarnation, limit, pausedByOperator, pausedForRecovery }
}

export type SaleItem = { productId: Id; allotment: number; price: number; currency: string }

/** What a page needs to know of an item besides. */
export type ItemCard = SaleItem & { name: string; image: string | null; listPrice: number }

export type Sale = SaleTerms & {
  name: string
  banner: string | null
  items: ItemCard[]
  createdAt: number
  /** Set once the end was announced and what was not sold went back to ordinary stock. */
  settledAt: number | null
  drillId: Id | null
}

export type SaleStatus = 'SCHEDULED' | 'ACTIVE' | 'PAUSED' | 'ENDED'
export type SalePhase = 'Ended' | 'Paused' | 'Scheduled' | 'Sold Out' | 'Ending Soon' | 'Active'

export function statusOf(sale: SaleTerms, now: number): SaleStatus {
  if (now >= sale.endTime) return 'ENDED'
  if (sale.pausedByOperator || sale.pausedForRecovery) return 'PAUSED'
  return now < sale.startTime ? 'SCHEDULED' : 'ACTIVE'
}

/** For people: the first that holds. */
export function phaseOf(sale: SaleTerms, remaining: number, now: number, endingSoonMs: number): SalePhase {
  const status = statusOf(sale, now)
  if (status === 'ENDED') return 'Ended'
  if (status === 'PAUSED') return 'Paused'
  if (status === 'SCHEDULED') return 'Scheduled'
  if (remaining === 0) return 'Sold Out'
  return now >= sale.endTime - endingSoonMs ? 'Ending Soon' : 'Active'
}
