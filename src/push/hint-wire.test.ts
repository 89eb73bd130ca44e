import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { forged, someHint } from '../../test/redis-push.ts'
import { hintsIn, textOf } from './hint-wire.ts'

suite('a message between processes', () => {
  test('is read as it was written', () => {
    const hints = [someHint(), someHint()]
    assert.deepEqual(hintsIn(`[${hints.map(textOf).join(',')}]`), hints)
    assert.deepEqual(hintsIn('[]'), [])
  })

  test('as many as go in one call are not too long', () => {
    assert.equal(hintsIn(`[${Array.from({ length: 200 }, () => textOf(someHint())).join(',')}]`)?.length, 200)
  })

  test('what else it says is not passed on', () => {
    const hint = someHint()
    assert.deepEqual(hintsIn(`[${textOf(hint).replace('{', '{"type":"hello","html":"<b>",')}]`), [hint])
  })

  for (const message of forged(someHint())) test(`not ${message.slice(0, 60)}`, () => assert.equal(hintsIn(message), undefined))
})
