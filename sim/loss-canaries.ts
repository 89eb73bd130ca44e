import { type Canary, canary, type Edit } from './canary.ts'

const LEDGER = 'src/ledger/memory-ledger.ts'
const BOOKS = 'src/books/memory-books.ts'
const SALES = 'src/books/memory-sales.ts'
const REBUILD = 'src/purchase/rebuild-ledger.ts'
const SWEEP = 'src/purchase/sweep.ts'

/** Many faults around the loss of a ledger are hidden by the check of the incarnation: without it they must be seen too. */
const UNCHECKED: Edit[] = [
  [LEDGER, 'return held?.terms.incarnation === this.#incarnation() ? held : undefined', 'return held'],
  [LEDGER, 'if (image.terms.incarnation !== this.#incarnation()) return false', ''],
]

/** That law breaks without the check alone, in 13 of 10,000 worlds: a ledger that does not count any more says sold out. */
const REFUSALS = 'I9 a refusal is true'

const unchecked = (name: string, seeds: number, ...edits: Edit[]): Canary => ({
  ...canary(name, seeds, ...UNCHECKED, ...edits),
  ignored: REFUSALS,
})

/** What goes wrong when the ledger forgets, or is two. */
export const lossCanaries: Canary[] = [
  canary('a reply of another incarnation believed', 4000, ...UNCHECKED),
  canary('no epoch check in the books', 2000, [BOOKS, 'if (sale?.epoch !== epoch) return', 'if (!sale) return']),
  unchecked('no buyer guard in the books', 3000, [BOOKS, 'if (taken > sale.limit) return', 'if (false) return']),
  unchecked('no unit guard in the books', 4000, [
    BOOKS,
    'if ((itemOf(sale, productId)?.available ?? 0) < quantity) {',
    'if (false) {',
  ]),
  unchecked('booking with IGNORE', 2000, [BOOKS, 'if (other) return {', 'if (other) continue\n      if (false) return {']),
  unchecked('one order may stand under two keys', 2000, [
    BOOKS,
    ' ||\n            (order.buyerId === entry.buyerId && order.keyDigest === entry.keyDigest)',
    '',
  ]),
  unchecked('a rebuild that trusts the ledger', 2000, [
    REBUILD,
    'this.#holds(id)',
    `(async () => {
      const holds = []
      for (let e = 1; e <= evidence; e++) holds.push(...(await ledger.entries(id, e, 0, ALL, ALL)))
      return holds
    })()`,
  ]),
  canary('a rebuild that forgets released orders', 2000, [
    REBUILD,
    'page.map(holdOf))',
    "page.map(holdOf).filter((hold) => hold.state !== 'CANCELLED'))",
  ]),
  unchecked(
    "loss looked for only at the relay's cursor",
    3000,
    [REBUILD, 'if (hold?.orderId !== last?.orderId)', 'if (last?.epoch === sale.epoch && view.seq < last.seq)'],
    [SWEEP, "if (!hold) return 'contrary'", 'if (!hold) return undefined'],
    [SWEEP, 'if (await isLevel(parts, sale)) await bookForgotten(parts, sale)', 'await isLevel(parts, sale)'],
  ),
  unchecked(
    "a ledger epoch below the books' not noticed",
    6000,
    [REBUILD, 'if (view.terms.epoch < sale.epoch) return', 'if (false) return'],
    [REBUILD, "if (differs('epoch')) return", 'if (false) return'],
  ),
  canary("recovery that clears the operator's pause", 2000, [
    SALES,
    '    sale.pausedForRecovery = false\n',
    '    sale.pausedForRecovery = false\n    sale.pausedByOperator = false\n',
  ]),
  canary('a crashed recoverer never taken over', 1000, [
    REBUILD,
    "? 'a recovery was left unfinished' : undefined",
    '? undefined : undefined',
  ]),
]
