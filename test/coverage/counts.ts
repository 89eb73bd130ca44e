import { readdirSync, readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

type Range = { startOffset: number; endOffset: number; count: number }
type Script = { url: string; functions: { ranges: Range[] }[] }

/** How often the code at an offset ran, in all processes and threads together. */
export type Counts = (offset: number) => number

/**
 * What V8 wrote into `folder` (NODE_V8_COVERAGE) about the sources of `root`: repository path -> counts. Each process and thread
 * is asked for itself, as V8 names only ranges whose count differs from what is around them; merging the ranges instead, as
 * Node's own report does, leaves holes where one process saw more than another.
 */
export function readCounts(folder: string, root: string): Map<string, Counts> {
  const home = pathToFileURL(`${root}/`).href
  const scripts = new Map<string, Range[][]>()
  for (const name of readdirSync(folder)) {
    if (!/^coverage-.*\.json$/.test(name)) continue
    for (const { url, functions } of whole(readFileSync(`${folder}/${name}`, 'utf8'))) {
      if (!url.startsWith(home)) continue
      const path = relative(root, fileURLToPath(url)).replaceAll(sep, '/')
      const runs = scripts.get(path) ?? []
      runs.push(functions.flatMap(({ ranges }) => ranges))
      scripts.set(path, runs)
    }
  }
  return new Map([...scripts].map(([path, runs]) => [path, (at) => runs.reduce((sum, ranges) => sum + innermost(ranges, at), 0)]))
}

/** A process that was killed while it wrote has counted for nothing. */
function whole(text: string): Script[] {
  try {
    return JSON.parse(text).result
  } catch {
    return []
  }
}

function innermost(ranges: Range[], at: number): number {
  let found: Range | undefined
  for (const range of ranges) {
    if (at < range.startOffset || at >= range.endOffset) continue
    if (!found || range.endOffset - range.startOffset <= found.endOffset - found.startOffset) found = range
  }
  return found?.count ?? 0
}
