import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apiTypesFile } from './api-types.ts'
import { gates } from './gates.ts'

const house = fileURLToPath(new URL('..', import.meta.url))
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Keeps every rule; small, so that each gate takes a second and the breach is the only thing to find. */
const clean: Record<string, string> = {
  'src/main.ts': "import { parts } from './parts.ts'\n\nconsole.log(parts)\n",
  'src/parts.ts': [
    "import { place } from './purchase/place.ts'",
    "import { MemoryLedger } from './ledger/memory-ledger.ts'",
    "import { gate } from './gate/gate.ts'",
    "import { cart } from './shop/cart/cart.ts'",
    "import { reviews } from './shop/reviews/reviews.ts'",
    'export const parts = [place(new MemoryLedger()), gate, cart, reviews]',
  ].join('\n'),
  'src/core/sale.ts': "export type Sale = { id: string }\n\nexport const opening: Sale = { id: 'first' }\n",
  'src/platform/clock.ts': "import { opening } from '../core/sale.ts'\n\nexport const clock = { now: () => opening.id.length }\n",
  'src/ledger/ledger.ts': "import type { Sale } from '../core/sale.ts'\n\nexport type Ledger = { take(sale: Sale): boolean }\n",
  'src/ledger/memory-ledger.ts': [
    "import type { Ledger } from './ledger.ts'",
    'export class MemoryLedger implements Ledger {\n  take() {\n    return true\n  }\n}',
  ].join('\n'),
  'src/gate/gate.ts': "import { clock } from '../platform/clock.ts'\n\nexport const gate = clock.now()\n",
  'src/shop/cart/cart.ts': "import { clock } from '../../platform/clock.ts'\n\nexport const cart = clock.now()\n",
  'src/shop/reviews/reviews.ts': "import { clock } from '../../platform/clock.ts'\n\nexport const reviews = clock.now()\n",
  'src/purchase/place.ts': [
    "import { opening } from '../core/sale.ts'",
    "import type { Ledger } from '../ledger/ledger.ts'",
    'export const place = (ledger: Ledger) => ledger.take(opening)',
  ].join('\n'),
  'src/core/sale.test.ts': "import { test } from 'node:test'\nimport { opening } from './sale.ts'\n\ntest(opening.id)\n",
  'test/check.ts': "console.log('checked')\n",
  'bench/main.ts': "console.log('measured')\n",
  'sim/main.ts': "console.log('simulated')\n",
  'launch.js': 'await import(process.argv[2])\n',
  'README.md': '# A shop\n',
  'package.json': JSON.stringify({
    name: 'shop',
    type: 'module',
    scripts: { start: 'node launch.js src/main.ts', test: 'node launch.js --test' },
  }),
}

/** A tree with the house's own settings for each gate, plus `planted`, whose lines go to the end of their files. */
function tree(planted: Record<string, string> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'gates-'))
  folders.push(root)
  for (const name of ['biome.json', '.dependency-cruiser.mjs', 'tsconfig.json']) cpSync(join(house, name), join(root, name))
  const { workspaces, ignoreBinaries: _, ...knip } = JSON.parse(readFileSync(join(house, 'knip.json'), 'utf8'))
  const { entry: entries, project } = workspaces['.']
  // Of the house's own entries those that the small tree has, too: knip finds fault with what leads nowhere.
  const entry = entries.filter((path: string) => path.includes('*') || clean[path] !== undefined)
  writeFileSync(join(root, 'knip.json'), JSON.stringify({ ...knip, entry, project }))
  symlinkSync(join(house, 'node_modules'), join(root, 'node_modules'), 'junction')
  for (const path of new Set([...Object.keys(clean), ...Object.keys(planted)])) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    const whole = path.endsWith('.json') && planted[path]
    writeFileSync(join(root, path), whole || [clean[path], planted[path]].filter(Boolean).join('\n'))
  }
  return root
}

const gate = (name: string, root: string) => (gates[name] as (typeof gates)[string])(root)

function red(name: string, because: string, planted: Record<string, string>, words: RegExp): void {
  test(because, async () => {
    const { ok, output } = await gate(name, tree(planted))
    assert.equal(ok, false, output)
    assert.match(output, words)
  })
}

suite('the clean tree is green', { concurrency: 2 }, () => {
  for (const name of ['types', 'direction', 'knip', 'tidy']) {
    test(name, async () => {
      const { ok, output } = await gate(name, tree())
      assert.ok(ok, output)
    })
  }
})

test('the direction of this house is read, all of it', async () => {
  const { output } = await gate('direction', house)
  assert.ok(Number(/(\d+) modules read/.exec(output)?.[1]) > 20, output)
  assert.doesNotMatch(output, /not read/)
})

suite('biome', { concurrency: 2 }, () => {
  red('biome', 'format', { 'src/core/a.ts': 'export const a = "a";\n' }, /format/)
  red('biome', 'lint', { 'src/core/a.ts': 'export const a: any = 1\n' }, /noExplicitAny/)
})

suite('types', { concurrency: 2 }, () => {
  red('types', 'a wrong type', { 'src/core/a.ts': "export const a: number = 'a'\n" }, /TS2322/)
  red('types', 'syntax that Node cannot strip', { 'src/core/a.ts': 'export enum A { One }\n' }, /TS1294/)
})

