import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { api } from '../api/client.ts'
import type { paths } from '../api/schema.d.ts'
import { connection, useLive } from '../live.ts'
import { now } from '../server-clock.ts'
import { account } from '../session.ts'
import { usePayment } from '../use-payment.ts'
import { type Answer, refusalOf } from './answer.ts'
import { type Intention, useIntention, type Wish } from './intention.ts'

export type Order = paths['/api/v1/orders/{orderId}']['get']['responses'][200]['content']['application/json']
/** What is known of an order from its first answer on. */
type Accepted = Pick<Order, 'orderId' | 'status' | 'payment'> & Partial<Order>
export type Attempt =
  | { step: 'none' }
  | { step: 'asking' }
  /** Asked again at that time (server's) by itself, with the same key. */
  | { step: 'again'; at: number; because: 'busy' | 'unknown' }
  /** Given up for now; the key is kept. */
  | { step: 'given-up'; because: 'busy' | 'unknown' }
  | { step: 'refused'; code: string; orderId?: string; detail: string }
  | { step: 'order'; order: Accepted }

/** An answer that does not come is asked for so often, by itself. */
const TRIES = 3
const FINAL = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED', 'REFUNDED'])
export const isFinal = (status: string): boolean => FINAL.has(status)
/** How often an order that waits is looked at, with and without a socket that tells. */
const POLL_MS = { live: 5000, waiting: 1000 }

/** A visitor's purchase in one sale: from the wish over the answer to what came of the order. */
export function usePurchase(saleId: string) {
  const attempt = shallowRef<Attempt>({ step: 'none' })
  const buyerId = computed(() => account.value?.id)
  const intention = useIntention(saleId, () => buyerId.value)
  const { payment } = usePayment(() => (attempt.value.step === 'order' ? attempt.value.order : undefined))
  let timer = 0
  let turn = 0
  /** Who has pressed the button here is taken to the page of the gateway; who comes back is not taken there again. */
  let isLeaving = false

  async function buy(wish: Wish): Promise<void> {
    if (attempt.value.step === 'asking' || attempt.value.step === 'again') return
    await ask(intention.current(wish, now()))
  }

  async function ask(wanted: Intention): Promise<void> {
    const mine = ++turn
    for (let tries = 1; ; tries++) {
      attempt.value = { step: 'asking' }
      const answer = await send(saleId, wanted)
      if (mine !== turn) return
      if (answer.kind !== 'busy' && answer.kind !== 'unknown') return take(answer, wanted)
      if (tries > TRIES) {
        attempt.value = { step: 'given-up', because: answer.kind }
        return
      }
      attempt.value = { step: 'again', at: now() + answer.waitMs, because: answer.kind }
      await new Promise((resolve) => {
        timer = window.setTimeout(resolve, answer.waitMs)
      })
      if (mine !== turn) return
    }
  }

  function take(answer: Exclude<Answer, { kind: 'busy' | 'unknown' }>, { method }: Wish): void {
    if (answer.kind === 'accepted') {
      intention.accepted(answer.orderId)
      isLeaving = method === 'card'
      follow({ orderId: answer.orderId, status: answer.status as Order['status'], payment: { method } })
      return
    }
    intention.forget()
    attempt.value = answer.kind === 'signed-out' ? { step: 'none' } : { step: 'refused', ...answer }
  }

  function follow(order: Accepted): void {
    attempt.value = { step: 'order', order }
    void look(order.orderId)
  }

  /** The order as it is; again until it is final. */
  async function look(orderId: string): Promise<void> {
    clearTimeout(timer)
    const { data } = await api
      .GET('/api/v1/orders/{orderId}', { params: { path: { orderId } } })
      .catch(() => ({ data: undefined }))
    if (attempt.value.step !== 'order' || attempt.value.order.orderId !== orderId) return
    if (data) attempt.value = { step: 'order', order: data }
    clearTimeout(timer)
    if (!isFinal(attempt.value.order.status)) timer = window.setTimeout(look, POLL_MS[connection.value], orderId)
  }

  useLive('orders', (frame) => {
    if (frame.type !== 'order' || attempt.value.step !== 'order') return
    const { order } = attempt.value
    if (frame.orderId === order.orderId && frame.status !== order.status) void look(order.orderId)
  })

  watch(
    () => payment.value?.redirectUrl,
    (url) => {
      if (!url || !isLeaving) return
      isLeaving = false
      location.assign(url)
    },
  )

  /** What this buyer has here already: interrupted by a reload, or bought elsewhere. */
  async function resume(): Promise<void> {
    const wanted = intention.interrupted(now())
    if (wanted) return ask(wanted)
    const { data } = await api.GET('/api/v1/orders', { params: { query: { limit: 20 } } }).catch(() => ({ data: undefined }))
    const own = data?.items.filter((order) => order.saleId === saleId) ?? []
    const order = own.find(({ status }) => !isFinal(status)) ?? own.find(({ status }) => status === 'COMPLETED')
    const known = own.find(({ orderId }) => orderId === intention.orderId())
    if (attempt.value.step === 'none' && (known ?? order)) follow((known ?? order) as Order)
  }

  watch(
    buyerId,
    (id, before) => {
      if (id === before) return
      turn++
      isLeaving = false
      clearTimeout(timer)
      attempt.value = { step: 'none' }
      if (id) void resume()
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    turn++
    clearTimeout(timer)
  })

  return {
    attempt,
    payment,
    buy,
    /** Back to the button: what comes next is another wish. */
    anew(): void {
      turn++
      clearTimeout(timer)
      intention.forget()
      attempt.value = { step: 'none' }
    },
  }
}

async function send(saleId: string, { key, productId, quantity, method }: Intention): Promise<Answer> {
  try {
    const { data, error, response } = await api.POST('/api/v1/sales/{saleId}/purchase', {
      params: { path: { saleId }, header: { 'idempotency-key': key } },
      body: { productId, quantity, payment: { method } },
    })
    if (data) return { kind: 'accepted', ...data }
    return refusalOf(response, error as Parameters<typeof refusalOf>[1])
  } catch {
    return refusalOf(undefined, undefined)
  }
}
