import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Shop, startShop } from '../test/shop.ts'
import type { Fixed } from './bare.ts'
import type { Call } from './load.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const QUIET_MS = 5000

/** On the project's own disk: a temporary folder may lie in memory, where a sync to disk costs nothing. */
export function dataDir(): Disposable & { path: string } {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const path = mkdtempSync(join(cache, 'bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The shop as `npm start` starts it, but for the limits: the whole crowd comes from one address. */
export function startProduct(path: string): Promise<Shop> {
  return startShop({ DATA_DIR: path, RATE_LIMITS: 'off', LOG_LEVEL: 'warn', NODE_ENV: 'production' })
}

export type Starts = { emptyMs: number[]; againMs: number[]; idleMb: number | null }

/** Milliseconds from the command to its line `ready`, in an empty folder and in one that was used, and what it then takes. */
export async function startTimes(starts: number): Promise<Starts> {
  const found: Starts = { emptyMs: [], againMs: [], idleMb: null }
  for (let i = 0; i < starts; i++) {
    using folder = dataDir()
    for (const times of [found.emptyMs, found.againMs]) {
      const at = performance.now()
      const shop = await startProduct(folder.path)
      times.push(performance.now() - at)
      if (i === 0 && times === found.againMs) {
        await setTimeout(QUIET_MS)
        found.idleMb = memoryMb(shop.pid)
      }
      await shop.stop()
    }
  }
  return found
}

/** Of the process, resident; `null` where the system has no /proc. */
export function memoryMb(pid: number): number | null {
  try {
    const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kb) / 1024)
  } catch {
    return null
  }
}

export type Bare = AsyncDisposable & {
  url: string
  /** From now on it answers every request as `other` answers this one now. */
  copy(other: string, call: Call): Promise<void>
}

export async function startBare(): Promise<Bare> {
  const child: ChildProcess = fork(fileURLToPath(new URL('bare.ts', import.meta.url)))
  const [port] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}`,
    async copy(other, call) {
      child.send(await answerOf(other, call))
      await once(child, 'message')
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

/** Those that Node writes by itself, for both servers. */
const nodes = new Set(['date', 'connection', 'keep-alive'])

async function answerOf(url: string, { method, path, headers, body }: Call): Promise<Fixed> {
  const asked = request(url + path, {
    method,
    headers: { ...headers, ...(body && { 'content-length': Buffer.byteLength(body) }) },
  })
  asked.end(body)
  const [answer] = await once(asked, 'response')
  const raw: string[] = answer.rawHeaders
  const kept = raw.filter((_, i) => !nodes.has((raw[i - (i % 2)] as string).toLowerCase()))
  return { status: answer.statusCode, headers: kept, body: await text(answer) }
}
