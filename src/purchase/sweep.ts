import type { Books, Outbox, Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import { type Order, unitOf } from '../core/order.ts'
import type { Sale } from '../core/sale.ts'
import type { Hold, HoldMove, Ledger } from '../ledger/ledger.ts'
import { type Alarm, book, entryOf } from './book.ts'

/** An order that waits that long for us was not told of, or its event is lost. */
const SILENT_MS = 30_000
/** A hold of that age is in the books, or catch-up has missed it. */
const UNBOOKED_MS = 5000
const PAGE = 500
const AGAIN_MAX = 1000

export type SweepParts = {
  sales: Pick<Sales, 'current'>
  books: Books
  outbox: Pick<Outbox, 'again'>
  ledger: Ledger
  alarm: Alarm
  /** There is something to publish. */
  booked: () => void
}

/**
 * Compares the ledger with the books, for ever: what the books moved and the ledger did not is moved, what the ledger holds and
 * the books do not have is booked, and what the ledger has lost is evidence against it. Repeating it does nothing. A turn of
 * its loop; true when there may be more to tell again.
 */
export async function sweep(parts: SweepParts): Promise<boolean> {
  const { sales, outbox, ledger, booked } = parts
  const told = await outbox.again(SILENT_MS)
  if (told > 0) booked()
  if (!ledger.inBooks) {
    for (const sale of await sales.current()) {
      if (await isLevel(parts, sale)) await bookForgotten(parts, sale)
    }
  }
  return told >= AGAIN_MAX
}

/** While a rebuild is under way there is nothing to compare. */
async function isLevel(parts: SweepParts, sale: Sale): Promise<boolean> {
  const view = await parts.ledger.look(sale.id, Number.MAX_SAFE_INTEGER, 0)
  return view?.terms.epoch === sale.epoch && followBooks(parts, sale)
}

/** The books first, then the ledger: whatever the books have, the ledger had before. False where it has lost something. */
async function followBooks({ books, ledger, alarm }: SweepParts, sale: Sale): Promise<boolean> {
  let after = { epoch: 0, seq: 0 }
  for (
    let page = await books.ordersOf(sale.id, after, PAGE);
    page.length > 0;
    page = await books.ordersOf(sale.id, after, PAGE)
  ) {
    const moves: HoldMove[] = []
    const contrary: Id[] = []
    for (const [epoch, orders] of Map.groupBy(page, (order) => order.epoch)) {
      const holds = await holdsOf(ledger, orders, epoch === after.epoch ? after.seq : 0)
      for (const order of orders) {
        const due = compare(order, holds.get(order.orderId))
        if (due === 'contrary') contrary.push(order.orderId)
        else if (due) moves.push({ orderId: order.orderId, to: due })
      }
    }
    // The page may be older than the holds: only what contradicts the books of now too is evidence.
    for (const order of contrary.length === 0 ? [] : await books.byIds(contrary)) {
      const hold = (await holdsOf(ledger, [order], order.seq - 1)).get(order.orderId)
      if (compare(order, hold) !== 'contrary') continue
      alarm(sale.id, sale.epoch, `order ${order.orderId} is ${order.state}, its hold is ${hold?.state ?? 'lost'}`)
      return false
    }
    if (moves.length > 0) await ledger.settle(sale.id, moves)
    after = page.at(-1) as Order
  }
  return true
}

/** Those of an epoch, from above a sequence to that of the last order. */
async function holdsOf(ledger: Ledger, orders: Order[], from: number): Promise<Map<Id, Hold>> {
  const { saleId, epoch, seq: to } = orders.at(-1) as Order
  const holds = new Map<Id, Hold>()
  let after = from
  while (after < to) {
    const page = await ledger.entries(saleId, epoch, after, Number.MAX_SAFE_INTEGER, Math.min(PAGE, to - after))
    if (page.length === 0) break
    for (const hold of page) holds.set(hold.orderId, hold)
    after = (page.at(-1) as Hold).seq
  }
  return holds
}

/** What brings the hold to the state that its unit has in the books. */
function compare(order: Order, hold: Hold | undefined): HoldMove['to'] | 'contrary' | undefined {
  if (!hold) return 'contrary'
  const { state } = hold
  switch (unitOf(order)) {
    case 'held':
      return state === 'PENDING' ? undefined : 'contrary'
    case 'sold':
      return state === 'PENDING' ? 'commit' : state === 'COMMITTED' ? undefined : 'contrary'
    case 'free':
      return state === 'PENDING' ? 'release' : state === 'COMMITTED' ? 'return' : undefined
  }
}

async function bookForgotten({ books, ledger, alarm, booked }: SweepParts, { id, epoch }: Sale): Promise<void> {
  const before = ((await ledger.look(id, Number.MAX_SAFE_INTEGER, 0))?.now ?? 0) - UNBOOKED_MS
  let after = 0
  for (let page = await ledger.entries(id, epoch, after, before, PAGE); page.length > 0; ) {
    const known = new Set((await books.ordersOf(id, { epoch, seq: after }, PAGE)).map((order) => order.orderId))
    const forgotten = page.filter((hold) => !known.has(hold.orderId))
    if (forgotten.length > 0 && (await book(books, alarm, id, epoch, forgotten.map(entryOf))).kind !== 'booked') return
    if (forgotten.length > 0) booked()
    after = (page.at(-1) as Hold).seq
    page = await ledger.entries(id, epoch, after, before, PAGE)
  }
}
