import assert from 'node:assert/strict'
import { it } from 'node:test'
import { memoryShop } from '../../test/memory-shop.ts'
import { newId } from '../../test/samples.ts'
import { Lag } from './lag.ts'
import { publish } from './publish.ts'

it('counts what waits to be told and what waits to be paid, and is behind by the older of them', async () => {
  const shop = memoryShop()
  const process = shop.process()
  const sale = await shop.sale(9, {}, process)
  const { clock, books, sales, outbox, events } = shop
  const lag = new Lag(outbox, events, 1000)
  const measured = async () => {
    await lag.measure(clock.now())
    return [lag.outbox, lag.payments, lag.oldestMs, lag.behind]
  }
  assert.deepEqual(await measured(), [0, 0, 0, false])
  for (let i = 0; i < 2; i++) await process.buy(shop.wish(sale))
  await clock.advance(1000)
  assert.deepEqual(await measured(), [2, 0, 1000, false])
  await publish({ books, sales, outbox, events, newId, published() {} })
  await process.buy(shop.wish(sale))
  await clock.advance(1)
  assert.deepEqual(await measured(), [1, 2, 1001, true])
  assert.equal(lag.measuredAt, clock.now())
  await shop.settleAll(process)
  assert.deepEqual(await measured(), [3, 0, 0, false], 'their payments are to be told')
})
