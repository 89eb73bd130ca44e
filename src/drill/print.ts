import {
  type Cards,
  equations,
  holds,
  lagOf,
  latencies,
  milliseconds,
  number,
  type Result,
  sides,
  verdict,
  type Watched,
  wordCounts,
} from './result.ts'

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
    ...(result.shopCpuMs === null ? [] : [`processor  ${shopCpu(result.shopCpuMs, result.answers.length)}`]),
    ...(result.cards ? [`by card    ${paidByCard(result.cards)}`] : []),
    ...(result.watched
      ? [`watchers   ${watchedConnections(result.watched)}`, `told       ${watchedFrames(result.watched)}`]
      : []),
    '',
    ...equations(result).map((each) => `${holds(each) ? 'ok    ' : 'FAILED'} ${each.says}: ${sides(each).join(' = ')}`),
    ...result.auditFailures.map((failure) => `       audit: ${failure}`),
  ]
  return lines.join('\n')
}

/** The crowd in a sentence. */
export function described(settings: Result['settings']): string {
  const { buyers, units, noCredit, parallel, overMs, watchers, card, gateway } = settings
  const together = parallel === 1 ? '' : `, each with ${parallel} requests at once`
  const poor = noCredit === 0 ? '' : `, ${Math.floor(buyers * noCredit)} of whom cannot pay`
  const beside = watchers === 0 ? '' : `, beside ${number(watchers)} open pages`
  const byCard = card === 0 ? '' : `, ${card === 1 ? 'all' : Math.floor(buyers * card)} by card`
  const mood = gateway === null ? '' : ` at a gateway in ${gateway}`
  return `${number(buyers)} buyers${poor}${byCard}${mood}${together}, within ${number(overMs)} ms, for ${number(units)} units${beside}`
}

function shopCpu(ms: number, answers: number): string {
  return `${number(Math.round(ms))} ms of the shop's until all was settled, ${(ms / Math.max(1, answers)).toFixed(3)} ms an answer`
}

export function paidByCard({ orders, completed, failed, expired, refunded, attempts, declined, left }: Cards): string {
  const ends = `${number(completed)} completed, ${number(failed)} failed, ${number(expired)} expired, ${number(refunded)} refunded`
  return `${number(orders)} orders: ${ends} · ${number(attempts)} attempts, ${number(declined)} declined · ${number(left)} left the page`
}

export function watchedConnections({ open, wanted, dropped, polls, failedPolls }: Watched): string {
  const pages = `${number(open)} of ${number(wanted)} open at the opening, ${number(dropped)} dropped`
  return `${pages} · status read ${number(polls)} times, ${number(failedPolls)} in vain`
}

export function watchedFrames(watched: Watched): string {
  const lags = [50, 99].map((percentile) => `p${percentile} ${milliseconds(lagOf(watched, percentile))}`)
  return `${number(watched.frames)} frames · stock ${lags.join(' · ')} old`
}
