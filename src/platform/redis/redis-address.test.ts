import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { redisAddress } from './redis-address.ts'

const plain = { sentinel: null, tls: false, username: undefined, password: undefined, database: 0 }

suite('an address of Redis', () => {
  const read = {
    'redis://one': { ...plain, hosts: [{ host: 'one', port: 6379 }] },
    'redis://127.0.0.1:7000/3': { ...plain, hosts: [{ host: '127.0.0.1', port: 7000 }], database: 3 },
    'rediss://[::1]:7000': { ...plain, hosts: [{ host: '::1', port: 7000 }], tls: true },
    'redis://:p%40ss%3Aword@one': { ...plain, hosts: [{ host: 'one', port: 6379 }], password: 'p@ss:word' },
    'redis://shop:a:b@one/': { ...plain, hosts: [{ host: 'one', port: 6379 }], username: 'shop', password: 'a:b' },
    'redis+sentinel://one,two:27000/main': {
      ...plain,
      hosts: [
        { host: 'one', port: 26_379 },
        { host: 'two', port: 27_000 },
      ],
      sentinel: 'main',
    },
    'redis+sentinel://shop:secret@one/main/2': {
      ...{ ...plain, sentinel: 'main', username: 'shop', password: 'secret', database: 2 },
      hosts: [{ host: 'one', port: 26_379 }],
    },
  }
  for (const [text, address] of Object.entries(read)) test(text, () => assert.deepEqual(redisAddress(text), address))

  const refused = ['', 'http://one', 'redis://', 'redis://one,two', 'redis://one:0', 'redis://one:65536', 'redis://one:x']
  const others = ['redis://one/first', 'redis://one/1/2', 'redis://%@one', 'redis://o ne', 'redis://one?x=1']
  const sentinels = ['redis+sentinel://one', 'redis+sentinel://one/', 'redis+sentinel://one,/main', 'redis+sentinel://one/main/x']
  for (const text of [...refused, ...others, ...sentinels]) {
    test(`not ${text}`, () => assert.equal(redisAddress(text), undefined))
  }
})
