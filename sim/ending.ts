import type { MemoryRecord, MemorySale } from '../src/books/memory-record.ts'
import { isOpenAttempt } from '../src/core/attempt.ts'
import { isFinal } from '../src/core/order.ts'
import type { Placed } from '../src/purchase/place-order.ts'
import type { Ask } from './host.ts'
import type { Premises } from './premises.ts'
import { short } from './words.ts'
import { EPOCH, type World } from './world.ts'

/** What is not yet as it must be once there are no more faults (I5, I6); undefined when all is. */
export async function unfinished(world: World, premises: Premises): Promise<string | undefined> {
  const { record } = premises
  if (world.underWay > 0) return `${world.underWay} requests are under way`
  if (record.outbox.size > 0) return `${record.outbox.size} rows wait in the outbox`
  const { waiting, told } = await premises.events()
  if (waiting > 0) return `${waiting} events wait for payment`
  const open = [...record.orders.values()].find((order) => !isFinal(order.state))
  if (open) return `${short(open.orderId)} of ${open.buyerId} is ${open.state}`
  const events = [...record.inbox.values()].filter(({ event }) => !event.id.startsWith('forged'))
  const heard = events.filter(({ status }) => status !== 'waiting').length
  if (heard < premises.gateway.eventCount) return `${heard} of ${premises.gateway.eventCount} events of the gateway are heard`
  for (const { attempt } of [...record.attempts.values()].flat()) {
    if (isOpenAttempt(attempt.state) || attempt.state === 'REFUND_DUE')
      return `attempt ${attempt.number} of ${short(attempt.orderId)} is ${attempt.state}`
  }
  for (const { orderId, state } of record.orders.values()) {
    const types = told.get(orderId) ?? []
    if (!types.includes('OrderCreated') || !types.some((type) => ENDS.has(type)))
      return `${short(orderId)} is ${state}, told: ${types}`
  }
  for (const sale of record.sales.values()) {
    const left = await unfinishedSale(world, sale, premises)
    if (left) return `${sale.id}: ${left}`
  }
  return undefined
}

const ENDS = new Set(['OrderConfirmed', 'ReservationFailed', 'OrderCancelled'])

async function unfinishedSale(world: World, sale: MemorySale, premises: Premises): Promise<string | undefined> {
  if (sale.pausedForRecovery) return 'it is paused for recovery'
  if (sale.settledAt !== null) return undefined
  if (EPOCH + world.time >= sale.endTime) return 'it has ended and is not settled'
  if (EPOCH + world.time >= sale.startTime && sale.startToldAt === null) return 'nobody was told that it started'
  const view = await premises.view(sale.id, sale.epoch)
  if (!view) return 'no ledger knows it'
  for (const item of sale.items) {
    const counted = view.items.find((one) => one.productId === item.productId)
    if (counted?.held !== 0) return `${counted?.held} of ${item.productId} are held in the ledger`
    if (counted.remaining !== item.available)
      return `${counted.remaining} of ${item.productId} remain in the ledger, not ${item.available}`
  }
  const { startTime, endTime, limit, pausedByOperator, pausedForRecovery } = view.terms
  const isLevel = startTime === sale.startTime && endTime === sale.endTime && limit === sale.limit
  return isLevel && !pausedForRecovery && pausedByOperator === sale.pausedByOperator
    ? undefined
    : 'its terms differ in the ledger'
}

/** Those with a yes once more, with the same key and body; and a buyer who has nothing, in every sale. */
export function lastAsks(record: MemoryRecord, asks: readonly Ask[]): Ask[] {
  const accepted = new Map<string, Ask>()
  for (const ask of asks) if (ask.placed?.kind === 'accepted') accepted.set(`${ask.saleId} ${ask.buyerId} ${ask.keyDigest}`, ask)
  const again = [...accepted.values()].map(({ saleId, buyerId, productId, quantity, method, keyDigest, bodyDigest }) => ({
    ...{ saleId, buyerId, productId, quantity, method, keyDigest, bodyDigest },
    sentAt: 0,
  }))
  const fresh = [...record.sales.values()].map((sale) => {
    const productId = sale.items[0]?.productId ?? ''
    const body = `${productId}|1`
    return {
      saleId: sale.id,
      buyerId: LATE_BUYER,
      productId,
      quantity: 1,
      method: 'credit' as const,
      keyDigest: 'key',
      bodyDigest: body,
      sentAt: 0,
    }
  })
  return [...again, ...fresh]
}

export const LATE_BUYER = 'late-buyer'

/** What the books say that the answer must be, now that nothing is under way. */
export function dueAnswer(world: World, record: MemoryRecord, ask: Ask): Placed['kind'][] {
  if (ask.buyerId !== LATE_BUYER) return ['accepted']
  const sale = record.sales.get(ask.saleId)
  const item = record.item(ask.saleId, ask.productId)
  if (!sale || !item) return ['not-found']
  // Its own purchase is in the books by now.
  const due = item.available + ownUnits(record, ask) > 0 ? 'accepted' : 'sold-out'
  return [ask.arrivedAt ?? 0, ask.answeredAt ?? world.time].map((time) => {
    if (EPOCH + time >= sale.endTime) return 'ended'
    if (sale.pausedByOperator) return 'paused'
    return EPOCH + time < sale.startTime ? 'not-started' : due
  })
}

function ownUnits(record: MemoryRecord, ask: Ask): number {
  const own = [...record.orders.values()].find((order) => order.buyerId === ask.buyerId && order.saleId === ask.saleId)
  return own?.productId === ask.productId ? own.quantity : 0
}
