import { type ComputedRef, computed, shallowRef } from 'vue'
import { api } from './api/client.ts'
import type { components } from './api/schema.d.ts'
import { useNow } from './server-clock.ts'

export type Offer = components['schemas']['SaleProduct']

/** As long as the shop lets a browser keep the answer. */
const FRESH_MS = 5000
const PAGE_SIZE = 100
/** Who has more than a thousand products in sales at once sees the rest at their ordinary price; the sales' own pages have all. */
const PAGES_MAX = 10

const offers = shallowRef<Map<string, Offer[]>>()
let askedAt = Number.NEGATIVE_INFINITY

/** What is in a sale now, asked for once by all that show products. Of a product: its best offer, `null` for none, `undefined`
 *  while it is not known. What cannot be asked for counts as none. */
export function useOffer(productId: () => string): ComputedRef<Offer | null | undefined> {
  const now = useNow()
  if (performance.now() - askedAt > FRESH_MS) void load()
  return computed(() => offers.value && (bestOf(offers.value.get(productId()) ?? [], now.value) ?? null))
}

/** One that can be bought goes before one that cannot, then the lower price. */
export function bestOf<Some extends Pick<Offer, 'phase' | 'endTime' | 'salePrice'>>(known: Some[], at: number): Some | undefined {
  const rank = ({ phase }: Some) => (phase === 'Active' || phase === 'Ending Soon' ? 0 : 1)
  return known
    .filter(({ endTime }) => Date.parse(endTime) > at)
    .sort((a, b) => rank(a) - rank(b) || a.salePrice.amount - b.salePrice.amount)[0]
}

async function load(): Promise<void> {
  askedAt = performance.now()
  const found = new Map<string, Offer[]>()
  let after: string | null | undefined
  for (let page = 0; page < PAGES_MAX && after !== null; page++) {
    const { data } = await api
      .GET('/api/v1/flash-sale-products', { params: { query: { limit: PAGE_SIZE, ...(after && { after }) } } })
      .catch(() => ({ data: undefined }))
    for (const { phase, ...offer } of data?.items ?? []) {
      const others = found.get(offer.productId) ?? []
      // A sale of many products is on while there is any of them.
      found.set(offer.productId, [...others, { ...offer, phase: offer.remaining > 0 || phase === 'Paused' ? phase : 'Sold Out' }])
    }
    after = data?.next ?? null
  }
  offers.value = found
}
