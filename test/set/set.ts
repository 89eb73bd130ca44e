import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RoleName } from '../../src/config.ts'
import { ApiClient } from '../../src/platform/api-client.ts'
import { freePort } from '../free-port.ts'
import { type NginxServer, startNginx, withoutNginx } from '../nginx-server.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from '../postgres-server.ts'
import { type RedisServer, startRedis, withoutRedis } from '../redis-server.ts'
import { type Running, startProcess } from '../shop.ts'
import { type RedisPair, startRedisPair } from './redis-pair.ts'

/** Why no set can be started here; false where one can. */
export const withoutSet: string | false = withoutPostgres || withoutRedis('redis-server') || withoutNginx

/** One process of the program. Its port and folder outlive it. */
export type Member = {
  name: string
  role: RoleName
  url: string
  /** Of all its lives. */
  output(): string
  isUp(): boolean
  /** Returns when it is ready. */
  start(): Promise<void>
  /** As power loss does. */
  kill(): Promise<void>
  /** Asks it to end; answers its exit code. */
  stop(): Promise<number | null>
  /** It stands still, and goes on. */
  pause(): void
  resume(): void
}

export type ShopSet = AsyncDisposable & {
  /** What buyers and the operator speak to. */
  url: string
  api: ApiClient
  /** For commands on this machine. */
  dir: string
  members: Member[]
  of(role: RoleName): Member[]
  nginx: NginxServer
  redis: RedisPair
  cache: RedisServer
  postgres: PostgresServer
  /** One after the other is asked to end and started anew; answers the exit codes. */
  roll(members: Member[]): Promise<(number | null)[]>
}

/** How many processes of each role. */
const COUNTS = { api: 2, relay: 2, payments: 2, scheduler: 2, 'gateway-demo': 1 } as const satisfies Record<RoleName, number>
/** nginx gives nothing more for 5 s to who failed twice, counted in whole seconds. */
const TAKEN_BACK_MS = 6500
const GATEWAY_KEY = 'gateway-of-the-set'

/** The scaled-out shop on this machine: nginx, processes of each role, Redis with replica and Sentinels, another Redis for what is
 *  shared, PostgreSQL. `env`: besides the settings that make it one shop. */
export async function startSet(env: Record<string, string> = {}): Promise<ShopSet> {
  const stack = new AsyncDisposableStack()
  try {
    return await open(stack, env)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function open(stack: AsyncDisposableStack, env: Record<string, string>): Promise<ShopSet> {
  const root = mkdtempSync(join(tmpdir(), 'set-'))
  stack.defer(() => rmSync(root, { recursive: true, force: true }))
  const [postgres, redis, cache] = await Promise.all([
    startPostgres({ fsync: 'on', max_connections: '200' }),
    startRedisPair(),
    startRedis('redis-server', ['--maxmemory-policy', 'allkeys-lru', '--appendonly', 'no']),
  ])
  stack.use(postgres)
  for (const server of [redis, cache]) stack.defer(() => server.stop())
  const ports = new Map<string, number>()
  for (const name of ['nginx', ...names()]) ports.set(name, await freePort())
  const portOf = (name: string) => ports.get(name) ?? 0
  const url = `http://127.0.0.1:${portOf('nginx')}`
  const settings = {
    DATABASE_URL: `${await postgres.newDatabase()}?writes=6&reads=4`,
    LEDGER_URL: redis.url,
    CACHE_URL: cache.url,
    PAYMENT_URL: `http://${GATEWAY_KEY}@127.0.0.1:${portOf('gateway-demo-1')}`,
    WEBHOOK_SECRET: 'whsec_set',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'warn',
    ...env,
  }
  const members = names().map((name) => member(name, { root, url, port: portOf(name), settings }))
  stack.defer(async () => void (await Promise.all(members.map((one) => one.kill()))))
  await Promise.all(members.map((one) => one.start()))
  const of = (role: RoleName) => members.filter((one) => one.role === role)
  const shops = of('api').map((one) => one.url)
  const nginx = stack.use(await startNginx(shops, { port: portOf('nginx'), unlimited: true }))
  const { token } = JSON.parse(readFileSync(join(root, 'api-1', 'run.json'), 'utf8')) as { token: string }
  writeFileSync(join(root, 'run.json'), JSON.stringify({ url, token }), { mode: 0o600 })
  return {
    url,
    api: new ApiClient(url, token),
    dir: root,
    members,
    of,
    nginx,
    redis,
    cache,
    postgres,
    async roll(chosen) {
      const codes: (number | null)[] = []
      for (const one of chosen) {
        codes.push(await one.stop())
        await one.start()
        if (one.role === 'api') await sleep(TAKEN_BACK_MS)
      }
      return codes
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const roles = Object.keys(COUNTS) as RoleName[]

function names(): string[] {
  return roles.flatMap((role) => Array.from({ length: COUNTS[role] }, (_, i) => `${role}-${i + 1}`))
}

type Home = { root: string; url: string; port: number; settings: Record<string, string> }

function member(name: string, { root, url, port, settings }: Home): Member {
  const role = roles.find((one) => name.startsWith(one)) as RoleName
  // The gateway is somebody else: it has an address of its own.
  const place: Record<string, string> = role === 'gateway-demo' ? {} : { PUBLIC_URL: url }
  const env = { ...settings, ...place, ROLES: role, PORT: String(port), DATA_DIR: join(root, name) }
  const lives: Running[] = []
  const last = () => lives.at(-1)
  return {
    name,
    role,
    url: `http://127.0.0.1:${port}`,
    output: () => lives.map((life) => life.output()).join(''),
    isUp: () => last()?.isUp() ?? false,
    async start() {
      lives.push(await startProcess(env, ['--no-page']))
    },
    async kill() {
      await last()?.kill()
    },
    async stop() {
      return (await last()?.stop()) ?? null
    },
    pause: () => signal(last(), 'SIGSTOP'),
    resume: () => signal(last(), 'SIGCONT'),
  }
}

function signal(life: Running | undefined, name: NodeJS.Signals): void {
  if (life?.isUp()) process.kill(life.pid, name)
}
