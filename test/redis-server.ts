import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { freePort } from './free-port.ts'
import { placeOf } from './place-of.ts'
import { requires } from './requires.ts'

export type RedisKind = 'redis-server' | 'valkey-server'

/** Why the tests over that server are left out here; false where they are not. What `REQUIRES` names runs, and fails with what
 *  to install. */
export function withoutRedis(kind: RedisKind): string | false {
  return placeOf(kind) === undefined && !requires(kind.replace('-server', '')) && missing(kind)
}
const missing = (kind: string) => `there is no ${kind} here: install it, as by \`npm run services -- install\``

/** A server of its own, in a folder of its own. */
export type RedisServer = {
  port: number
  url: string
  dir: string
  pid(): number
  command(...args: string[]): Promise<unknown>
  /** As power loss does; its port and folder are kept. */
  kill(): Promise<void>
  /** @param instead of the arguments that it was first started with. */
  start(instead?: string[]): Promise<void>
  /** Also removes the folder. */
  stop(): Promise<void>
}

/** What is left over when the tests end, however they end. */
const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** @param args of the server, besides its own port and folder. */
export async function startRedis(kind: RedisKind = 'redis-server', args: string[] = []): Promise<RedisServer> {
  const place = placeOf(kind)
  if (place === undefined) throw new Error(missing(kind))
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'redis-'))
  folders.add(dir)
  let child: ChildProcess | undefined
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes']
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    dir,
    pid: () => child?.pid as number,
    command: (...words) => commandAt(port, ...words),
    async kill() {
      if (!child || !children.has(child)) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    async start(instead = args) {
      child = await run(place, [...own, ...instead], port)
    },
    async stop() {
      await server.kill()
      folders.delete(dir)
      rmSync(dir, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

/** Starts a server and waits until it answers. */
export async function run(place: string, args: string[], port: number): Promise<ChildProcess> {
  const child = spawn(place, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let written = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    written += text
  })
  for (let attempt = 0; attempt < 200; attempt++) {
    if (!children.has(child)) break
    if ((await commandAt(port, 'PING').catch(() => undefined)) === 'PONG') return child
    await sleep(50)
  }
  child.kill('SIGKILL')
  throw new Error(`${place} does not answer:\n${written}`)
}

/** By a connection of its own. */
export async function commandAt(port: number, ...args: string[]): Promise<unknown> {
  const client = createClient({ RESP: 2, socket: { host: '127.0.0.1', port, reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(args)
  } finally {
    client.destroy()
  }
}
