import type { Id } from '../core/ids.ts'

/** CloudEvents 1.0; `subject` is the order or the sale and keys the partition. */
export type Event = {
  id: string
  type: string
  topic: 'doorbuster.orders' | 'doorbuster.sales' | 'doorbuster.payments'
  subject: Id
  time: number
  data: Record<string, unknown>
}

/** What a group has been handed and must acknowledge. */
export type Delivery = { position: number; event: Event }

/** At least once, to each group. Publishing the same event id again does nothing. Time is the log's own. */
export interface EventLog {
  append(events: Event[]): Promise<void>
  /** Leases what nobody in the group holds, oldest first. */
  take(group: Group, token: string, max: number, leaseMs: number): Promise<Delivery[]>
  /** Acknowledges what `token` still holds. */
  ack(group: Group, token: string, positions: number[]): Promise<number>
  /** `oldestMs`: how long the oldest has waited. */
  lag(group: Group): Promise<{ count: number; oldestMs: number }>
}

export type Group = 'payments'
/** Which events a group is handed. */
export const subscriptions: Record<Group, readonly string[]> = { payments: ['InventoryReserved'] }
