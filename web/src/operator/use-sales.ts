import { computed, shallowReactive, watchEffect } from 'vue'
import { api } from '../api/client.ts'
import type { Sale } from '../use-sale.ts'
import { shortId } from './short-id.ts'

/** Null: asked for, not known yet or gone with its rehearsal. */
const known = shallowReactive(new Map<string, Sale | null>())

/** Names for the ids in orders and holds: each sale is asked for once. */
export function useSales(ids: () => (string | undefined)[]) {
  watchEffect(() => {
    for (const saleId of new Set(ids())) if (saleId !== undefined && !known.has(saleId)) void load(saleId)
  })
  return computed(() => ({
    saleName: (saleId: string): string => known.get(saleId)?.name ?? shortId(saleId),
    productName: (saleId: string, productId: string): string =>
      known.get(saleId)?.items.find((item) => item.productId === productId)?.name ?? shortId(productId),
  }))
}

async function load(saleId: string): Promise<void> {
  known.set(saleId, null)
  const { data } = await api.GET('/api/v1/sales/{saleId}', { params: { path: { saleId } } }).catch(() => ({ data: undefined }))
  if (data) known.set(saleId, data)
}