suite('direction', { concurrency: 2 }, () => {
  const uses = (path: string) => `import * as other from '${path}'\n\nexport const used = other\n`
  const breaks = (rule: string, file: string, path: string, others: Record<string, string> = {}) =>
    red('direction', `${rule}: ${file} -> ${path}`, { ...others, [file]: uses(path) }, new RegExp(`^${rule}: ${file}`, 'm'))

  breaks('core-is-pure', 'src/core/sale.ts', '../platform/clock.ts')
  breaks('core-is-pure', 'src/core/sale.ts', 'node:fs')
  breaks('platform-knows-no-shop', 'src/platform/clock.ts', '../ledger/ledger.ts')
  breaks('stations-do-not-meet', 'src/gate/gate.ts', '../ledger/ledger.ts')
  breaks('stations-do-not-meet', 'src/shop/cart/cart.ts', '../reviews/reviews.ts')
  breaks('stations-do-not-meet', 'src/ledger/ledger.ts', '../purchase/place.ts')
  breaks('purchase-tells-the-story', 'src/purchase/place.ts', '../parts.ts')
  breaks('adapters-are-made-in-parts', 'src/purchase/place.ts', '../ledger/memory-ledger.ts')
  breaks('adapters-are-made-in-parts', 'src/http/routes.ts', '../ledger/memory-ledger.ts')
  breaks('http-is-handed-its-parts', 'src/http/routes.ts', '../parts.ts')
  breaks('drill-stays-outside', 'src/drill/crowd.ts', '../ledger/ledger.ts')
  breaks('every-file-has-a-place', 'src/cellar/wine.ts', '../core/sale.ts')
  breaks('main-is-imported-by-none', 'src/parts.ts', './main.ts')
  breaks('src-stands-alone', 'src/parts.ts', '../sim/world.ts', { 'sim/world.ts': 'export const world = 1\n' })
  breaks('runs-without-dev-dependencies', 'src/gate/gate.ts', 'fast-check')
  breaks('no-cycle', 'src/core/a.ts', './sale.ts', { 'src/core/sale.ts': uses('./a.ts') })
  breaks('no-dead-link', 'src/core/sale.ts', './gone.ts')
  red('direction', 'no-orphan', { 'src/core/alone.ts': 'export const alone = 1\n' }, /^no-orphan: src\/core\/alone\.ts/m)

  test('a cruise that reads nothing is not green', async () => {
    const root = tree()
    const settings = join(root, '.dependency-cruiser.mjs')
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('options: {', "options: {\n    exclude: '.*',"))
    const { ok, output } = await gate('direction', root)
    assert.equal(ok, false)
    assert.match(output, /not read: src\/main\.ts/)
    assert.match(output, /nothing was read/)
  })
})

suite('knip', { concurrency: 2 }, () => {
  red('knip', 'an unused file', { 'src/core/alone.ts': 'export const alone = 1\n' }, /Unused files[\s\S]*alone\.ts/)
  red('knip', 'an unused file of the tests', { 'test/alone.ts': 'export const alone = 1\n' }, /Unused files[\s\S]*alone\.ts/)
  red('knip', 'an unused export', { 'src/core/sale.ts': 'export const spare = 1\n' }, /Unused exports[\s\S]*spare/)
  const manifest = { ...JSON.parse(clean['package.json'] as string), dependencies: { pino: '*' } }
  red('knip', 'an unused dependency', { 'package.json': JSON.stringify(manifest) }, /Unused dependencies[\s\S]*pino/)
})

suite('api-types', { concurrency: 2 }, () => {
  const types = readFileSync(join(house, apiTypesFile), 'utf8')
  red(
    'api-types',
    'an answer that has lost a field',
    { [apiTypesFile]: types.replace(' couponCode?: string;', '') },
    /npm run types/,
  )
  test('what was written last is what the API says', async () => {
    const { ok, output } = await gate('api-types', house)
    assert.ok(ok, output)
  })
})

suite('page-types', { concurrency: 2 }, () => {
  const page = (field: string) => ({
    'web/tsconfig.json': readFileSync(join(house, 'web/tsconfig.json'), 'utf8').replace('"vite/client"', ''),
    [apiTypesFile]: readFileSync(join(house, apiTypesFile), 'utf8'),
    'web/src/first.vue': [
      '<script setup lang="ts">',
      "import type { components } from './api/schema.d.ts'",
      "defineProps<{ sale: components['schemas']['Sale'] }>()",
      '</script>',
      `<template>{{ sale.${field} }}</template>`,
    ].join('\n'),
  })
  red('page-types', 'a field that the API does not have', page('title'), /first\.vue\(5,\d+\): error TS2339/)
  test('one that it has', async () => {
    const { ok, output } = await gate('page-types', tree(page('name')))
    assert.ok(ok, output)
  })
})

suite('tidy', { concurrency: 2 }, () => {
  red('tidy', 'time', { 'src/core/sale.ts': 'export const now = Date.now()\n' }, /src\/core\/sale\.ts:\d+: Date\.now/)
  red('tidy', 'an orphan page', { 'docs/alone.md': '# Alone\n' }, /docs\/alone\.md:1: no page links here/)
  red('tidy', 'a dead link', { 'README.md': '[gone](gone.md)\n' }, /gone\.md, which is not there/)
})
