import { type Ref, shallowRef, watchEffect } from 'vue'
import { api } from './api/client.ts'

/** What an order shows of what was bought. */
export type Goods = { name: string; image: string | null }
type Bought = { productId: string; saleId: string }

/** Each asked for once a page load. What could not be asked for is forgotten, and asked for again by the next. */
const known = new Map<string, Promise<Goods | null>>()

/** `undefined` while it is not known, `null` where it cannot be found. */
export function useGoods(bought: () => Bought | undefined): Readonly<Ref<Goods | null | undefined>> {
  const goods = shallowRef<Goods | null>()
  watchEffect(async (onCleanup) => {
    let isLate = false
    onCleanup(() => {
      isLate = true
    })
    const wanted = bought()
    if (!wanted) return
    const found = await goodsOf(wanted)
    if (!isLate) goods.value = found
  })
  return goods
}

function goodsOf(bought: Bought): Promise<Goods | null> {
  const asked = known.get(bought.productId) ?? find(bought)
  known.set(bought.productId, asked)
  void asked.then((found) => {
    if (!found) known.delete(bought.productId)
  })
  return asked
}

/** A product that was taken out of the shop lives on in the sale it was bought in. */
async function find({ productId, saleId }: Bought): Promise<Goods | null> {
  try {
    const product = await api.GET('/api/v1/products/{id}', { params: { path: { id: productId } } })
    if (product.data) return product.data
    const sale = await api.GET('/api/v1/sales/{saleId}', { params: { path: { saleId } } })
    return sale.data?.items.find((item) => item.productId === productId) ?? null
  } catch {
    return null
  }
}
