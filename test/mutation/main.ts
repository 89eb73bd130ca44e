import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Stryker } from '@stryker-mutator/core'
import { machine } from '../../src/drill/drill.ts'
import { type Mutant, scoresOf, survivorsOf } from './score.ts'

const HELP = `npm run mutation -- [options] [files]
Changes the files in one place at a time (without files: all of src/core and src/purchase) and runs the tests that come there.
A change that no test notices has survived. Fails where less than 85 % of a folder's changes are noticed.
  --json FILE   the result, also as a file`

const NEEDED = 85
const root = fileURLToPath(new URL('../..', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, help: { type: 'boolean', default: false } },
})

if (values.help) console.log(HELP)
else report(await mutate(positionals.length > 0 ? positionals : ['src/core/*.ts', 'src/purchase/*.ts']))

async function mutate(files: string[]): Promise<Mutant[]> {
  process.chdir(root)
  // The runner starts `node` by its name, which may be an older one.
  process.env.PATH = dirname(process.execPath) + delimiter + process.env.PATH
  const stryker = new Stryker({
    mutate: [...files, '!**/*.test.ts'],
    // Without the others: what they would notice they notice late, and each costs a process for each change.
    tap: {
      testFiles: ['src/core/*.test.ts', 'src/purchase/*.test.ts'],
      nodeArgs: ['--test-reporter=tap', '--test-timeout=10000', '-r', '{{hookFile}}', '{{testFile}}'],
    },
    testRunner: 'tap',
    plugins: [import.meta.resolve('@stryker-mutator/tap-runner')],
    ignorePatterns: ['*', '!src/**', '!test/*.ts', '!package.json'],
    // The types are blanks to Node as they are.
    disableTypeChecks: false,
    // A machine that is busy with other things is not to be taken for a change that never ends.
    timeoutMS: 15_000,
    tempDirName: 'coverage/mutation',
    reporters: ['progress'],
  })
  return await stryker.runMutationTest()
}

function report(mutants: Mutant[]): void {
  const { folders, files } = scoresOf(root, mutants)
  const survivors = survivorsOf(root, mutants)
  for (const { at, what, from, to } of survivors) console.log(`${at} ${what}: ${from} -> ${to}`)
  for (const [name, { noticed, survived, percent }] of [...Object.entries(files), ...Object.entries(folders)])
    console.log(`${name.padEnd(34)} ${`${noticed}/${noticed + survived}`.padStart(10)} ${percent.toFixed(1).padStart(6)} %`)
  if (values.json !== undefined) {
    const command = `npm run mutation -- ${process.argv.slice(2).join(' ')}`
    const result = { command, at: new Date().toISOString(), machine: machine(), folders, files, survivors }
    mkdirSync(dirname(values.json), { recursive: true })
    writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`)
  }
  const shares = Object.values(folders).map(({ percent }) => percent)
  if (shares.length === 0 || Math.min(...shares) < NEEDED) process.exitCode = 1
}
