import type { Sales } from '../books/books.ts'
import type { Id } from '../core/ids.ts'
import { type Audit, type AuditParts, type Equation, runAudit, saleEquations, saleIn } from './audit.ts'
import type { RebuildLedger } from './rebuild-ledger.ts'

/** `counted`: items and buyers of the books, anew from the orders. `rebuilt`: the ledger, anew from the books. */
export type RepairStep = 'counted' | 'rebuilt'
export type Repair = { saleId: Id; steps: RepairStep[]; before: Equation[]; after: Equation[] }
export type RepairedAudit = Audit & { repaired: Repair[] }

export type RepairParts = AuditParts & {
  sales: Sales
  rebuild: Pick<RebuildLedger, 'rebuild'>
}

/**
 * Audits; what failed of a sale is made anew from its orders, and all is audited again. Wallets, journal and orders are never
 * touched: what is wrong with them stays as it is, and the audit goes on to say so. Safe while the sale runs. Repeatable.
 */
export async function runRepair(parts: RepairParts): Promise<RepairedAudit> {
  const first = await runAudit(parts)
  const wrong = new Set(first.equations.filter((one) => !one.holds).map(saleIn))
  const done = new Map<Id, RepairStep[]>()
  for (const saleId of wrong) {
    const steps = saleId === undefined ? [] : await repairSale(parts, saleId)
    if (saleId !== undefined && steps.length > 0) done.set(saleId, steps)
  }
  if (done.size === 0) return { ...first, repaired: [] }
  const last = await runAudit(parts)
  const of = ({ equations }: Audit, saleId: Id) => equations.filter((one) => saleIn(one) === saleId)
  const repaired = [...done].map(([saleId, steps]) => ({ saleId, steps, before: of(first, saleId), after: of(last, saleId) }))
  return { ...last, repaired }
}

/** The books first, as the ledger is made from them. */
async function repairSale({ sales, ledger, rebuild }: RepairParts, saleId: Id): Promise<RepairStep[]> {
  const steps: RepairStep[] = []
  if (await sales.recount(saleId)) steps.push('counted')
  if (ledger.inBooks) return steps
  const tally = await sales.tally(saleId)
  // A rebuild from books that do not add up would leave the sale paused.
  if (!tally || saleEquations(tally, null).some((one) => !one.holds)) return steps
  if (await rebuild.rebuild(saleId, 'the audit found it wrong')) steps.push('rebuilt')
  return steps
}
