import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { api } from './api/client.ts'
import type { components } from './api/schema.d.ts'
import { isByCard, isHeld, type Order } from './order-words.ts'

export type Payment = components['schemas']['Payment']

/** No frame tells of an attempt: while its page is being opened a buyer waits for it, later they are mostly away. */
const LOOK_MS = { opening: 400, later: 2000 }

/** How the payment by card of an order stands, for as long as the order waits for it. */
export function usePayment(order: () => Pick<Order, 'orderId' | 'status' | 'payment'> | undefined) {
  const payment = shallowRef<Payment>()
  const awaited = computed(() => {
    const one = order()
    return one && isByCard(one) && isHeld(one.status) ? one.orderId : undefined
  })
  let timer = 0
  let isOver = false

  async function look(orderId: string): Promise<void> {
    clearTimeout(timer)
    const { data } = await api
      .GET('/api/v1/payments/{orderId}', { params: { path: { orderId } } })
      .catch(() => ({ data: undefined }))
    if (isOver || awaited.value !== orderId) return
    if (data) payment.value = data
    clearTimeout(timer)
    const isOpening = data?.state === 'created'
    timer = window.setTimeout(look, isOpening ? LOOK_MS.opening : LOOK_MS.later, orderId)
  }

  watch(
    awaited,
    (orderId) => {
      clearTimeout(timer)
      payment.value = undefined
      if (orderId) void look(orderId)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
  })
  return {
    payment,
    /** It has changed, as far as one knows. */
    look: async (): Promise<void> => {
      if (awaited.value) await look(awaited.value)
    },
  }
}
