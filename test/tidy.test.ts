import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  breaches,
  deadLinks,
  floatMoney,
  leftOvers,
  names,
  orphanDocs,
  ownBusiness,
  readTree,
  sizes,
  timeAndChance,
} from './tidy.ts'

test('this repository keeps its rules', () => {
  const tree = readTree(fileURLToPath(new URL('..', import.meta.url)))
  assert.ok([...tree.keys()].filter((path) => path.startsWith('src/')).length > 20)
  assert.deepEqual(breaches(tree), [])
})

test('a tree without sources is not tidy', () => {
  assert.deepEqual(breaches(new Map()), ['src: no source was read'])
})

suite('time and chance', () => {
  const banned = [
    'const now = Date.now()',
    'const now = new Date()',
    'const now = new Date',
    'const roll = Math.random()',
    'setTimeout(() => {}, 1)',
    'globalThis.setInterval(() => {}, 1)',
    'const later = setImmediate',
    'const port = process.env.PORT',
    "import { setTimeout as sleep } from 'node:timers/promises'",
  ]
  for (const line of banned) {
    test(line, () => {
      assert.equal(timeAndChance('src/purchase/story.ts', `${line}\n`).length > 0, true)
      assert.equal(timeAndChance('sim/world.ts', `${line}\n`).length > 0, true)
      assert.deepEqual(timeAndChance('src/platform/clock.ts', line), [])
      assert.deepEqual(timeAndChance('src/purchase/story.test.ts', line), [])
    })
  }
  test('comments and texts may name them, and a given time may be read', () => {
    assert.deepEqual(timeAndChance('src/core/sale.ts', "// Date.now()\nconst at = new Date(0), text = 'setTimeout'\n"), [])
  })
})

suite('sizes', () => {
  const body = 'step()\n'
  test('a file of 400 lines is fine, one of 401 is not', () => {
    assert.deepEqual(sizes('src/gate/rate.ts', body.repeat(400)), [])
    assert.deepEqual(sizes('src/gate/rate.ts', body.repeat(401)), ['src/gate/rate.ts:1: 401 lines; a file has at most 400'])
    assert.deepEqual(sizes('src/gate/rate.test.ts', body.repeat(401)), [])
  })
  test('a function of 70 lines is fine, one of 71 is not', () => {
    assert.deepEqual(sizes('src/gate/rate.ts', `function work() {\n${body.repeat(68)}}\n`), [])
    for (const head of ['function work()', 'const work = () =>', 'class Rate { work()']) {
      const text = `${head} {\n${body.repeat(69)}}${head.startsWith('class') ? '}' : ''}\n`
      assert.deepEqual(sizes('src/gate/rate.ts', text), ['src/gate/rate.ts:1: a function of 71 lines; at most 70'])
    }
  })
})

suite('names', () => {
  for (const declared of ['class OrderManager {}', 'interface ILedger {}', 'type MoneyUtils = {}', 'class LedgerImpl {}']) {
    test(declared, () => assert.equal(names('src/core/order.ts', declared).length, 1))
  }
  for (const path of ['src/core/utils.ts', 'src/core/order-helper.ts', 'src/helpers/order.ts', 'src/core/orderState.ts']) {
    test(path, () => assert.equal(names(path, '').length, 1))
  }
  test('Identity, Id and a word within another are fine', () => {
    assert.deepEqual(names('src/core/identity.ts', 'type Id = string\nclass Identity {}\ntype ServiceLevel = 1\n'), [])
  })
})

suite('money is an integer', () => {
  for (const line of ['parseFloat(text)', 'price.toFixed(2)', 'amount * 100', 'row.balance / 100']) {
    test(line, () => assert.equal(floatMoney('src/core/money.ts', line).length, 1))
  }
  test('latencies may be scaled', () => assert.deepEqual(floatMoney('src/drill/report.ts', '(share * 100).toFixed(1)'), []))
})

suite('words', () => {
  for (const word of ['TO' + 'DO', 'FIX' + 'ME']) {
    test(word, () => assert.deepEqual(leftOvers('a.md', `one\n${word}: two\n`).length, 1))
  }
  for (const line of [`see /${'home'}/me/notes`, `in "/${'tmp'}/run"`, `as ${'issue'} 3 says`, `a ${'sub'}agent wrote it`]) {
    test(line, () => assert.equal(ownBusiness('docs/notes.md', line).length, 1))
  }
  test('a route and an address are no path of this machine', () => {
    assert.deepEqual(ownBusiness('src/http/routes.ts', "app.get('/users/me')\nhttps://shop.example/home/\n"), [])
  })
})

suite('pages', () => {
  test('a link to nothing is found, with its page', () => {
    const tree = new Map([
      ['README.md', '[a](docs/a.md#part) [src](src/) [out](https://example.org) `[no](no.md)`\n```\n[no](no.md)\n```\n'],
      ['docs/a.md', '[back](../README.md) [gone](gone.md) [picture](./a.svg)'],
      ['docs/a.svg', ''],
      ['src/main.ts', ''],
    ])
    assert.deepEqual(deadLinks(tree), ['docs/a.md:1: links to docs/gone.md, which is not there'])
  })
  test('a page that no page leads to is found', () => {
    const tree = new Map([
      ['README.md', '[a](docs/a.md)'],
      ['docs/a.md', '[b](b.md) [all](decisions/)'],
      ['docs/decisions/0001-a.md', ''],
      ['docs/b.md', ''],
      ['docs/c.md', ''],
    ])
    assert.deepEqual(orphanDocs(tree), ['docs/c.md:1: no page links here'])
  })
})
