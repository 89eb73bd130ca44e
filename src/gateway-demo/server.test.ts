import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hearingShop, SECRET, startDemoGateway } from '../../test/demo-gateway.ts'
import { startShop } from '../../test/shop.ts'
import { Fault } from '../core/fault.ts'
import { DemoGatewayClient, demoWebhook } from '../payment/demo-gateway.ts'
import { chargeAt } from '../payment/gateway.contract.ts'

const read = demoWebhook([SECRET])
const isSilent = (error: unknown) => error instanceof Fault && error.code === 'gateway-silent'

suite('the demo gateway as a server', () => {
  let server: Awaited<ReturnType<typeof startDemoGateway>>
  let shop: Awaited<ReturnType<typeof hearingShop>>
  let keys = 0
  const key = () => `key ${++keys}`
  before(async () => {
    shop = await hearingShop()
    server = await startDemoGateway({ notify: shop.url })
  })
  beforeEach(async () => {
    await server.faults({})
    shop.heard.length = 0
    shop.state.status = 200
  })
  after(async () => {
    await server.stop()
    await shop.close()
  })
  const charge = () => chargeAt(Date.now())
  const kinds = () => shop.heard.map(({ body, header }) => read(body, header, Date.now()).kind)

  test('tells what happens, signed', async () => {
    const asked = charge()
    const { txnId } = await server.client.authorize(key(), asked)
    assert.equal((await server.press(txnId, 'pay')).status, 303)
    await shop.after(1)
    const [first] = shop.heard.map(({ body, header }) => read(body, header, Date.now()))
    assert.ok(first?.kind === 'event')
    const { state, amount, orderId } = first.event.view
    assert.deepEqual([first.event.type, state, amount, orderId], ['charge.authorized', 'authorized', asked.amount, asked.orderId])
  })

  test('tells again what was not heard, under the same id', async () => {
    shop.state.status = 500
    const { txnId } = await server.client.authorize(key(), charge())
    await server.client.void(key(), txnId)
    await shop.after(1)
    shop.state.status = 200
    await shop.after(2)
    assert.equal(new Set(shop.heard.map(({ body }) => body.toString())).size, 1)
  })

  test('asks for its key', async () => {
    for (const [method, path] of [
      ['GET', '/totals'],
      ['GET', '/v1/events'],
      ['PUT', '/faults'],
      ['POST', '/v1/charges'],
    ]) {
      assert.equal((await fetch(server.url + path, { method, headers: { authorization: 'Bearer another' } })).status, 401)
    }
  })

  test('the same key thrice at once is one transaction', async () => {
    const before = await totals()
    const [asked, same] = [charge(), key()]
    await Promise.all([1, 2, 3].map(() => server.client.authorize(same, asked)))
    assert.equal((await totals()).transactions.open, (before.transactions.open ?? 0) + 1)
  })

  test('decline: whatever is pressed, the card is declined', async () => {
    await server.faults({ decline: 1 })
    const asked = charge()
    const { txnId } = await server.client.authorize(key(), asked)
    await server.press(txnId, 'pay')
    assert.equal((await server.client.lookup(asked.orderId, 1))?.state, 'declined')
  })

  test('stall: applied, and answered after 3 s', async () => {
    await server.faults({ stall: 1 })
    const start = performance.now()
    assert.equal((await server.client.authorize(key(), charge())).state, 'open')
    assert.ok(performance.now() - start > 2900)
  })

  test('error: nothing applied, so the same key works afterwards', async () => {
    await server.faults({ error: 1 })
    const [asked, same] = [charge(), key()]
    await assert.rejects(server.client.authorize(same, asked), isSilent)
    await server.faults({})
    assert.equal(await server.client.lookup(asked.orderId, 1), null)
    assert.equal((await server.client.authorize(same, asked)).state, 'open')
  })

  test('lose: applied without an answer; the same key has it', async () => {
    await server.faults({ lose: 1 })
    const [asked, same] = [charge(), key()]
    await assert.rejects(server.client.authorize(same, asked), isSilent)
    await server.faults({})
    const found = await server.client.lookup(asked.orderId, 1)
    assert.equal((await server.client.authorize(same, asked)).txnId, found?.txnId)
  })

  test('cached-error: applied, and the same 500 for the same key for ever; only a look tells', async () => {
    await server.faults({ 'cached-error': 1 })
    const [asked, same] = [charge(), key()]
    await assert.rejects(server.client.authorize(same, asked), isSilent)
    await server.faults({})
    await assert.rejects(server.client.authorize(same, asked), isSilent)
    assert.equal((await server.client.lookup(asked.orderId, 1))?.state, 'open')
  })

  test('forget: the same key is another transaction', async () => {
    await server.faults({ forget: 1 })
    const [asked, same] = [charge(), key()]
    const first = await server.client.authorize(same, asked)
    assert.notEqual((await server.client.authorize(same, asked)).txnId, first.txnId)
  })

  test('early: told before it is answered', async () => {
    const { txnId } = await server.client.authorize(key(), charge())
    await server.faults({ early: 1 })
    await server.client.void(key(), txnId)
    assert.deepEqual(kinds(), ['event'])
  })

  test('twice: told three times', async () => {
    const { txnId } = await server.client.authorize(key(), charge())
    await server.faults({ twice: 1, early: 1 })
    await server.client.void(key(), txnId)
    assert.deepEqual(kinds(), ['event', 'event', 'event'])
    assert.equal(new Set(shop.heard.map(({ body }) => body.toString())).size, 1)
  })

  test('forged: besides what is ours, something that is not', async () => {
    const { txnId } = await server.client.authorize(key(), charge())
    await server.faults({ forged: 1, early: 1 })
    await server.client.void(key(), txnId)
    assert.deepEqual(kinds().sort(), ['event', 'forged'])
  })

  for (const fault of ['never', 'late']) {
    test(`${fault}: not told now, but listed`, async () => {
      const { txnId } = await server.client.authorize(key(), charge())
      await server.faults({ [fault]: 1, early: 1 })
      await server.client.void(key(), txnId)
      assert.deepEqual(kinds(), [])
      let next: string | null = null
      const found: string[] = []
      for (let more = true; more; ) {
        const page: Awaited<ReturnType<typeof server.client.events>> = await server.client.events(next, 1000)
        found.push(...page.events.map(({ view }) => view.txnId))
        more = page.events.length > 0
        next = page.next
      }
      assert.equal(found.at(-1), txnId)
    })
  }

  test('refuses faults that it does not know', async () => {
    for (const faults of [{ sleep: 1 }, { decline: 2 }, { decline: '1' }]) {
      assert.equal((await server.call('PUT', '/faults', faults)).status, 400)
    }
  })

  async function totals(): Promise<{ transactions: Record<string, number>; money: Record<string, object> }> {
    return (await (await server.call('GET', '/totals')).json()) as never
  }
})

