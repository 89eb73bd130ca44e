import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  eur,
  newId,
  type OpenDatabase,
  sample,
  shopifyHeader,
  shopifyRow,
  openShop as shopOver,
} from './catalogue.fixture.contract.ts'
import { clean } from './clean.ts'
import { demoPictures, demoProducts } from './demo.ts'
import { MAX_PRODUCTS } from './import-file.ts'

/** @param open a database of its own each time. */
export function catalogueContract(name: string, open: () => Promise<OpenDatabase>): void {
  const openShop = async (settings = {}) => shopOver(await open(), settings)
  describe(`the catalogue: ${name}`, () => {
    describe("Shopify's product export", () => {
      test('real files: a product for each variant, prices exact, and a second import creates none', async () => {
        const shop = await openShop()
        const first = await shop.send(sample('apparel'))
        assert.deepEqual([first.status, first.body], [200, { created: 22, updated: 0, rejected: [] }])
        const second = await shop.send(sample('home-and-garden'))
        assert.deepEqual([second.status, second.body], [200, { created: 21, updated: 0, rejected: [] }])
        const products = await shop.all()
        const named = (name: string) => products.find((product: { name: string }) => product.name === name)
        assert.equal(products.length, 43)
        assert.deepEqual(named('Clay Plant Pot – Regular').price, eur(999))
        assert.deepEqual(named('Clay Plant Pot – Large').price, eur(1599))
        assert.deepEqual(named('Clay Plant Pot – Large').attributes, { Size: 'Large' })
        assert.equal(named('Clay Plant Pot – Large').handle, 'clay-plant-pot/large')
        assert.equal(named('Clay Plant Pot – Large').image, 'https://burst.shopifycdn.com/photos/single-sprout-in-a-pot_925x.jpg')
        assert.deepEqual(named('Cream Sofa').price, eur(50000))
        assert.equal(named('Cream Sofa').handle, 'cream-sofa')
        assert.equal(named('Cream Sofa').category, 'Indoor')
        assert.equal(named('Cream Sofa').description, '<p>Comfortable cream sofa with wooden base</p>')
        assert.equal(named('Cream Sofa').stock, null, 'its quantity is not tracked')
        assert.equal(named('Biodegradable cardboard pots').stock, 8)
        assert.equal(named('Ocean Blue Shirt').category, 'men', 'its first tag')
        assert.equal(named('Floral White Top').image, 'https://burst.shopifycdn.com/photos/city-woman-fashion_925x@2x.jpg')

        const again = await shop.send(sample('apparel'))
        assert.deepEqual(again.body, { created: 0, updated: 22, rejected: [] })
        assert.deepEqual(
          (await shop.all()).map(({ id }: { id: string }) => id),
          products.map(({ id }: { id: string }) => id),
        )
      })

      test('rows that hold a variant, one more picture, or no price', async () => {
        const shop = await openShop()
        const file = [
          shopifyHeader,
          shopifyRow({
            Handle: 'cap',
            Title: 'Cap',
            'Body (HTML)': '<p>Line one</p>\n<p>"Line" two</p>',
            'Option1 Name': 'Size',
            'Option1 Value': 'S',
            'Option2 Name': 'Colour',
            'Option2 Value': 'C++',
            'Variant Price': '19.90',
            'Variant Inventory Tracker': 'shopify',
            'Variant Inventory Qty': '-3',
            'Gift Card': 'true',
            Tags: 'hats, summer',
          }),
          shopifyRow({ Handle: 'cap', 'Option1 Value': 'L', 'Option2 Value': 'C', 'Variant Inventory Tracker': '' }),
          shopifyRow({ Handle: 'cap', 'Image Src': 'http://pictures.example/1.jpg', 'Image Position': '1' }),
          shopifyRow({
            Handle: 'cap',
            'Option1 Value': 'S',
            'Option2 Value': 'C',
            'Variant Price': '20',
            'Variant Image': 'https://a.example/s.jpg',
          }),
          shopifyRow({
            Handle: 'draft',
            Title: 'Draft',
            Published: 'false',
            'Option1 Value': 'Default Title',
            'Variant Price': '1',
          }),
          shopifyRow({ Handle: 'bare', Title: '', 'Option1 Value': 'Default Title', 'Variant Price': '1' }),
          shopifyRow({ Handle: '', Title: 'X', 'Variant Price': '1' }),
          shopifyRow({ Handle: 'gone', Title: 'Gone', 'Variant Price': '1', 'Variant Inventory Tracker': 'shopify' }),
        ].join('\r\n')
        const { status, body } = await shop.send(file, '?skipBad=true')
        assert.equal(status, 200)
        assert.deepEqual(body, {
          created: 2,
          updated: 0,
          rejected: [
            { line: 4, reason: 'price is missing' },
            { line: 7, reason: 'is not published in Shopify' },
            { line: 8, reason: 'name is missing' },
            { line: 9, reason: 'Handle is missing' },
            { line: 10, reason: 'Variant Inventory Qty is not a number though the stock is tracked' },
          ],
        })
        const [second, first] = await shop.all()
        assert.deepEqual([first.name, first.handle, first.stock, first.kind], ['Cap – S / C++', 'cap/s/c++', 0, 'product'])
        assert.deepEqual([first.image, first.category], ['http://pictures.example/1.jpg', 'hats'])
        assert.equal(first.description, '<p>Line one</p>\n<p>"Line" two</p>')
        assert.deepEqual([second.name, second.image], ['Cap – S / C', 'https://a.example/s.jpg'])
        assert.deepEqual(second.attributes, { Size: 'S', Colour: 'C' })
      })
    })

    describe('our own CSV and JSON', () => {
      test('quotes, a byte order mark, any line ends, and lines counted as an editor counts them', async () => {
        for (const end of ['\n', '\r\n', '\r']) {
          const shop = await openShop()
          const file = [
            '\uFEFFName,price,description',
            '"A ""great"" cup",19.99,"first',
            'second"',
            '',
            ',,',
            'Bad,1.999,"two',
            'lines"',
            'Torn,1',
          ].join(end)
          const bad = await shop.send(file)
          assert.equal(bad.status, 400)
          assert.equal(bad.body.code, 'invalid')
          assert.deepEqual([bad.body.created, bad.body.updated], [0, 0])
          assert.deepEqual(bad.body.rejected, [
            { line: 6, reason: 'price "1.999" is not an amount of EUR' },
            { line: 8, reason: 'does not have 3 cells as line 1 has' },
          ])
          assert.deepEqual(await shop.all(), [], 'nothing is written')
          assert.equal((await shop.send(file, '?skipBad=true')).body.created, 1)
          const [cup] = await shop.all()
          assert.deepEqual(
            [cup.name, cup.handle, cup.price, cup.description],
            ['A "great" cup', 'a-great-cup', eur(1999), 'first\nsecond'],
          )
        }
      })

      test('a dry run answers as the import would and writes nothing', async () => {
        const shop = await openShop()
        await shop.send('name,price\nCup,1')
        const file = 'name,price\nCup,2\nPlate,3'
        const dry = await shop.send(file, '?dryRun=true')
        const rows = [
          { line: 2, name: 'Cup', price: eur(200), change: 'update' },
          { line: 3, name: 'Plate', price: eur(300), change: 'create' },
        ]
        assert.deepEqual([dry.status, dry.body], [200, { created: 1, updated: 1, rejected: [], rows }])
        assert.deepEqual(
          (await shop.all()).map((product: { price: unknown }) => product.price),
          [eur(100)],
        )
        assert.equal((await shop.send(`${file}\n,4`, '?dryRun=true')).status, 400)
        assert.deepEqual((await shop.send(file)).body, { created: 1, updated: 1, rejected: [] })
      })

      test('a column that is not there leaves a field as it is, an empty cell empties it', async () => {
        const shop = await openShop()
        await shop.send(
          'handle,name,price,currency,stock,category,kind,image\nCUP,Cup,150,JPY,7,Kitchen,coupon,/images/demo/cup.svg',
        )
        const [before] = await shop.all()
        assert.deepEqual(before.price, { amount: 150, currency: 'JPY' })
        assert.deepEqual([before.handle, before.stock, before.kind, before.image], ['cup', 7, 'coupon', '/images/demo/cup.svg'])
        await shop.send('handle,name,price,category\ncup,Big cup,2.50,')
        const [later] = await shop.all()
        assert.deepEqual(later, { ...before, name: 'Big cup', price: eur(250), category: null, updatedAt: later.updatedAt })
      })

      test('a product that was removed comes back with its id', async () => {
        const shop = await openShop()
        await shop.send('name,price\nCup,1')
        const [{ id }] = await shop.all()
        await shop.ask('DELETE', `/admin/products/${id}`)
        assert.deepEqual((await shop.send('name,price\nCup,1')).body, { created: 0, updated: 1, rejected: [] })
        assert.equal((await shop.all())[0].id, id)
      })

      test('each bad field of a row is named', async () => {
        const shop = await openShop()
        const image = 'must be an address that begins with https:// or http://, or a path below /images/'
        const rows: [row: object, reason: string][] = [
          [{ name: 'A' }, 'price is missing'],
          [{ price: '1' }, 'name is missing'],
          [{ name: 'A', price: 1999 }, 'price must be decimal text such as "19.99" or {"amount", "currency"}'],
          [{ name: 'A', price: '19,99' }, 'price "19,99" is not an amount of EUR'],
          [{ name: 'A', price: '-1' }, 'price "-1" is not an amount of EUR'],
          [{ name: 'A', price: '1e3' }, 'price "1e3" is not an amount of EUR'],
          [{ name: 'A', price: '1.50', currency: 'JPY' }, 'price "1.50" is not an amount of JPY'],
          [{ name: 'A', price: '1', currency: 'EUX' }, 'currency must be the three capital letters of a currency, such as EUR'],
          [{ name: 'A', price: eur(1), currency: 'USD' }, 'price is in another currency than "currency" says'],
          [
            { name: 'A', price: eur(1.5) },
            'price must have an integer "amount" in minor units from 0 on, a "currency", and nothing else',
          ],
          [{ name: 7, price: '1' }, 'name must be text'],
          [{ name: 'a'.repeat(201), price: '1' }, 'name is longer than 200 characters'],
          [{ name: 'a\u0000b', price: '1' }, 'name holds characters that are not text'],
          [{ name: 'a\ud800', price: '1' }, 'name holds characters that are not text'],
          [{ name: '!!!', price: '1' }, 'handle is missing'],
          [{ name: 'A', price: '1', stock: -1 }, 'stock must be a whole number from 0 on, or empty when it is not counted'],
          [{ name: 'A', price: '1', stock: '7' }, 'stock must be a whole number from 0 on, or empty when it is not counted'],
          [{ name: 'A', price: '1', kind: 'book' }, 'kind must be product or coupon'],
          [{ name: 'A', price: '1', image: 'javascript:alert(1)' }, `image ${image}`],
          [{ name: 'A', price: '1', image: 'java\nscript:alert(1)' }, `image ${image}`],
          [{ name: 'A', price: '1', image: '//evil.example/x.png' }, `image ${image}`],
          [{ name: 'A', price: '1', image: 'data:image/svg+xml,<svg/>' }, `image ${image}`],
          [{ name: 'A', price: '1', image: '/images/../../etc/passwd' }, `image ${image}`],
          [{ name: 'A', price: '1', image: 'file:///etc/passwd' }, `image ${image}`],
          [{ name: 'A', price: '1', prise: '1' }, 'has no field "prise"'],
          [
            { name: 'A', price: '1', description: 'x'.repeat(16_001) },
            'description is longer than 16000 characters once cleaned',
          ],
          [['A'], 'must be an object'],
        ]
        const { status, body } = await shop.ask('POST', '/admin/import', { products: rows.map(([row]) => row) })
        assert.equal(status, 400)
        assert.deepEqual(
          body.rejected,
          rows.map(([, reason], at) => ({ line: at + 1, reason })),
        )
        assert.deepEqual(await shop.all(), [])
      })

      test('two rows of one handle: the second is refused', async () => {
        const shop = await openShop()
        const { body } = await shop.ask('POST', '/admin/import?skipBad=true', [
          { name: 'A b', price: '1' },
          { name: 'a-B', price: eur(2) },
        ])
        assert.deepEqual(body, { created: 1, updated: 0, rejected: [{ line: 2, reason: 'has the handle "a-b" of line 1' }] })
      })

      test('files of which not one line can be trusted are refused, also with skipBad', async () => {
        const shop = await openShop()
        const files: [file: string | Buffer, line: number, reason: RegExp][] = [
          ['', 1, /empty/],
          ['price,amount\n1,2', 1, /first line of Shopify/],
          ['name,name,price\na,a,1', 1, /first line of Shopify/],
          ['name,price\nA,1\nB,"2', 3, /Quote Not Closed/],
          ['name,price\nA,1\n5" pipe,2', 3, /Invalid Opening Quote/],
          ['name,price\n"A" b,1', 2, /Invalid Closing Quote/],
          [`name,price\nA,${'1'.repeat(300_000)}`, 2, /Max Record Size/],
          [Buffer.from('name,price\nCaf\xe9,1', 'latin1'), 1, /UTF-8/],
          [`name,price\n${',\n'.repeat(50_000)}`, 50_001, /50000 rows: split it/],
          [`name,price\n${Array.from({ length: MAX_PRODUCTS + 1 }, (_, n) => `${n},1`).join('\n')}`, 1, /split it/],
        ]
        for (const [file, line, reason] of files) {
          const { status, body } = await shop.send(file, '?skipBad=true')
          assert.equal(status, 400, String(reason))
          assert.equal(body.rejected.length, 1)
          assert.equal(body.rejected[0].line, line)
          assert.match(body.rejected[0].reason, reason)
        }
        for (const document of [{ items: [] }, null, Array.from({ length: MAX_PRODUCTS + 1 }, () => 1)]) {
          const { status, body } = await shop.ask('POST', '/admin/import?skipBad=true', JSON.stringify(document), {
            'content-type': 'application/json',
          })
          assert.deepEqual([status, body.rejected?.length], [400, 1], JSON.stringify(document).slice(0, 50))
        }
        assert.deepEqual(await shop.all(), [])
      })

      test('deep, poisoned, oversized and mistyped bodies', async () => {
        const shop = await openShop()
        const json = (text: string) =>
          shop.ask('POST', '/admin/import?skipBad=true', text, { 'content-type': 'application/json' })
        const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000)
        assert.deepEqual((await json(deep)).body.rejected, [{ line: 1, reason: 'must be an object' }])
        assert.match((await json(`[{"name":"A","price":${deep}}]`)).body.rejected[0].reason, /^price must have an integer/)
        assert.equal((await json('[{"name":"A","price":"1","__proto__":{"kind":"coupon"}}]')).status, 400)
        const poisoned = [
          shopifyHeader,
          shopifyRow({ Handle: 'a', Title: 'A', 'Option1 Name': '__proto__', 'Option1 Value': 'x', 'Variant Price': '1' }),
        ]
        assert.deepEqual((await shop.send(poisoned.join('\n'))).body.rejected, [
          { line: 2, reason: 'attributes may not be called __proto__' },
        ])
        assert.equal((await shop.send('__proto__,name,price\nx,A,1')).status, 400)
        const room = 10 * 1024 * 1024
        assert.equal((await shop.send(`name,price\n${'\n'.repeat(room - 11)}`)).status, 200)
        assert.equal((await shop.send(`name,price\n${'\n'.repeat(room - 10)}`)).status, 413)
        assert.equal((await shop.ask('POST', '/admin/import', '<a/>', { 'content-type': 'application/xml' })).status, 415)
        assert.equal((await shop.send('name,price\nA,1', '?skipBad=maybe')).status, 400)
        assert.deepEqual(await shop.all(), [])
      })

      test('only an administrator imports', async () => {
        const shop = await openShop()
        const headers = { 'content-type': 'text/csv', authorization: 'buyer' }
        assert.equal((await shop.ask('POST', '/admin/import', 'name,price\nA,1', headers)).status, 403)
      })
    })

    describe('products', () => {
      const cup = {
        name: 'Cup',
        description: '<p onclick="x()">A cup</p>',
        price: eur(1999),
        category: 'Kitchen',
        image: 'https://a.example/c.png',
        stock: 5,
      }

      test('created, changed, removed', async () => {
        const shop = await openShop()
        const { status, body: made } = await shop.ask('POST', '/admin/products', cup)
        assert.equal(status, 201)
        const { id, createdAt, updatedAt } = made
        const rest = { handle: null, kind: 'product', attributes: {}, createdAt, updatedAt }
        assert.deepEqual(made, { ...cup, ...rest, id, description: '<p>A cup</p>' })
        assert.deepEqual((await shop.ask('GET', `/products/${id}`)).body, made)
        const { body: changed } = await shop.ask('PATCH', `/admin/products/${id}`, {
          price: eur(1),
          stock: null,
          description: '',
        })
        assert.deepEqual(changed, { ...made, price: eur(1), stock: null, description: '', updatedAt: changed.updatedAt })
        assert.equal((await shop.ask('DELETE', `/admin/products/${id}`)).status, 204)
        for (const [method, url, body] of [
          ['GET', `/products/${id}`, undefined],
          ['PATCH', `/admin/products/${id}`, { stock: 1 }],
          ['DELETE', `/admin/products/${id}`, undefined],
          ['GET', `/products/${newId()}`, undefined],
        ] as const) {
          const answer = await shop.ask(method, url, body)
          assert.deepEqual([answer.status, answer.body.code], [404, 'not-found'], `${method} ${url}`)
        }
        assert.deepEqual((await shop.ask('GET', '/admin/products')).body, { items: [], next: null })
        const plain = (await shop.ask('POST', '/admin/products', { name: 'Tea', price: { amount: 0, currency: 'USD' } })).body
        assert.deepEqual([plain.stock, plain.description, plain.image, plain.category], [null, '', null, null])
      })

      test('bad bodies have no effect and name the field', async () => {
        const shop = await openShop()
        const { body: made } = await shop.ask('POST', '/admin/products', cup)
        const bad = [
          { price: { amount: 1.5, currency: 'EUR' } },
          { price: { amount: -1, currency: 'EUR' } },
          { price: { amount: '1', currency: 'EUR' } },
          { price: { amount: 2 ** 53, currency: 'EUR' } },
          { price: eur(1), currency: 'EUR' },
          { stock: -1 },
          { stock: '1' },
          { stock: true },
          { kind: 'book' },
          { name: '' },
          { name: null },
          { handle: 'x' },
          { id: newId() },
          {},
          [],
        ]
        for (const body of bad) {
          assert.equal((await shop.ask('PATCH', `/admin/products/${made.id}`, body)).status, 400, JSON.stringify(body))
          const whole = Array.isArray(body) || Object.keys(body).length === 0 ? body : { ...cup, ...body }
          assert.equal((await shop.ask('POST', '/admin/products', whole)).status, 400, JSON.stringify(whole))
        }
        const named: [body: object, path: string][] = [
          [{ ...cup, image: 'ftp://a.example/c.png' }, '/image'],
          [{ ...cup, name: '   ' }, '/name'],
          [{ ...cup, price: { amount: 1, currency: 'EUX' } }, '/price'],
          [{ ...cup, description: 'a\u0000' }, '/description'],
        ]
        for (const [body, path] of named) {
          for (const [method, url] of [
            ['POST', '/admin/products'],
            ['PATCH', `/admin/products/${made.id}`],
          ] as const) {
            const answer = await shop.ask(method, url, body)
            assert.equal(answer.status, 400)
            assert.deepEqual(
              answer.body.errors.map((error: { path: string }) => error.path),
              [path],
            )
          }
        }
        assert.equal((await shop.ask('GET', '/products/7')).status, 400)
        assert.equal((await shop.ask('GET', '/products?limit=0')).status, 400)
        assert.equal((await shop.ask('GET', '/products?after=x')).status, 400)
        assert.equal((await shop.ask('GET', '/products?category=%00')).status, 400)
        assert.deepEqual(await shop.all(), [made])
      })

      test('only an administrator may, whatever the body', async () => {
        const shop = await openShop()
        const headers = { authorization: 'buyer' }
        for (const [method, url] of [
          ['GET', '/admin/products'],
          ['POST', '/admin/products'],
          ['PATCH', '/admin/products/x'],
          ['DELETE', '/admin/products/x'],
        ] as const) {
          const body = method === 'POST' || method === 'PATCH' ? { nonsense: 1 } : undefined
          assert.equal((await shop.ask(method, url, body, headers)).status, 403, `${method} ${url}`)
        }
      })

      test('pages, newest first, by category, and the categories', async () => {
        const shop = await openShop()
        const rows = Array.from({ length: 7 }, (_, n) => ({ name: `P${n}`, price: '1', category: n % 2 ? 'odd' : 'even' }))
        await shop.ask('POST', '/admin/import', [...rows, { name: 'P7', price: '1' }])
        async function walk(url: string) {
          const seen: string[][] = []
          for (let after = ''; ; ) {
            const { body } = await shop.ask('GET', `${url}${after}`)
            seen.push(body.items.map((item: { name?: string; category: string }) => item.name ?? item.category))
            if (body.next === null) return seen
            after = `&after=${body.next}`
          }
        }
        assert.deepEqual(await walk('/products?limit=3'), [
          ['P7', 'P6', 'P5'],
          ['P4', 'P3', 'P2'],
          ['P1', 'P0'],
        ])
        assert.deepEqual(await walk('/products?limit=4'), [
          ['P7', 'P6', 'P5', 'P4'],
          ['P3', 'P2', 'P1', 'P0'],
        ])
        assert.deepEqual(await walk('/products?category=odd&limit=2'), [['P5', 'P3'], ['P1']])
        assert.deepEqual(await walk('/products?category=none&limit=2'), [[]])
        assert.deepEqual(await walk('/categories?limit=1'), [['even'], ['odd']])
        assert.deepEqual((await shop.ask('GET', '/categories')).body.items, [
          { category: 'even', products: 4 },
          { category: 'odd', products: 3 },
        ])
      })

      test('public answers may be cached and ask whether they changed', async () => {
        const shop = await openShop()
        const { body: made } = await shop.ask('POST', '/admin/products', cup)
        for (const [url, seconds] of [
          ['/products', 30],
          [`/products/${made.id}`, 60],
          ['/categories', 30],
        ] as const) {
          const { headers } = await shop.ask('GET', url)
          assert.match(String(headers['cache-control']), new RegExp(`public, max-age=5, s-maxage=${seconds}, `))
          const etag = String(headers.etag)
          const known = await shop.ask('GET', url, undefined, { 'if-none-match': `"other", W/${etag}` })
          assert.deepEqual([known.status, known.body, known.headers.etag], [304, null, etag])
          await shop.ask('PATCH', `/admin/products/${made.id}`, { name: `Cup ${url}`, category: url })
          assert.equal((await shop.ask('GET', url, undefined, { 'if-none-match': etag })).status, 200)
        }
        assert.equal((await shop.ask('GET', `/products/${newId()}`)).headers.etag, undefined)
        assert.equal((await shop.ask('GET', '/admin/products')).headers['cache-control'], undefined)
      })

      test('the database refuses stock below zero, and half an import', async () => {
        const { catalogue, database, all } = await openShop()
        const product = { ...demoProducts('EUR')[0], handle: 'a', name: 'A', price: 1, currency: 'EUR', stock: 5 }
        const id = newId()
        await assert.rejects(
          catalogue.import(
            [
              { id, product },
              { id, product: { ...product, handle: 'b' } },
            ],
            1,
          ),
        )
        assert.deepEqual(await all(), [])
        await catalogue.import([{ id, product }], 1)
        await assert.rejects(database.write((sql) => sql.run('UPDATE products SET stock = stock - 6')))
        assert.equal((await all())[0].stock, 5)
      })
    })

    test('the demo shop: each product passes the import, and its picture is small, drawn in 4:3 and kept for a day', async () => {
      const shop = await openShop()
      const products = demoProducts('EUR')
      await shop.catalogue.import(
        products.map((product) => ({ id: newId(), product })),
        1,
      )
      assert.deepEqual(
        await shop.catalogue.import(
          products.map((product) => ({ id: newId(), product })),
          2,
        ),
        { created: 0, updated: 12 },
      )
      const seeded = await shop.all()
      assert.equal(seeded.length, demoPictures.size)
      for (const { description, image } of seeded) {
        assert.equal(clean(description), description)
        const picture = await shop.app.inject(image)
        assert.equal(picture.statusCode, 200)
        assert.equal(picture.headers['content-type'], 'image/svg+xml')
        assert.match(String(picture.headers['cache-control']), /^public, max-age=86400,/)
        assert.match(picture.body, /^<svg [^>]*viewBox="0 0 800 600" role="img" aria-labelledby="title">\s*<title id="title">/)
        assert.doesNotMatch(picture.body, /<(script|style|text|image|use|a)\b|href|url\(| on\w+=/)
        assert.ok(picture.body.length < 3000, image)
      }
      assert.equal((await shop.app.inject('/images/demo/nothing.svg')).statusCode, 404)
      assert.equal((await shop.app.inject('/images/demo/..%2fdemo.ts')).statusCode, 404)
    })
  })
}
