import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { handClock } from '../../test/hand-clock.ts'
import { newId } from '../../test/samples.ts'
import { DemoGateway, plainly } from './gateway.ts'
import { type Answer, decide, type NewCharge, type Transaction } from './machine.ts'

function stage() {
  const clock = handClock()
  let ids = 0
  return { clock, demo: new DemoGateway({ now: clock.now, newId: () => `${++ids}` }) }
}

function chargeAt(now: number, more: Partial<NewCharge> = {}): NewCharge {
  const urls = { returnUrl: 'http://shop/', notifyUrl: 'http://shop/hear' }
  return { orderId: newId(), attempt: 1, amount: 500, currency: 'EUR', expiresAt: now + 60_000, ...urls, ...more }
}

function txnOf(answer: Answer): string {
  assert.ok('view' in answer)
  return answer.view.txnId
}

suite('keys', () => {
  test('are forgotten after 24 h: the same key then is another transaction', async () => {
    const { clock, demo } = stage()
    const charge = chargeAt(clock.now())
    const first = txnOf(demo.ask('k', { do: 'authorize', charge }))
    await clock.advance(24 * 3600_000 - 1)
    assert.equal(txnOf(demo.ask('k', { do: 'authorize', charge })), first)
    await clock.advance(1)
    assert.notEqual(txnOf(demo.ask('k', { do: 'authorize', charge })), first)
  })

  test('that lie about for longer are not believed, whoever clears them away', () => {
    const { clock, demo } = stage()
    const command = { do: 'authorize', charge: chargeAt(clock.now()) } as const
    const answer = demo.ask('k', command)
    assert.ok(answer.kind === 'done')
    const [digest, at] = ['of something else', clock.now()]
    const taken = (now: number) =>
      decide({ transaction: undefined, kept: { digest, answer, at } }, command, { now, txnId: 'txn_2', keeps: 'answer' }).answer
        .kind
    assert.deepEqual([taken(at + 24 * 3600_000 - 1), taken(at + 24 * 3600_000)], ['key-reused', 'done'])
  })

  test('keep the answer that was given, also when it was an error', () => {
    const { clock, demo } = stage()
    const command = { do: 'authorize', charge: chargeAt(clock.now()) } as const
    const failed = demo.ask('k', command, { ...plainly, keeps: 'failure' })
    assert.equal(failed.kind, 'failed')
    assert.deepEqual(demo.ask('k', command), failed)
    assert.equal(demo.find(command.charge.orderId, 1)?.txnId, txnOf(failed))
  })

  test('that were forgotten at once make two transactions of one attempt, and the one with money in it is told of', () => {
    const { clock, demo } = stage()
    const charge = chargeAt(clock.now())
    const [first, second] = [1, 2].map(() => txnOf(demo.ask('k', { do: 'authorize', charge }, { ...plainly, keeps: 'nothing' })))
    assert.notEqual(first, second)
    assert.equal(demo.find(charge.orderId, 1)?.txnId, first)
    demo.act(second ?? '', 'pay')
    assert.equal(demo.find(charge.orderId, 1)?.txnId, second)
  })

  test('do not mind that the shop has another address now', () => {
    const { clock, demo } = stage()
    const charge = chargeAt(clock.now())
    const first = txnOf(demo.ask('k', { do: 'authorize', charge }))
    assert.equal(txnOf(demo.ask('k', { do: 'authorize', charge: { ...charge, notifyUrl: 'http://shop:2/hear' } })), first)
    assert.equal(demo.ask('k', { do: 'authorize', charge: { ...charge, amount: 501 } }).kind, 'key-reused')
  })
})

