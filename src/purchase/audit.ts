import type { Sales, SaleTally } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import type { Ledger, LedgerView } from '../ledger/ledger.ts'
import type { Clock } from '../platform/clock.ts'

/** A difference must outlive this to count: moves under way are not errors. */
const SETTLING_MS = 2000

export type Equation = { id: string; scope: string; left: number; right: number; inFlight: number; holds: boolean }
export type Audit = { ok: boolean; at: number; equations: Equation[] }

export type AuditParts = {
  sales: Sales
  ledger: Ledger
  clock: Clock
  /** An order older than this that still waits is stuck. */
  stuckMs: number
  /** Nobody sells or settles: what does not hold is wrong at once. */
  still?: boolean
}

/** Every equation with both sides. What does not hold is looked at again after 2 s, and only what still fails is reported. */
export async function runAudit(parts: AuditParts): Promise<Audit> {
  let equations = await equationsNow(parts)
  if (!parts.still && equations.some((one) => !one.holds)) {
    await parts.clock.sleep(SETTLING_MS)
    const before = new Map(equations.map((one) => [`${one.id} ${one.scope}`, one]))
    equations = (await equationsNow(parts)).map((one) => ({ ...one, holds: one.holds || !outlives(before, one) }))
  }
  return { ok: equations.every((one) => one.holds), at: parts.clock.now(), equations }
}

/** It failed before as well. Of a sale that sells without a pause some moves are under way at each look, others each time. */
function outlives(before: Map<string, Equation>, now: Equation): boolean {
  const was = before.get(`${now.id} ${now.scope}`)
  if (!was || was.holds) return false
  const isUnderWay = ({ left, right, inFlight }: Equation) => Math.abs(right - left) === inFlight
  const isSame = was.left === now.left && was.right === now.right
  return isSame || !isUnderWay(was) || !isUnderWay(now)
}

async function equationsNow({ sales, ledger, stuckMs }: AuditParts): Promise<Equation[]> {
  const equations: Equation[] = []
  let after: Id | undefined
  for (let page = await sales.list(100, after); page.length > 0; page = await sales.list(100, after)) {
    for (const sale of page) {
      const tally = await sales.tally(sale.id)
      // A ledger that lives in the books has no numbers of its own: it would be compared with itself, a moment later.
      const view = sale.settledAt === null && !ledger.inBooks ? await ledger.look(sale.id, Number.MAX_SAFE_INTEGER, 0) : null
      if (tally) equations.push(...saleEquations(tally, view))
    }
    after = page.at(-1)?.id
  }
  const money = await sales.moneyTally(stuckMs)
  equations.push(
    equal('journal: every entry sums to zero', 'shop', money.entriesWrong, 0),
    equal('wallets that differ from their journal', 'shop', money.walletsWrong, 0),
    equal('payments that differ from completed orders', 'shop', money.paymentsWrong, 0),
    equal(
      'gateway: captured - refunded = what attempts hold and owe',
      'shop',
      money.captured.byJournal,
      money.captured.byAttempts,
    ),
    equal('refunds owed by the journal = by the attempts', 'shop', money.owed.byJournal, money.owed.byAttempts),
    equal('orders that wait longer than their time', 'shop', money.ordersStuck, 0),
  )
  return equations
}

/** The sale that an equation is about; undefined where that is the whole shop. */
export function saleIn({ scope }: Equation): Id | undefined {
  return /^sale (\S+)/.exec(scope)?.[1]
}

/** `view`: of the same sale in the ledger; `null` where only the books are asked. */
export function saleEquations({ terms, items, taken, buyersWrong }: SaleTally, view: LedgerView | null): Equation[] {
  const equations: Equation[] = []
  for (const item of items) {
    const scope = `sale ${terms.id} product ${item.productId}`
    equations.push(
      equal(
        'books: allotment = available + held + sold + returned',
        scope,
        item.allotment,
        item.available + item.held + item.sold + item.returned,
      ),
      equal('books: held = sum of waiting orders', scope, item.held, item.heldByOrders),
      equal('books: sold = sum of completed orders', scope, item.sold, item.soldByOrders),
    )
    const counted = view?.terms.epoch === terms.epoch ? view.items.find((one) => one.productId === item.productId) : undefined
    if (!counted) continue
    equations.push(
      equal(
        'ledger: allotment = remaining + held + sold',
        scope,
        counted.allotment,
        counted.remaining + counted.held + counted.sold + item.returned,
      ),
      equal('ledger remaining = books available', scope, counted.remaining, item.available, counted.held - item.held),
    )
  }
  const scope = `sale ${terms.id}`
  const standing = items.reduce((sum, item) => sum + item.heldByOrders + item.soldByOrders, 0)
  equations.push(
    // Else a buyer who is missing would be missed: what they have is looked at row by row.
    equal('buyers: units of all = sum of waiting and completed orders', scope, taken, standing),
    equal('buyers over their limit, or whose units differ from their orders', scope, buyersWrong, 0),
  )
  return equations
}

function equal(id: string, scope: string, left: number, right: number, inFlight = 0): Equation {
  return { id, scope, left, right, inFlight: Math.abs(inFlight), holds: left === right }
}