suite('the page', () => {
  let server: Awaited<ReturnType<typeof startDemoGateway>>
  before(async () => {
    server = await startDemoGateway()
  })
  after(() => server.stop())
  const open = async () => (await server.client.authorize(`k${Math.random()}`, chargeAt(Date.now()))).redirectUrl ?? ''
  const look = async (url: string, language = 'en') => {
    const answer = await fetch(url, { headers: { 'accept-language': language } })
    return { status: answer.status, policy: answer.headers.get('content-security-policy') ?? '', text: await answer.text() }
  }

  test('shows the amount in the language of the browser, runs no script, and leads to the shop alone', async () => {
    const url = await open()
    const { status, policy, text } = await look(url)
    assert.equal(status, 200)
    assert.match(text, /<html lang="en">[\s\S]*This is a demo[\s\S]*Pay €19\.99/)
    assert.match((await look(url, 'de-AT')).text, /<html lang="de">[\s\S]*Das ist eine Demo[\s\S]*19,99\s€ zahlen/)
    assert.doesNotMatch(text, /<script/)
    assert.match(policy, /default-src 'none'; style-src 'sha256-[^']+'; .*form-action 'self' http:\/\/shop\.example;/)
  })

  test('each button leads back to the shop; to leave changes nothing', async () => {
    for (const [act, state] of [
      ['leave', 'open'],
      ['pay', 'authorized'],
      ['decline', 'declined'],
    ] as const) {
      const asked = chargeAt(Date.now())
      const { txnId } = await server.client.authorize(`k ${act}`, asked)
      const answer = await server.press(txnId, act)
      assert.deepEqual([answer.status, answer.headers.get('location')], [303, `http://shop.example/orders/${asked.orderId}`])
      assert.equal((await server.client.lookup(asked.orderId, 1))?.state, state)
      assert.equal((await server.press(txnId, act)).status, 303)
    }
  })

  test('that was ended by the shop says so and takes no payment', async () => {
    const { txnId, redirectUrl } = await server.client.authorize('v', chargeAt(Date.now()))
    await server.client.void('v2', txnId)
    assert.match((await look(redirectUrl ?? '')).text, /The shop has ended this payment/)
    assert.equal((await server.press(txnId, 'pay')).status, 409)
  })

  test('whose time is over takes no payment', async () => {
    const { txnId, redirectUrl } = await server.client.authorize('old', chargeAt(Date.now(), { expiresAt: Date.now() - 1 }))
    assert.match((await look(redirectUrl ?? '')).text, /This payment took too long/)
    assert.equal((await server.press(txnId, 'pay')).status, 409)
  })

  test('of nothing, and buttons that there are not', async () => {
    assert.equal((await look(`${server.url}/pay/txn_none`)).status, 404)
    assert.equal((await server.press('txn_none', 'pay')).status, 404)
    const { txnId } = await server.client.authorize('b', chargeAt(Date.now()))
    assert.equal((await server.press(txnId, 'steal')).status, 400)
  })
})

