import { writeFile } from 'node:fs/promises'
import { runDrill } from '../drill/drill.ts'
import { printed } from '../drill/print.ts'
import { equations, holds, type Result, verdict } from '../drill/result.ts'
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
  report?: string
  keep?: boolean
}

/** Answers whether every equation held. Of several rehearsals the first in which one did not is the last. */
export async function drill(instance: Instance, options: DrillOptions): Promise<boolean> {
  const { buyers, units, credit, parallel, over, repeat, watchers, keep = false, report } = options
  const settings = { buyers, units, noCredit: credit, parallel, overMs: over, watchers }
  const parts = { clock: systemClock, random: systemRandom, progress: progressLine() }
  for (let turn = 1; turn <= repeat; turn++) {
    const result = await runDrill(instance, settings, keep, parts)
    const good = equations(result).every(holds)
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    console.log(repeat > 1 && good ? `${turn} of ${repeat}: ${verdict(result)}` : printed(result))
    if (report !== undefined) await writeReport(report, result)
    if (!good) return false
  }
  return true
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
