import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import type { NewSale } from '../books/books.ts'
import { LocalRate } from '../gate/local-rate.ts'
import type { App } from '../platform/http.ts'
import { systemRandom as random } from '../platform/random.ts'
import { docsRoutes } from './docs-routes.ts'
import { Page } from './page-document.ts'
import { lostVisitor, pageRoutes } from './page-routes.ts'
import { saleRoutes } from './sale-routes.ts'
import { makeServer } from './server.ts'

const script = "console.log('opened')\n".repeat(100)
const document = [
  '<!doctype html>',
  '<html lang="en">',
  '<head><!--facts--><script type="module" src="/assets/page-a1.js"></script></head>',
  '<body><div id="app"></div></body>',
  '</html>',
].join('\n')
const folder = builtFolder()
after(() => rmSync(folder, { recursive: true }))

function builtFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content)
  mkdirSync(join(folder, 'assets'))
  write('index.html', document)
  write('silent.html', '<!doctype html><title>silent</title>')
  write('assets/page-a1.js', script)
  write('assets/page-a1.js.br', brotliCompressSync(script))
  write('assets/page-a1.js.gz', gzipSync(script))
  write('assets/mark-b2.svg', '<svg/>')
  write('secret.js', 'not to be served')
  return folder
}

async function openShop(publicUrl: string | null = null, cards: 'none' | 'demo' = 'none') {
  const shop = memoryShop()
  const { board, runSale } = shop.process()
  const parts = { board, sales: shop.sales, clock: shop.clock, random, endingSoonMs: 1000 }
  const page = new Page(folder, cards)
  const tokens = { known: () => undefined, check: async () => undefined }
  const server = { log: pino({ level: 'silent' }), random, version: '0', rate: new LocalRate(shop.clock), tokens }
  const app: App = await makeServer({ ...server, lost: lostVisitor(page) }, (app) => {
    saleRoutes(app, parts)
    docsRoutes(app)
    pageRoutes(app, { ...parts, page, publicUrl })
  })
  after(() => app.close())
  async function ask(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' | 'POST' = 'GET') {
    const { statusCode: status, headers: got, body, rawPayload } = await app.inject({ url, method, headers })
    return { status, headers: got, body, rawPayload }
  }
  /** A sale of one product that costs less than on other days. */
  async function sale(more: Partial<NewSale> & { productName?: string; image?: string } = {}) {
    const { productName = 'Cup', image = null, ...rest } = more
    const productId = newId()
    shop.record.addProduct({ id: productId, name: productName, image, price: 2000 })
    const items = [{ productId, price: 1000, currency: 'EUR', quantity: 1200 }]
    const { id } = await shop.sale(1, { items, ...rest })
    await runSale.refresh()
    return id
  }
  return { ...shop, ask, sale, refresh: () => runSale.refresh(), board }
}

function factsOf(body: string): unknown {
  const [, text = ''] = /<script type="application\/json" id="facts">(.*?)<\/script>/s.exec(body) ?? []
  return JSON.parse(text)
}

const people = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

