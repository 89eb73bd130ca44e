import { type OrderState, releases } from '../core/order.ts'
import type { Crowd } from './crowd.ts'
import type { Cards, Result } from './result.ts'
import type { Answer, Wire } from './wire.ts'

type OfCards = Omit<Cards, 'price' | 'left' | 'journal' | 'gateway' | 'owed'>
type Outcomes = Pick<Result, 'told' | 'twice'> & { cards: OfCards }

/** Buyers who ask at the same time. */
const AT_ONCE = 32
/** Whose unit went back. In a rehearsal money goes back only when it came after the order's end. */
const released: readonly string[] = [...Object.values(releases), 'REFUND_DUE', 'REFUNDED']
const counted: Partial<Record<OrderState, 'completed' | 'expired' | 'failed' | 'refunded'>> = {
  COMPLETED: 'completed',
  EXPIRED: 'expired',
  FAILED: 'failed',
  REFUNDED: 'refunded',
}

/** Asks for each order, and for each payment by card, as its buyer does. */
export async function outcomes(
  crowd: Pick<Crowd, 'told'>,
  tokens: string[],
  wire: Wire,
  isByCard: (buyer: number) => boolean,
): Promise<Outcomes> {
  const told: Result['told'] = {}
  const live = new Map<number, number>()
  const cards: OfCards = { orders: 0, completed: 0, expired: 0, failed: 0, refunded: 0, attempts: 0, declined: 0, unpaid: 0 }
  const byCard = new Set<number>()
  await inTurns([...crowd.told], AT_ONCE, async ([orderId, buyer]) => {
    const headers = { authorization: `Bearer ${tokens[buyer]}` }
    const order = read<{ status: OrderState }>(await wire.ask('GET', `/api/v1/orders/${orderId}/status`, headers))
    const state = order?.status ?? 'unknown'
    told[state] = (told[state] ?? 0) + 1
    if (order && !released.includes(state)) live.set(buyer, (live.get(buyer) ?? 0) + 1)
    if (!isByCard(buyer)) return
    byCard.add(buyer)
    cards.orders++
    const name = order && counted[order.status]
    if (name) cards[name]++
    const payment = read<{ attempt?: number; state: string }>(await wire.ask('GET', `/api/v1/payments/${orderId}`, headers))
    const attempts = payment?.attempt ?? 0
    cards.attempts += attempts
    // A new card is tried only after a no to the one before.
    cards.declined += payment?.state === 'declined' ? attempts : Math.max(0, attempts - 1)
  })
  cards.unpaid = [...byCard].filter((buyer) => !live.has(buyer)).length
  return { told, twice: [...live.values()].filter((orders) => orders > 1).length, cards }
}

function read<T>(answer: Answer): T | undefined {
  return answer.kind === 'answer' && answer.status === 200 ? (JSON.parse(answer.body) as T) : undefined
}

export async function inTurns<T>(all: T[], atOnce: number, work: (one: T) => Promise<unknown>): Promise<void> {
  const rest = all.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of rest) await work(one)
    }),
  )
}
