import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** A command that takes longer hangs. */
const PATIENCE_MS = 240_000
const root = fileURLToPath(new URL('..', import.meta.url))

type Ran = { code: number | null; out: string; errors: string }

/** The command line as `npm run doorbuster --` runs it, for the shop of this folder. */
export function run(dataDir: string, ...args: string[]): Promise<Ran> {
  return ended(start(dataDir, ...args))
}

/** The same for a shop of these settings. */
export function runWith(settings: Record<string, string>, ...args: string[]): Promise<Ran> {
  return ended(startWith(settings, args))
}

async function ended(child: ReturnType<typeof start>): Promise<Ran> {
  const [[code], out, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { code, out, errors }
}

/** The same, for who does something to it meanwhile. */
export function start(dataDir: string, ...args: string[]) {
  return startWith({ DATA_DIR: dataDir }, args)
}

function startWith(settings: Record<string, string>, args: string[]) {
  const env = { ...process.env, SEED: 'none', LOG_LEVEL: 'error', ...settings }
  const options = { cwd: root, env, timeout: PATIENCE_MS }
  return spawn(process.execPath, ['launch.js', 'src/main.ts', ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
}

export async function good(dataDir: string, ...args: string[]): Promise<string> {
  const { code, out, errors } = await run(dataDir, ...args)
  assert.equal(code, 0, `${args.join(' ')}\n${out}\n${errors}`)
  return out
}

export async function bad(says: RegExp, dataDir: string, ...args: string[]): Promise<Ran> {
  const ran = await run(dataDir, ...args)
  const said = ran.out + ran.errors
  assert.equal(ran.code, 1, `${args.join(' ')}\n${said}`)
  assert.match(said, says)
  assert.doesNotMatch(said, /^ {4}at /m, 'people get a sentence, not a stack')
  return ran
}