test('each address of the page brings the document, never cached, with a policy that lets nothing inline run', async () => {
  const { ask, sale } = await openShop()
  const paths = ['/', `/sales/${await sale()}`, '/products', '/products/1', '/categories/A%20b', '/orders', '/orders/1']
  for (const path of [...paths, '/account', '/signed-in?code=1', '/operator', '/operator/sales/1/edit', '/?from=mail']) {
    const { status, headers, body } = await ask(path, people)
    assert.equal(status, 200, path)
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    assert.match(String(headers['permissions-policy']), /camera=\(\)/)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'$/)
    assert.doesNotMatch(policy, /unsafe|nonce|sha256|\*/)
    assert.match(body, /<html lang="en">/)
    // What is inline is data, and says so.
    for (const [tag] of body.matchAll(/<script[^>]*>/g)) assert.match(tag, / src="\/assets\/| type="application\/json"/)
    assert.doesNotMatch(body, /<style|style="|<[^>]+ on\w+=/)
    const head = await ask(path, people, 'HEAD')
    assert.deepEqual([head.status, head.body, head.headers['content-type']], [200, '', headers['content-type']])
  }
})

test('assets are kept for a year and sent in the smallest form that is taken', async () => {
  const { ask } = await openShop()
  const plain = await ask('/assets/page-a1.js')
  assert.deepEqual([plain.status, plain.body], [200, script])
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
  const forms: [accepted: string, coding: string | undefined][] = [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['BR;q=1.0', 'br'],
    ['identity', undefined],
    ['brotli', undefined],
  ]
  for (const [accepted, coding] of forms) {
    const { headers, rawPayload } = await ask('/assets/page-a1.js', { 'accept-encoding': accepted })
    assert.deepEqual([headers['content-encoding'], headers.vary], [coding, 'accept-encoding'], accepted)
    const read = coding === 'br' ? brotliDecompressSync : coding === 'gzip' ? gunzipSync : (bytes: Buffer) => bytes
    assert.equal(String(read(rawPayload)), script)
  }
  const small = await ask('/assets/mark-b2.svg', { 'accept-encoding': 'br' })
  assert.deepEqual([small.headers['content-encoding'], small.body], [undefined, '<svg/>'])
  const shown = await ask('/', { 'accept-encoding': 'br' })
  assert.match(String(brotliDecompressSync(shown.rawPayload)), /<div id="app">/)
})

test('an asset that is not there is a problem that nobody keeps, and no other file can be had', async () => {
  const { ask } = await openShop()
  const others = ['page-a2.js', 'page-a1.js.br', '..%2fsecret.js', '', 'a/b.js', '__proto__']
  for (const name of others) {
    const { status, headers, body } = await ask(`/assets/${name}`, people)
    assert.deepEqual([status, JSON.parse(body).code], [404, 'not-found'], name)
    assert.doesNotMatch(String(headers['cache-control']), /max-age/)
  }
})

test('each visitor loads all files, however many come from one address', async () => {
  const { ask } = await openShop()
  for (let n = 0; n < 300; n++) assert.equal((await ask('/assets/page-a1.js')).status, 200)
  assert.equal((await ask('/')).status, 200)
  for (let n = 0; n < 300; n++) await ask('/')
  assert.equal((await ask('/')).status, 429)
})

test('the facts are there without a script: name, products, prices, stock and times', async () => {
  const { ask, sale, clock } = await openShop()
  const id = await sale({ name: 'Opening sale' })
  const { body } = await ask('/')
  const [, shown = ''] = /<noscript>(.*)<\/noscript>/s.exec(body) ?? []
  assert.match(shown, /One sale is on/)
  assert.ok(shown.includes(`<h2><a href="/sales/${id}">Opening sale</a></h2>`))
  assert.match(shown, /<li>Cup: <strong>€10\.00<\/strong> <s>€20\.00<\/s>, 1,200 of 1,200 left<\/li>/)
  assert.ok(shown.includes(`<time datetime="${new Date(clock.now() + 3600_000).toISOString()}">`))
  assert.match(shown, /one for each buyer/)

  const own = (await ask(`/sales/${id}`)).body
  assert.match(own, /<title>Opening sale · Doorbuster<\/title>/)
  assert.match(own, /<meta name="description" content="Cup for €10\.00 instead of €20\.00\. From /)
  assert.match(own, /<meta property="og:title" content="Opening sale · Doorbuster">/)
  assert.match(own, /<h1>Opening sale<\/h1>/)
})

test('no sale is planned, one is to come', async () => {
  const { ask, sale, clock } = await openShop()
  assert.match((await ask('/')).body, /<h1>Nothing on sale just now<\/h1>/)
  await sale({ name: 'Later', startTime: clock.now() + 60_000 })
  await clock.advance(250)
  assert.match((await ask('/')).body, /<h1>The next sale is coming<\/h1>[\s\S]*Later[\s\S]*Scheduled\./)
})

test('the script is told exactly what the API says', async () => {
  const { ask, sale, clock } = await openShop()
  const id = await sale()
  const api = async (path: string) => JSON.parse((await ask(`/api/v1/sales/${path}`)).body)
  assert.deepEqual(factsOf((await ask('/')).body), { active: await api('active') })
  const both = { sale: await api(id), status: await api(`${id}/status`) }
  assert.deepEqual(factsOf((await ask(`/sales/${id}`)).body), { sale: both })
  assert.equal(both.status.items[0].remaining, 1200)
  assert.deepEqual(factsOf((await ask('/orders')).body), {})
  const later = await sale({ startTime: clock.now() + 48 * 3600_000, endTime: clock.now() + 49 * 3600_000 })
  await clock.advance(250)
  const { items } = (factsOf((await ask('/')).body) as { active: { items: { id: string }[] } }).active
  assert.deepEqual(
    items.map((each) => each.id),
    [id],
  )
  assert.equal((await ask(`/sales/${later}`)).status, 200)
})

test('a rehearsal is for its own buyers: it is not announced', async () => {
  const { ask, sale } = await openShop()
  await sale({ name: 'A rehearsal', drillId: newId() })
  const { body } = await ask('/')
  assert.match(body, /Nothing on sale just now/)
  assert.doesNotMatch(body, /A rehearsal/)
})

test('a sale that only the books know is shown as well', async () => {
  const { ask, sale, board } = await openShop()
  const id = await sale({ name: 'Long ago' })
  board.remove(id)
  const { status, body } = await ask(`/sales/${id}`)
  assert.equal(status, 200)
  assert.match(body, /<title>Long ago/)
  const facts = factsOf(body) as { sale: { sale: unknown; status: unknown } }
  assert.deepEqual(facts.sale.sale, JSON.parse((await ask(`/api/v1/sales/${id}`)).body))
  assert.deepEqual(facts.sale.status, JSON.parse((await ask(`/api/v1/sales/${id}/status`)).body))
})

test('what an administrator wrote is text, in markup and in data', async () => {
  const { ask, sale } = await openShop()
  const name = `</script><script>alert(1)</script><!-- "Tom's" & $& $\` friends`
  const id = await sale({ name, productName: name })
  for (const path of ['/', `/sales/${id}`]) {
    const { body } = await ask(path)
    assert.doesNotMatch(body, /<script>|alert\(1\)<\/script>/)
    assert.equal(body.match(/<\/script>/g)?.length, 2)
    assert.match(
      body,
      /&lt;\/script&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;&lt;!-- &quot;Tom&#39;s&quot; &amp; \$&amp; \$` friends/,
    )
    assert.ok(JSON.stringify(factsOf(body)).includes(JSON.stringify(name)))
  }
})

test('a picture is named to others where the shop can be reached', async () => {
  const here = await openShop()
  const unknown = await here.ask(`/sales/${await here.sale({ image: '/images/cup.png' })}`)
  assert.doesNotMatch(unknown.body, /og:image/)
  const there = await openShop('https://shop.example')
  const known = await there.ask(`/sales/${await there.sale({ image: '/images/cup.png' })}`)
  assert.match(known.body, /<meta property="og:image" content="https:\/\/shop\.example\/images\/cup\.png">/)
})

test('the picture that the script will show is asked for beside the script', async () => {
  const { ask, sale } = await openShop()
  const { body } = await ask(`/sales/${await sale({ image: '/images/a"cup.png' })}`)
  assert.match(body, /<link rel="preload" as="image" href="\/images\/a&quot;cup\.png">/)
  assert.doesNotMatch((await ask(`/sales/${await sale()}`)).body, /preload" as="image"/)
})

test('the script is told whether cards are taken, in every document', async () => {
  const meta = '<meta name="cards" content="demo">'
  const taken = await openShop(null, 'demo')
  for (const url of ['/', `/sales/${await taken.sale()}`, '/orders']) assert.ok((await taken.ask(url)).body.includes(meta), url)
  const not = await openShop()
  for (const url of ['/', `/sales/${await not.sale()}`, '/orders']) assert.doesNotMatch((await not.ask(url)).body, /name="cards"/)
})

test('a crowd that reloads is answered with the same bytes for 250 ms', async () => {
  const { ask, sale, clock, board } = await openShop()
  const id = await sale()
  const paths = ['/', `/sales/${id}`]
  const before = await Promise.all(paths.map((path) => ask(path)))
  board.stock(id, board.get(id)?.sale.items[0]?.productId as string, 7)
  await clock.advance(249)
  const same = await Promise.all(paths.map((path) => ask(path)))
  assert.deepEqual(
    same.map(({ body }) => body),
    before.map(({ body }) => body),
  )
  await clock.advance(1)
  for (const path of paths) assert.match((await ask(path)).body, /7 of 1,200 left/)
})

test('people who are lost are shown the page, programs are told', async () => {
  const { ask } = await openShop()
  for (const path of ['/nothing', '/operators', '/sales', `/sales/${newId()}`, '/sales/none', '/Products', '/apis']) {
    const { status, headers, body } = await ask(path, people)
    assert.deepEqual([status, headers['content-type']], [404, 'text/html; charset=utf-8'], path)
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['content-security-policy']), /script-src 'self'/)
    assert.match(body, /<div id="app">/)
  }
  assert.equal((await ask('/nothing', people, 'HEAD')).status, 404)
  const forPrograms = ['/api/v1/nothing', '/oidc/nothing', '/docs/nothing', '/images/no.svg', '/health/no', '/api']
  for (const path of forPrograms) assert.match((await ask(path, people)).body, /"code":"not-found"/, path)
  assert.match((await ask('/nothing', { accept: '*/*' })).body, /"code":"not-found"/)
  assert.match((await ask('/nothing', people, 'POST')).body, /"code":"not-found"/)
  assert.match((await ask('/products', people, 'POST')).body, /"code":"method-not-allowed"/)
})

test('the silent frame may be framed by the page itself', async () => {
  const { ask } = await openShop()
  const { status, headers, body } = await ask('/signed-in/silent?code=1', people)
  assert.deepEqual([status, headers['cache-control']], [200, 'no-store'])
  assert.match(String(headers['content-security-policy']), /frame-ancestors 'self'$/)
  assert.match(body, /silent/)
})
