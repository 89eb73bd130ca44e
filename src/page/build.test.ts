import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { systemClock as clock } from '../platform/clock.ts'
import { builtPage, type PageSources } from './build.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A page as small as can be, of sources of its own. */
function smallPage(): PageSources & { write(name: string, text: string): void } {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  folders.push(folder)
  const write = (name: string, text: string) => writeFileSync(join(folder, 'web', name), text)
  mkdirSync(join(folder, 'web/src'), { recursive: true })
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  write('index.html', '<!doctype html><!--facts--><div id="app"></div><script type="module" src="/src/main.ts"></script>')
  write('vite.config.ts', 'export default { build: { modulePreload: { polyfill: false } } }')
  write(
    'src/main.ts',
    `const words: string[] = ${JSON.stringify(Array.from({ length: 200 }, (_, n) => `word ${n}`))}\nconsole.log(words)`,
  )
  return { web: join(folder, 'web'), lockFile: join(folder, 'package-lock.json'), write }
}

/** Answers the folder and whether it had to be built. */
async function build(sources: PageSources, signal?: AbortSignal): Promise<{ folder: string; built: boolean }> {
  let built = false
  const building = () => {
    built = true
  }
  return { folder: await builtPage({ clock, building, signal }, sources), built }
}

const inDist = ({ web }: PageSources) => readdirSync(join(web, 'dist')).sort()

test('built once, with what is sent compressed beside it; what is there is not written again', { timeout: 240_000 }, async () => {
  const page = smallPage()
  // As a shop runs, whose own files are nobody else's business.
  const usual = process.umask(0o077)
  const { folder, built } = await build(page).finally(() => process.umask(usual))
  assert.equal(built, true)
  const [script = ''] = readdirSync(join(folder, 'assets')).filter((name) => name.endsWith('.js'))
  assert.match(script, /^\w+-[\w-]{8}\.js$/)
  assert.ok(readFileSync(join(folder, 'index.html'), 'utf8').includes(`src="/assets/${script}"`))
  const plain = readFileSync(join(folder, 'assets', script))
  assert.deepEqual(brotliDecompressSync(readFileSync(join(folder, 'assets', `${script}.br`))), plain)
  assert.deepEqual(gunzipSync(readFileSync(join(folder, 'assets', `${script}.gz`))), plain)
  assert.ok(!existsSync(join(folder, 'index.html.br')), 'too small to gain by it')
  for (const path of process.platform === 'win32' ? [] : [join(page.web, 'dist'), folder, join(folder, 'assets')]) {
    assert.equal(statSync(path).mode & 0o777, 0o755, 'others may serve it')
  }

  const times = () => inDist(page).map((name) => [name, statSync(join(page.web, 'dist', name)).mtimeMs])
  const before = times()
  assert.deepEqual(await build(page), { folder, built: false })
  assert.deepEqual(times(), before)

  const image = smallPage()
  cpSync(page.web, image.web, { recursive: true })
  rmSync(join(image.web, 'dist/lock'))
  assert.equal((await build(image)).built, false, 'wherever it lies')
  assert.ok(!existsSync(join(image.web, 'dist/lock')))
})

test('whatever it is made from makes it stale, a test does not; the one before is kept', { timeout: 240_000 }, async () => {
  const page = smallPage()
  const seen = [(await build(page)).folder]
  const changes = [
    () => page.write('src/main.ts', "console.log('changed')"),
    () => page.write('src/other.ts', ''),
    () => writeFileSync(page.lockFile, '{"version": 2}'),
  ]
  for (const change of changes) {
    change()
    const { folder, built } = await build(page)
    assert.deepEqual([built, seen.includes(folder)], [true, false])
    seen.unshift(folder)
  }
  const [now = '', before = '', old = ''] = seen
  assert.deepEqual([existsSync(now), existsSync(before), existsSync(old)], [true, true, false])
  page.write('src/main.test.ts', '')
  assert.deepEqual(await build(page), { folder: now, built: false })
})

test('sources that change meanwhile are built again, not kept under a name that is not theirs', {
  timeout: 240_000,
}, async () => {
  const page = smallPage()
  const changes = ["console.log('first')", "console.log('second')"]
  const building = () => {
    const change = changes.shift()
    // After the hash was taken and before the builder reads.
    if (change !== undefined) page.write('src/main.ts', change)
  }
  const folder = await builtPage({ clock, building }, page)
  const [script = ''] = readdirSync(join(folder, 'assets'))
  assert.match(readFileSync(join(folder, 'assets', script), 'utf8'), /second/)
  assert.deepEqual(inDist(page), [folder.slice(-16), 'lock'].sort())
  assert.deepEqual(await build(page), { folder, built: false })

  let n = 0
  const always = { clock, building: () => page.write('src/main.ts', `console.log(${n++})`) }
  page.write('src/main.ts', "console.log('before')")
  await assert.rejects(builtPage(always, page), { name: 'PageNotBuilt', message: /change faster/ })
})

test('many starts at once build once', { timeout: 240_000 }, async () => {
  const page = smallPage()
  const starts = await Promise.all([build(page), build(page), build(page)])
  assert.deepEqual(starts.map(({ built }) => built).sort(), [false, false, true])
  assert.equal(new Set(starts.map(({ folder }) => folder)).size, 1)
  assert.equal(inDist(page).length, 2)
})

test('a build that fails says why and what to do, and leaves nothing behind but the lock', { timeout: 240_000 }, async () => {
  const page = smallPage()
  page.write('src/main.ts', "import './gone.ts'")
  await assert.rejects(build(page), ({ name, message }: Error) => {
    assert.equal(name, 'PageNotBuilt')
    assert.match(message, /Run `npm ci` and start again.*--no-page/)
    assert.match(message, /gone\.ts/)
    assert.ok(!message.includes('\u001b') && !message.includes('node:internal'))
    return true
  })
  mkdirSync(join(page.web, 'dist/unfinished-1'))
  page.write('src/main.ts', "console.log('mended')")
  const { folder } = await build(page)
  assert.deepEqual(inDist(page), [folder.slice(-16), 'lock'].sort())
})

test('where it cannot be written, it says so', async () => {
  const page = smallPage()
  page.write('dist', 'a file')
  await assert.rejects(build(page), { name: 'PageNotBuilt', message: /cannot be written.*doorbuster -- build/ })
})

test('a start that is ended does not wait for it', { timeout: 240_000 }, async () => {
  const page = smallPage()
  const ended = new AbortController()
  const building = () => ended.abort()
  await assert.rejects(builtPage({ clock, building, signal: ended.signal }, page), { name: 'PageNotBuilt', message: /was ended/ })
  assert.equal((await build(page)).built, true)
})
