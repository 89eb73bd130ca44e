import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idMaker, readableCode, secret, systemRandom } from './random.ts'

test('ids rise within one millisecond, past its counter, and when the clock steps back', () => {
  const times = [...Array.from({ length: 5000 }, () => 1_800_000_000_000), 1_799_999_999_000, 1_800_000_000_500]
  let at = 0
  const newId = idMaker({ now: () => times[at++] ?? 0 } as never, systemRandom)
  const ids = times.map(() => newId())
  assert.deepEqual(ids.toSorted(), ids)
  assert.equal(new Set(ids).size, ids.length)
})

test('a code for people has three groups and no letter that is read as another', () => {
  const codes = Array.from({ length: 500 }, () => readableCode(systemRandom))
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/)
  assert.equal(new Set(codes).size, codes.length)
})

test('a secret has as many bytes as asked for', () => {
  for (const bytes of [1, 6, 16, 32]) assert.equal(Buffer.from(secret(systemRandom, bytes), 'base64url').length, bytes)
})
