import type { Instance } from './instance.ts'

type Equation = { id: string; scope: string; left: number; right: number; inFlight: number; holds: boolean }
type Repair = { saleId: string; steps: string[]; before: Equation[]; after: Equation[] }
export type AuditReport = { ok: boolean; at: string; equations: Equation[]; repaired?: Repair[] }

const PATH = '/api/v1/admin/audit'

export function askAudit(instance: Instance, repair: boolean): Promise<AuditReport> {
  return repair ? instance.post(PATH, { repair }) : instance.get(PATH)
}

/** Answers whether it is good enough. */
export function printAudit(report: AuditReport, { strict = false, json = false }: { strict?: boolean; json?: boolean }): boolean {
  const good = report.ok && !(strict && report.equations.some(({ inFlight }) => inFlight !== 0))
  if (json) {
    console.log(JSON.stringify(report, null, 2))
    return good
  }
  for (const repair of report.repaired ?? []) printRepair(repair)
  for (const equation of report.equations) console.log(line(equation))
  const count = `${report.equations.length} equations`
  if (good) console.log(`balanced: ${count} hold at ${report.at}`)
  else if (report.ok) console.log(`moves are still under way at ${report.at}: ask again when the shop is quiet`)
  else console.log(`NOT balanced at ${report.at}: docs/operations.md says what to do`)
  return good
}

const words: Record<string, string> = { counted: 'counted anew from its orders', rebuilt: 'its ledger built anew from the books' }

/** Each equation of the sale, before and after. */
function printRepair({ saleId, steps, before, after }: Repair): void {
  console.log(`REPAIRED sale ${saleId}: ${steps.map((step) => words[step] ?? step).join(', ')}`)
  for (const was of before) {
    const is = after.find(({ id, scope }) => id === was.id && scope === was.scope)
    console.log(`before ${line(was)}`)
    console.log(`after  ${is ? line(is) : 'the sale is gone'}`)
  }
}

function line({ id, scope, left, right, inFlight, holds }: Equation): string {
  const moving = inFlight === 0 ? '' : ` (${inFlight} under way)`
  return `${holds ? 'ok    ' : 'FAILED'} ${id} ${scope}: ${left} = ${right}${moving}`
}
