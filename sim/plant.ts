import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Canary, canaries } from './canaries.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

export type Hunt = { canary: Canary; output: string; isCaught: boolean }

/** Runs the simulator over a copy of the sources with the canary's fault in it. */
async function hunt(canary: Canary, args: string[], inherit = false): Promise<Hunt> {
  const folder = mkdtempSync(join(tmpdir(), 'canary-'))
  try {
    for (const part of ['src', 'sim']) {
      cpSync(join(root, part), join(folder, part), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
    }
    cpSync(join(root, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const { file, find, replace } of canary.changes) plant(join(folder, file), find, replace)
    const child = spawn(process.execPath, [join(folder, 'sim/main.ts'), ...args], {
      stdio: inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    const exit = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const output = child.stdout && child.stderr ? await Promise.all([text(child.stdout), text(child.stderr)]) : []
    const code = await exit
    return { canary, output: output.join(''), isCaught: code === 1 && !output[1] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
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
  const rest = args.filter((arg, i) => !arg.startsWith('--canary') && args[i - 1] !== '--canary')
  const { isCaught } = await hunt(canary, rest, true)
  return isCaught ? 1 : 0
}
