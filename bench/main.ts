import { execFileSync } from 'node:child_process'
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from '../src/drill/drill.ts'
import type { Shop } from '../test/shop.ts'
import { load, type Round } from './load.ts'
import { type Path, paths, type Size } from './paths.ts'
import { type Delay, pushDelays } from './push-delay.ts'
import { type Bare, dataDir, memoryMb, type Starts, startBare, startProduct, startTimes } from './servers.ts'
import { type Compared, median, type Results, ratios, tables } from './table.ts'

const USAGE = `npm run bench [-- <path>… --rounds 3 --seconds 4 --connections 64 --json <file> --write]

Measures the shop and, by turns in the same run, a bare node:http server that answers the same bytes.
paths: ${Object.keys(paths).join(', ')}; all of them, and start-up, memory and push, without a name
--json   where the results go instead of bench/results/
--write  put the tables into docs/performance.md; only a run of everything may`

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'docs', 'performance.md')
const STARTS = 5

const options = readOptions()
const results = await run(options.names, options.size, options.names.length === 0)
console.log(`\n${tables(results)}`)
const file = options.file(results)
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`)
console.log(`\nresults: ${file}`)
if (options.write) writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables(results)))
if (!results.auditHolds) process.exitCode = 1

function readOptions() {
  const { values, positionals: names } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '64' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const whole = (name: 'rounds' | 'seconds' | 'connections') => {
    if (!/^[1-9]\d{0,3}$/.test(values[name])) stop(`--${name} must be a whole number from 1 to 9999`)
    return Number(values[name])
  }
  if (values.help) {
    console.log(USAGE)
    process.exit()
  }
  for (const name of names) if (!(name in paths)) stop(`there is no path "${name}"`)
  if (values.write && names.length > 0) stop('--write needs a run of everything')
  const size: Size = { rounds: whole('rounds'), seconds: whole('seconds'), connections: whole('connections') }
  const kept = ({ at, revision }: Results) =>
    join(root, 'bench', 'results', `${at.slice(0, 16).replace(':', '-')}-${revision}.json`)
  const file = (found: Results) => values.json ?? kept(found)
  return { names, size, write: values.write, file }
}

function stop(because: string): never {
  console.error(`${because}\n\n${USAGE}`)
  process.exit(2)
}

async function run(names: string[], size: Size, everything: boolean): Promise<Results> {
  const busyBefore = loadavg()[0] as number
  using folder = dataDir()
  const syncMs = syncTimes(folder.path)
  let starts: Starts | null = null
  if (everything) {
    say(`starting ${STARTS} times in an empty folder and ${STARTS} times in a used one`)
    starts = await startTimes(STARTS)
  }
  const shop = await startProduct(folder.path)
  await using bare = await startBare()
  say(`the shop runs with RATE_LIMITS=off, everything else as by default`)
  try {
    const compared: Compared[] = []
    for (const [name, { goal, make }] of Object.entries(paths)) {
      if (!everything && !names.includes(name)) continue
      say(`${name}: preparing`)
      compared.push({ path: name, goal: goal ?? null, ...(await compare(name, shop, bare, await make(shop, size), size)) })
    }
    if (everything) say('push: preparing')
    const push = everything ? await pushDelays(shop, size.connections) : null
    const { ok } = await shop.api.get<{ ok: boolean }>('/api/v1/admin/audit')
    const about = { at: new Date().toISOString(), revision: revision(), machine: machine(), generator: generator(), busyBefore }
    const { rounds, connections } = size
    return { ...about, rounds, connections, syncMs, starts, paths: compared, push, memoryMb: memoryMb(shop.pid), auditHolds: ok }
  } finally {
    await shop.stop()
  }
}

async function compare(name: string, shop: Shop, bare: Bare, path: Path, { rounds, seconds, connections }: Size) {
  const found: Omit<Compared, 'path' | 'goal'> = { shop: [], bare: [], completedPerSecond: [] }
  await bare.copy(shop.url, path.sample)
  const round = async (i: number) => {
    const lasts = path.once ? 'once' : i === 0 ? 1 : seconds
    const before = await path.settled?.()
    const startedAt = performance.now()
    const ours = await load(shop.url, path.calls(i), path.expected, connections, lasts)
    // The bare server's turn comes when the shop has nothing left to do.
    const after = await path.settled?.()
    const took = (performance.now() - startedAt) / 1000
    if (before !== undefined && after !== before + ours.answers) {
      throw new Error(`${ours.answers} orders were accepted and ${(after ?? 0) - before} completed`)
    }
    const theirs = await load(bare.url, path.calls(i), path.expected, connections, lasts)
    return { ours, theirs, completed: path.settled ? ours.answers / took : undefined }
  }
  await round(0)
  for (let i = 1; i <= rounds; i++) {
    const { ours, theirs, completed } = await round(i)
    found.shop.push(ours)
    found.bare.push(theirs)
    if (completed !== undefined) found.completedPerSecond.push(completed)
    say(
      `${name}: round ${i}: ${shown(ours)} of ${shown(theirs)} answers a second, ${(ours.perSecond / theirs.perSecond).toFixed(2)}`,
    )
  }
  say(`${name}: ${median(ratios(found)).toFixed(2)}`)
  return found
}

function shown({ perSecond }: Round): string {
  return Math.round(perSecond).toLocaleString('en')
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** What durability costs on this disk at the least. */
function syncTimes(folder: string): Delay {
  const file = openSync(join(folder, 'sync'), 'w')
  const block = Buffer.alloc(4096)
  const times = Array.from({ length: 200 }, () => {
    const at = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    return performance.now() - at
  }).sort((a, b) => a - b)
  closeSync(file)
  return { p50: times[99] as number, p99: times[197] as number, max: times[199] as number }
}

function revision(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'src') === '' ? '' : '-changed')
  } catch {
    return 'unknown'
  }
}

function generator(): string {
  const { version } = createRequire(import.meta.url)('autocannon/package.json') as { version: string }
  return `autocannon ${version}`
}

/** The page with what is between its two marks replaced. */
function withTables(text: string, made: string): string {
  const [before, after] = text.split(/(?<=<!-- bench -->\n)[\s\S]*(?=<!-- \/bench -->)/)
  if (after === undefined) throw new Error(`${page} has no marks <!-- bench --> and <!-- /bench -->`)
  return `${before}\n${made}\n\n${after}`
}
