import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { type Shop, startShop } from './shop.ts'

/** Of script and style, compressed, before the sale can be seen and bought. */
const FIRST_LOAD_MAX = 120_000

suite('the page, as npm start builds and serves it', { timeout: 180_000 }, () => {
  let shop: Shop
  before(async () => {
    shop = await startShop({ SEED: 'demo' }, undefined, [], [])
  })
  after(() => shop?.stop())

  /** Bytes over the wire of all that a document names. */
  async function load(path: string): Promise<{ files: string[]; bytes: number }> {
    const document = await (await fetch(shop.url + path)).text()
    const files = [...document.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, file]) => file as string)
    let bytes = 0
    for (const file of files) {
      const answer = await fetch(shop.url + file, { headers: { 'accept-encoding': 'br' } })
      assert.equal(answer.status, 200, file)
      assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
      await answer.arrayBuffer()
      const length = Number(answer.headers.get('content-length'))
      assert.ok(answer.headers.get('content-encoding') === 'br' || length <= 1024, `${file} is sent as it is`)
      bytes += length
    }
    return { files, bytes }
  }

  test('every file that its documents name is there, small and kept', async () => {
    const { items } = await shop.api.get<{ items: { id: string }[] }>('/api/v1/sales/active')
    const { files, bytes } = await load(`/sales/${items[0]?.id}`)
    assert.ok(files.some((file) => file.endsWith('.js')) && files.some((file) => file.endsWith('.css')))
    assert.ok(bytes < FIRST_LOAD_MAX, `${bytes} bytes`)
    assert.ok((await load('/signed-in/silent')).files.length > 0)
  })

  test('a second start finds it and builds nothing', async (t) => {
    const second = await startShop({}, t, [], [])
    assert.doesNotMatch(second.output(), /building-page/)
    assert.match(await (await fetch(second.url)).text(), /Nothing on sale just now/)
  })
})

test('npm run dev: the sources and the shop at one address; both end together', { timeout: 120_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'dev-'))
  const port = await freePort()
  const dev = spawn(process.execPath, ['launch.js', 'web/dev.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, DOORBUSTER_LAUNCHER: String(process.pid), PORT: String(port), SEED: 'none', DATA_DIR: dir },
  })
  const ended = once(dev, 'close')
  t.after(async () => {
    dev.kill('SIGKILL')
    await ended
    rmSync(dir, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}`
  const lines: string[] = []
  assert.ok(dev.stdout)
  for await (const line of createInterface({ input: dev.stdout })) {
    lines.push(line)
    if (line === `page ${url}`) break
  }
  assert.ok(lines.includes(`page ${url}`), lines.join('\n'))
  const get = async (path: string) => (await fetch(url + path, { headers: { accept: 'text/html' } })).text()
  assert.match(await get('/sales/1'), /src="\/src\/main\.ts"/)
  assert.match(await get('/signed-in/silent?code=1'), /src="\/src\/silent\.ts"/)
  assert.match(await get('/api/v1/time'), /serverTime/)
  assert.equal(JSON.parse(await get('/oidc/.well-known/openid-configuration')).issuer, `${url}/oidc`)
  const socket = new WebSocket(`${url}/api/v1/live`)
  const [event] = (await once(socket, 'message')) as [{ data: string }]
  assert.equal(JSON.parse(event.data).type, 'hello')
  socket.close()
  dev.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})
