import { startNginx, withoutNginx } from '../nginx-server.ts'
import { startBouncer, startPostgres, withoutBouncer, withoutPostgres } from '../postgres-server.ts'
import { startSentinels } from '../redis-sentinels.ts'
import { startRedis, withoutRedis } from '../redis-server.ts'

/** Where two shops are looked for by nginx. */
const SHOP_PORTS = [8081, 8082]

export type Running = AsyncDisposable & {
  /** As a file of an environment has them; what else there is to choose from stands behind a `#`. */
  settings: string
  ports: Record<string, number>
}

/** Starts each server that is installed here, on this machine's loopback; what is not there is said in its place. */
export async function runAll(): Promise<Running> {
  const stack = new AsyncDisposableStack()
  const ports: Record<string, number> = {}
  const lines: string[] = []
  try {
    for (const start of [postgres, redis, sentinels, valkey, cache, nginx]) lines.push(...(await start(stack, ports)), '')
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
  const settings = `${lines.join('\n').trimEnd()}\n`
  return { settings, ports, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

type Start = (stack: AsyncDisposableStack, ports: Record<string, number>) => Promise<string[]>

const postgres: Start = async (stack, ports) => {
  if (withoutPostgres) return [`# ${withoutPostgres}`]
  const server = stack.use(await startPostgres({ fsync: 'on' }))
  ports.postgres = server.port
  const url = await server.newDatabase()
  const lines = ['# The record of orders.', `DATABASE_URL=${url}`]
  if (withoutBouncer) return [...lines, `# ${withoutBouncer}`]
  const bouncer = stack.use(await startBouncer(server, 20))
  const through = bouncer.through(url)
  ports.pgbouncer = Number(new URL(through).port)
  return [...lines, '# The same through pgbouncer, in transaction mode:', `#DATABASE_URL=${through}`]
}

const redis: Start = async (stack, ports) => {
  const missing = withoutRedis('redis-server')
  if (missing) return [`# ${missing}`]
  const server = await startRedis()
  stack.defer(() => server.stop())
  ports.redis = server.port
  return ['# Who decides about stock.', `LEDGER_URL=${server.url}`]
}

const sentinels: Start = async (stack, ports) => {
  if (withoutRedis('redis-server')) return []
  const primary = await startRedis()
  stack.defer(() => primary.stop())
  const replica = await startRedis('redis-server', ['--replicaof', '127.0.0.1', String(primary.port)])
  stack.defer(() => replica.stop())
  const three = await startSentinels(primary, 3, replica)
  stack.defer(() => three.stop())
  Object.assign(ports, { primary: primary.port, replica: replica.port })
  three.ports.forEach((port, i) => {
    ports[`sentinel-${i + 1}`] = port
  })
  const hosts = three.ports.map((port) => `127.0.0.1:${port}`).join(',')
  return ['# A primary with a replica, found by three Sentinels:', `#LEDGER_URL=redis+sentinel://${hosts}/main`]
}

const valkey: Start = async (stack, ports) => {
  const missing = withoutRedis('valkey-server')
  if (missing) return [`# ${missing}`]
  const server = await startRedis('valkey-server')
  stack.defer(() => server.stop())
  ports.valkey = server.port
  return ['# Valkey:', `#LEDGER_URL=${server.url}`]
}

const cache: Start = async (stack, ports) => {
  if (withoutRedis('redis-server')) return []
  const server = await startRedis('redis-server', ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'])
  stack.defer(() => server.stop())
  ports.cache = server.port
  return ['# What processes share and may lose.', `CACHE_URL=${server.url}`]
}

const nginx: Start = async (stack, ports) => {
  if (withoutNginx) return [`# ${withoutNginx}`]
  const server = stack.use(await startNginx(SHOP_PORTS.map((port) => `http://127.0.0.1:${port}`)))
  ports.nginx = server.port
  return [
    `# nginx, before shops that are started with ${SHOP_PORTS.map((port) => `PORT=${port}`).join(' and ')}.`,
    `PUBLIC_URL=${server.url}`,
    'TRUSTED_PROXIES=127.0.0.1',
    '# A demo gateway belongs to one process.',
    'PAYMENT_URL=none',
  ]
}
