import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseMs } from './live.ts'

test('a thousand sockets are told of the stock four times a second, more of them less often: at most 4,000 frames a second', () => {
  assert.deepEqual([0, 1, 1000, 2000, 20_000].map(pauseMs), [250, 250, 250, 500, 5000])
})
