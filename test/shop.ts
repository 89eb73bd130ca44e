import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiClient } from '../src/platform/api-client.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** The first start may build the page, on a machine that has much else to do. */
const START_MS = 90_000
const READY = /^ready (https?:\/\/\S+)$/m

/** A shop in a process of its own, as `npm start` starts it. */
export type Shop = {
  url: string
  dir: string
  /** The operator's. */
  token: string
  api: ApiClient
  /** Of the server itself, also where a launcher stands before it. */
  pid: number
  /** Everything it has written so far, to both of its outputs. */
  output(): string
  /** Asks it to end; answers its exit code, null where a signal ended it. */
  stop(): Promise<number | null>
  /** As power loss does. */
  kill(): Promise<void>
}

/** What is left over when the tests end, however they end. */
const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** One process of the program, as `npm start` starts it. */
export type Running = {
  /** Where it serves, as it said. */
  url: string
  pid: number
  output(): string
  isUp(): boolean
  /** Asks it to end; answers its exit code, null where a signal ended it. */
  stop(): Promise<number | null>
  kill(pid?: number): Promise<void>
}

/** Waits until it is ready. `under`: the program, with its arguments, that runs it; `args`: of `start`. */
export async function startProcess(env: Record<string, string>, args: string[], under: string[] = []): Promise<Running> {
  const [command = '', ...rest] = [...under, process.execPath, 'launch.js', 'src/main.ts', 'start', ...args]
  const child = spawn(command, rest, {
    cwd: root,
    // By the channel the launcher learns of the end of this process, however it ends, and ends the shop with it.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, DOORBUSTER_LAUNCHER: String(process.pid), HOST: '127.0.0.1', SEED: 'none', ...env },
  })
  children.add(child)
  const exited = once(child, 'close').then(() => void children.delete(child))
  let written = ''
  const output = () => written
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      written += text
      if (stream === child.stdout && READY.test(written)) resolve()
    })
  }
  await within(START_MS, Promise.race([ready, exited]), output)
  if (!children.has(child)) throw new Error(`the shop ended with ${child.exitCode ?? child.signalCode}:\n${written}`)
  return {
    url: READY.exec(written)?.[1] ?? '',
    pid: child.pid ?? 0,
    output,
    isUp: () => children.has(child),
    async kill(pid = child.pid) {
      if (children.has(child)) process.kill(pid ?? 0, 'SIGKILL')
      await exited
    },
    async stop() {
      if (children.has(child)) child.kill('SIGTERM')
      await within(START_MS, exited, output)
      return child.exitCode
    },
  }
}

/** With `t` the shop is stopped and its folder removed at the end of that test, else at the end of the process. A folder given
 *  as DATA_DIR is kept, so that a second shop can be started on it. `under`: the program, with its arguments, that runs it. */
export async function startShop(
  env: Record<string, string> = {},
  t?: { after(work: () => Promise<void>): void },
  under: string[] = [],
  // Of `start`: the page takes seconds to build and has tests of its own.
  args = ['--no-page'],
): Promise<Shop> {
  const dir = env.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'shop-'))
  if (env.DATA_DIR === undefined) folders.add(dir)
  const { output, stop, kill, ...started } = await startProcess({ PORT: '0', DATA_DIR: dir, ...env }, args, under)
  const { url, pid, token } = runOf(dir) ?? { ...started, token: '' }
  // Asked to end, not killed: only then it says what of it was run (NODE_V8_COVERAGE).
  t?.after(async () => {
    await stop()
    if (folders.delete(dir)) rmSync(dir, { recursive: true, force: true })
  })
  return { url, dir, token, api: new ApiClient(url, token), pid, output, stop, kill: () => kill(pid) }
}

/** `undefined`: a process without the role api, which commands do not speak to. */
function runOf(dir: string): { url: string; pid: number; token: string } | undefined {
  const file = join(dir, 'run.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

async function within<T>(ms: number, work: Promise<T>, output: () => string): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`nothing for ${ms} ms:\n${output()}`)), ms)
  try {
    return await Promise.race([work, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
