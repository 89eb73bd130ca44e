import '../test/coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { canaries } from './canaries.ts'
import { hunt } from './plant.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

// In a process of its own: what the test runner hooks into promises makes each step take twice as long.
it('short stories end well, whichever call fails and however', { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--sweep'])
  const [, runs] = /^(\d+) times a story was played and failed at one call: 0 broken$/m.exec(stdout) ?? assert.fail(stdout)
  assert.ok(Number(runs) > 1000, stdout)
})

it('names the call at which a planted fault shows', { timeout: 120_000 }, async () => {
  const canary = canaries.find(({ name }) => name === 'done before it is published')
  assert.ok(canary)
  const { isCaught, output } = await hunt(canary, ['--sweep', '--first'])
  assert.ok(isCaught)
  assert.match(output, /one buys: refuse at call \d+, shop-\d events.append: I6 everything finishes/)
})
