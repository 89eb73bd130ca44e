export type AuditReport = {
  ok: boolean
  at: string
  equations: { id: string; scope: string; left: number; right: number; inFlight: number; holds: boolean }[]
}

/** Answers whether it is good enough. */
export function printAudit(report: AuditReport, { strict = false, json = false }: { strict?: boolean; json?: boolean }): boolean {
  const good = report.ok && !(strict && report.equations.some(({ inFlight }) => inFlight !== 0))
  if (json) {
    console.log(JSON.stringify(report, null, 2))
    return good
  }
  for (const { id, scope, left, right, inFlight, holds } of report.equations) {
    const moving = inFlight === 0 ? '' : ` (${inFlight} under way)`
    console.log(`${holds ? 'ok    ' : 'FAILED'} ${id} ${scope}: ${left} = ${right}${moving}`)
  }
  const count = `${report.equations.length} equations`
  if (good) console.log(`balanced: ${count} hold at ${report.at}`)
  else if (report.ok) console.log(`moves are still under way at ${report.at}: ask again when the shop is quiet`)
  else console.log(`NOT balanced at ${report.at}: docs/operations.md says what to do`)
  return good
}
