import { minorUnits } from '../core/money.ts'
import { systemClock } from '../platform/clock.ts'
import { ApiError, type Instance } from './instance.ts'

type Sale = { id: string; name: string; status: string; phase: string; startTime: string; endTime: string }
type Create = { name: string; item: string[]; start?: string; end?: string; minutes: number; limit: number; currency: string }

export async function createSale(instance: Instance, options: Create): Promise<true> {
  const start = options.start === undefined ? systemClock.now() : timeOf(options.start)
  const end = options.end === undefined ? start + options.minutes * 60_000 : timeOf(options.end)
  const sale = await instance.post<Sale>('/api/v1/admin/sales', {
    name: options.name,
    startTime: new Date(start).toISOString(),
    endTime: new Date(end).toISOString(),
    maxPurchasesPerUser: options.limit,
    items: options.item.map((text) => itemOf(text, options.currency)),
  })
  console.log(line(sale))
  return true
}

export async function moveSale(instance: Instance, saleId: string, verb: 'start' | 'pause' | 'resume' | 'end'): Promise<true> {
  console.log(line(await instance.post<Sale>(`/api/v1/admin/sales/${encodeURIComponent(saleId)}/${verb}`)))
  return true
}

export async function listSales(instance: Instance): Promise<true> {
  const { items } = await instance.get<{ items: Sale[] }>('/api/v1/admin/sales?limit=100')
  console.log(items.length === 0 ? 'There is no sale yet: `sale create` makes one.' : items.map(line).join('\n'))
  return true
}

const line = ({ id, phase, startTime, endTime, name }: Sale): string =>
  `${id}  ${phase.padEnd(11)}  ${startTime}  ${endTime}  ${name}`

function timeOf(text: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new ApiError(0, {}, `"${text}" is not a time: write it as in 2030-11-29T09:00:00Z.`)
  return ms
}

function itemOf(text: string, currency: string) {
  const [productId, units, price, ...more] = text.split(':')
  const amount = minorUnits(price ?? '', currency)
  if (amount === undefined || !/^\d+$/.test(units ?? '') || more.length > 0) {
    throw new ApiError(0, {}, `"${text}" is not an item: write product:units:price, as in 0199…:100:19.99.`)
  }
  return { productId, quantity: Number(units), salePrice: { amount, currency } }
}
