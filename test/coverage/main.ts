import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { coverage } from './report.ts'

const HELP = `npm run coverage -- [options]
The branches of src/ that the tests take, a line a folder; fails where they are too few.
  --from FOLDER   what the tests have left there, run with NODE_V8_COVERAGE=FOLDER and NODE_DISABLE_COMPILE_CACHE=1;
                  without it they are run first, all but the simulator's
  --show PATH     name the branches that are missing in the files whose path begins so: --show src/http`

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({
  options: { from: { type: 'string' }, show: { type: 'string' }, help: { type: 'boolean', default: false } },
})

if (values.help) console.log(HELP)
else if (values.from !== undefined) report(values.from)
else await runAndReport()

async function runAndReport(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
  try {
    // Of what comes from the compile cache V8 may not count the branches.
    const env = { ...process.env, NODE_V8_COVERAGE: folder, NODE_DISABLE_COMPILE_CACHE: '1' }
    const args = ['--test', '--test-reporter=spec', 'src/**/*.test.ts', 'test/**/*.test.ts']
    const [code] = await once(spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' }), 'close')
    report(folder)
    if (code !== 0) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(folder: string): void {
  const { ok, output } = coverage(root, folder, values.show)
  console.log(output)
  if (!ok) process.exitCode = 1
}
