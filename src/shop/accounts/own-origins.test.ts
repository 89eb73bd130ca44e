import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownOrigins } from './own-origins.ts'

test('the names of the loopback are one shop, on its port alone', () => {
  assert.deepEqual(ownOrigins('http://127.0.0.1:8080'), ['http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080'])
  assert.deepEqual(ownOrigins('http://[::1]:80'), ['http://[::1]', 'http://127.0.0.1', 'http://localhost'])
})

test('any other address is itself alone', () => {
  assert.deepEqual(ownOrigins('http://192.0.2.7:8080'), ['http://192.0.2.7:8080'])
  assert.deepEqual(ownOrigins('https://shop.example/'), ['https://shop.example'])
  assert.deepEqual(ownOrigins('https://localhost.example'), ['https://localhost.example'])
})
