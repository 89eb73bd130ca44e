import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import { allIsWell, buy, makeCrowd } from './crowd.ts'
import { startShop } from './shop.ts'

const ROUNDS = 22
const BUYERS = 120
const UNITS = 40
/** The crowd arrives within this; the kill comes anywhere in it. */
const OVER_MS = 400

test(`what was answered 202 is there and settles after kill -9, ${ROUNDS} times`, { timeout: 300_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'crash-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  let shop = await startShop({ DATA_DIR: dir }, t)
  let told = 0
  for (let round = 0; round < ROUNDS; round++) {
    const crowd = await makeCrowd(shop, BUYERS, UNITS)
    const killAt = (OVER_MS * (round + 1)) / ROUNDS
    const wire = new Wire(shop.url, BUYERS)
    const asked = crowd.buyers.map(async (buyer, i) => {
      await sleep((i / BUYERS) * OVER_MS)
      await buy(wire, crowd, buyer)
    })
    await sleep(killAt)
    await shop.kill()
    await Promise.all(asked)
    wire.close()
    told += crowd.buyers.filter((buyer) => buyer.orderId !== undefined).length
    shop = await startShop({ DATA_DIR: dir }, t)
    await allIsWell(shop, crowd, round)
  }
  assert.ok(told > ROUNDS, `the kills came too early to prove anything: ${told} orders were accepted before them`)
  assert.equal(await shop.stop(), 0)
})
