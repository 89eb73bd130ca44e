import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { idle } from '../../test/hand-clock.ts'
import { Fault } from '../core/fault.ts'
import type { GatewayView } from '../core/payment.ts'
import { chargeAt } from './gateway.contract.ts'
import type { Gateway } from './gateway.ts'
import { GuardedGateway } from './guarded-gateway.ts'

const down = new Fault('gateway-down', 'refused', 'down')
const refused = new Fault('gateway-refused', 'refused', 'refused')
const silent = new Fault('gateway-silent', 'unknown', 'silent')
const view = { state: 'captured' } as GatewayView
const charge = chargeAt(1_800_000_000_000)

/** A guard over a gateway that answers with what `answers` says, call by call, and then with a yes. Time is moved by hand. */
function stage(t: TestContext, ...answers: (Fault | 'yes' | 'never')[]) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 })
  const asked: string[] = []
  const heard: string[] = []
  const answer = (method: string) => async (): Promise<never> => {
    asked.push(method)
    const next = answers.shift() ?? 'yes'
    if (next instanceof Fault) throw next
    return (next === 'yes' ? view : new Promise(() => {})) as never
  }
  const methods = ['authorize', 'capture', 'void', 'refund', 'lookup', 'events']
  const gateway = Object.fromEntries(methods.map((method) => [method, answer(method)])) as unknown as Gateway
  const guard = new GuardedGateway('demo', gateway, {
    clock: { now: () => Date.now() },
    random: { word: () => 2 ** 31 },
    onChange: (state) => void heard.push(state),
    onCall: (method, outcome) => void heard.push(`${method} ${outcome}`),
  })
  const pass = async (ms: number) => {
    await idle()
    t.mock.timers.tick(ms)
    await idle()
  }
  return { guard, asked, heard, answers, pass }
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'yes',
    (error) => (error instanceof Fault ? error.code : `${error}`),
  )

suite('how long', () => {
  test('authorize has 500 ms, as a buyer waits; after that it may have happened', async (t) => {
    const { guard, asked, pass } = stage(t, 'never', 'never')
    const told = codeOf(guard.authorize('k', charge))
    let over = ''
    void told.then((code) => (over = code))
    await pass(500)
    // By chance in the middle of 0 to 100 ms.
    await pass(50)
    assert.deepEqual(asked, ['authorize', 'authorize'])
    await pass(499)
    assert.equal(over, '')
    await pass(1)
    assert.equal(over, 'gateway-silent')
  })

  test('the others have 2 s', async (t) => {
    const { guard, pass } = stage(t, 'never')
    let over = ''
    void codeOf(guard.lookup(charge.orderId, 1)).then((code) => (over = code))
    await pass(1999)
    assert.equal(over, '')
    await pass(1)
    assert.equal(over, 'gateway-silent')
  })
})

suite('once more', () => {
  test('is asked with a key what was silent', async (t) => {
    const { guard, asked, pass } = stage(t, silent)
    const told = codeOf(guard.capture('k', 't'))
    await pass(50)
    assert.equal(await told, 'yes')
    assert.deepEqual(asked, ['capture', 'capture'])
  })

  test('and not a third time', async (t) => {
    const { guard, asked, pass } = stage(t, silent, silent)
    const told = codeOf(guard.capture('k', 't'))
    await pass(50)
    assert.equal(await told, 'gateway-silent')
    assert.equal(asked.length, 2)
  })

  for (const fault of [down, refused]) {
    test(`is not asked what was ${fault.code}: nothing is lost`, async (t) => {
      const { guard, asked } = stage(t, fault)
      assert.equal(await codeOf(guard.capture('k', 't')), fault.code)
      assert.equal(asked.length, 1)
    })
  }

  test('is not asked what has no key: whoever reads comes again by itself', async (t) => {
    const { guard, asked } = stage(t, silent)
    assert.equal(await codeOf(guard.events(null, 1)), 'gateway-silent')
    assert.equal(asked.length, 1)
  })

  test('is asked for a tenth of the calls', async (t) => {
    const { guard, asked, answers, pass } = stage(t)
    for (let call = 0; call < 40; call++) {
      // Each call fails once, so that the breaker stays closed.
      answers.push(silent)
      const told = codeOf(guard.capture('k', 't'))
      await pass(50)
      if ((await told) === 'gateway-silent') assert.equal(await codeOf(guard.lookup(charge.orderId, 1)), 'yes')
    }
    const retries = asked.filter((method) => method === 'capture').length - 40
    assert.ok(retries >= 4 && retries <= 5, `${retries} retries`)
  })
})

