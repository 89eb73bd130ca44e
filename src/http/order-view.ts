import { type Static, Type } from 'typebox'
import type { Caller } from '../core/caller.ts'
import { money } from '../core/money.ts'
import { type Order, type OrderState, orderStates, paymentMethods, unitOf } from '../core/order.ts'
import { IdSchema, MoneySchema, TimeSchema, time } from '../platform/http.ts'

const State = Type.Enum([...orderStates])

export const OrderSchema = Type.Object(
  {
    orderId: IdSchema,
    saleId: IdSchema,
    productId: IdSchema,
    quantity: Type.Integer(),
    price: MoneySchema,
    payment: Type.Object({ method: Type.Enum([...paymentMethods]) }),
    status: State,
    reason: Type.Optional(Type.String()),
    couponCode: Type.Optional(Type.String()),
    createdAt: TimeSchema,
    updatedAt: TimeSchema,
    expiresAt: Type.Optional(TimeSchema),
  },
  { title: 'Order' },
)
export const OrderWithHistorySchema = Type.Object(
  {
    ...OrderSchema.properties,
    history: Type.Array(Type.Object({ status: State, at: TimeSchema }), { description: 'Oldest first.' }),
  },
  { title: 'OrderWithHistory' },
)
export const OrderStatusSchema = Type.Object(
  {
    orderId: IdSchema,
    status: State,
    reason: Type.Optional(Type.String()),
    updatedAt: TimeSchema,
  },
  { title: 'OrderStatus' },
)

export function orderView(order: Order): Static<typeof OrderSchema> {
  const { orderId, saleId, productId, quantity, price, currency, method, couponCode, createdAt, expiresAt } = order
  return {
    saleId,
    productId,
    quantity,
    price: money(price, currency),
    payment: { method },
    ...orderStatusView(order),
    orderId,
    ...(couponCode !== null && { couponCode }),
    createdAt: time(createdAt),
    ...(expiresAt !== null && unitOf(order) === 'held' && { expiresAt: time(expiresAt) }),
  }
}

export function orderStatusView({ orderId, state, reason, updatedAt }: Order): Static<typeof OrderStatusSchema> {
  return { orderId, status: state, ...(reason !== null && { reason }), updatedAt: time(updatedAt) }
}

export function withHistory(order: Order, history: { state: OrderState; at: number }[]): Static<typeof OrderWithHistorySchema> {
  return { ...orderView(order), history: history.map(({ state, at }) => ({ status: state, at: time(at) })) }
}

/** Others are told that there is no such order. */
export function maySee(caller: Caller, { buyerId }: Order): boolean {
  return caller.id === buyerId || caller.roles.includes('admin')
}
