import { writeFile } from 'node:fs/promises'
import { runDrill } from '../drill/drill.ts'
import { printed } from '../drill/print.ts'
import { equations, type GatewayMood, holds, type Result, verdict, wordCounts } from '../drill/result.ts'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import type { Instance } from './instance.ts'

export type DrillOptions = {
  buyers: number
  units: number
  /** `--no-credit`: commander names an option that begins with `no-` after the rest. */
  credit: number
  parallel: number
  over: number
  repeat: number
  watchers: number
  /** All where the gateway is in chaos, else nobody. */
  card?: number
  gateway?: GatewayMood
  json?: string
  report?: string
  keep?: boolean
}

/** Answers whether every equation held. Of several rehearsals the first in which one did not is the last. */
export async function drill(instance: Instance, options: DrillOptions): Promise<boolean> {
  const { buyers, units, credit, parallel, over, repeat, watchers, keep = false, report, json, gateway = null } = options
  const card = options.card ?? (gateway === 'chaos' ? 1 : 0)
  const settings = { buyers, units, noCredit: credit, parallel, overMs: over, watchers, card, gateway }
  const parts = { clock: systemClock, random: systemRandom, progress: progressLine(), ended: endedBySignal() }
  for (let turn = 1; turn <= repeat; turn++) {
    const result = await runDrill(instance, settings, keep, parts)
    const good = equations(result).every(holds)
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    console.log(repeat > 1 && good ? `${turn} of ${repeat}: ${verdict(result)}` : printed(result))
    if (report !== undefined) await writeReport(report, result)
    if (json !== undefined) await writeFile(json, asJson(result))
    if (!good) return false
  }
  return true
}

/** The first lets the rehearsal put back what it changed; a second one does not wait for that. */
function endedBySignal(): AbortSignal {
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort())
  return ended.signal
}

/** Without what is one line for each request. */
function asJson(result: Result): string {
  const { arrivals, answers, stock, ...rest } = result
  const found = {
    verdict: verdict(result),
    equations: equations(result),
    answers: Object.fromEntries(wordCounts(result)),
    ...rest,
  }
  return `${JSON.stringify(found, null, 1)}\n`
}

async function writeReport(file: string, result: Result): Promise<void> {
  const { report } = await import('../drill/report.ts')
  await writeFile(file, report(result))
  console.log(`\nreport     ${file}`)
}

/** One line that changes on a terminal; elsewhere a line a second. */
function progressLine(): (line: string) => void {
  if (process.stderr.isTTY) return (line) => process.stderr.write(`\r\x1b[K${line}`)
  let last = Number.NEGATIVE_INFINITY
  return (line) => {
    if (systemClock.ticks() - last < 1000) return
    last = systemClock.ticks()
    process.stderr.write(`${line}\n`)
  }
}