suite('the breaker', () => {
  async function opened(t: TestContext) {
    const staged = stage(t, down, down, down, down, down)
    for (let call = 0; call < 5; call++) await codeOf(staged.guard.capture('k', 't'))
    return staged
  }

  test('opens after five failures in a row, and then nothing is asked', async (t) => {
    const { guard, asked, heard } = await opened(t)
    assert.deepEqual([guard.breaker, guard.available], ['open', false])
    assert.equal(await codeOf(guard.capture('k', 't')), 'gateway-down')
    assert.equal(await codeOf(guard.events(null, 1)), 'gateway-down')
    assert.equal(asked.length, 5)
    assert.deepEqual(heard.slice(-4), ['open', 'capture gateway-down', 'capture not-asked', 'events not-asked'])
  })

  test('counts what is silent as well', async (t) => {
    const { guard } = stage(t, silent, down, silent, down, silent)
    for (let call = 0; call < 5; call++) await codeOf(guard.lookup(charge.orderId, 1))
    assert.equal(guard.breaker, 'open')
  })

  test('counts calls that fail side by side as one', async (t) => {
    const { guard, asked, pass } = stage(t, ...Array.from({ length: 40 }, () => down))
    for (let round = 1; round <= 5; round++) {
      assert.equal(guard.breaker, 'closed')
      await Promise.all(Array.from({ length: 8 }, () => codeOf(guard.lookup(charge.orderId, 1))))
      await pass(1)
    }
    assert.deepEqual([guard.breaker, asked.length], ['open', 40])
  })

  test('stays closed when an answer comes between', async (t) => {
    const { guard } = stage(t, down, down, down, down, 'yes', down, down, down, down)
    for (let call = 0; call < 9; call++) await codeOf(guard.capture('k', 't'))
    assert.deepEqual([guard.breaker, guard.available], ['closed', true])
  })

  test('does not count what is refused', async (t) => {
    const { guard, asked } = stage(t, ...Array.from({ length: 20 }, () => refused))
    for (let call = 0; call < 20; call++) assert.equal(await codeOf(guard.capture('k', 't')), 'gateway-refused')
    assert.deepEqual([guard.breaker, asked.length], ['closed', 20])
  })

  test('after 5 s lets one through, and closes when that is answered', async (t) => {
    const { guard, asked, heard, pass } = await opened(t)
    await pass(4999)
    assert.equal(guard.available, false)
    await pass(1)
    assert.equal(guard.available, true)
    assert.equal(await codeOf(guard.capture('k', 't')), 'yes')
    assert.deepEqual([guard.breaker, asked.length], ['closed', 6])
    assert.deepEqual(heard.slice(-3), ['half-open', 'closed', 'capture answered'])
  })

  test('opens again when the one fails; others wait for it and ask nothing', async (t) => {
    const { guard, asked, answers, pass } = await opened(t)
    await pass(5000)
    answers.push('never')
    const probe = codeOf(guard.lookup(charge.orderId, 1))
    const other = codeOf(guard.lookup(charge.orderId, 1))
    await idle()
    assert.deepEqual([guard.breaker, guard.available], ['half-open', false])
    await pass(2000)
    assert.deepEqual([await probe, await other], ['gateway-silent', 'gateway-down'])
    assert.deepEqual([guard.breaker, asked.length], ['open', 6])
  })
})
