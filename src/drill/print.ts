import { equations, holds, latencies, milliseconds, number, type Result, verdict, wordCounts } from './result.ts'

/** The result for a terminal. */
export function printed(result: Result): string {
  const { settings, told } = result
  const counts = (pairs: [string, number][]) => pairs.map(([word, count]) => `${word} ${number(count)}`).join(' · ')
  const spread = (values: number[]) =>
    latencies(values)
      .map(({ percentile, ms }) => `${percentile === 100 ? 'max' : `p${percentile}`} ${milliseconds(ms)}`)
      .join(' · ')
  const yes = result.answers.filter(({ word }) => word === 'accepted')
  const lines = [
    verdict(result),
    '',
    `crowd      ${described(settings)}`,
    `answers    ${counts(wordCounts(result))}`,
    `orders     ${counts(Object.entries(told).map(([state, orders]) => [state, orders]))}`,
    `latency    ${spread(result.answers.map(({ latency }) => latency))}`,
    `of a yes   ${spread(yes.map(({ latency }) => latency))}`,
    `settled    ${number(Math.round(result.settledAt))} ms after the opening`,
    `lost       ${number(result.lost)} connections ended without an answer and were asked again`,
    '',
    ...equations(result).map(
      (each) => `${holds(each) ? 'ok    ' : 'FAILED'} ${each.says}: ${number(each.left)} = ${number(each.right)}`,
    ),
    ...result.auditFailures.map((failure) => `       audit: ${failure}`),
  ]
  return lines.join('\n')
}

/** The crowd in a sentence. */
export function described({ buyers, units, noCredit, parallel, overMs }: Result['settings']): string {
  const together = parallel === 1 ? '' : `, each with ${parallel} requests at once`
  const poor = noCredit === 0 ? '' : `, ${Math.floor(buyers * noCredit)} of whom cannot pay`
  return `${number(buyers)} buyers${poor}${together}, within ${number(overMs)} ms, for ${number(units)} units`
}
