import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api } from './api/client.ts'
import type { paths } from './api/schema.d.ts'
import { connection, useLive } from './live.ts'

export type SaleStatus = paths['/api/v1/sales/{saleId}/status']['get']['responses'][200]['content']['application/json']
type Moment = Pick<SaleStatus, 'status' | 'phase'>

/** How often the status is read: as a safeguard beside the socket, and instead of it. */
const POLL_MS = { live: 15_000, waiting: 2000 }
/** No thumb and no eye follows more. */
const SHOWN_EVERY_MS = 250

/** What is left of a sale, as it changes: told by the socket, else asked for. @param changed the sale itself may be another. */
export function useStock(saleId: string, changed: () => void = () => {}) {
  const moment = shallowRef<Moment>()
  const remaining = ref<Record<string, number>>({})
  let timer = 0
  let held = 0
  let shownAt = Number.NEGATIVE_INFINITY

  async function poll(): Promise<void> {
    clearTimeout(timer)
    const { data } = await api
      .GET('/api/v1/sales/{saleId}/status', { params: { path: { saleId } } })
      .catch(() => ({ data: undefined }))
    if (data) take(data)
    clearTimeout(timer)
    timer = window.setTimeout(poll, POLL_MS[connection.value])
  }

  function take({ status, phase, items }: SaleStatus): void {
    moment.value = { status, phase }
    show(items)
  }

  /** At most so often; the last word always comes. */
  function show(items: { productId: string; remaining: number }[]): void {
    clearTimeout(held)
    const wait = shownAt + SHOWN_EVERY_MS - performance.now()
    if (wait > 0) {
      held = window.setTimeout(show, wait, items)
      return
    }
    shownAt = performance.now()
    remaining.value = Object.fromEntries(items.map((item) => [item.productId, item.remaining]))
  }

  useLive(`sale:${saleId}`, (frame) => {
    if (frame.type === 'stock') show(frame.items)
    if (frame.type !== 'sale') return
    moment.value = { status: frame.status, phase: frame.phase } as Moment
    changed()
  })
  watch(connection, poll)
  onScopeDispose(() => {
    clearTimeout(timer)
    clearTimeout(held)
  })
  void poll()

  return { moment, remaining, take, isPaused: computed(() => moment.value?.status === 'PAUSED') }
}
