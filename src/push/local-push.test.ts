import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LocalPush } from './local-push.ts'
import { Outlet } from './outlet.ts'
import { pushContract } from './push.contract.ts'

const saleId = '0190f7b4-0000-7000-8000-000000000001'
const hint = { type: 'sale', saleId, status: 'ACTIVE', phase: 'Active' } as const

test('a thousand who watch are told in parts, each once, and whoever waits has their turn in between', () => {
  const waiting: (() => void)[] = []
  const push = new LocalPush((work) => waiting.push(work))
  const told = new Array<number>(1000).fill(0)
  for (const at of told.keys()) {
    const send = () => {
      told[at] = (told[at] ?? 0) + 1
    }
    push.watchSale(saleId, new Outlet({ bufferedAmount: 0, send, terminate() {} }))
  }
  push.toSale(saleId, hint)
  let parts = 1
  let before = 0
  for (; ; parts++) {
    const now = told.filter((times) => times === 1).length
    assert.ok(now > before && now - before <= 100, `${now - before} at once`)
    before = now
    const next = waiting.shift()
    if (!next) break
    next()
  }
  assert.equal(parts, 10)
  assert.ok(told.every((times) => times === 1))
})

suite('one process', () => {
  pushContract(async () => {
    const push = new LocalPush()
    await push.start()
    return [push, push]
  })
})
