import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { placeOf } from './place-of.ts'
import { clientOf } from './postgres-client.ts'
import { requires } from './requires.ts'

const VERSIONS = '/usr/lib/postgresql'

/** The folder of the newest one's programs. */
export function placeOfPostgres(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : []
  return versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(VERSIONS, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')))
}

const folder = placeOfPostgres()
const bouncer = placeOf('pgbouncer')
const noServer = 'there is no PostgreSQL here: install it, as by `npm run services -- install`'
const noBouncer = 'there is no pgbouncer here: install it, as by `npm run services -- install`'
/** Why a suite over PostgreSQL is left out here; false where it is not. What `REQUIRES` names runs, and fails with what to install. */
export const withoutPostgres: string | false = folder === undefined && !requires('postgres') && noServer
export const withoutBouncer: string | false =
  (folder === undefined || bouncer === undefined) && !requires('postgres') && noBouncer

const idOf = (what: '-u' | '-g'): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))
/** Both refuse to run as root. */
const user = folder !== undefined && process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined

/** What is left over when the tests end, however they end. */
const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGQUIT')
  for (const one of folders) rmSync(one, { recursive: true, force: true })
})

export type PostgresServer = AsyncDisposable & {
  port: number
  pid(): number
  /** Of a new, empty database, or a copy of one that nobody uses. */
  newDatabase(like?: string): Promise<string>
  drop(url: string): Promise<void>
  /** `SIGQUIT`: as it was, without a word to anybody; the next start recovers. */
  crash(): Promise<void>
  start(): Promise<void>
}

/** A server of the test's own, on a port of its own. Its databases order text as people do, as many do in the world. */
export async function startPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  if (folder === undefined) throw new Error(noServer)
  const dir = ownFolder('postgres-')
  const [data, port] = [join(dir, 'data'), await freePort()]
  const bin = (name: string) => join(folder as string, name)
  const made = ['-D', data, '-U', 'shop', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C.UTF-8']
  const inOrder = ['--locale-provider=icu', '--icu-locale=en']
  execFileSync(bin('initdb'), [...made, ...inOrder], { ...user, cwd: dir, stdio: 'pipe' })
  const given = { fsync: 'off', max_connections: '120', listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const args = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let child: ChildProcess | undefined
  const start = async () => {
    child = await started(bin('postgres'), ['-D', data, '-p', String(port), ...args], dir, /ready to accept connections/)
  }
  await start()
  const nameOf = (url: string) => new URL(url).pathname.slice(1)
  const command = async (text: string) => {
    const client = clientOf(`postgres://shop@127.0.0.1:${port}/postgres`)
    await client.connect()
    await client.query(text).finally(() => client.end())
  }
  let count = 0
  return {
    port,
    pid: () => child?.pid ?? 0,
    start,
    async newDatabase(like) {
      const name = `shop_${++count}`
      await command(`CREATE DATABASE ${name} TEMPLATE ${like ? nameOf(like) : 'template1'}`)
      return `postgres://shop@127.0.0.1:${port}/${name}`
    },
    drop: (url) => command(`DROP DATABASE ${nameOf(url)} WITH (FORCE)`),
    crash: () => ended(child, 'SIGQUIT'),
    async [Symbol.asyncDispose]() {
      await ended(child, 'SIGINT')
      forget(dir)
    },
  }
}

/** In transaction mode, with fewer connections to the server than it takes. Answers how a database of the server is reached by it. */
export async function startBouncer(
  server: PostgresServer,
  size = 4,
): Promise<AsyncDisposable & { through(url: string): string }> {
  if (bouncer === undefined) throw new Error(noBouncer)
  const dir = ownFolder('pgbouncer-')
  const port = await freePort()
  const settings = [
    '[databases]',
    `* = host=127.0.0.1 port=${server.port} user=shop`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    `default_pool_size = ${size}`,
    'max_client_conn = 500',
  ]
  writeFileSync(join(dir, 'pgbouncer.ini'), settings.join('\n'))
  const child = await started(bouncer, [join(dir, 'pgbouncer.ini')], dir, /process up/)
  return {
    through(url) {
      const address = new URL(url)
      address.port = String(port)
      return address.href
    },
    async [Symbol.asyncDispose]() {
      await ended(child, 'SIGTERM')
      forget(dir)
    },
  }
}

async function started(program: string, args: string[], cwd: string, ready: RegExp): Promise<ChildProcess> {
  const child = spawn(program, args, { ...user, cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  let said = ''
  const { promise: isReady, resolve, reject } = Promise.withResolvers<void>()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000)
    if (ready.test(said)) resolve()
  })
  child.once('exit', () => {
    children.delete(child)
    reject(new Error(`${program} ended:\n${said}`))
  })
  await isReady
  return child
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || !children.has(child)) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

function ownFolder(prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), prefix))
  folders.add(dir)
  chmodSync(dir, 0o755)
  if (user) chownSync(dir, user.uid, user.gid)
  return dir
}

function forget(dir: string): void {
  folders.delete(dir)
  rmSync(dir, { recursive: true, force: true })
}
