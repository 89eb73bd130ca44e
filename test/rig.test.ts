import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Fault, faults } from './rig/faults.ts'
import { type Kind, type Round, rounds } from './rig/rig.ts'
import { readTrace } from './rig/synced.ts'

const SEED = 20_261_121

async function run(kind: Kind, count: number): Promise<Round[]> {
  const done: Round[] = []
  for await (const round of rounds(kind, SEED, count)) done.push(round)
  return done
}

suite('the rig of real shops', { timeout: 240_000 }, () => {
  for (const kind of ['kill', 'power', 'stop', 'disk', 'clock'] as const) {
    const missing = (faults[kind] as Fault).missing?.()
    test(`every promise is kept: ${kind}`, { skip: missing }, async () => {
      for (const { did, wrong } of await run(kind, 1)) assert.deepEqual(wrong, [], did)
    })
  }

  test('a database that lost what was synced is found out', { skip: faults.planted.missing?.() }, async () => {
    const [round] = await run('planted', 1)
    assert.ok(
      round?.wrong.some((what) => /^lost: order .* is unknown$/.test(what)),
      JSON.stringify(round),
    )
  })

  test('what was written and not synced after it is read from the trace', () => {
    const trace = [
      '7 pwrite64(30</d/shop.db-wal>, ""..., 24, 0) = 24',
      '7 fsync(30</d/shop.db-wal>)           = 0',
      '7 pwrite64(30</d/shop.db-wal>, ""..., 4096, 24) = 4096',
      '7 pwrite64(23</d/other>, ""..., 512, 0) = 512',
      '7 fsync(23</d/other>) = 0',
      '7 pwrite64(31</d/shop.db>, ""..., 4096, 0 <unfinished ...>',
      '8 pwrite64(23</d/other>, ""..., 512, 0) = 512',
      '7 <... pwrite64 resumed>) = 4096',
      '7 fsync(31</d/shop.db> <unfinished ...>',
      '7 <... fsync resumed>) = 0',
      '7 pwrite64(31</d/shop.db>, ""..., 100, 4096) = 100',
      '7 fdatasync(31</d/shop.db> <unfinished ...>',
      '7 pwrite64(30</d/shop.db-wal>, ""..., 24, 4120) = ?',
      '7 +++ killed by SIGKILL +++',
    ]
    const unsynced = [...readTrace(trace.join('\n'), '/d/shop.db')].map(([path, file]) => [path, file.unsynced])
    assert.deepEqual(unsynced, [
      ['/d/shop.db', [{ from: 4096, to: 4196 }]],
      [
        '/d/shop.db-wal',
        [
          { from: 24, to: 4120 },
          { from: 4120, to: 4144 },
        ],
      ],
    ])
    assert.throws(() => readTrace(trace.slice(0, -1).join('\n'), '/d/shop.db'), /does not reach to the kill/)
  })
})
