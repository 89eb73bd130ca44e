import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type PostgresServer, startPostgres } from '../test/postgres-server.ts'
import { type RedisServer, startRedis } from '../test/redis-server.ts'
import { type Shop, startShop } from '../test/shop.ts'
import { load } from './load.ts'
import { paths } from './paths.ts'
import { type Bare, startBare } from './servers.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string', default: '64' },
    fsync: { type: 'string', default: 'everysec' },
    prof: { type: 'string' },
    ledger: { type: 'string', default: 'redis' },
  },
})
const size = { rounds: Number(values.rounds), seconds: Number(values.seconds), connections: Number(values.connections) }
const postgres = await startPostgres({ fsync: 'on' })
const redis = await startRedis('redis-server', ['--appendfsync', values.fsync])
const bare = await startBare()
const env = {
  DATABASE_URL: await postgres.newDatabase(),
  ...(values.ledger === 'redis' ? { LEDGER_URL: redis.url } : {}),
  RATE_LIMITS: 'off',
  LOG_LEVEL: 'warn',
  NODE_ENV: 'production',
  ...(values.prof ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.prof}` } : {}),
}
const shop = await startShop(env)
const pgPids = () => {
  const all = readdirSync('/proc').filter((n) => /^\d+$/.test(n))
  return all
    .filter((n) => {
      try {
        return readFileSync(`/proc/${n}/comm`, 'utf8').startsWith('postgres')
      } catch {
        return false
      }
    })
    .map(Number)
}
const cpu = (pid: number) => {
  try {
    const f = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
    return (Number(f[11]) + Number(f[12])) * 10
  } catch {
    return 0
  }
}
const pgCpu = () => pgPids().reduce((sum, pid) => sum + cpu(pid), 0)
const now = () => ({ api: cpu(shop.pid), redis: cpu(redis.pid()), pg: pgCpu() })
try {
  const path = await paths.accepted!.make(shop, size)
  console.log('prepared', performance.now())
  await bare.copy(shop.url, path.sample)
  const ratios: number[] = []
  for (let i = 0; i <= size.rounds; i++) {
    const c0 = now()
    const t0 = performance.now()
    const ours = await load(shop.url, path.calls(i), path.expected, size.connections, 'once')
    const c1 = now()
    await path.settled?.()
    const t1 = performance.now()
    const c2 = now()
    const theirs = await load(bare.url, path.calls(i), path.expected, size.connections, 'once')
    const per = (a: typeof c0, b: typeof c0) =>
      Object.entries(a)
        .map(([k, v]) => `${k} ${((b[k as 'api'] - v) / ours.answers).toFixed(3)}`)
        .join(' ')
    console.log(
      i,
      ours.answers,
      Math.round(ours.perSecond),
      Math.round(theirs.perSecond),
      (ours.perSecond / theirs.perSecond).toFixed(3),
      'p99',
      ours.p99.toFixed(0),
      'completed/s',
      Math.round((ours.answers / (t1 - t0)) * 1000),
      '| ms to answer:',
      per(c0, c1),
      '| in all:',
      per(c0, c2),
    )
    if (i > 0) ratios.push(ours.perSecond / theirs.perSecond)
  }
  console.log('median', ratios.sort()[ratios.length >> 1])
} finally {
  await shop.stop()
  await bare[Symbol.asyncDispose]()
  await redis.stop()
  await postgres[Symbol.asyncDispose]()
}
