import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Wire } from '../src/drill/wire.ts'
import { runWith } from './command-line.ts'
import { buy, makeCrowd } from './crowd.ts'
import { SECRET, startDemoGateway } from './demo-gateway.ts'
import { altered, ask, type Body, got, inStatus, login, register, rowsIn, shown, until } from './moved-shop.ts'
import { clientOf } from './postgres-client.ts'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { startRedis, withoutRedis } from './redis-server.ts'
import { type Shop, startShop } from './shop.ts'

const PRICE = { amount: 1999, currency: 'EUR' }
const ANN = 'ann@shop.example'
const BOB = 'bob@shop.example'
const EVE = 'eve@shop.example'
/** Orders of hers that nobody has settled when the shop dies. */
const WAITING = 20
/** A lease that never ends by itself. */
const FOR_EVER = 9e15

suite('a shop that moves', { skip: withoutPostgres, timeout: 300_000 }, () => {
  let server: PostgresServer
  let gateway: Awaited<ReturnType<typeof startDemoGateway>>
  const folder = mkdtempSync(join(tmpdir(), 'moving-'))
  const dir = (name: string) => join(folder, name)
  const file = dir('shop.jsonl.gz')
  const shop = {
    sale: '',
    closed: '',
    later: '',
    product: '',
    held: '',
    heldTxn: '',
    bought: '',
    oldKey: 'of-the-old-shop',
  }
  const waiting: string[] = []
  let settings: Record<string, string>
  let ann: Body
  let eve: Body
  let shownBefore: unknown
  /** While the first test has not begun. */
  let running: Shop | undefined

  before(async () => {
    server = await startPostgres()
    gateway = await startDemoGateway()
    const address = new URL(gateway.url)
    address.username = encodeURIComponent('key of the gateway')
    settings = { PAYMENT_URL: address.href, WEBHOOK_SECRET: SECRET, RATE_LIMITS: 'off', OPENING_CREDIT: '5000' }
    await liveOnSqlite()
    const out = await moved({ DATA_DIR: dir('old') }, 'export', file)
    assert.match(out, /^orders +\d+ of \d+$/m)
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })
  after(async () => {
    await running?.kill()
    await gateway.stop()
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const hour = (n: number) => new Date(Date.now() + n * 3600_000).toISOString()

  async function sale(of: Shop, from: number, units: number): Promise<string> {
    const terms = { name: `A sale of ${units}`, startTime: hour(from), endTime: hour(from + 2), maxPurchasesPerUser: 100 }
    const items = [{ productId: shop.product, salePrice: PRICE, quantity: units }]
    return (await ask(of, 'POST', '/admin/sales', of.token, { ...terms, items })).body.id
  }

  async function order(of: Shop, token: string, method: 'card' | 'credit', key: string, saleId = shop.sale): Promise<string> {
    const body = { productId: shop.product, quantity: 1, payment: { method } }
    const answer = await ask(of, 'POST', `/sales/${saleId}/purchase`, token, body, key)
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    return answer.body.orderId
  }

  const opened = (of: Shop, orderId: string, token: string) =>
    until(async () => {
      const { body } = await ask(of, 'GET', `/payments/${orderId}`, token)
      return body.state === 'open' ? body.txnId : undefined
    })

  /** A life with orders of every state, which ends with `kill -9`. */
  async function liveOnSqlite(): Promise<void> {
    const DATA_DIR = dir('old')
    const hasty = await startShop({ ...settings, DATA_DIR, HOLD_TTL: '1s' })
    running = hasty
    const product = { name: 'A thing', price: PRICE, kind: 'coupon', category: 'Things', stock: 1000 }
    shop.product = (await ask(hasty, 'POST', '/admin/products', hasty.token, product)).body.id
    shop.sale = await sale(hasty, -1, 100)
    shop.closed = await sale(hasty, -1, 7)
    shop.later = await sale(hasty, 1, 9)
    const bob = (await register(hasty, BOB)).access_token
    const expired = await order(hasty, bob, 'card', 'expired')
    await inStatus(hasty, expired, bob, 'EXPIRED')
    assert.equal(await hasty.stop(), 0)

    const old = await startShop({ ...settings, DATA_DIR })
    running = old
    ann = await register(old, ANN)
    shop.bought = await order(old, ann.access_token, 'credit', shop.oldKey)
    await inStatus(old, shop.bought, ann.access_token, 'COMPLETED')
    await inStatus(old, await order(old, ann.access_token, 'credit', 'ended', shop.closed), ann.access_token, 'COMPLETED')
    await inStatus(old, await order(old, ann.access_token, 'credit', 'too-poor'), ann.access_token, 'FAILED')
    await ask(old, 'POST', `/admin/sales/${shop.closed}/end`, old.token)
    for (const [key, status] of [
      ['paid', 'COMPLETED'],
      ['refunded', 'REFUNDED'],
      ['cancelled', 'CANCELLED'],
    ] as const) {
      const orderId = await order(old, bob, 'card', key)
      const txnId = await opened(old, orderId, bob)
      if (status === 'CANCELLED') await ask(old, 'POST', `/orders/${orderId}/cancel`, bob)
      else {
        await gateway.press(txnId, 'pay')
        await inStatus(old, orderId, bob, 'COMPLETED')
      }
      const refund = { reason: 'wanted', returnUnit: true }
      if (status === 'REFUNDED') await ask(old, 'POST', `/admin/orders/${orderId}/refund`, old.token, refund)
      await inStatus(old, orderId, bob, status)
    }
    shop.held = await order(old, bob, 'card', 'held')
    shop.heldTxn = await opened(old, shop.held, bob)
    await rehearse(old)
    await until(async () => ((await got(old, `/sales/${shop.closed}/status`)).status === 'ENDED' ? true : undefined))
    shownBefore = await shown(old, [ANN, BOB])
    eve = await register(old, EVE)
    const gift = { amount: { amount: 100_000, currency: 'EUR' }, reason: 'a gift '.repeat(28) }
    const { id } = await got(old, '/users/me', eve.access_token)
    assert.equal((await ask(old, 'POST', `/admin/users/${id}/credit`, old.token, gift)).status, 200)
    const asked = Array.from({ length: WAITING }, (_, i) => order(old, eve.access_token, 'credit', `waits-${i}`))
    waiting.push(...(await Promise.all(asked)))
    await old.kill()
    const db = new DatabaseSync(join(DATA_DIR, 'doorbuster.db'))
    // As a worker that died had it.
    const claim = 'INSERT INTO outbox (happening, ref_id, at, token, leased_until) VALUES (?, ?, ?, ?, ?)'
    db.prepare(claim).run('order-booked', waiting[0] ?? '', Date.now(), 'gone', FOR_EVER)
    db.prepare('UPDATE event_deliveries SET token = ?, leased_until = ?').run('gone', FOR_EVER)
    db.close()
  }

  async function rehearse(of: Shop): Promise<void> {
    const crowd = await makeCrowd(of, 8, 5)
    const wire = new Wire(of.url, 4)
    for (const buyer of crowd.buyers) await buy(wire, crowd, buyer)
    wire.close()
    const sold = crowd.buyers.filter(({ orderId }) => orderId !== undefined)
    assert.equal(sold.length, 5)
    for (const { orderId, token } of sold) await inStatus(of, orderId ?? '', token, 'COMPLETED')
  }

  async function moved(at: Record<string, string>, ...args: string[]): Promise<string> {
    const { code, out, errors } = await runWith({ ...settings, ...at }, ...args)
    assert.equal(code, 0, `${args.join(' ')}\n${out}\n${errors}`)
    return out
  }

  async function refused(says: RegExp, at: Record<string, string>, ...args: string[]): Promise<void> {
    const { code, out, errors } = await runWith({ ...settings, ...at }, ...args)
    assert.equal(code, 1, `${args.join(' ')}\n${out}`)
    assert.match(errors, says)
    assert.doesNotMatch(errors, /^ {4}at /m, 'people get a sentence, not a stack')
  }

  async function asked<Row>(url: string, text: string): Promise<Row[]> {
    const client = clientOf(url)
    await client.connect()
    return ((await client.query(text).finally(() => client.end())) as { rows: Row[] }).rows
  }

  const tablesAt = (url: string) => asked(url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")

  test('goes whole from SQLite to PostgreSQL, and lives on', async (t) => {
    await refused(/is there already: name another file/, { DATA_DIR: dir('old') }, 'export', file)

    const at = { DATABASE_URL: await server.newDatabase(), DATA_DIR: dir('new') }
    assert.match(await moved(at, 'restore', file), /^balanced: /m)
    const again = dir('again.jsonl.gz')
    await moved(at, 'export', again)
    assert.deepEqual(rowsIn(again), rowsIn(file))
    const epochs = await asked<{ epoch: number }>(
      at.DATABASE_URL,
      `SELECT epoch FROM sales WHERE id IN ('${shop.sale}', '${shop.later}')`,
    )
    assert.deepEqual(epochs, [{ epoch: 2 }, { epoch: 2 }])

    const live = await startShop({ ...settings, ...at }, t)
    assert.deepEqual(await shown(live, [ANN, BOB]), shownBefore)
    for (const orderId of waiting) await inStatus(live, orderId, eve.access_token, 'COMPLETED')
    await until(async () => ((await asked(at.DATABASE_URL, 'SELECT 1 FROM outbox')).length === 0 ? true : undefined))
    // Signed in before the move.
    assert.equal((await ask(live, 'POST', '/users/refresh', undefined, { refresh_token: ann.refresh_token })).status, 200)
    assert.equal(await order(live, ann.access_token, 'credit', shop.oldKey), shop.bought)
    const bob = (await login(live, BOB)).access_token
    await gateway.press(shop.heldTxn, 'pay')
    await inStatus(live, shop.held, bob, 'COMPLETED')
    await inStatus(live, await order(live, bob, 'credit', 'after-the-move'), bob, 'COMPLETED')
    assert.equal(((await got(live, '/admin/audit', live.token)) as unknown as { ok: boolean }).ok, true)

    await refused(
      /database of DATABASE_URL is in use: stop every process/,
      { ...at, DATA_DIR: dir('other') },
      'export',
      dir('no'),
    )
    const count = async () => asked(at.DATABASE_URL, 'SELECT count(*) AS n FROM orders')
    const orders = await count()
    assert.equal(await live.stop(), 0)
    await refused(/database is not empty \(products has rows\)/, at, 'restore', file)
    assert.deepEqual(await count(), orders)
  })

  test('goes back to SQLite', async () => {
    const at = { DATA_DIR: dir('back') }
    assert.match(await moved(at, 'restore', file), /^balanced: /m)
    const again = dir('back.jsonl.gz')
    await moved(at, 'export', again)
    assert.deepEqual(rowsIn(again), rowsIn(file))
    await refused(/database is not empty/, at, 'restore', file)
  })

  test('is refused without effect where its file is torn, altered, or of other tables', async () => {
    const at = { DATABASE_URL: await server.newDatabase(), DATA_DIR: dir('refused') }
    const whole = readFileSync(file)
    for (const [name, bytes] of [
      ['torn', whole.subarray(0, whole.length - 100)],
      ['flipped', Buffer.concat([whole.subarray(0, 400), Buffer.from([(whole[400] ?? 0) ^ 1]), whole.subarray(401)])],
      ['empty', Buffer.alloc(0)],
    ] as const) {
      writeFileSync(dir(name), bytes)
      await refused(/is torn or was altered|is not the export/, at, 'restore', dir(name))
    }
    writeFileSync(dir('text'), gzipSync('{"format":2}\n'))
    await refused(/is not the export of a shop/, at, 'restore', dir('text'))
    const richer = altered(file, dir('richer'), (lines) => lines.map((line) => line.replace(/,1002,"EUR"\]$/, ',9002,"EUR"]')))
    await refused(/is torn or was altered \(its sum is another\)/, at, 'restore', richer)
    const shorter = altered(file, dir('shorter'), (lines) => lines.toSpliced(-2, 1))
    await refused(/is torn or was altered/, at, 'restore', shorter)
    const newer = (head: string) =>
      JSON.stringify({ ...JSON.parse(head), migrations: [...JSON.parse(head).migrations, 'books-99'] })
    const other = altered(file, dir('newer'), ([head = '', ...lines]) => [newer(head), ...lines], true)
    await refused(/with other tables \(books-99\): restore it with that version/, at, 'restore', other)
    await refused(/cannot be read \(ENOENT\)/, at, 'restore', dir('nowhere'))
    assert.deepEqual(await tablesAt(at.DATABASE_URL), [])
    assert.equal(existsSync(join(dir('refused'), 'keys.json')), false)
  })

  test('is taken back whole where the last row cannot be written', async () => {
    const at = { DATABASE_URL: await server.newDatabase(), DATA_DIR: dir('half') }
    // An event of no type that the tables could hold, sealed as if it were right.
    const bad = altered(
      file,
      dir('bad'),
      (lines) => lines.map((line, i) => (i === lines.length - 3 ? line.replace(/"[^"]*"/, `"${'x'.repeat(300)}"`) : line)),
      true,
    )
    await refused(/cannot be written here \(value too long.*Nothing was restored/, at, 'restore', bad)
    for (const table of ['products', 'orders', 'wallets', 'events']) {
      assert.deepEqual(await asked(at.DATABASE_URL, `SELECT count(*) AS rows FROM ${table}`), [{ rows: 0 }])
    }
    assert.match(await moved(at, 'restore', file), /^balanced: /m)
  })

  test('finds its ledger built anew in Redis', { skip: withoutRedis('redis-server') }, async (t) => {
    const redis = await startRedis()
    t.after(() => redis.stop())
    const at = { DATABASE_URL: await server.newDatabase(), DATA_DIR: dir('redis'), LEDGER_URL: redis.url }
    // Of another life, with units that are long gone.
    await redis.command('HSET', `flash_sale_inventory:{${shop.sale}}`, 'epoch', '40', shop.product, '100')
    const out = await moved(at, 'restore', file)
    assert.match(out, /^its ledger was built anew: A sale of 100$/m)
    assert.match(out, /^balanced: /m)
    assert.match(out, /ledger remaining = books available/)
    const live = await startShop({ ...settings, ...at }, t)
    assert.equal(await order(live, ann.access_token, 'credit', shop.oldKey), shop.bought)
    const bob = (await login(live, BOB)).access_token
    await inStatus(live, await order(live, bob, 'credit', 'by-Redis'), bob, 'COMPLETED')
  })

  test('is neither exported nor overwritten while it runs, nor where there is none', async (t) => {
    await startShop({ ...settings, DATA_DIR: dir('runs') }, t)
    await refused(/is in use by a running shop/, { DATA_DIR: dir('runs') }, 'export', dir('no'))
    await refused(/is in use by a running shop/, { DATA_DIR: dir('runs') }, 'restore', file)
    await refused(/There is no shop in/, { DATA_DIR: dir('nothing') }, 'export', dir('no'))
    mkdirSync(dir('keys'))
    copyFileSync(join(dir('runs'), 'keys.json'), join(dir('keys'), 'keys.json'))
    await refused(/Here are the keys of another shop/, { DATA_DIR: dir('keys') }, 'restore', file)
    assert.equal(existsSync(dir('no')), false)
  })
})
