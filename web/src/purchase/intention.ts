import { ref, watch } from 'vue'
import type { PayMethod } from './way-to-pay.ts'

export type Wish = { productId: string; quantity: number; method: PayMethod }

/** One wish to buy: whatever happens to the page or the answer, it is asked for under one key and so is one order at most. */
export type Intention = Wish & { key: string; at: number; orderId?: string }

/** Who comes back later than this may have changed their mind: nothing is bought for them unasked. */
const RESUMED_WITHIN_MS = 60_000

/** Survives a reload and the crash of a browser; two windows of one visitor share it. */
export function useIntention(saleId: string, buyerId: () => string | undefined) {
  const held = ref<Intention>()
  const place = () => `doorbuster.intention.${saleId}.${buyerId()}`
  watch(buyerId, read, { immediate: true })

  function read(): void {
    try {
      held.value = buyerId() ? (JSON.parse(localStorage.getItem(place()) ?? 'null') ?? undefined) : undefined
    } catch {
      held.value = undefined
    }
  }

  function keep(intention: Intention | undefined): void {
    held.value = intention
    try {
      if (intention) localStorage.setItem(place(), JSON.stringify(intention))
      else localStorage.removeItem(place())
    } catch {
      // Without storage it lasts as long as the page.
    }
  }

  return {
    /** The one that waits for its answer, also another window's. */
    current(wish: Wish, now: number): Intention {
      read()
      const known = held.value
      if (known && !known.orderId && isSame(known, wish)) return known
      const fresh = { key: crypto.randomUUID(), ...wish, at: now }
      keep(fresh)
      return fresh
    },
    /** What a reload interrupted. */
    interrupted(now: number): Intention | undefined {
      read()
      const known = held.value
      if (!known || known.orderId) return undefined
      if (now - known.at < RESUMED_WITHIN_MS) return known
      keep(undefined)
      return undefined
    },
    accepted: (orderId: string): void => {
      if (held.value) keep({ ...held.value, orderId })
    },
    /** A definite answer came, or the visitor tries anew. */
    forget: (): void => keep(undefined),
    orderId: (): string | undefined => held.value?.orderId,
  }
}

function isSame(a: Wish, b: Wish): boolean {
  return a.productId === b.productId && a.quantity === b.quantity && a.method === b.method
}
