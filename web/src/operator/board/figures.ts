import type { paths } from '../../api/schema.d.ts'

export type Figures = paths['/api/v1/admin/sales/{id}/live']['get']['responses'][200]['content']['application/json']
/** `at`: seconds since 1970. Null: not known at that time. */
export type Sample = { at: number; perSecond: number | null; p50: number | null; p99: number | null }

/** A line must not claim what nobody saw: a gap longer than this breaks it. */
const GAP_S = 3.5

export type Totals = { allotment: number; remaining: number; held: number; sold: number; returned: number }

/** The whole sale. */
export function totalsOf({ items, returned }: Pick<Figures, 'items' | 'returned'>): Totals {
  const sum = (of: 'allotment' | 'remaining' | 'held' | 'sold') => items.reduce((total, item) => total + item[of], 0)
  return { allotment: sum('allotment'), remaining: sum('remaining'), held: sum('held'), sold: sum('sold'), returned }
}

/** Asked for, and refused with which reasons, the most frequent first. A key that came twice is one purchase. */
export function askedOf(outcomes: Figures['outcomes']): {
  asked: number
  refused: number
  reasons: { reason: string; count: number }[]
} {
  const asks = Object.entries(outcomes).filter(([outcome]) => outcome !== 'replayed')
  const reasons = asks.filter(([outcome]) => outcome !== 'accepted').map(([reason, count]) => ({ reason, count }))
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0)
  return {
    asked: sum(asks.map(([, count]) => count)),
    refused: sum(reasons.map(({ count }) => count)),
    reasons: reasons.sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason)),
  }
}

export function sampleOf({ perSecond, latency }: Figures, at: number): Sample {
  return { at, perSecond, p50: latency?.p50 ?? null, p99: latency?.p99 ?? null }
}

type Line = (number | null)[]

/** Times and lines for the plot, from `from` on, with a hole where no figure came. */
export function plotData(
  samples: readonly Sample[],
  of: readonly ((sample: Sample) => number | null)[],
  from: number,
): [number[], ...Line[]] {
  const times: number[] = []
  const lines = of.map((): Line => [])
  let before = Number.NEGATIVE_INFINITY
  for (const sample of samples) {
    if (sample.at < from) continue
    if (sample.at - before > GAP_S && times.length > 0) {
      times.push((before + sample.at) / 2)
      for (const line of lines) line.push(null)
    }
    times.push(sample.at)
    for (const [at, line] of lines.entries()) line.push(of[at]?.(sample) ?? null)
    before = sample.at
  }
  return [times, ...lines]
}

/** What is under way between two counts is no error: a difference must outlive this, as in the audit. */
const SETTLING_MS = 2000

/** Whether *allotment = left + held + sold + returned* holds. @param wrongSince since when it does not, milliseconds */
export function verdictOf(totals: Totals, wrongSince: number | undefined, now: number): 'holds' | 'checking' | 'fails' {
  if (isEven(totals)) return 'holds'
  return wrongSince !== undefined && now - wrongSince >= SETTLING_MS ? 'fails' : 'checking'
}

export function isEven({ allotment, remaining, held, sold, returned }: Totals): boolean {
  return allotment === remaining + held + sold + returned
}
