import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, type Problem, problemOf } from './api/client.ts'
import type { paths } from './api/schema.d.ts'
import { takeFacts } from './facts.ts'
import { connection, useLive } from './live.ts'
import { heard, now } from './server-clock.ts'

export type Sale = paths['/api/v1/sales/{saleId}']['get']['responses'][200]['content']['application/json']
export type SaleStatus = paths['/api/v1/sales/{saleId}/status']['get']['responses'][200]['content']['application/json']

/** How often the status is read: as a safeguard beside the socket, and instead of it. */
const POLL_MS = { live: 15_000, waiting: 2000 }
/** No thumb and no eye follows more. */
const SHOWN_EVERY_MS = 250

/** A sale and what is left of it, as it changes. */
export function useSale(saleId: string) {
  const sale = shallowRef<Sale>()
  const status = shallowRef<Pick<SaleStatus, 'status' | 'phase'>>()
  const remaining = ref<Record<string, number>>({})
  const problem = shallowRef<Problem>()
  let timer = 0
  let shownAt = Number.NEGATIVE_INFINITY
  let waiting: number | undefined

  async function load(): Promise<void> {
    const facts = takeFacts('sale', saleId)
    if (facts) {
      sale.value = facts.sale
      takeStatus(facts.status, performance.now())
    }
    const sent = performance.now()
    const { data, error } = await api
      .GET('/api/v1/sales/{saleId}', { params: { path: { saleId } } })
      .catch(() => ({ data: undefined, error: undefined }))
    if (data) {
      sale.value = data
      problem.value = undefined
      heard(data.serverTime, sent)
      status.value ??= data
    } else if (!sale.value) problem.value = problemOf(error)
  }

  async function poll(): Promise<void> {
    clearTimeout(timer)
    const sent = performance.now()
    const { data } = await api
      .GET('/api/v1/sales/{saleId}/status', { params: { path: { saleId } } })
      .catch(() => ({ data: undefined }))
    if (data) takeStatus(data, sent)
    clearTimeout(timer)
    timer = window.setTimeout(poll, POLL_MS[connection.value])
  }

  function takeStatus(data: SaleStatus, sent: number): void {
    heard(data.serverTime, sent)
    status.value = { status: data.status, phase: data.phase }
    show(data.items)
  }

  /** At most so often; the last word always comes. */
  function show(items: { productId: string; remaining: number }[]): void {
    clearTimeout(waiting)
    const wait = shownAt + SHOWN_EVERY_MS - performance.now()
    if (wait > 0) {
      waiting = window.setTimeout(show, wait, items)
      return
    }
    shownAt = performance.now()
    remaining.value = Object.fromEntries(items.map((item) => [item.productId, item.remaining]))
  }

  useLive(`sale:${saleId}`, (frame) => {
    if (frame.type === 'stock') show(frame.items)
    if (frame.type !== 'sale') return
    status.value = { status: frame.status as Sale['status'], phase: frame.phase as Sale['phase'] }
    // Its times or its name may have changed with it.
    void load()
  })
  watch(connection, poll)
  onScopeDispose(() => {
    clearTimeout(timer)
    clearTimeout(waiting)
  })
  void load().then(poll)

  const isPaused = computed(() => status.value?.status === 'PAUSED')
  return { sale, status, remaining, isPaused, problem, load }
}

/** `phase` for people, also between two words of the server: by its clock. */
export function phaseNow(
  { startTime, endTime }: Pick<Sale, 'startTime' | 'endTime'>,
  phase: Sale['phase'],
  at = now(),
): Sale['phase'] {
  if (at >= Date.parse(endTime)) return 'Ended'
  if (phase === 'Scheduled' && at >= Date.parse(startTime)) return 'Active'
  return phase
}
