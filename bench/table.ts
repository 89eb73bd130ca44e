import type { Round } from './load.ts'
import type { Delay } from './push-delay.ts'
import type { Starts } from './servers.ts'

export type Compared = {
  path: string
  goal: number | null
  shop: Round[]
  bare: Round[]
  /** Of `accepted`: orders completed a second, from the first request of each round to the last settlement. */
  completedPerSecond: number[]
}

/** A run as it is kept. Rates are a second, times milliseconds, memory MiB. */
export type Results = {
  at: string
  revision: string
  machine: string
  /** Processes of others that wanted a processor in the minute before. */
  busyBefore: number
  generator: string
  rounds: number
  connections: number
  /** Of a write of 4 KiB that is synced to the disk. */
  syncMs: Delay
  starts: Starts | null
  paths: Compared[]
  push: { quiet: Delay; busy: Delay } | null
  /** After all of it. */
  memoryMb: number | null
  auditHolds: boolean
}

const START_GOAL_MS = 3000
const MEMORY_GOAL_MB = 150

/** The tables of a run in Markdown, which a terminal shows as well. */
export function tables(results: Results): string {
  const { at, revision, machine, busyBefore, generator, rounds, connections } = results
  const paths = results.paths.map((one) => {
    const { path, goal, shop } = one
    const found = ratios(one)
    const p99 = shop.map((round) => round.p99)
    return [
      path,
      rate(shop),
      rate(one.bare),
      spread(found, 2),
      ms(median(p99)),
      goal === null ? '' : verdict(`≥ ${goal.toFixed(2)}`, median(found) >= goal),
    ]
  })
  return [
    `${at}, revision ${revision}, ${machine}, load ${busyBefore.toFixed(1)} before; ${generator}, ${connections} connections, ${rounds} rounds: median (lowest to highest).`,
    '',
    ...aligned(['path', 'shop, answers/s', 'bare, answers/s', 'ratio', 'shop, p99', 'goal'], paths),
    '',
    ...aligned(['besides', 'measured', 'goal'], besides(results)),
  ].join('\n')
}

function besides({ starts, paths, push, syncMs, memoryMb, auditHolds }: Results): string[][] {
  const rows: string[][] = []
  const completed = paths.flatMap((one) => one.completedPerSecond)
  if (completed.length > 0) rows.push(['orders completed a second, first request to last settlement', spread(completed, 0), ''])
  if (push) {
    rows.push(['202 to push, quiet shop', delay(push.quiet), ''])
    rows.push(['202 to push, shop as busy as it can be', delay(push.busy), ''])
  }
  if (starts) {
    const { emptyMs, againMs, idleMb } = starts
    const goal = (times: number[]) => verdict(`≤ ${START_GOAL_MS} ms`, median(times) <= START_GOAL_MS)
    rows.push(['start to ready, empty folder', `${spread(emptyMs, 0)} ms`, goal(emptyMs)])
    rows.push(['start to ready, used folder', `${spread(againMs, 0)} ms`, goal(againMs)])
    if (idleMb === null) rows.push(['memory when idle', 'skipped: no /proc here', ''])
    else rows.push(['memory when idle', `${idleMb} MiB`, verdict(`≤ ${MEMORY_GOAL_MB} MiB`, idleMb <= MEMORY_GOAL_MB)])
  }
  if (memoryMb !== null) rows.push(['memory after all of it', `${memoryMb} MiB`, ''])
  rows.push(['the disk: 4 KiB written and synced', delay(syncMs), ''])
  rows.push(['audit after all of it', auditHolds ? 'every equation holds' : 'FAILED', verdict('all hold', auditHolds)])
  return rows
}

/** Of each round of the shop to the bare one beside it. */
export function ratios({ shop, bare }: Pick<Compared, 'shop' | 'bare'>): number[] {
  return shop.map(({ perSecond }, i) => perSecond / (bare[i] as Round).perSecond)
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2
}

const rate = (rounds: Round[]): string =>
  spread(
    rounds.map(({ perSecond }) => perSecond),
    0,
  )

function spread(values: number[], digits: number): string {
  const text = (value: number) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const delay = ({ p50, p99 }: Delay): string => `p50 ${ms(p50)}, p99 ${ms(p99)}`
const verdict = (goal: string, met: boolean): string => `${goal}: ${met ? 'met' : 'MISSED'}`

export function aligned(head: string[], rows: string[][]): string[] {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: string[]) => `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)]
}
