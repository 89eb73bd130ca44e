import { ref, watch } from 'vue'
import type { Order } from '../order-words.ts'

export type PayMethod = Order['payment']['method']

/** Said by the document. */
export const takesCards = (): boolean => document.querySelector('meta[name="cards"]') !== null

/** How a visitor wants to pay in one sale: asked once, remembered for it. */
export function useWayToPay(saleId: string) {
  const place = `doorbuster.pay.${saleId}`
  const method = ref<PayMethod>(takesCards() && remembered(place) === 'card' ? 'card' : 'credit')
  watch(method, (chosen) => {
    try {
      localStorage.setItem(place, chosen)
    } catch {
      // Without storage it lasts as long as the page.
    }
  })
  return method
}

function remembered(place: string): string | null {
  try {
    return localStorage.getItem(place)
  } catch {
    return null
  }
}
