import { readFileSync } from 'node:fs'
import { posix, relative, sep } from 'node:path'
import type { Stryker } from '@stryker-mutator/core'

type Result = Awaited<ReturnType<Stryker['runMutationTest']>>[number]
/** One change of a source, and what became of it. */
export type Mutant = Pick<Result, 'fileName' | 'location' | 'mutatorName' | 'replacement' | 'status'>

/** `timedOut`: of those that were noticed, by never coming to an end. */
export type Score = { noticed: number; timedOut: number; survived: number; percent: number }
export type Survivor = { at: string; what: string; from: string; to: string }

/** By folder and by file of `root`, each folder before its files. What does not run at all counts for nothing. */
export function scoresOf(root: string, mutants: Mutant[]): { folders: Record<string, Score>; files: Record<string, Score> } {
  const by = (key: (mutant: Mutant) => string) => {
    const groups = [...Map.groupBy(mutants, key)].sort(([one], [other]) => (one < other ? -1 : 1))
    return Object.fromEntries(groups.map(([name, some]) => [name, scoreOf(some)]))
  }
  return { folders: by((mutant) => posix.dirname(pathOf(root, mutant))), files: by((mutant) => pathOf(root, mutant)) }
}

function scoreOf(mutants: Mutant[]): Score {
  const timedOut = mutants.filter(({ status }) => status === 'Timeout').length
  const noticed = timedOut + mutants.filter(({ status }) => status === 'Killed').length
  const survived = mutants.filter(hasSurvived).length
  const percent = noticed + survived === 0 ? 0 : Math.floor((1000 * noticed) / (noticed + survived)) / 10
  return { noticed, timedOut, survived, percent }
}

/** `NoCoverage`: no test comes there at all. */
function hasSurvived({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage'
}

function pathOf(root: string, { fileName }: Mutant): string {
  return relative(root, fileName).replaceAll(sep, '/')
}

/** Each where it is, and what was put in the place of what. */
export function survivorsOf(root: string, mutants: Mutant[]): Survivor[] {
  return mutants.filter(hasSurvived).map((mutant) => {
    const { location, mutatorName, replacement, status } = mutant
    const what = status === 'NoCoverage' ? `${mutatorName}, where no test comes` : mutatorName
    const at = `${pathOf(root, mutant)}:${location.start.line}:${location.start.column}`
    return { at, what, from: inOne(cut(readFileSync(mutant.fileName, 'utf8'), location)), to: inOne(replacement) }
  })
}

const inOne = (text: string) => text.replace(/\s+/g, ' ').trim()

/** Lines and columns count from 1; the end is behind the last. */
function cut(text: string, { start, end }: Mutant['location']): string {
  const lines = text.split('\n').slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines.at(-1)?.slice(0, end.column - 1) ?? ''
  lines[0] = lines[0]?.slice(start.column - 1) ?? ''
  return lines.join('\n')
}
