import { onScopeDispose, watch } from 'vue'
import { api } from './api/client.ts'
import { connection, useLive } from './live.ts'
import type { Order } from './order-words.ts'
import { isFinal } from './purchase/use-purchase.ts'
import { usePages } from './use-page.ts'

const PAGE_SIZE = 20
/** How often those that wait are looked at while no socket tells. */
const POLL_MS = 5000

/** The own orders, newest first, as they change. */
export function useOrders() {
  const pages = usePages<Order>((after) =>
    api.GET('/api/v1/orders', { params: { query: { limit: PAGE_SIZE, ...(after && { after }) } } }),
  )
  const { items, isLoaded } = pages
  /** What the socket said and the list does not show yet: it may say it while the list is under way. */
  const hints = new Map<string, string>()
  let timer = 0

  function follow(): void {
    if (!isLoaded.value) return
    for (const [orderId, status] of hints) {
      hints.delete(orderId)
      const shown = items.value.find((order) => order.orderId === orderId)
      if (shown ? shown.status !== status : isNewest(orderId)) void look(orderId)
    }
  }

  /** Ids rise with time. An older one that is not shown is on a page that was not asked for yet. */
  const isNewest = (orderId: string) => orderId > (items.value[0]?.orderId ?? '')

  async function look(orderId: string): Promise<void> {
    const { data } = await api
      .GET('/api/v1/orders/{orderId}', { params: { path: { orderId } } })
      .catch(() => ({ data: undefined }))
    if (data) place(data)
  }

  function place(order: Order): void {
    const others = items.value.filter(({ orderId }) => orderId !== order.orderId)
    items.value = [...others, order].sort((a, b) => (a.orderId < b.orderId ? 1 : -1))
  }

  function poll(): void {
    clearTimeout(timer)
    timer = window.setTimeout(poll, POLL_MS)
    if (connection.value === 'live') return
    for (const { orderId, status } of items.value) if (!isFinal(status)) void look(orderId)
  }

  useLive('orders', (frame) => {
    if (frame.type !== 'order') return
    hints.set(frame.orderId, frame.status)
    follow()
  })
  watch(isLoaded, follow)
  onScopeDispose(() => clearTimeout(timer))
  timer = window.setTimeout(poll, POLL_MS)
  return pages
}
