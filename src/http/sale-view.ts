import { type Static, Type } from 'typebox'
import type { Id } from '../core/ids.ts'
import { money } from '../core/money.ts'
import { phaseOf, type Sale, statusOf } from '../core/sale.ts'
import { IdSchema, MoneySchema, TimeSchema, time } from '../platform/http.ts'

const Status = Type.Enum(['SCHEDULED', 'ACTIVE', 'PAUSED', 'ENDED'])
const Phase = Type.Enum(['Ended', 'Paused', 'Scheduled', 'Sold Out', 'Ending Soon', 'Active'])
const Image = Type.Union([Type.String(), Type.Null()])

export const SaleSchema = Type.Object(
  {
    id: IdSchema,
    name: Type.String(),
    banner: Type.Optional(Type.String()),
    startTime: TimeSchema,
    endTime: TimeSchema,
    status: Status,
    phase: Phase,
    maxPurchasesPerUser: Type.Integer({ description: 'Units, per buyer.' }),
    admission: Type.Literal('open'),
    items: Type.Array(
      Type.Object({
        productId: IdSchema,
        name: Type.String(),
        image: Image,
        price: MoneySchema,
        salePrice: MoneySchema,
        quantity: Type.Integer({ description: 'The allotment.' }),
      }),
    ),
    serverTime: TimeSchema,
  },
  { title: 'Sale' },
)

export const SaleStatusSchema = Type.Object(
  {
    saleId: IdSchema,
    status: Status,
    phase: Phase,
    serverTime: TimeSchema,
    items: Type.Array(
      Type.Object({ productId: IdSchema, remaining: Type.Integer({ description: 'At most one second behind.' }) }),
    ),
  },
  { title: 'SaleStatus' },
)

export const SaleProductSchema = Type.Object(
  {
    saleId: IdSchema,
    productId: IdSchema,
    name: Type.String(),
    image: Image,
    price: MoneySchema,
    salePrice: MoneySchema,
    remaining: Type.Integer(),
    status: Status,
    phase: Phase,
    startTime: TimeSchema,
    endTime: TimeSchema,
  },
  { title: 'SaleProduct' },
)

/** What changes with the clock alone. */
export type Moment = Pick<Static<typeof SaleSchema>, 'status' | 'phase'>

/** What can be bought now of a sale that is not in memory: all of it before it starts, nothing of an old one. */
export function untouched(sale: Sale, now: number): Map<Id, number> {
  return new Map(sale.items.map(({ productId, allotment }) => [productId, now < sale.startTime ? allotment : 0]))
}

export function momentOf(sale: Sale, remaining: ReadonlyMap<Id, number>, now: number, endingSoonMs: number): Moment {
  let left = 0
  for (const count of remaining.values()) left += count
  return { status: statusOf(sale, now), phase: phaseOf(sale, left, now, endingSoonMs) }
}

export function saleView(sale: Sale, moment: Moment, now: number): Static<typeof SaleSchema> {
  return {
    id: sale.id,
    name: sale.name,
    ...(sale.banner !== null && { banner: sale.banner }),
    startTime: time(sale.startTime),
    endTime: time(sale.endTime),
    ...moment,
    maxPurchasesPerUser: sale.limit,
    admission: 'open',
    items: sale.items.map(({ productId, name, image, listPrice, price, currency, allotment }) => ({
      productId,
      name,
      image,
      price: money(listPrice, currency),
      salePrice: money(price, currency),
      quantity: allotment,
    })),
    serverTime: time(now),
  }
}

export function stockOf(sale: Sale, remaining: ReadonlyMap<Id, number>): { productId: Id; remaining: number }[] {
  return sale.items.map(({ productId }) => ({ productId, remaining: remaining.get(productId) ?? 0 }))
}
