/** Pictures as SVG text. Colours come from the page's CSS, so that they follow light and dark. */

const WIDTH = 720
const HEIGHT = 220
const left = 52
const bottom = HEIGHT - 28
const right = WIDTH - 12
const top = 14

type Series = { at: number; value: number }[]

/** Bars stacked from the bottom, a class each, and a stepped line above them; one value a bucket of `bucketMs`. */
export function overTime(title: string, bucketMs: number, line: number[], stacks: { name: string; values: number[] }[]): string {
  const buckets = Math.max(line.length, ...stacks.map(({ values }) => values.length), 1)
  const totals = Array.from({ length: buckets }, (_, i) => stacks.reduce((sum, { values }) => sum + (values[i] ?? 0), 0))
  const max = ceiling(Math.max(...line, ...totals, 1))
  const width = (right - left) / buckets
  const y = (value: number) => bottom - (value / max) * (bottom - top)
  const floor = new Array<number>(buckets).fill(0)
  const bars = stacks.map(({ name, values }) => {
    const shapes = values.map((value, i) => {
      const from = floor[i] ?? 0
      floor[i] = from + value
      if (value === 0) return ''
      const gap = Math.min(2, width / 5)
      return rect(left + i * width + gap / 2, y(from + value), width - gap, y(from) - y(from + value))
    })
    return `<g class="${name}">${shapes.join('')}</g>`
  })
  const steps = line.map(
    (value, i) => `${i === 0 ? 'M' : 'L'}${at(left + i * width)} ${at(y(value))}H${at(left + (i + 1) * width)}`,
  )
  const path = `<path class="line" d="${steps.join('')}"/>`
  return picture(title, HEIGHT, yAxis(max, y) + xAxis(buckets * bucketMs) + bars.join('') + path)
}

/** What holds from each moment until the next, to the end. */
export function steps(title: string, series: Series, endMs: number): string {
  const max = ceiling(Math.max(...series.map(({ value }) => value), 1))
  const x = (ms: number) => left + (Math.min(ms, endMs) / endMs) * (right - left)
  const y = (value: number) => bottom - (value / max) * (bottom - top)
  const [first, ...rest] = series
  const start = `M${at(x(first?.at ?? 0))} ${at(y(first?.value ?? 0))}`
  const outline = `${start}${rest.map((point) => `H${at(x(point.at))}V${at(y(point.value))}`).join('')}H${at(right)}`
  const area = `<path class="area" d="${outline}V${bottom}H${at(x(first?.at ?? 0))}Z"/>`
  return picture(title, HEIGHT, `${yAxis(max, y)}${xAxis(endMs)}${area}<path class="yes-line" d="${outline}"/>`)
}

/** A bar a row, with its label before and its value behind it. */
export function rows(title: string, all: { label: string; value: number; text: string; name: string }[]): string {
  const max = Math.max(...all.map(({ value }) => value), Number.MIN_VALUE)
  const height = all.length * 26 + 8
  const from = 130
  const shapes = all.map(({ label, value, text, name }, i) => {
    const width = Math.max(2, (value / max) * (right - from - 80))
    const y = i * 26 + 4
    const bar = `<g class="${name}">${rect(from, y + 3, width, 16)}</g>`
    return `<text x="${from - 10}" y="${y + 15}" class="end">${label}</text>${bar}<text x="${at(from + width + 8)}" y="${y + 15}">${text}</text>`
  })
  return picture(title, height, shapes.join(''))
}

const picture = (title: string, height: number, inside: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}"><title>${title}</title>${inside}</svg>`

const rect = (x: number, y: number, width: number, height: number): string =>
  `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}"/>`

const at = (value: number): string => String(Math.round(value * 10) / 10)

function yAxis(max: number, y: (value: number) => number): string {
  return [0, max / 2, max]
    .map((value) => {
      const label = `<text x="${left - 8}" y="${at(y(value) + 4)}" class="end">${value.toLocaleString('en')}</text>`
      return `<path class="grid" d="M${left} ${at(y(value))}H${right}"/>${label}`
    })
    .join('')
}

function xAxis(endMs: number): string {
  const step = ceiling(endMs / 8)
  const count = Math.floor(endMs / step)
  return Array.from({ length: count + 1 }, (_, i) => {
    const x = left + ((i * step) / endMs) * (right - left)
    return `<text x="${at(x)}" y="${HEIGHT - 8}" class="mid">${Math.round(i * step) / 1000} s</text>`
  }).join('')
}

/** The next of 1, 2, 4, 5, 10, 20, 40, 50 …: an axis whose half is a round number too. */
function ceiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 5].find((digit) => digit * power >= value) ?? 10) * power
}
