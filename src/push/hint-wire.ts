import { type Id, isId } from '../core/ids.ts'
import { orderStates } from '../core/order.ts'
import type { OrderHint } from './push.ts'

/** For the sockets of that buyer. */
export type BuyerHint = { buyerId: Id; hint: OrderHint }

/** A message is longer than that only if somebody else wrote it, characters. */
const TEXT_MAX = 100_000

export function textOf({ buyerId, hint: { orderId, status, version } }: BuyerHint): string {
  return JSON.stringify({ buyerId, orderId, status, version })
}

/** Reads a message of such texts; undefined where any of it is not what a process of ours says. */
export function hintsIn(message: string): BuyerHint[] | undefined {
  if (message.length > TEXT_MAX) return undefined
  let said: unknown
  try {
    said = JSON.parse(message)
  } catch {
    return undefined
  }
  if (!Array.isArray(said)) return undefined
  const hints = said.map(hintIn)
  return hints.every((hint) => hint !== undefined) ? hints : undefined
}

function hintIn(said: unknown): BuyerHint | undefined {
  if (typeof said !== 'object' || said === null) return undefined
  const { buyerId, orderId, status, version } = said as Record<string, unknown>
  if (typeof buyerId !== 'string' || !isId(buyerId) || typeof orderId !== 'string' || !isId(orderId)) return undefined
  if (!orderStates.some((state) => state === status) || !Number.isSafeInteger(version)) return undefined
  return { buyerId, hint: { type: 'order', orderId, status: status as string, version: version as number } }
}
