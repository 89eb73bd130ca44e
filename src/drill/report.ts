import { overTime, rows, steps } from './plots.ts'
import { described, paidByCard, watchedConnections, watchedFrames } from './print.ts'
import { equations, holds, latencies, milliseconds, number, type Result, sides, verdict, wordCounts } from './result.ts'

/** One page that needs nothing else: no script, no network. */
export function report(result: Result): string {
  const good = equations(result).every(holds)
  const [exactly, ...rest] = verdict(result).split(': ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Doorbuster drill: ${verdict(result)}</title>
<style>${style}</style>
</head>
<body>
<header class="${good ? 'good' : 'bad'}">
<p class="over">Doorbuster drill</p>
<h1>${exactly}<span>${rest.join(': ')}</span></h1>
<p>${described(result.settings)}. All settled ${seconds(result.settledAt)} after the opening.</p>
${cards(result)}${watchers(result)}</header>
<main>
${timePlots(result)}
${latencyPlot(result)}
${equationTable(result)}
${answerTable(result)}
</main>
<footer>${new Date(result.startedAt).toISOString()} · ${escaped(result.url)} · ${escaped(result.machine)}</footer>
</body>
</html>
`
}

function cards({ cards }: Result): string {
  return cards ? `<p>By card: ${paidByCard(cards)}.</p>\n` : ''
}

function watchers({ watched }: Result): string {
  return watched ? `<p>Pages: ${watchedConnections(watched)} · told ${watchedFrames(watched)}.</p>\n` : ''
}

function timePlots(result: Result): string {
  const bucketMs = Math.max(100, Math.ceil(result.settledAt / 12_000) * 100)
  const bucketed = (times: number[]) => {
    const counts: number[] = []
    for (const time of times) {
      const bucket = Math.floor(time / bucketMs)
      counts[bucket] = (counts[bucket] ?? 0) + 1
    }
    return Array.from(counts, (count) => count ?? 0)
  }
  const answered = (group: string) => bucketed(result.answers.filter((answer) => groupOf(answer) === group).map(({ at }) => at))
  const stacks = groups.map((name) => ({ name, values: answered(name) }))
  const stock = result.stock.map(({ at, remaining }) => ({ at, value: remaining }))
  const legend = `<i class="yes"></i> yes <i class="no"></i> no <i class="wait"></i> asked to wait <i class="arrived"></i> requests due`
  return `<figure><figcaption><h2>Requests and answers</h2><span>each ${bucketMs} ms: ${legend}</span></figcaption>
${overTime('Requests and answers over time', bucketMs, bucketed(result.arrivals), stacks)}</figure>
<figure><figcaption><h2>Stock</h2><span>units left, as the page shows it live</span></figcaption>
${steps('Units left over time', stock, Math.max(result.settledAt, 1))}</figure>`
}

const groups = ['yes', 'no', 'wait'] as const

function groupOf({ status }: { status: number }): (typeof groups)[number] {
  if (status === 202) return 'yes'
  return status === 503 || status === 429 ? 'wait' : 'no'
}

function latencyPlot({ answers }: Result): string {
  const yes = answers.filter(({ status }) => status === 202)
  const bars = [
    { name: 'no', of: 'all', chosen: answers },
    { name: 'yes', of: 'a yes', chosen: yes },
  ].flatMap(({ name, of, chosen }) =>
    chosen.length === 0
      ? []
      : latencies(chosen.map(({ latency }) => latency)).map(({ percentile, ms }) => {
          const label = `${of}, ${percentile === 100 ? 'max' : `p${percentile}`}`
          return { label, value: ms, text: milliseconds(ms), name }
        }),
  )
  return `<figure><figcaption><h2>Time to answer</h2><span>from when a request was due, however long it queued</span></figcaption>
${rows('Percentiles of the time to answer', bars)}</figure>`
}

function equationTable(result: Result): string {
  const lines = equations(result).map((equation) => {
    const [left, right] = sides(equation)
    const mark = holds(equation) ? '<td class="ok">holds</td>' : '<td class="failed">fails</td>'
    return `<tr><th scope="row">${equation.says}</th><td>${left}</td><td>${right}</td>${mark}</tr>`
  })
  const failures = result.auditFailures.map((failure) => `<p class="failed">Audit: ${escaped(failure)}</p>`)
  return `<section><h2>What must hold</h2><table>${lines.join('')}</table>${failures.join('')}</section>`
}

function answerTable(result: Result): string {
  const line = ([name, count]: [string, number]) => `<tr><th scope="row">${escaped(name)}</th><td>${number(count)}</td></tr>`
  const answers = [...wordCounts(result), ['connection lost, asked again', result.lost] as [string, number]]
  return `<section class="pair"><div><h2>Answers</h2><table>${answers.map(line).join('')}</table></div>
<div><h2>Orders promised</h2><table>${Object.entries(result.told).map(line).join('')}</table></div></section>`
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const style = `
:root { --ink: #14171f; --paper: #fbfaf7; --orange: #e8501e; --soft: #14171f99; --rule: #14171f1f; --bar: #14171f73; --wait: #14171f2e; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #fbfaf7; --paper: #14171f; --orange: #ff7a4a; --soft: #fbfaf7a6; --rule: #fbfaf726; --bar: #fbfaf780; --wait: #fbfaf733; --bad: #ff8a80 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 820px; padding: 40px 20px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
header { border-left: 6px solid var(--orange); padding-left: 20px; margin-bottom: 40px }
header.bad { border-color: var(--bad) }
.over { margin: 0; color: var(--soft); letter-spacing: .08em; text-transform: uppercase; font-size: 13px }
h1 { margin: 0; font-size: 44px; line-height: 1.1; letter-spacing: -.02em; text-transform: capitalize }
h1 span { display: block; margin: 6px 0 10px; font-size: 24px; letter-spacing: 0; text-transform: none; color: var(--orange) }
.bad h1 span { color: var(--bad) }
header h1 ~ p, figcaption span, footer { color: var(--soft) }
h2 { margin: 0; font-size: 18px }
figure, section { margin: 0 0 36px }
figcaption { margin-bottom: 8px }
figcaption span, footer { font-size: 14px }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: var(--soft) }
svg .end { text-anchor: end } svg .mid { text-anchor: middle }
.yes { fill: var(--orange); background: var(--orange) } .no { fill: var(--bar); background: var(--bar) } .wait { fill: var(--wait); background: var(--wait) }
.grid { stroke: var(--rule) } .line { fill: none; stroke: var(--ink); stroke-width: 1.5 }
.yes-line { fill: none; stroke: var(--orange); stroke-width: 2 } .area { fill: var(--orange); opacity: .14 }
i { display: inline-block; width: 12px; height: 12px; margin: 0 3px 0 10px; border-radius: 2px; vertical-align: -1px }
i.arrived { height: 0; border-top: 2px solid var(--ink); vertical-align: 4px; border-radius: 0 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th { font-weight: 400; text-align: left } td { text-align: right; padding-left: 16px }
th, td { padding-top: 5px; padding-bottom: 5px; border-bottom: 1px solid var(--rule) }
.ok { color: var(--soft) } .failed { color: var(--bad); font-weight: 600 }
.pair { display: grid; gap: 32px; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)) }
footer { border-top: 1px solid var(--rule); padding-top: 12px; overflow-wrap: anywhere }
@media print { body { padding: 0 } figure, section { break-inside: avoid } }
`
