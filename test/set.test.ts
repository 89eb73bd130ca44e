import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { good } from './command-line.ts'
import { until } from './redis-ledger.ts'
import { startSet, withoutSet } from './set/set.ts'

suite('many processes behind nginx', { skip: withoutSet, timeout: 300_000 }, () => {
  test('sell exactly while one that answers and one that settles are killed and Redis fails over', async () => {
    await using set = await startSet({ HOLD_TTL: '20s' })
    const crowd = ['--buyers', '500', '--units', '50', '--over', '5000', '--card', '0.2']
    const drill = good(set.dir, 'drill', ...crowd)
    const reserved = (units: number) => until(async () => assert.ok((await set.redis.writes(set.redis.primary)) > units), 60_000)
    const [api, payments] = [set.of('api')[0] ?? assert.fail(), set.of('payments')[0] ?? assert.fail()]
    await reserved(5)
    await Promise.all([api.kill(), payments.kill()])
    await set.redis.cut()
    await reserved(10)
    await set.redis.failOver()
    await Promise.all([api.start(), payments.start(), set.redis.mend()])
    assert.match(await drill, /^exact: 50 of 50 sold, 0 lost, balanced\n/)
    assert.match(await good(set.dir, 'audit', '--strict'), /^balanced: /m)
    const schedulers = set.of('scheduler')
    assert.match(schedulers.map((one) => one.output()).join(''), /"ledger-rebuilt"/)
    assert.deepEqual(await set.roll([api]), [0], 'asked to end it ends well')
  })
})
