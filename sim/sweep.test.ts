import assert from 'node:assert/strict'
import { it } from 'node:test'
import { canaries } from './canaries.ts'
import { hunt } from './plant.ts'
import { breachWords, stories, sweep } from './sweep.ts'

it('short stories end well, whichever call fails and however', { timeout: 300_000 }, async () => {
  const breaches: string[] = []
  const runs = await sweep((breach) => breaches.push(breachWords(breach)))
  assert.deepEqual(breaches.slice(0, 5), [])
  assert.ok(runs > 100 * stories.length, `${runs} failures were tried`)
})

it('names the call at which a planted fault shows', { timeout: 120_000 }, async () => {
  const canary = canaries.find(({ name }) => name === 'done before it is published')
  assert.ok(canary)
  const { isCaught, output } = await hunt(canary, ['--sweep', '--first'])
  assert.ok(isCaught)
  assert.match(output, /one buys: refuse at call \d+, shop-\d events.append: I6 everything finishes/)
})
