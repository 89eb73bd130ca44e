import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { branchesOf } from './coverage/branches.ts'
import { coverage } from './coverage/report.ts'

suite('the ways through a source', () => {
  const ways: [source: string, ways: string][] = [
    ['if (a) b()', 'not if, if'],
    ['if (a) b()\nelse c()', 'if, else'],
    ['a ? b : c', '?, :'],
    ['a && b', 'not &&, &&'],
    ['a ?? b', 'not ??, ??'],
    ['a || b', 'not ||, ||'],
    ['switch (a) { case 1: case 2: b(); break; default: c() }', 'case, case'],
    ['try { a() } catch { b() }', 'catch'],
    ['for (const a of b) c()', 'loop'],
    ['while (a) b()', 'loop'],
    ['function a() {}', 'call'],
    ['const a = (b) => (c) => d', 'call, call'],
    ['class A { get b() { return 1 } constructor() {} }', 'call, call'],
    ['type A = B extends C ? D : E', ''],
    ['declare function a(): void', ''],
  ]
  for (const [source, expected] of ways) {
    test(source, () =>
      assert.equal(
        branchesOf('a.ts', source)
          .map(({ what }) => what)
          .join(', '),
        expected,
      ),
    )
  }
})

const sale = `export function state(now: number, start: number, end: number | null): string {
  if (now < start) return 'before'
  return end !== null && now >= end ? 'after' : 'open'
}
`
/** Together they go every way through it. */
const calls = { process: 'state(1, 2, null)', thread: 'state(3, 2, null)', child: 'state(3, 2, 3)' }

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A tree in which the calls were made, `planted` besides, and the verdict on it. */
async function judged(made: Partial<typeof calls>, planted: Record<string, string> = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'coverage-')))
  folders.push(root)
  const counted = join(root, 'counted')
  const script = (call: keyof typeof calls) => `import { state } from './src/core/sale.ts'\n${made[call] ?? ''}\n`
  const files = {
    'src/core/sale.ts': sale,
    'src/purchase/place.ts': 'export const place = () => {}\n',
    'src/ledger/ledger.ts': 'export const take = () => {}\n',
    'thread.ts': script('thread'),
    'child.ts': script('child'),
    'run.ts': [
      "import { execFileSync } from 'node:child_process'",
      "import { Worker } from 'node:worker_threads'",
      "import { take } from './src/ledger/ledger.ts'",
      "import { place } from './src/purchase/place.ts'",
      script('process'),
      'take()',
      'place()',
      "execFileSync(process.execPath, ['child.ts'])",
      "new Worker('./thread.ts')",
    ].join('\n'),
    'counted/coverage-1-1-0.json': '{"result": [{"url": "file:///',
    ...planted,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const env = { ...process.env, NODE_V8_COVERAGE: counted, NODE_DISABLE_COMPILE_CACHE: '1' }
  await promisify(execFile)(process.execPath, ['run.ts'], { cwd: root, env })
  return coverage(root, counted)
}

suite('the gate', { concurrency: 2 }, () => {
  test('what processes and threads did counts together, whichever was cut off while it wrote', async () => {
    const { ok, output } = await judged(calls)
    assert.match(output, /^src\/core +7\/7 +100\.0 % of 95 %$/m)
    assert.match(output, /^src +9\/9 +100\.0 % of 85 %$/m)
    assert.ok(ok, output)
  })

  const missing = {
    process: ['src/core/sale.ts:2 if'],
    thread: ['src/core/sale.ts:3 not &&', 'src/core/sale.ts:3 :'],
    child: ['src/core/sale.ts:3 &&', 'src/core/sale.ts:3 ?'],
  }
  for (const call of ['process', 'thread', 'child'] as const) {
    test(`red: without the call of the ${call}`, async () => {
      const { ok, output } = await judged({ ...calls, [call]: '' })
      assert.equal(ok, false)
      assert.match(output, /^src\/core .* FAILED: needs 95 %$/m)
      assert.deepEqual(output.match(/(?<=^ {2})src.*/gm), missing[call])
    })
  }

  test('red: a file that no test loads', async () => {
    const { ok, output } = await judged(calls, { 'src/core/money.ts': 'export const money = (a: number) => (a ? 1 : 2)\n' })
    assert.equal(ok, false)
    assert.match(output, /^src\/core +7\/10 +70\.0 % FAILED/m)
  })

  test('red: all of src, where no folder alone is too low', async () => {
    const { ok, output } = await judged(calls, { 'src/http/a.ts': 'export const a = (b: number) => (b ? 1 : 2)\n' })
    assert.equal(ok, false)
    assert.match(output, /^src\/http +0\/3 +0\.0 %$/m)
    assert.match(output, /^src +9\/12 +75\.0 % FAILED: needs 85 %$/m)
  })

  test('red: nothing was counted, and there are no such folders', () => {
    const empty = mkdtempSync(join(tmpdir(), 'coverage-'))
    folders.push(empty)
    const { ok, output } = coverage(empty, empty)
    assert.equal(ok, false)
    assert.match(output, /^FAILED: no source in src\/core$/m)
  })
})