suite('the gateway as a process of its own', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))

  /** As `npm start` with `ROLES=gateway-demo`. */
  async function start(t: TestContext, dir: string, notify: string, port = 0) {
    const child: ChildProcess = spawn(process.execPath, ['src/main.ts', 'start'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ROLES: 'gateway-demo',
        PORT: String(port),
        DATA_DIR: dir,
        WEBHOOK_SECRET: SECRET,
        LOG_LEVEL: 'error',
      },
    })
    const exited = once(child, 'exit')
    t.after(async () => {
      child.kill('SIGKILL')
      await exited
    })
    const { promise, resolve } = Promise.withResolvers<string>()
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /^ready (http\S+)$/m.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    const url = await Promise.race([promise, exited.then(() => assert.fail(`it ended: ${said}`))])
    const { key } = JSON.parse(readFileSync(join(dir, 'gateway-demo.json'), 'utf8')) as { key: string }
    const addresses = { returnUrl: () => 'http://shop.example/', notifyUrl: () => notify }
    const client = new DemoGatewayClient({ url: () => url, key, ...addresses })
    const press = (txnId: string, act: string) =>
      fetch(`${url}/pay/${txnId}`, { method: 'POST', body: new URLSearchParams({ act }), redirect: 'manual' })
    const kill = () => {
      child.kill('SIGKILL')
      return exited
    }
    return { url, key, client, press, kill }
  }

  test('keeps states, keys and what is still to be told over kill -9, and opens no books', async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'gateway-alone-'))
    const shop = await hearingShop()
    shop.state.status = 503
    t.after(async () => {
      await shop.close()
      rmSync(dir, { recursive: true, force: true })
    })
    const [paid, open] = [chargeAt(Date.now()), chargeAt(Date.now())]
    const one = await start(t, dir, shop.url)
    const { txnId } = await one.client.authorize('a', paid)
    const waiting = await one.client.authorize('b', open)
    await one.press(txnId, 'pay')
    await one.client.capture('c', txnId)
    await shop.after(2)
    await one.kill()
    assert.equal(statSync(join(dir, 'gateway-demo.json')).mode & 0o777, 0o600)
    assert.equal(statSync(join(dir, 'doorbuster.db'), { throwIfNoEntry: false }), undefined)

    shop.state.status = 200
    shop.heard.length = 0
    const two = await start(t, dir, shop.url)
    assert.equal((await two.client.lookup(paid.orderId, 1))?.state, 'captured')
    assert.equal((await two.client.capture('c', txnId)).state, 'captured')
    assert.equal((await two.client.authorize('b', open)).txnId, waiting.txnId)
    const headers = { authorization: `Bearer ${two.key}` }
    const totals = await (await fetch(`${two.url}/totals`, { headers })).json()
    assert.deepEqual(totals, {
      money: { EUR: { captured: paid.amount, refunded: 0 } },
      transactions: { open: 1, authorized: 0, captured: 1, declined: 0, voided: 0, refunded: 0 },
    })
    await shop.after(2)
    const types = shop.heard
      .map(({ body, header }) => read(body, header, Date.now()))
      .map((heard) => heard.kind === 'event' && heard.event.type)
    assert.deepEqual(types.sort(), ['charge.authorized', 'charge.captured'])
    assert.equal((await fetch(`${two.url}/health/ready`)).status, 200)
    assert.equal((await fetch(`${two.url}/metrics`)).status, 200)
  })
})

test('a shop has its own beside it, unless it uses another', async (t) => {
  const totals = async (env: Record<string, string>) => {
    const { url, dir } = await startShop(env, t)
    const file = join(dir, 'gateway-demo.json')
    const { key } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { key: string }) : { key: 'none' }
    const answer = await fetch(`${url}/gateway-demo/totals`, { headers: { authorization: `Bearer ${key}` } })
    return answer.status
  }
  assert.equal(await totals({}), 200)
  assert.equal(await totals({ PAYMENT_URL: 'none' }), 404)
})
