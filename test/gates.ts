import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { apiTypes, apiTypesFile } from './api-types.ts'
import { breaches, readTree } from './tidy.ts'

export type Verdict = { ok: boolean; output: string }

/** What every change must pass. Each answers for the tree at `root`, so that a test can plant a breach in a copy. */
export const gates: Record<string, (root: string) => Promise<Verdict>> = {
  biome: (root) => node(root, '@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  types: (root) => node(root, 'typescript/bin/tsc', '--project', '.'),
  'api-types': describedTypes,
  'page-types': (root) => node(root, 'vue-tsc/bin/vue-tsc.js', '--project', 'web'),
  direction,
  knip: (root) => node(root, 'knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors'),
  tidy: async (root) => {
    const found = breaches(readTree(root))
    return { ok: found.length === 0, output: found.join('\n') }
  },
}

/** The page is compiled against what the API says of itself, so that a wrong field does not compile. */
async function describedTypes(root: string): Promise<Verdict> {
  const fresh = readFileSync(`${root}/${apiTypesFile}`, 'utf8') === (await apiTypes())
  return { ok: fresh, output: fresh ? '' : `${apiTypesFile} is not what the API says now: npm run types` }
}

const sources = ['src', 'sim', 'test', 'bench']

type Cruise = {
  summary: { violations: { from: string; to: string; rule: { name: string } }[] }
  modules: { source: string }[]
}

/** With a TypeScript that it does not know, dependency-cruiser reads no module, says so in passing and exits 0. So the files
 *  it has read are counted against those that are there. */
async function direction(root: string): Promise<Verdict> {
  const folders = sources.filter((folder) => existsSync(`${root}/${folder}`))
  const cruiser = 'dependency-cruiser/bin/dependency-cruiser.mjs'
  const run = await node(root, cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...folders)
  if (!run.ok) return run
  const { summary, modules } = JSON.parse(run.output) as Cruise
  const read = new Set(modules.map((module) => module.source))
  const unread = [...readTree(root).keys()].filter((path) => isModule(path) && !read.has(path))
  const lines = [
    ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
    ...unread.map((path) => `not read: ${path}`),
  ]
  if (read.size === 0) lines.push('nothing was read')
  return { ok: lines.length === 0, output: [...lines, `${read.size} modules read`].join('\n') }
}

const isModule = (path: string): boolean => path.endsWith('.ts') && sources.some((folder) => path.startsWith(`${folder}/`))

/** Runs a tool of node_modules by its file: its entry in `.bin` is a shell script on Windows. */
async function node(root: string, tool: string, ...args: string[]): Promise<Verdict> {
  const file = fileURLToPath(new URL(`../node_modules/${tool}`, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [code, output, errors] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  return { ok: code === 0, output: code === 0 ? output : `${output}${errors}` }
}
