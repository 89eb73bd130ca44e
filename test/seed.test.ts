import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startShop } from './shop.ts'

type Sale = {
  id: string
  name: string
  status: string
  startTime: string
  endTime: string
  items: { name: string; image: string }[]
}
type Page<T> = { items: T[] }

test('an empty shop is filled once: a sale that is over, one that is on, one that opens in a minute', {
  timeout: 240_000,
}, async (t) => {
  const before = Date.now()
  const shop = await startShop({ SEED: 'demo' }, t)
  const { items: products } = await shop.api.get<Page<{ kind: string; category: string }>>('/api/v1/products?limit=100')
  assert.equal(products.length, 12)
  assert.equal(products.filter(({ kind }) => kind === 'coupon').length, 3)
  assert.ok(['Drops', 'Tickets', 'Coupons'].every((name) => products.some(({ category }) => category === name)))

  const { items: shown } = await shop.api.get<Page<Sale>>('/api/v1/sales/active')
  assert.deepEqual(shown.map(({ status }) => status).sort(), ['ACTIVE', 'SCHEDULED'])
  const opens = Date.parse(shown.find(({ status }) => status === 'SCHEDULED')?.startTime ?? '')
  assert.ok(opens >= before + 60_000 && opens <= Date.now() + 60_000)
  const ends = Date.parse(shown.find(({ status }) => status === 'ACTIVE')?.endTime ?? '')
  assert.ok(ends > before + 6 * 24 * 3600_000)
  for (const { image } of shown.flatMap(({ items }) => items)) assert.equal((await fetch(shop.url + image)).status, 200)

  assert.equal((await shop.api.get<{ ok: boolean }>('/api/v1/admin/audit')).ok, true)
  const { items: tickets } = await shop.api.get<Page<{ stock: number }>>('/api/v1/products?category=Tickets')
  assert.deepEqual(
    tickets.map(({ stock }) => stock),
    [60, null],
    'what nobody bought is ordinary stock again',
  )
  await shop.stop()

  const again = ['launch.js', 'src/main.ts', 'seed']
  const { stdout } = await promisify(execFile)(process.execPath, again, { env: { ...process.env, DATA_DIR: shop.dir } })
  assert.match(stdout, /12 products; there are sales already/)
})
