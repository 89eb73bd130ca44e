import { onScopeDispose, shallowRef } from 'vue'
import { api, type Problem, problemOf } from './api/client.ts'
import type { components } from './api/schema.d.ts'
import { connection, useLive } from './live.ts'
import { isFinal } from './purchase/use-purchase.ts'

type OrderWithHistory = components['schemas']['OrderWithHistory']

/** How often an order that waits is looked at, with and without a socket that tells. */
const POLL_MS = { live: 5000, waiting: 1000 }

/** One own order and what happened to it, as it changes. */
export function useOrder(orderId: string) {
  const order = shallowRef<OrderWithHistory>()
  const problem = shallowRef<Problem>()
  const path = { params: { path: { orderId } } }
  let timer = 0
  let isOver = false

  async function load(): Promise<void> {
    clearTimeout(timer)
    const { data, error } = await api.GET('/api/v1/orders/{orderId}', path).catch(() => ({ data: undefined, error: undefined }))
    if (isOver) return
    if (data) take(data)
    problem.value = data || order.value ? undefined : problemOf(error)
    clearTimeout(timer)
    if (order.value && !isFinal(order.value.status)) timer = window.setTimeout(load, POLL_MS[connection.value])
  }

  /** Steps only ever add up: an answer that was overtaken is not shown. */
  function take(answer: OrderWithHistory): void {
    if (answer.history.length >= (order.value?.history.length ?? 0)) order.value = answer
  }

  /** Gives why not, where it could not be. What it was by then is shown. */
  async function cancel(): Promise<Problem | undefined> {
    const { data, error } = await api
      .POST('/api/v1/orders/{orderId}/cancel', path)
      .catch(() => ({ data: undefined, error: undefined }))
    if (data) take(data)
    else await load()
    return data ? undefined : problemOf(error)
  }

  useLive('orders', (frame) => {
    if (frame.type === 'order' && frame.orderId === orderId && frame.status !== order.value?.status) void load()
  })
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
  })
  void load()
  return { order, problem, load, cancel }
}
