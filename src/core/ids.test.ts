import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isId, uuidV7 } from './ids.ts'

test('an id is made as RFC 9562 says: the example of its appendix A.6', () => {
  const random = 0x18c4_dc0c_0c07_398fn
  const low = Number(random & 0xffff_ffffn)
  const high = Number((random >> 48n) | (((random >> 32n) & 0xffffn) << 14n))
  assert.equal(uuidV7(0x017f_22e2_79b0, 0xcc3, high, low), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
})

test('an id of small numbers, and of the largest, has the same form', () => {
  const small = uuidV7(1, 2, 0, 3)
  const large = uuidV7(2 ** 48 - 1, 0xfff, 0xffff_ffff, 0xffff_ffff)
  assert.equal(small, '00000000-0001-7002-8000-000000000003')
  assert.equal(large, 'ffffffff-ffff-7fff-bfff-ffffffffffff')
  assert.ok(isId(small) && isId(large))
})

suite('an id is a UUID in lower case and nothing else', () => {
  const id = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
  const others = [
    '',
    id.toUpperCase(),
    `${id}0`,
    `0${id}`,
    `${id}\n`,
    id.replaceAll('-', ''),
    id.replace('f', 'g'),
    ...[0, 9, 14, 19, 24].map((at) => id.slice(0, at) + id.slice(at + 1)),
  ]
  for (const other of others) test(JSON.stringify(other), () => assert.equal(isId(other), false))
})
