import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bad, good, run, start } from './command-line.ts'
import { type Shop, startShop } from './shop.ts'

const folder = mkdtempSync(join(tmpdir(), 'drill-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Does something to the database of a shop that is not running. */
function tamper(dataDir: string, ...statements: string[]): void {
  const db = new DatabaseSync(join(dataDir, 'doorbuster.db'))
  for (const statement of statements) db.exec(statement)
  db.close()
}

suite('a rehearsal against a real shop', { timeout: 240_000 }, () => {
  let shop: Shop
  before(async () => {
    shop = await startShop({ HOLD_TTL: '5s' })
  })
  after(() => shop.stop())

  test('1,000 buyers for 50 units are exact, and the report says the same', async () => {
    const report = join(folder, 'report.html')
    const out = await good(shop.dir, 'drill', '--buyers', '1000', '--units', '50', '--over', '500', '--report', report)
    assert.match(out, /^exact: 50 of 50 sold, 0 lost, balanced\n/)
    assert.match(out, /^answers +sold-out [\d,]+ · accepted 50$/m)
    assert.match(out, /^orders +COMPLETED 50$/m)
    assert.equal(out.match(/^ok /gm)?.length, 9)
    assert.match(readFileSync(report, 'utf8'), /^<!doctype html>[\s\S]*exact<span>50 of 50 sold, 0 lost, balanced/)
  })

  test('units that a buyer cannot pay for are sold to those who come back', async () => {
    const out = await good(shop.dir, 'drill', '--buyers', '500', '--units', '50', '--no-credit', '0.2', '--over', '200')
    assert.match(out, /^exact: 50 of 50 sold/)
    const failed = Number(/^orders .*FAILED (\d+)/m.exec(out)?.[1])
    assert.ok(failed > 0 && failed <= 100, out)
  })

  test('five requests at once of each buyer give each at most one unit', async () => {
    const out = await good(shop.dir, 'drill', '--buyers', '100', '--units', '10', '--parallel', '5', '--over', '100')
    assert.match(out, /^exact: 10 of 10 sold/)
    assert.match(out, /^ok +buyers with two orders = 0: 0 = 0$/m)
  })

  test('beside open pages, each of which is told of the stock', async () => {
    const out = await good(shop.dir, 'drill', '--buyers', '200', '--units', '20', '--over', '500', '--watchers', '40')
    assert.match(out, /^crowd .* for 20 units, beside 40 open pages$/m)
    assert.match(out, /^watchers +40 of 40 open at the opening, 0 dropped · status read \d+ times, 0 in vain$/m)
    const [, frames, median] = /^told +(\d+) frames · stock p50 ([\d.]+) ms · p99 [\d.]+ ms old$/m.exec(out) ?? []
    assert.ok(Number(frames) >= 40 && Number(frames) % 40 === 0, out)
    assert.ok(Number(median) < 5000, out)
    assert.match(out, /^processor +\d+ ms of the shop's/m)
  })

  test('the last unit, several times over', async () => {
    const out = await good(shop.dir, 'drill', '--buyers', '100', '--units', '1', '--over', '50', '--repeat', '3')
    assert.deepEqual(
      out.trim().split('\n'),
      [1, 2, 3].map((turn) => `${turn} of 3: exact: 1 of 1 sold, 0 lost, balanced`),
    )
  })

  test('half of the crowd by card, at a gateway as it is', async () => {
    const json = join(folder, 'cards.json')
    const out = await good(shop.dir, 'drill', '--buyers', '60', '--units', '20', '--card', '0.5', '--over', '200', '--json', json)
    assert.match(out, /^exact: 20 of 20 sold, 0 lost, balanced$/m)
    assert.match(out, /^crowd +60 buyers, 30 by card, within/m)
    assert.equal(out.match(/^ok /gm)?.length, 12)
    const { verdict, cards, gaveUp } = JSON.parse(readFileSync(json, 'utf8'))
    assert.equal(verdict, 'exact: 20 of 20 sold, 0 lost, balanced')
    assert.ok(cards.orders > 0 && cards.completed > 0 && cards.attempts >= cards.orders, JSON.stringify(cards))
    assert.deepEqual([cards.journal, cards.gateway, gaveUp], [cards.completed * 1999, cards.completed * 1999, 0])
  })

  test('more than may be asked for is refused with the field', async () => {
    await bad(/400 Correct the fields .*\n +\/buyers must be <= 100000/, shop.dir, 'drill', '--buyers', '100001')
  })

  test('afterwards nothing of them is left, and the shop balances', async () => {
    assert.match(await good(shop.dir, 'sale', 'list'), /^There is no sale yet/)
    assert.match(await good(shop.dir, 'audit', '--strict'), /^balanced: \d+ equations hold at /m)
  })
})

test('pages for which the shop has no connection are counted, and the rehearsal goes on', async (t) => {
  const { dir } = await startShop({ SOCKETS_MAX: '10' }, t)
  const out = await good(dir, 'drill', '--buyers', '20', '--units', '5', '--over', '50', '--watchers', '12')
  assert.match(out, /^watchers +10 of 12 open at the opening, 0 dropped/m)
})

suite('a gateway that misbehaves', { timeout: 240_000 }, () => {
  const set = { decline: 0.25, late: 0.5 }
  let shop: Shop
  const faults = async () => {
    const { faults } = await shop.api.get<{ faults: Record<string, number> }>('/api/v1/admin/payments/demo-gateway')
    return Object.fromEntries(Object.entries(faults).filter(([, share]) => share > 0))
  }
  before(async () => {
    shop = await startShop({ HOLD_TTL: '5s', LOG_LEVEL: 'error' })
    await shop.api.put('/api/v1/admin/payments/demo-gateway/faults', set)
  })
  after(() => shop.stop())

  test('everybody by card: exact, to the cent on both sides, and the faults are as before', async () => {
    const buys = ['--buyers', '40', '--units', '10', '--over', '100']
    const out = await good(shop.dir, 'drill', ...buys, '--gateway', 'chaos')
    assert.match(out, /^crowd +40 buyers, all by card at a gateway in chaos, within/m)
    assert.match(
      out,
      /^ok +taken by card - given back = price of what was sold by card, at the gateway: [\d.]+ EUR = [\d.]+ EUR$/m,
    )
    assert.deepEqual(await faults(), set)
  })

  test('faults that the gateway does not know are refused, and change nothing', async () => {
    const put = shop.api.put('/api/v1/admin/payments/demo-gateway/faults', { sleep: 1 })
    await assert.rejects(put, /400 The demo gateway does not know all of these faults: sleep/)
    assert.deepEqual(await faults(), set)
  })

  test('a signal ends it, and the faults are as before', async () => {
    const child = start(shop.dir, 'drill', '--buyers', '40', '--units', '10', '--over', '20000', '--gateway', 'chaos')
    while ((await faults()).error !== 0.1) await sleep(20)
    child.kill('SIGINT')
    assert.equal((await once(child, 'close'))[0], 1)
    assert.deepEqual(await faults(), set)
    assert.match(await good(shop.dir, 'sale', 'list'), /^There is no sale yet/)
  })

  test('a payment that somebody takes from the books makes the verdict red', async (t) => {
    const dir = join(folder, 'till')
    await good(dir, 'migrate')
    // The first payment by card is written for a cent less than was taken.
    tamper(
      dir,
      `CREATE TRIGGER thief AFTER INSERT ON journal WHEN new.account = 'gateway' AND new.amount = -1999
       BEGIN UPDATE journal SET amount = amount + 1 WHERE id = new.id; END`,
    )
    await startShop({ DATA_DIR: dir, HOLD_TTL: '5s' }, t)
    const { out } = await bad(/^NOT exact/, dir, 'drill', '--buyers', '10', '--units', '2', '--over', '50', '--card', '1')
    assert.match(out, /^FAILED taken by card .*, in our books: 39\.96 EUR = 39\.98 EUR$/m)
    assert.match(out, /^ok +taken by card .*, at the gateway: 39\.98 EUR = 39\.98 EUR$/m)
  })

  test('without the demo gateway cards are refused with a sentence', async (t) => {
    const { dir } = await startShop({ PAYMENT_URL: 'none', ROLES: 'all' }, t)
    const says = /^To rehearse cards the shop must use the demo gateway/m
    await bad(says, dir, 'drill', '--buyers', '5', '--units', '1', '--card', '0.5')
    await bad(says, dir, 'drill', '--buyers', '5', '--units', '1', '--gateway', 'calm')
  })
})

suite('a shop that was tampered with fails its rehearsal', { timeout: 240_000 }, () => {
  test('by a row that was changed, and --offline finds it too', async (t) => {
    const shop = await startShop({}, t)
    await good(shop.dir, 'drill', '--buyers', '20', '--units', '5', '--over', '50', '--keep')
    assert.match(await good(shop.dir, 'audit'), /^balanced: /m)
    await shop.stop()
    tamper(shop.dir, 'UPDATE sale_items SET sold = sold - 1, available = available + 1')
    await bad(/^FAILED .*sold = sum of completed orders .*: 4 = 5$[\s\S]*^NOT balanced at/m, shop.dir, 'audit', '--offline')
    await startShop({ DATA_DIR: shop.dir }, t)
    await bad(
      /^NOT exact: 5 of 5 sold[\s\S]*^FAILED equations of the audit/m,
      shop.dir,
      'drill',
      '--buyers',
      '20',
      '--units',
      '5',
      '--over',
      '50',
    )
  })

  test('by somebody who takes a unit while it runs', async (t) => {
    const dir = join(folder, 'thief')
    await good(dir, 'migrate')
    tamper(
      dir,
      `CREATE TRIGGER thief AFTER UPDATE ON sale_items WHEN new.sold > 0 AND old.sold = 0 AND new.available > 0
       BEGIN UPDATE sale_items SET available = available - 1 WHERE sale_id = new.sale_id AND product_id = new.product_id; END`,
    )
    await startShop({ DATA_DIR: dir }, t)
    const { out } = await bad(/^NOT exact: 49 of 50 sold/, dir, 'drill', '--buyers', '200', '--units', '50', '--over', '500')
    assert.match(out, /^FAILED allotment = left \+ held \+ sold: 50 = 49$/m)
    assert.match(out, /^FAILED sold = all that could be sold: 49 = 50$/m)
  })

  test('by a shop that goes away, which ends the rehearsal at once', async (t) => {
    const shop = await startShop({}, t)
    const ran = run(shop.dir, 'drill', '--buyers', '100', '--units', '5', '--over', '20000')
    for (;;) {
      const { items } = await shop.api.get<{ items: { id: string }[] }>('/api/v1/admin/sales')
      if (items.length > 0) break
    }
    await shop.kill()
    const { code, errors } = await ran
    assert.equal(code, 1)
    assert.match(errors, /^No answer from http:.* Is it running\?$/m)
  })
})

suite('the command line', { timeout: 240_000 }, () => {
  let shop: Shop
  let productId: string
  before(async () => {
    shop = await startShop()
    const price = { amount: 1999, currency: 'EUR' }
    productId = (await shop.api.post<{ id: string }>('/api/v1/admin/products', { name: 'Cup', price })).id
  })
  after(() => shop.stop())

  test('a sale from its making to its end', async () => {
    const item = `${productId}:10:9.99`
    const made = await good(shop.dir, 'sale', 'create', '--name', 'Cups', '--item', item, '--start', '2099-01-01T00:00:00Z')
    const [, id] =
      /^([0-9a-f-]{36}) {2}Scheduled {4}2099-01-01T00:00:00.000Z {2}2099-01-01T01:00:00.000Z {2}Cups\n$/.exec(made) ?? []
    assert.ok(id, made)
    for (const [verb, phase] of [
      ['start', 'Active'],
      ['pause', 'Paused'],
      ['resume', 'Active'],
      ['end', 'Ended'],
    ] as const) {
      assert.match(await good(shop.dir, 'sale', verb, id), new RegExp(`^${id} {2}${phase} `))
    }
    assert.match(await good(shop.dir, 'sale', 'list'), new RegExp(`^${id} {2}Ended .* Cups$`, 'm'))
  })

  test('a sale that cannot be is refused with what to do', async () => {
    const create = (...args: string[]) => ['sale', 'create', '--name', 'x', ...args]
    await Promise.all([
      bad(/required option '--item/, shop.dir, 'sale', 'create', '--name', 'x'),
      bad(/"a:b" is not an item: write product:units:price/, shop.dir, ...create('--item', 'a:b')),
      bad(/"soon" is not a time/, shop.dir, ...create('--item', `${productId}:1:1`, '--start', 'soon')),
      bad(/: 400 [\s\S]*productId/, shop.dir, ...create('--item', 'a:1:1')),
      bad(/: 404 /, shop.dir, 'sale', 'start', '01a00000-0000-7000-8000-000000000000'),
      bad(/missing required argument 'saleId'/, shop.dir, 'sale', 'end'),
    ])
  })

  test('products are imported from a file, or it is said why not', async () => {
    const file = join(folder, 'products.json')
    const price = { amount: 500, currency: 'EUR' }
    writeFileSync(
      file,
      JSON.stringify([
        { handle: 'lamp', name: 'Lamp', price },
        { handle: 'no-price', name: 'Nothing' },
      ]),
    )
    await bad(/^line 2: .*[\s\S]*Nothing was imported/m, shop.dir, 'import', file)
    assert.match(
      await good(shop.dir, 'import', file, '--skip-bad', '--dry-run'),
      /^1 would be created, 0 would be updated, 1 left out$/m,
    )
    assert.match(await good(shop.dir, 'import', file, '--skip-bad'), /^1 created, 0 updated, 1 left out$/m)
    await bad(/nowhere\.csv cannot be read \(ENOENT\)/, shop.dir, 'import', join(folder, 'nowhere.csv'))
  })

  test('what opens the stores refuses those of a running shop', async () => {
    const commands = [['migrate'], ['seed'], ['audit', '--offline'], ['user', 'make-admin', 'admin@localhost']]
    await Promise.all(commands.map((command) => bad(/is in use by a running shop: stop it first/, shop.dir, ...command)))
    assert.match(await good(shop.dir, 'doctor'), /^ok +shop: running$/m)
  })

  test('where no shop runs the stores are opened, and what needs a shop says so', async () => {
    const dir = join(folder, 'offline')
    assert.match(await good(dir, 'migrate'), /^The tables are up to date\.$/m)
    assert.match(await good(dir, 'seed'), /^12 products and 3 sales, one of which opens in 60 s$/m)
    assert.match(await good(dir, 'seed'), /there are sales already$/m)
    assert.match(await good(dir, 'audit', '--offline', '--strict'), /^balanced: /m)
    await bad(/^There is no account with the e-mail nobody@example\.org/m, dir, 'user', 'make-admin', 'nobody@example.org')
    assert.match(await good(dir, 'doctor'), /^ok +database: intact$/m)
    assert.match(await good(dir, 'settings'), new RegExp(`^DATA_DIR +${dir} +set `, 'm'))
    for (const command of [['drill'], ['audit'], ['sale', 'list']]) {
      await bad(/run\.json cannot be read \(ENOENT\): start the shop with `npm start`/, dir, ...command)
    }
  })

  test('an account becomes an administrator', async (t) => {
    const dir = join(folder, 'accounts')
    const first = await startShop({ DATA_DIR: dir }, t)
    await first.api.post('/api/v1/users/register', { email: 'ada@example.org', password: 'correct horse battery' })
    assert.equal(await first.stop(), 0)
    assert.match(await good(dir, 'user', 'make-admin', 'Ada@example.org'), /^ada@example\.org is an administrator/)
    const second = await startShop({ DATA_DIR: dir }, t)
    const { items } = await second.api.get<{ items: { roles: string[] }[] }>('/api/v1/admin/users?email=ada@example.org')
    assert.deepEqual(items[0]?.roles, ['buyer', 'admin'])
    await second.kill()
    await bad(/^No answer from http:.* Is it running\?$/m, dir, 'sale', 'list')
  })

  test('wrong words are answered with the right ones', async () => {
    await Promise.all([
      bad(/Give a whole number above 0\./, shop.dir, 'drill', '--buyers', '0'),
      bad(/Give a whole number above 0\./, shop.dir, 'drill', '--units', '1e3'),
      bad(/Give a whole number from 0 to 20000\./, shop.dir, 'drill', '--watchers', '20001'),
      bad(/Give a whole number from 0 to 20000\./, shop.dir, 'drill', '--watchers', 'many'),
      bad(/Give a number from 0 to 1/, shop.dir, 'drill', '--no-credit', '20'),
      bad(/Give a number from 0 to 1/, shop.dir, 'drill', '--card', '2'),
      bad(/Allowed choices are chaos, calm/, shop.dir, 'drill', '--gateway', 'wild'),
      bad(/unknown option '--nothing'/, shop.dir, 'audit', '--nothing'),
      bad(/cannot be used with option/, shop.dir, 'audit', '--offline', '--url', shop.url),
      bad(/No answer from http:\/\/127\.0\.0\.1:1 /, shop.dir, 'audit', '--url', 'http://127.0.0.1:1'),
    ])
    assert.match(await good(shop.dir, '--help'), /start[\s\S]*audit[\s\S]*drill/)
    assert.equal(JSON.parse(await good(shop.dir, 'audit', '--json', '--url', shop.url)).ok, true)
  })
})
