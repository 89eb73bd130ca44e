import '../test/coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canaries } from './canaries.ts'
import { hunt } from './plant.ts'

// The simulator is on trial here: each fault was made on purpose, and it must see it.
describe('canaries', { concurrency: 2 }, () => {
  for (const canary of canaries) {
    it(canary.name, { timeout: 120_000 }, async () => {
      const { isCaught, output } = await hunt(canary)
      assert.ok(isCaught, `not seen in ${canary.seeds} worlds:\n${output}`)
    })
  }
})

it('has thirty canaries and more, each with a name of its own', () => {
  assert.ok(new Set(canaries.map((canary) => canary.name)).size === canaries.length && canaries.length >= 30)
})
