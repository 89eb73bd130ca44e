import type { Books, Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Alarm, book, entryOf } from './book.ts'

/** The process that reserved a younger entry is about to book it. */
const AGE_MS = 1000
const BATCH_MAX = 256

export type CatchUpParts = {
  sales: Pick<Sales, 'current'>
  books: Books
  ledger: Ledger
  alarm: Alarm
  /** Something was booked: whoever publishes may begin. */
  booked: () => void
}

/**
 * Ledger → books, for what no process booked: the one that reserved may be gone. A turn of its loop; true when there may be
 * more. How far a sale was read is kept in memory and moves only past what is booked: a new process reads it all once more.
 */
export function catchUp(parts: CatchUpParts): () => Promise<boolean> {
  const { sales, ledger } = parts
  const read = new Map<Id, { epoch: number; seq: number }>()
  return async () => {
    if (ledger.inBooks) return false
    const current = await sales.current()
    for (const id of read.keys()) if (!current.some((sale) => sale.id === id)) read.delete(id)
    let more = false
    for (const { id } of current) {
      const view = await ledger.look(id, Number.MAX_SAFE_INTEGER, 0)
      if (!view) continue
      const { epoch } = view.terms
      const known = read.get(id)
      const from = known?.epoch === epoch ? known.seq : 0
      if (view.seq === from) continue
      const seq = await bookAfter(parts, id, epoch, from, view.now - AGE_MS)
      read.set(id, { epoch, seq })
      if (seq > from) parts.booked()
      if (seq - from === BATCH_MAX) more = true
    }
    return more
  }
}

/** Answers the sequence up to which all is booked. */
async function bookAfter(parts: CatchUpParts, saleId: Id, epoch: number, seq: number, before: number): Promise<number> {
  const { books, ledger, alarm } = parts
  const entries = await ledger.entries(saleId, epoch, seq, before, BATCH_MAX)
  const gap = entries.findIndex((entry, i) => entry.seq !== seq + 1 + i)
  const whole = gap === -1 ? entries : entries.slice(0, gap)
  // Also after a clock that stepped back: rebuilding without need is dear, passing over an entry would lose it.
  if (gap !== -1) alarm(saleId, epoch, `the ledger has no entry ${seq + 1 + gap}`)
  const last = whole.at(-1)
  if (!last) return seq
  // Nearly all of them the process that reserved has booked: one look instead of one for each.
  const known = new Set((await books.ordersOf(saleId, { epoch, seq }, BATCH_MAX)).map((order) => order.orderId))
  const missing = whole.filter(({ orderId }) => !known.has(orderId))
  if (missing.length === 0) return last.seq
  const booked = await book(books, alarm, saleId, epoch, missing.map(entryOf))
  return booked.kind === 'booked' ? last.seq : seq
}
