import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { canaries } from './canaries.ts'
import type { Canary, Change } from './canary.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Not caught within this, a fault turned the simulator in circles. */
const HUNT_MS = 110_000

/** Runs the simulator over a copy of the sources with the canary's fault in it, until it is caught or its seeds are used up. */
export async function hunt(
  { changes, seeds, ignored }: Canary,
  args = ['--seeds', String(seeds), '--threads', '1', '--first', ...(ignored ? ['--ignore', ignored] : [])],
): Promise<{ isCaught: boolean; output: string }> {
  using copy = plantIn(changes)
  const child = spawn(process.execPath, [copy.main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: HUNT_MS })
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (errors) throw new Error(errors)
  return { isCaught: code === 1, output }
}

/** A copy of the sources with these changes, for as long as it is used. */
function plantIn(changes: readonly Change[]) {
  const folder = mkdtempSync(join(tmpdir(), 'canary-'))
  const parts = ['src', 'sim', 'package.json']
  const filter = (path: string) => !path.endsWith('.test.ts')
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true, filter })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { file, find, replace } of changes) plant(join(folder, file), find, replace)
  return {
    main: join(folder, 'sim/main.ts'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The text must be there once: a canary whose perch was moved is an error, not a fault that nobody sees. */
function plant(path: string, find: string, replace: string): void {
  const source = readFileSync(path, 'utf8')
  const found = source.split(find).length - 1
  if (found !== 1) throw new Error(`${path} has ${found} times: ${find}`)
  writeFileSync(
    path,
    source.replace(find, () => replace),
  )
}

/** For people: the simulator as usual, with a canary in it. */
export async function plantCanary(name: string, args: string[]): Promise<number> {
  const canary = canaries.find((one) => one.name === name)
  if (!canary) {
    console.log(`There is no canary of that name. There are:\n${canaries.map((one) => `  ${one.name}`).join('\n')}`)
    return 2
  }
  using copy = plantIn(canary.changes)
  const rest = args.filter((arg, i) => !arg.startsWith('--canary') && args[i - 1] !== '--canary')
  const [code] = await once(spawn(process.execPath, [copy.main, ...rest], { stdio: 'inherit' }), 'close')
  return code
}
