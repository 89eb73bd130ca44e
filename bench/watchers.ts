import { parseArgs } from 'node:util'
import { runDrill } from '../src/drill/drill.ts'
import { equations, holds, lagOf, latencies, type Result, verdict } from '../src/drill/result.ts'
import { systemClock } from '../src/platform/clock.ts'
import { systemRandom } from '../src/platform/random.ts'
import { dataDir, startProduct } from './servers.ts'
import { aligned, median } from './table.ts'

/** `node bench/watchers.ts --units 5000 --rounds 5`: what open pages take from those who buy. Rehearsals go by turns without and
 *  with them, on one shop; processor time is of the shop's process alone, times and rates are of shop, crowd and pages. */
const { values } = parseArgs({
  options: {
    buyers: { type: 'string', default: '5000' },
    units: { type: 'string', default: '100' },
    over: { type: 'string', default: '1000' },
    watchers: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
  },
})
const WORSE_MAX = 0.1

const settings = {
  buyers: +values.buyers,
  units: +values.units,
  noCredit: 0,
  parallel: 1,
  overMs: +values.over,
  card: 0,
  gateway: null,
}
const parts = { clock: systemClock, random: systemRandom, progress: () => {} }
const pages = +values.watchers
const found = new Map<number, Result[]>([
  [0, []],
  [pages, []],
])

using folder = dataDir()
const shop = await startProduct(folder.path)
try {
  await runDrill(shop.api, { ...settings, watchers: pages }, false, parts)
  for (let round = 0; round < +values.rounds; round++) {
    for (const [watchers, results] of found) {
      const result = await runDrill(shop.api, { ...settings, watchers }, false, parts)
      if (!equations(result).every(holds)) throw new Error(verdict(result))
      results.push(result)
      console.error(`${watchers} pages: ${cost(result).toFixed(3)} ms of the shop's processor an answer`)
    }
  }
} finally {
  await shop.stop()
}

const rows = [...found].map(([watchers, results]) => {
  const middle = (of: (result: Result) => number, digits = 0) => median(results.map(of)).toFixed(digits)
  const latency = (percentile: number) => (result: Result) =>
    latencies(result.answers.map((answer) => answer.latency)).find((one) => one.percentile === percentile)?.ms ?? NaN
  const lag = (percentile: number) => (result: Result) => (result.watched ? lagOf(result.watched, percentile) : NaN)
  return [
    String(watchers),
    `${middle(cost, 3)} ms`,
    middle(rate),
    `${middle(latency(50))} ms`,
    `${middle(latency(99))} ms`,
    middle(({ watched }) => watched?.frames ?? 0),
    watchers === 0 ? '' : `${middle(lag(50))} ms, ${middle(lag(99))} ms`,
    middle(({ watched }) => watched?.dropped ?? 0),
  ]
})
const head = ['pages', 'processor an answer', 'answers/s', 'p50', 'p99', 'frames', 'lag p50, p99', 'dropped']
console.log(aligned(head, rows).join('\n'))
const [without = [], beside = []] = found.values()
const more = median(beside.map((result, i) => cost(result) / cost(without[i] as Result))) - 1
console.log(`${(more * 100).toFixed(1)} % more of the processor an answer (at most ${WORSE_MAX * 100})`)
if (more > WORSE_MAX) process.exitCode = 1

/** Milliseconds of processor that the shop took for each answer. */
function cost({ shopCpuMs, answers }: Result): number {
  return (shopCpuMs ?? NaN) / answers.length
}

function rate({ answers }: Result): number {
  return (answers.length / Math.max(...answers.map(({ at }) => at))) * 1000
}
