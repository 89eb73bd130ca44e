import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../launch.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'launch-'))
const script = join(folder, 'script.ts')
writeFileSync(
  script,
  `const wanted: string | undefined = process.argv[2]
if (wanted !== 'wait') process.exitCode = Number(wanted)
else {
  setInterval(() => {}, 1000)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(7))
}
console.log(JSON.stringify({ version: process.versions.node, args: process.argv.slice(1) }))
`,
)

/** Every Node of this machine by its version: this one and what the search path holds. */
const nodes = new Map<string, string>()
for (const place of (process.env.PATH ?? '').split(delimiter)) {
  const file = join(place, process.platform === 'win32' ? 'node.exe' : 'node')
  try {
    accessSync(file)
    const version = execFileSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
    if (!nodes.has(version)) nodes.set(version, file)
  } catch {
    // None here, or one that this machine cannot run.
  }
}
nodes.set(process.versions.node, process.execPath)

const older = [...nodes].find(([version]) => Number.parseInt(version, 10) < 24)?.[1]

const started: ChildProcess[] = []
after(() => {
  for (const child of started) child.kill('SIGKILL')
})

function start(node: string, ...args: string[]) {
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  return child
}

async function run(node: string, ...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const child = start(node, ...args)
  const [[code], out, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { code, out, errors }
}

for (const [version, node] of nodes) {
  suite(`under Node ${version}`, { timeout: 90_000 }, () => {
    test('a script in TypeScript runs, with its arguments and its exit code', async () => {
      const { code, out, errors } = await run(node, launcher, script, '3', '--flag')
      assert.equal(errors, '')
      assert.equal(code, 3)
      const said = JSON.parse(out)
      assert.deepEqual(said.args, [script, '3', '--flag'])
      assert.ok(Number.parseInt(said.version, 10) >= 24)
    })

    test("Node's own flags are passed on", async () => {
      assert.deepEqual(await run(node, launcher, '-e', 'process.exit(4)'), { code: 4, out: '', errors: '' })
    })

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      test(`${signal} reaches the script, and its answer comes back`, async () => {
        const child = start(node, launcher, script, 'wait')
        await once(child.stdout, 'data')
        child.kill(signal)
        assert.deepEqual(await once(child, 'exit'), [7, null])
      })
    }

    test('a script that a signal ends lets the launcher end by that signal', async () => {
      const child = start(node, launcher, '-e', 'process.kill(process.pid, "SIGKILL")')
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
    })

    test('a script does not outlive a launcher that was killed', async () => {
      const child = start(node, launcher, script, 'wait')
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      // The pipe ends when both processes are gone.
      await once(child.stdout.resume(), 'end')
    })

    const skip = process.platform === 'win32' && 'no shell that is asked this way'
    test('a script ends by SIGTERM when the shell that npm started it in ends without passing it on', { skip }, async () => {
      const env = { ...process.env, npm_lifecycle_event: 'start' }
      const shell = spawn('sh', ['-c', '"$@"; true', 'sh', node, launcher, script, 'wait'], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      started.push(shell)
      await once(shell.stdout, 'data')
      shell.kill('SIGTERM')
      await once(shell.stdout.resume(), 'end')
    })
  })
}

const skip = older === undefined && 'no Node below 24 on the search path'
test('an old Node alone says in one sentence what to do', { skip }, async () => {
  const alone = join(folder, 'launch.mjs')
  cpSync(launcher, alone)
  const { code, out, errors } = await run(older as string, alone, script, '0')
  assert.equal(code, 1)
  assert.equal(out, '')
  assert.match(errors, /^Doorbuster needs Node 24\.6 or newer and this is [\d.]+: run `npm ci`, .*or install Node 24 .*\n$/)
})
