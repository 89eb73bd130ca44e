import '../test/coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runMany } from './many.ts'
import { runSeed } from './run.ts'
import { failedOnce } from './seeds.ts'

const SEEDS = Number(process.env.SIM_SEEDS ?? 10_000)
const main = fileURLToPath(new URL('./main.ts', import.meta.url))

describe('simulator', () => {
  it('holds every seed that ever failed', async () => {
    for (const seed of failedOnce()) assert.equal((await runSeed(seed)).broken, undefined, `npm run sim -- --seed ${seed}`)
  })

  it(`breaks no law in ${SEEDS} worlds`, { timeout: 600_000 }, async () => {
    const { failures, seeds, counts } = await runMany(1, SEEDS, 2)
    assert.equal(seeds, SEEDS)
    assert.deepEqual(failures.slice(0, 3), [], `npm run sim -- --seed ${failures[0]?.seed}`)
    // A simulator in which nothing happens would hold every law.
    assert.ok(counts.orders > SEEDS && counts.epochs > SEEDS / 2, JSON.stringify(counts))
  })

  it('tells the same story of the same seed, also in another process', { timeout: 120_000 }, async () => {
    const first = await runMany(1, 100, 1)
    const second = await runMany(1, 100, 2)
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--seeds', '100', '--threads', '1', '--first'])
    assert.equal(second.digest, first.digest)
    assert.ok(stdout.includes(`digest ${first.digest}`), stdout)
    assert.notEqual((await runMany(101, 100, 1)).digest, first.digest)
  })
})