suite('the page', () => {
  test('takes no payment once its time is over', async () => {
    const { clock, demo } = stage()
    const txnId = txnOf(demo.ask('k', { do: 'authorize', charge: chargeAt(clock.now()) }))
    await clock.advance(60_000)
    assert.equal(demo.act(txnId, 'pay')?.kind, 'expired')
    assert.equal(demo.transaction(txnId)?.state, 'open')
  })

  test('is closed by a decline', () => {
    const { clock, demo } = stage()
    const txnId = txnOf(demo.ask('k', { do: 'authorize', charge: chargeAt(clock.now()) }))
    assert.equal(demo.act(txnId, 'decline')?.kind, 'declined')
    assert.equal(demo.act(txnId, 'pay')?.kind, 'closed')
    assert.equal(demo.transaction(txnId)?.state, 'declined')
  })

  test('of nothing is nothing', () => assert.equal(stage().demo.act('txn_0', 'pay'), undefined))
})

test('events have rising numbers; a cursor of another life begins at the beginning', () => {
  const { clock, demo } = stage()
  for (const key of ['a', 'b', 'c']) demo.act(txnOf(demo.ask(key, { do: 'authorize', charge: chargeAt(clock.now()) })), 'pay')
  assert.deepEqual(
    demo.eventsAfter(1, 10).map(({ seq, type }) => [seq, type]),
    [
      [2, 'charge.authorized'],
      [3, 'charge.authorized'],
    ],
  )
  assert.equal(demo.eventsAfter(3, 10).length, 0)
  assert.equal(demo.eventsAfter(4, 10).length, 3)
})

/** Key, what is done, to which of the transactions so far, and how long after the last. */
const step = fc.record({
  key: fc.integer({ min: 0, max: 15 }),
  does: fc.constantFrom('authorize', 'capture', 'void', 'refund', 'pay', 'decline'),
  which: fc.nat(5),
  afterMs: fc.constantFrom(0, 1, 30_000, 25 * 3600_000),
  keeps: fc.constantFrom('answer', 'answer', 'failure', 'nothing'),
})

test('no command makes money or loses any', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, demo } = stage()
      const made: string[] = []
      let [captures, refunds] = [0, 0]
      for (const { key, does, which, afterMs, keeps } of steps) {
        await clock.advance(afterMs)
        const txnId = made[which % Math.max(1, made.length)] ?? 'none'
        const before = demo.transaction(txnId)
        if (does === 'authorize') {
          const answer = demo.ask(
            `${key}`,
            { do: does, charge: chargeAt(clock.now(), { amount: 100 + which }) },
            { ...plainly, keeps },
          )
          if ('view' in answer && !made.includes(answer.view.txnId)) made.push(answer.view.txnId)
          continue
        }
        if (does === 'pay' || does === 'decline') demo.act(txnId, does)
        else demo.ask(`${key}`, { do: does, txnId }, { ...plainly, keeps })
        const after = demo.transaction(txnId)
        if (!before || !after) continue
        captures += after.captured - before.captured
        refunds += after.refunded - before.refunded
        assertStep(before, after, does)
      }
      const { money } = demo.totals()
      assert.deepEqual(money.EUR ?? { captured: 0, refunded: 0 }, { captured: captures, refunded: refunds })
      const events = demo.eventsAfter(0, 1000)
      assert.equal(events.filter(({ type }) => type === 'charge.captured').length, ends(made, demo, 'captured'))
      assert.equal(events.filter(({ type }) => type === 'charge.refunded').length, ends(made, demo, 'refunded'))
    }),
    { numRuns: 300 },
  )
})

/** Money moves by the whole amount, from where it may, and only when it was asked to. */
function assertStep(before: Transaction, after: Transaction, does: string): void {
  assert.ok(after.captured === 0 || after.captured === after.amount)
  assert.ok(after.refunded <= after.captured)
  assert.equal(after.amount, before.amount)
  if (after.captured !== before.captured)
    assert.deepEqual([does, before.state, after.state], ['capture', 'authorized', 'captured'])
  if (after.refunded !== before.refunded) assert.deepEqual([does, before.state, after.state], ['refund', 'captured', 'refunded'])
  assert.equal(after.state, after.history.at(-1)?.state)
}

/** How many of them were ever in that state. */
function ends(made: string[], demo: DemoGateway, state: string): number {
  return made.filter((txnId) => demo.transaction(txnId)?.history.some((one) => one.state === state)).length
}
