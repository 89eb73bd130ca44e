import { writeFile } from 'node:fs/promises'
import { runDrill } from '../drill/drill.ts'
import { printed } from '../drill/print.ts'
import { equations, holds } from '../drill/result.ts'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import type { Instance } from './instance.ts'
import type { DrillOptions } from './main.ts'

/** Answers whether every equation held. */
export async function drill(instance: Instance, options: DrillOptions): Promise<boolean> {
  const { buyers, units, credit, parallel, over } = options
  const settings = { buyers, units, noCredit: credit, parallel, overMs: over }
  const parts = { clock: systemClock, random: systemRandom, progress: progressLine() }
  const result = await runDrill(instance, settings, options.keep ?? false, parts)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  console.log(printed(result))
  if (options.report !== undefined) {
    const { report } = await import('../drill/report.ts')
    await writeFile(options.report, report(result))
    console.log(`\nreport     ${options.report}`)
  }
  return equations(result).every(holds)
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
