import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Mutant, scoresOf, survivorsOf } from './mutation/score.ts'

const root = mkdtempSync(join(tmpdir(), 'mutation-'))
after(() => rmSync(root, { recursive: true, force: true }))
mkdirSync(join(root, 'src/core'), { recursive: true })
writeFileSync(join(root, 'src/core/sale.ts'), 'export const a = (b: number) =>\n  b > 0 &&\n  b < 9\n')

function mutant(status: Mutant['status'], path = 'src/core/sale.ts', lines = [2, 3]): Mutant {
  const [from = 0, to = 0] = lines
  const location = { start: { line: from, column: 3 }, end: { line: to, column: 8 } }
  return { fileName: join(root, path), location, mutatorName: 'ConditionalExpression', replacement: 'true', status }
}

test('noticed is what failed a test or never ended; what did not run at all counts for nothing', () => {
  const mutants = (['Killed', 'Killed', 'Timeout', 'Survived', 'NoCoverage', 'RuntimeError', 'CompileError'] as const).map(
    (status) => mutant(status),
  )
  const score = { noticed: 3, timedOut: 1, survived: 2, percent: 60 }
  assert.deepEqual(scoresOf(root, mutants), { folders: { 'src/core': score }, files: { 'src/core/sale.ts': score } })
})

test('a folder has the score of all of its files, and is not rounded up to what is needed', () => {
  const many = (status: Mutant['status'], path: string, count: number) =>
    Array.from({ length: count }, () => mutant(status, path))
  const { folders, files } = scoresOf(root, [
    ...many('Killed', 'src/core/a.ts', 8490),
    ...many('Survived', 'src/core/b.ts', 1510),
    ...many('Killed', 'src/purchase/c.ts', 8499),
    ...many('Survived', 'src/purchase/c.ts', 1501),
    mutant('RuntimeError', 'src/gate/d.ts'),
  ])
  assert.deepEqual(
    Object.entries(folders).map(([name, { percent }]) => [name, percent]),
    [
      ['src/core', 84.9],
      ['src/gate', 0],
      ['src/purchase', 84.9],
    ],
  )
  assert.deepEqual([files['src/core/a.ts']?.percent, files['src/core/b.ts']?.percent], [100, 0])
})

test('a survivor is told by its place and by what was put in the place of what', () => {
  const [one, other] = survivorsOf(root, [mutant('Survived'), mutant('Killed'), mutant('NoCoverage', undefined, [2, 2])])
  assert.deepEqual(one, { at: 'src/core/sale.ts:2:3', what: 'ConditionalExpression', from: 'b > 0 && b < 9', to: 'true' })
  assert.deepEqual([other?.what, other?.from], ['ConditionalExpression, where no test comes', 'b > 0'])
})
