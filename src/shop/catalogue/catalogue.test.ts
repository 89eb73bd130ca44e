import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, test } from 'node:test'
import { systemClock } from '../../platform/clock.ts'
import { catalogueContract } from './catalogue.contract.ts'
import { newId, openSqlite, openShop as shopOver } from './catalogue.fixture.contract.ts'
import { clean } from './clean.ts'

catalogueContract('SQLite', async () => openSqlite().database)

describe('descriptions', () => {
  test('structure stays, what runs or calls out is taken away', () => {
    const cleaned: [dirty: string, clean: string][] = [
      ['<p>a</p><script>alert(1)</script>', '<p>a</p>'],
      ['<p onclick="x()" style="color:red" class="y" id="z">a</p>', '<p>a</p>'],
      ['<img src=x onerror=alert(1)>', ''],
      ['<svg onload=alert(1)><p>a</p></svg>', '<p>a</p>'],
      ['<a href="javascript:alert(1)">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'],
      ['<a href="java\tscript:alert(1)">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'],
      ['<a href="&#106;avascript:alert(1)">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'],
      ['<a href="//evil.example">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'],
      [
        '<a href="https://a.example/?b=1&c=2" target="_blank">a</a>',
        '<a href="https://a.example/?b=1&amp;c=2" rel="nofollow noopener noreferrer">a</a>',
      ],
      ['<iframe src="https://a.example"></iframe><object></object><form><input></form>', ''],
      ['<style>p{background:url(//x)}</style><p>a', '<p>a</p>'],
      ['<scr<script>ipt>alert(1)</scr</script>ipt>', 'ipt&gt;alert(1)ipt&gt;'],
      ['<div>a</div><div>b</div>', '<p>a</p><p>b</p>'],
      ['<ul><li>a<li>b</ul>', '<ul><li>a</li><li>b</li></ul>'],
      ['1 < 2 & 3', '1 &lt; 2 &amp; 3'],
    ]
    for (const [dirty, expected] of cleaned) assert.equal(clean(dirty), expected, dirty)
  })

  test('deep nesting costs no more than its length', () => {
    const start = performance.now()
    clean('<b>'.repeat(20_000))
    clean('<table><tr>'.repeat(6_000))
    clean('<'.repeat(60_000))
    const ms = performance.now() - start
    assert.ok(ms < 2000, `took ${ms} ms`)
  })
})

describe('the catalogue on SQLite', () => {
  test('a large file does not hold up the event loop', async () => {
    const shop = await shopOver(openSqlite().database)
    const html = `<div class="x"><p style="color:red">${'Some <b>bold</b> words. '.repeat(60)}</p></div>`
    const file = [
      'name,price,description',
      ...Array.from({ length: 6000 }, (_, n) => `Product ${n},19.99,"${html.replaceAll('"', '""')}"`),
    ].join('\n')
    assert.ok(file.length > 8_000_000 && file.length < 10 * 1024 * 1024, String(file.length))
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const asked = performance.now()
    const { body } = await shop.send(file, '?dryRun=true')
    // What held up the loop until the answer is recorded at its next turn.
    await systemClock.sleep(20)
    delay.disable()
    assert.equal(body.created, 6000)
    const took = performance.now() - asked
    assert.ok(delay.max / 1e6 < took / 4, `held up for ${delay.max / 1e6} of ${took} ms`)
  })
  test('lists read their index', async () => {
    const { database, plans } = openSqlite()
    const { catalogue } = await shopOver(database)
    plans()
    await catalogue.products(21)
    await catalogue.products(21, newId())
    await catalogue.products(21, newId(), 'Kitchen')
    await catalogue.categories(21, 'Kitchen')
    assert.deepEqual(plans(), [
      'SEARCH products USING INDEX products_by_id (is_deleted=?)',
      'SEARCH products USING INDEX products_by_id (is_deleted=? AND id<?)',
      'SEARCH products USING INDEX products_by_category (is_deleted=? AND category=? AND id<?)',
      'SEARCH products USING COVERING INDEX products_by_category (is_deleted=? AND category>?)',
    ])
  })
})
