import { spawn } from 'node:child_process'
import { createHash, type Hash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import type { Clock } from '../platform/clock.ts'
import { holdLock } from '../platform/sqlite/lock.ts'

export type PageSources = {
  /** The folder of the page; what is built goes to its `dist`. */
  web: string
  /** Which versions it is built with. */
  lockFile: string
}
export type BuildParts = {
  clock: Clock
  /** It was not there and takes seconds. */
  building: () => void
  /** Ends a build that nobody waits for any more; also with `PageNotBuilt`. */
  signal?: AbortSignal
}

/** The page is not there and could not be made; the message says what to do. */
class PageNotBuilt extends Error {
  override name = 'PageNotBuilt'
}

const house = fileURLToPath(new URL('../../', import.meta.url))
const builder = join(house, 'web/build.ts')
const own: PageSources = { web: join(house, 'web'), lockFile: join(house, 'package-lock.json') }

const LOOK_AGAIN_MS = 100
const TRIES_MAX = 3
/** Of what the builder says when it fails, characters. */
const SAID_MAX = 2000

/**
 * Answers the folder of the built page, which is called by the hash of all that it is made from: where it is there, nothing
 * is written, and a running shop keeps the page that it was started with. Many starts at once build once. Throws
 * `PageNotBuilt`.
 */
export async function builtPage(parts: BuildParts, sources: PageSources = own): Promise<string> {
  const dist = join(sources.web, 'dist')
  const folder = join(dist, hashOf(sources))
  if (existsSync(folder)) return folder
  using _ = await soleBuilder(dist, parts)
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const built = await build(dist, parts, sources)
    if (built) return built
  }
  throw new PageNotBuilt('The sources of the page change faster than it can be built: `npm run dev` is made for that.')
}

/** By the one that holds the lock. Null: the sources changed meanwhile, and what came of it has no name. */
async function build(dist: string, { building, signal }: BuildParts, sources: PageSources): Promise<string | null> {
  const hash = hashOf(sources)
  const folder = join(dist, hash)
  if (existsSync(folder)) return folder
  building()
  removeUnfinished(dist)
  const fresh = join(dist, `${UNFINISHED}${process.pid}`)
  await runBuilder(sources.web, fresh, signal)
  if (hashOf(sources) !== hash) return null
  await rename(fresh, folder)
  await keepTwo(dist, hash)
  return folder
}

const UNFINISHED = 'unfinished-'

async function soleBuilder(dist: string, { clock, signal }: BuildParts): Promise<Disposable> {
  for (;;) {
    if (signal?.aborted) throw ended()
    const lock = lockIn(dist)
    if (lock) return lock
    await clock.sleep(LOOK_AGAIN_MS, signal)
  }
}

function lockIn(dist: string): Disposable | undefined {
  try {
    // What this process writes is for its user alone; the page may be built by one and served by another.
    if (mkdirSync(dist, { recursive: true }) !== undefined) chmodSync(dist, 0o755)
    return holdLock(join(dist, 'lock'))
  } catch (error) {
    const why = `the page must be built and ${dist} cannot be written (${(error as Error).message})`
    throw new PageNotBuilt(`${why}: run \`npm run doorbuster -- build\` where it can be, or start with --no-page.`)
  }
}

const ended = () => new PageNotBuilt('The start was ended while the page was built.')

/** Of a start that was killed. */
function removeUnfinished(dist: string): void {
  const unfinished = readdirSync(dist).filter((name) => name.startsWith(UNFINISHED))
  for (const name of unfinished) rmSync(join(dist, name), { recursive: true, force: true })
}

async function runBuilder(web: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const child = spawn(process.execPath, [builder, web, folder], { stdio: ['ignore', 'ignore', 'pipe'], signal })
  const { promise: exit, resolve } = Promise.withResolvers<number | null>()
  child.once('close', resolve).once('error', () => resolve(null))
  const [said, code] = await Promise.all([text(child.stderr), exit])
  if (code === 0) return
  if (signal?.aborted) throw ended()
  const advice = 'Run `npm ci` and start again, or start with --no-page.'
  const reason = stripVTControlCharacters(said).slice(0, SAID_MAX).trimEnd()
  throw new PageNotBuilt(`The page could not be built. ${advice} The builder said:\n${reason}`)
}

/** A shop of the version before may still run from its own. */
async function keepTwo(dist: string, hash: string): Promise<void> {
  const others = readdirSync(dist).filter((name) => /^[0-9a-f]{16}$/.test(name) && name !== hash)
  const age = (name: string) => statSync(join(dist, name)).mtimeMs
  const [, ...old] = others.sort((a, b) => age(b) - age(a))
  for (const name of old) await rm(join(dist, name), { recursive: true, force: true })
}

/** Of every file that is not a test, by its path. */
function hashOf({ web, lockFile }: PageSources): string {
  const hash = createHash('sha256')
  add(hash, 'package-lock.json', lockFile)
  const skipped = new Set(['dist', 'node_modules'])
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && !skipped.has(entry.name)) walk(path)
      if (entry.isFile() && !entry.name.endsWith('.test.ts')) add(hash, relative(web, path).replaceAll('\\', '/'), path)
    }
  }
  walk(web)
  return hash.digest('hex').slice(0, 16)
}

function add(hash: Hash, name: string, path: string): void {
  const bytes = readFileSync(path)
  hash.update(`${name}\0${bytes.length}\0`).update(bytes)
}
