import { rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { assert, Bug, never } from './assert.ts'
import { Fault } from './fault.ts'

test('what does not hold is a bug, by name and reason', async () => {
  assert('holds', 'not thrown')
  throws(() => assert(0, 'units are missing'), { name: 'Bug', message: 'units are missing' })
  await rejects(async () => assert(undefined, 'nothing came'), Bug)
})

test('a value that no case knows is a bug that names it', () => {
  throws(() => never('LOST' as never), { name: 'Bug', message: 'unexpected value: "LOST"' })
})

test('a fault says which, and whether it may have happened', () => {
  const fail = () => {
    throw new Fault('store-gone', 'unknown', 'the thread ended')
  }
  throws(fail, { name: 'Fault', code: 'store-gone', outcome: 'unknown', message: 'the thread ended' })
})
