import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { canaries } from '../sim/canaries.ts'
import { settings } from '../src/config.ts'
import { codes } from '../src/core/codes.ts'
import { faultCodes } from '../src/core/fault.ts'

/** The cells of the tables' rows below a heading, as they read. */
function rows(page: string, heading: string): string[][] {
  const text = readFileSync(new URL(`../docs/${page}`, import.meta.url), 'utf8')
  const part = text.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const [, , ...lines] = part.split('\n').filter((line) => line.startsWith('|'))
  return lines.map((line) => line.slice(1, -1).split('|').map(plain))
}

const plain = (cell: string): string => cell.trim().replace(/^`(.*)`$/, '$1')

suite('the pages say what the code says', () => {
  test('docs/errors.md lists the codes, and says for each when and what to do', () => {
    const written = rows('errors.md', 'Codes')
    const known = Object.entries(codes).map(([code, [status, title]]) => [code, String(status), title])
    assert.deepEqual(
      written.map((cells) => cells.slice(0, 3)),
      known,
    )
    for (const cells of written) assert.ok(cells.length === 6 && cells.every((cell) => cell !== ''), cells.join(' | '))
  })

  test('docs/correctness.md names canaries that there are', () => {
    const known = new Set(canaries.map(({ name }) => name))
    const named = rows('correctness.md', 'The rules behind them').flatMap(
      (cells) => cells.at(-1)?.match(/[^*]+(?=\*(,|$))/g) ?? [],
    )
    assert.ok(named.length >= 15, named.join(' | '))
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    )
  })

  test('docs/errors.md lists the faults', () => {
    assert.deepEqual(rows('errors.md', 'Faults'), Object.entries(faultCodes))
  })

  test('docs/settings.md lists the settings', () => {
    assert.deepEqual(
      rows('settings.md', 'Settings'),
      settings.map(({ name, default: value, help, secret }) => [name, String(value ?? ''), secret ? 'yes' : '', help]),
    )
  })
})
