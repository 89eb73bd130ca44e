import type { Id } from '../core/ids.ts'
import type { Entry, PaymentMethod } from '../core/order.ts'
import type { SaleTerms } from '../core/sale.ts'
import type { Ask, Hold, HoldState, LedgerView, Reply } from './ledger.ts'

/** What a script answers. Numbers come as such or as digits. */
export type Texts = (string | number)[]

const flag = (on: boolean): string => (on ? '1' : '0')

/** ARGV of reserve.lua for one ask. */
export function argsOfAsk(ask: Ask): string[] {
  const { orderId, buyerId, productId, quantity, method, keyDigest, bodyDigest, deadline } = ask
  return [orderId, buyerId, productId, String(quantity), method, keyDigest, bodyDigest, String(Math.floor(deadline))]
}

/** ARGV of stage.lua for one order; from its state on, the lines of its record. */
export function argsOfHold(hold: Hold): string[] {
  const { orderId, state, epoch, seq, buyerId, productId, quantity, method, reservedAt, keyDigest, bodyDigest } = hold
  const place = [String(epoch), String(seq), buyerId, productId, String(quantity)]
  return [orderId, state, ...place, method, String(reservedAt), keyDigest, bodyDigest]
}

/** ARGV of amend.lua and open.lua. */
export function argsOfTerms({ epoch, startTime, endTime, limit, pausedByOperator, pausedForRecovery }: SaleTerms): string[] {
  return [...[epoch, startTime, endTime, limit].map(String), flag(pausedByOperator), flag(pausedForRecovery)]
}

/** An order as the scripts keep it: sale.lua names the lines. */
export function holdOf(saleId: Id, orderId: Id, record: string): Hold {
  const [state, epoch, seq, buyerId, productId, quantity, method, reservedAt, keyDigest, bodyDigest] = record.split('\n')
  return {
    orderId,
    saleId,
    epoch: Number(epoch),
    seq: Number(seq),
    buyerId: buyerId as Id,
    productId: productId as Id,
    quantity: Number(quantity),
    method: method as PaymentMethod,
    keyDigest: keyDigest as string,
    bodyDigest: bodyDigest as string,
    reservedAt: Number(reservedAt),
    state: state as HoldState,
  }
}

function entryIn(saleId: Id, orderId: string | number | undefined, record: string | number | undefined): Entry {
  const { state, ...entry } = holdOf(saleId, orderId as Id, record as string)
  return entry
}

type Asked = { saleId: Id; epoch: number; ask: Ask; now: number }

export function replyOf([word, ...rest]: Texts, { saleId, epoch, ask, now }: Asked): Reply {
  const kind = word as Reply['kind']
  switch (kind) {
    case 'reserved': {
      const { deadline, ...asked } = ask
      const entry = { ...asked, saleId, epoch, seq: Number(rest[0]), reservedAt: now }
      return { kind, entry, remaining: Number(rest[1]) }
    }
    case 'replayed':
      return { kind, entry: entryIn(saleId, rest[0], rest[1]) }
    case 'not-started':
      return { kind, startTime: Number(rest[0]) }
    case 'limit-reached':
      return { kind, limit: Number(rest[0]), entry: rest.length > 1 ? entryIn(saleId, rest[1], rest[2]) : null }
    case 'sold-out':
      return { kind, remaining: Number(rest[0]) }
    default:
      return { kind }
  }
}

/** Of what look.lua shows. */
export function viewOf(saleId: Id, sale: Texts, items: Texts, buyers: Texts): LedgerView {
  const [now, epoch, seq, startTime, endTime, limit] = sale.map(Number) as [number, number, number, number, number, number]
  const counts = Array.from({ length: items.length / 5 }, (_, i) => {
    const [allotment, remaining, held, sold] = items.slice(5 * i + 1, 5 * i + 5).map(Number) as [number, number, number, number]
    return { productId: items[5 * i] as Id, allotment, remaining, held, sold }
  })
  const pauses = { pausedByOperator: sale[6] === '1', pausedForRecovery: sale[7] === '1' }
  const terms = { id: saleId, startTime, endTime, epoch, incarnation: sale[8] as string, limit, ...pauses }
  return { terms, seq, now, items: counts, buyers: buyers as Id[] }
}
