import { globSync, readFileSync } from 'node:fs'
import { posix, sep } from 'node:path'
import type { Verdict } from '../gates.ts'
import { branchesOf } from './branches.ts'
import { type Counts, readCounts } from './counts.ts'

/** The least share of the branches that the tests must take, percent; `src` is all of it, any other the folder alone. */
const floors: Record<string, number> = { 'src/core': 95, 'src/purchase': 95, 'src/ledger': 95, src: 85 }

type Folder = { branches: number; untaken: string[] }

/** A line a folder, then the branches that are missing where too many are. `folder` is what a run of the tests has left there.
 *  `show`: name also the missing branches of the files whose path begins so. */
export function coverage(root: string, folder: string, show?: string): Verdict {
  const folders = foldersOf(root, readCounts(folder, root))
  const lines = [...folders].map(([name, { branches, untaken }]) => {
    const floor = floors[name] === undefined ? '' : `${isEnough(folders, name) ? 'of' : 'FAILED: needs'} ${floors[name]} %`
    const taken = `${branches - untaken.length}/${branches}`
    return `${name.padEnd(20)} ${taken.padStart(10)} ${share(folders, name).toFixed(1).padStart(6)} % ${floor}`.trimEnd()
  })
  const short = Object.keys(floors).filter((name) => !isEnough(folders, name))
  for (const name of short) if (!folders.has(name)) lines.push(`FAILED: no source in ${name}`)
  const shown = (folders.get('src')?.untaken ?? []).filter(
    (branch) => short.some((name) => branch.startsWith(`${name}/`)) || (show !== undefined && branch.startsWith(show)),
  )
  return { ok: short.length === 0, output: [...lines, ...shown.map((branch) => `  ${branch}`)].join('\n') }
}

/** By name; `src` as a whole comes last. */
function foldersOf(root: string, counts: Map<string, Counts>): Map<string, Folder> {
  const folders = new Map<string, Folder>()
  const all: Folder = { branches: 0, untaken: [] }
  for (const path of sources(root)) {
    const name = posix.dirname(path) === 'src' ? 'src/*.ts' : posix.dirname(path)
    const folder = folders.get(name) ?? { branches: 0, untaken: [] }
    folders.set(name, folder)
    const count = counts.get(path) ?? (() => 0)
    const branches = branchesOf(path, readFileSync(`${root}/${path}`, 'utf8'))
    const untaken = branches.filter(({ at, unlike }) => count(at) <= (unlike === undefined ? 0 : count(unlike)))
    for (const into of [folder, all]) {
      into.branches += branches.length
      into.untaken.push(...untaken.map(({ line, what }) => `${path}:${line} ${what}`))
    }
  }
  return folders.set('src', all)
}

function sources(root: string): string[] {
  const paths = globSync('src/**/*.ts', { cwd: root }).map((path) => path.replaceAll(sep, '/'))
  return paths.filter((path) => !/\.(test|contract|d)\.ts$/.test(path)).sort()
}

/** Percent; of nothing, none, so that a folder that was renamed is missed. */
function share(folders: Map<string, Folder>, name: string): number {
  const { branches, untaken } = folders.get(name) ?? { branches: 0, untaken: [] }
  return branches === 0 ? 0 : (100 * (branches - untaken.length)) / branches
}

const isEnough = (folders: Map<string, Folder>, name: string): boolean => share(folders, name) >= (floors[name] ?? 0)
