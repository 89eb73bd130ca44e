import type { SaleTerms } from '../src/core/sale.ts'
import type { Ask, Hold, LedgerImage } from '../src/ledger/ledger.ts'
import { openRedisLedger, type RedisLedger } from '../src/ledger/redis-ledger.ts'
import { systemClock } from '../src/platform/clock.ts'
import { type RedisAddress, redisAddress } from '../src/platform/redis/redis-address.ts'
import { handClock } from './hand-clock.ts'
import { askFor, newId, openTerms } from './samples.ts'

/** Samples of now: the time of a real server is nobody's to turn. */
export const clock = { ...handClock(), now: Date.now }

export function openAt(url: string, told: (because: string | null) => void = () => {}): Promise<RedisLedger> {
  return openRedisLedger(redisAddress(url) as RedisAddress, { clock: systemClock, newId, told })
}

/** A sale in that ledger, open and of one item. */
export async function saleIn(ledger: RedisLedger, units: number, more: Partial<SaleTerms> = {}) {
  const productId = newId()
  const terms = openTerms(clock, { incarnation: await ledger.incarnation(), ...more })
  const image: LedgerImage = { terms, items: [{ productId, allotment: units }], holds: [] }
  const ask = (change: Partial<Ask> = {}) => askFor(clock, productId, change)
  return {
    productId,
    terms,
    image,
    ask,
    isLoaded: await ledger.load(image),
    reserve: (...asks: Ask[]) => ledger.reserve(terms.id, terms.epoch, asks),
    keys: ['inventory', 'orders', 'outbox'].map((what) => `flash_sale_${what}:{${terms.id}}`) as [string, string, string],
    /** As a rebuild does it. */
    rebuild: async (holds: Hold[] = []) =>
      ledger.load({ ...image, terms: { ...terms, epoch: terms.epoch + 1, incarnation: await ledger.incarnation() }, holds }),
  }
}

/** Asks until it is so: the ledger connects anew by itself. */
export async function until<T>(what: () => Promise<T>, ms = 15_000): Promise<T> {
  for (const end = Date.now() + ms; ; ) {
    try {
      return await what()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
