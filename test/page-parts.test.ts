import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const web = fileURLToPath(new URL('../web', import.meta.url))
const vitest = join(dirname(createRequire(join(web, 'package.json')).resolve('vitest/package.json')), 'vitest.mjs')

// The page's parts are tested where they live, by vitest, which compiles them as the build does; here it is one test of all.
test('the parts of the page', { timeout: 180_000 }, async () => {
  const child = spawn(process.execPath, [vitest, 'run'], {
    cwd: web,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  assert.equal(code, 0, `${output}\n${errors}`)
  assert.match(output, /Tests\s+\d+ passed/)
})
