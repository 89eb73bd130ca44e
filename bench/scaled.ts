import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from '../src/drill/drill.ts'
import { startPostgres } from '../test/postgres-server.ts'
import { startRedis } from '../test/redis-server.ts'
import { type Shop, startShop } from '../test/shop.ts'
import { cpuMs } from './cpu.ts'
import { load, type Round } from './load.ts'
import { paths, type Size } from './paths.ts'
import { memoryMb, startBare } from './servers.ts'
import { aligned, median } from './table.ts'

/** `node bench/scaled.ts [--rounds 3 --seconds 1 --connections 64 --write]`: purchases answered 202 with the ledger on Redis and the
 *  books on PostgreSQL, by turns with a bare server, by one process and by two; and what each process takes. */
const page = join(fileURLToPath(new URL('..', import.meta.url)), 'docs', 'performance.md')
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string', default: '64' },
    write: { type: 'boolean', default: false },
  },
})
const size: Size = { rounds: Number(values.rounds), seconds: Number(values.seconds), connections: Number(values.connections) }

type Way = { name: string; appendfsync: string; processes: 1 | 2; goal: number }
const ways: Way[] = [
  { name: 'everysec', appendfsync: 'everysec', processes: 1, goal: 0.35 },
  { name: 'always', appendfsync: 'always', processes: 1, goal: 0 },
  { name: 'everysec, two processes', appendfsync: 'everysec', processes: 2, goal: 0 },
]
/** Processor time of an answer, milliseconds. */
type Cost = { shop: number; redis: number; postgres: number }
type Found = { way: Way; ours: Round[]; bare: Round[]; costs: Cost[]; rssMb: (number | null)[] }

const busy = loadavg()[0] as number
const postgres = await startPostgres({ fsync: 'on' })
const bare = await startBare()
try {
  const found: Found[] = []
  for (const way of ways) found.push(await measured(way))
  const made = table(found)
  console.log(made)
  if (values.write) writeFileSync(page, withTable(readFileSync(page, 'utf8'), made))
} finally {
  await bare[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
}

async function measured(way: Way): Promise<Found> {
  const redis = await startRedis('redis-server', ['--appendfsync', way.appendfsync])
  const DATABASE_URL = await postgres.newDatabase()
  const env = { DATABASE_URL, LEDGER_URL: redis.url, RATE_LIMITS: 'off', LOG_LEVEL: 'warn', NODE_ENV: 'production' }
  const own = await startShop(env)
  const shops = [own]
  try {
    const alike = { ...env, DATA_DIR: own.dir, PUBLIC_URL: own.url }
    if (way.processes === 2) shops.push(await startShop({ ...alike, PAYMENT_URL: 'none' }))
    const idleMb = memoryMb(own.pid)
    const path = await paths.accepted?.make(own, size)
    if (!path) throw new Error('there is no path accepted')
    await bare.copy(own.url, path.sample)
    const spent = () => ({
      shop: shops.reduce((sum, { pid }) => sum + cpuMs(pid), 0),
      redis: cpuMs(redis.pid()),
      postgres: cpuMs(postgres.pid()),
    })
    const result: Found = { way, ours: [], bare: [], costs: [], rssMb: [idleMb, null] }
    for (let i = 0; i <= size.rounds; i++) {
      const before = spent()
      const ours = await crowdAt(shops, path, i)
      const after = spent()
      await path.settled?.()
      const theirs = await load(bare.url, path.calls(i), path.expected, size.connections, 'once')
      if (i === 0) continue
      const cost = (of: keyof Cost) => (after[of] - before[of]) / ours.answers
      result.ours.push(ours)
      result.bare.push(theirs)
      result.costs.push({ shop: cost('shop'), redis: cost('redis'), postgres: cost('postgres') })
      result.rssMb[1] = memoryMb(own.pid)
      const ratio = ours.perSecond / theirs.perSecond
      process.stderr.write(`${way.name}: round ${i}: ${ours.perSecond.toFixed(0)} answers a second, ${ratio.toFixed(2)}\n`)
    }
    const { ok } = await own.api.get<{ ok: boolean }>('/api/v1/admin/audit')
    if (!ok) throw new Error('an equation of the audit fails')
    return result
  } finally {
    for (const shop of shops) await shop.stop()
    await redis.stop()
  }
}

/** The same connections, shared among the processes. */
async function crowdAt(
  shops: Shop[],
  path: Awaited<ReturnType<NonNullable<(typeof paths)['accepted']>['make']>>,
  i: number,
): Promise<Round> {
  const calls = path.calls(i)
  const share = calls.length / shops.length
  const connections = size.connections / shops.length
  const rounds = await Promise.all(
    shops.map(({ url }, n) => load(url, calls.slice(n * share, (n + 1) * share), path.expected, connections, 'once')),
  )
  const answers = rounds.reduce((sum, round) => sum + round.answers, 0)
  const seconds = Math.max(...rounds.map((round) => round.seconds))
  const p99 = Math.max(...rounds.map((round) => round.p99))
  return { ...(rounds[0] as Round), answers, seconds, perSecond: answers / seconds, p99 }
}

function table(found: Found[]): string {
  const middle = (numbers: number[], digits: number) =>
    `${median(numbers).toFixed(digits)} (${Math.min(...numbers).toFixed(digits)} to ${Math.max(...numbers).toFixed(digits)})`
  const rows = found.map(({ way, ours, bare, costs, rssMb }) => {
    const ratios = ours.map(({ perSecond }, i) => perSecond / (bare[i] as Round).perSecond)
    const rate = (rounds: Round[]) => median(rounds.map((round) => round.perSecond)).toFixed(0)
    const cost = (of: keyof Cost) => median(costs.map((one) => one[of])).toFixed(2)
    const goal = way.goal === 0 ? '' : `≥ ${way.goal}: ${median(ratios) >= way.goal ? 'met' : 'MISSED'}`
    const costly = `${cost('shop')} + ${cost('redis')} + ${cost('postgres')} ms`
    return [way.name, rate(ours), rate(bare), middle(ratios, 2), goal, costly, `${rssMb[0]} and ${rssMb[1]} MiB`]
  })
  const head = [
    'ledger',
    'answers/s',
    'bare/s',
    'ratio',
    'goal',
    'processor an answer: shop, Redis, PostgreSQL',
    'shop, idle and after',
  ]
  const { rounds, connections } = size
  const about = `${new Date().toISOString()}, ${machine()}, load ${busy.toFixed(1)} before and ${(loadavg()[0] as number).toFixed(1)} after; ${connections} connections, ${rounds} rounds.`
  return [about, '', ...aligned(head, rows)].join('\n')
}

function withTable(text: string, made: string): string {
  const [before, after] = text.split(/(?<=<!-- scaled -->\n)[\s\S]*(?=<!-- \/scaled -->)/)
  if (after === undefined) throw new Error(`${page} has no marks <!-- scaled --> and <!-- /scaled -->`)
  return `${before}\n${made}\n\n${after}`
}
