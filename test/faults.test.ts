import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import { type Shop, startShop } from './shop.ts'

/** Of the system; not of any package. */
const [mount, unmount] = ['mount', 'umount'] as const

type Made = { saleId: string; productId: string; tokensUrl: string }
type Reply = { status: number; body: Record<string, unknown>; ms: number }

async function crowdOf({ api }: Shop, buyers: number, units: number) {
  const made = await api.post<Made>('/api/v1/admin/drills', { buyers, units })
  return { ...made, tokens: (await api.text(made.tokensUrl)).trimEnd().split('\n') }
}

async function ask(
  wire: Wire,
  method: 'GET' | 'POST',
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Reply> {
  const asked = performance.now()
  const answer = await wire.ask(method, path, headers, body)
  assert.ok(answer.kind === 'answer', `${method} ${path} was not answered`)
  return { status: answer.status, body: JSON.parse(answer.body || '{}'), ms: performance.now() - asked }
}

function buy(wire: Wire, { saleId, productId }: Made, token: string, key: string): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key }
  return ask(wire, 'POST', `/api/v1/sales/${saleId}/purchase`, headers, JSON.stringify({ productId, quantity: 1 }))
}

/** Asks again while the shop is busy, as its clients are told to. */
async function buyInTheEnd(wire: Wire, made: Made, token: string, key: string): Promise<Reply> {
  for (const until = Date.now() + 20_000; ; ) {
    const reply = await buy(wire, made, token, key)
    if ((reply.status !== 503 && reply.status !== 429) || Date.now() > until) return reply
    await sleep(500)
  }
}

suite('a world that fails', { timeout: 240_000 }, () => {
  test('a database that stands still for 0.9 s stops neither health nor status, and loses nothing', async (t) => {
    const shop = await startShop({}, t)
    const made = await crowdOf(shop, 40, 40)
    const wire = new Wire(shop.url, 50)
    const other = new DatabaseSync(join(shop.dir, 'doorbuster.db'))
    const bought: Promise<Reply>[] = []
    for (let round = 0; round < 4; round++) {
      other.exec('BEGIN IMMEDIATE')
      for (const token of made.tokens.slice(round * 10, round * 10 + 10)) bought.push(buy(wire, made, token, 'first'))
      for (const until = performance.now() + 900; performance.now() < until; await sleep(20)) {
        for (const path of ['/health/live', '/health/ready', `/api/v1/sales/${made.saleId}/status`]) {
          const { status, ms } = await ask(wire, 'GET', path)
          assert.equal(status, 200, path)
          assert.ok(ms < 100, `${path} took ${ms} ms`)
        }
      }
      other.exec('COMMIT')
      await sleep(200)
    }
    other.close()
    for (const { status } of await Promise.all(bought)) assert.equal(status, 202)
    wire.close()
  })

  test('a database that another program locks: 503 busy, a line that says so, and on it goes', async (t) => {
    const shop = await startShop({}, t)
    const made = await crowdOf(shop, 20, 20)
    const wire = new Wire(shop.url, 50)
    const other = new DatabaseSync(join(shop.dir, 'doorbuster.db'))
    other.exec('BEGIN IMMEDIATE')
    const refused = await Promise.all(made.tokens.slice(0, 10).map((token) => buy(wire, made, token, 'first')))
    for (const { status, body, ms } of refused) {
      assert.deepEqual([status, body.code], [503, 'busy'])
      assert.ok(ms < 3500, `${ms} ms`)
    }
    assert.match(shop.output(), /store-busy/)
    other.exec('ROLLBACK')
    other.close()
    const bought = await Promise.all(made.tokens.map((token) => buyInTheEnd(wire, made, token, 'first')))
    assert.deepEqual(new Set(bought.map(({ status }) => status)), new Set([202]))
    wire.close()
    await balanced(shop)
  })

  test('a full disk: 503 busy, what was accepted stays, and on it goes when there is room', async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'disk-'))
    try {
      execFileSync(mount, ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', dir], { stdio: 'pipe' })
    } catch {
      rmSync(dir, { recursive: true })
      return t.skip('a small disk cannot be mounted here: it needs the right to mount')
    }
    t.after(() => {
      execFileSync(unmount, ['-l', dir])
      rmSync(dir, { recursive: true, force: true })
    })
    const data = join(dir, 'data')
    mkdirSync(data)
    const shop = await startShop({ DATA_DIR: data }, t)
    const made = await crowdOf(shop, 300, 300)
    const wire = new Wire(shop.url, 20)
    const first = await buy(wire, made, made.tokens[0] as string, 'first')
    assert.equal(first.status, 202)
    const filler = join(dir, 'filler')
    fill(filler)
    const accepted = new Map<string, unknown>([[made.tokens[0] as string, first.body.orderId]])
    let busy = 0
    for (const token of made.tokens.slice(1)) {
      const { status, body } = await buy(wire, made, token, 'first')
      assert.ok(status === 202 || (status === 503 && body.code === 'busy'), `${status} ${JSON.stringify(body)}`)
      if (status === 202) accepted.set(token, body.orderId)
      else if (++busy === 10) break
    }
    assert.equal(busy, 10, 'the disk did not become full')
    assert.match(shop.output(), /store-full|disk is full/)
    rmSync(filler)
    for (const [token, orderId] of accepted) assert.equal((await buyInTheEnd(wire, made, token, 'first')).body.orderId, orderId)
    const bought = await Promise.all(made.tokens.map((token) => buyInTheEnd(wire, made, token, 'first')))
    assert.deepEqual(new Set(bought.map(({ status }) => status)), new Set([202]))
    wire.close()
    await balanced(shop)
  })

  test('a flood of sign-ins does not starve purchases', async (t) => {
    const shop = await startShop({ RATE_LIMITS: 'off' }, t)
    const made = await crowdOf(shop, 1200, 1200)
    const wire = new Wire(shop.url, 400)
    const all = async (tokens: string[]) => {
      const started = performance.now()
      const rest = tokens.values()
      const buyers = Array.from({ length: 32 }, async () => {
        for (const token of rest) assert.equal((await buy(wire, made, token, 'first')).status, 202)
      })
      await Promise.all(buyers)
      return performance.now() - started
    }
    await all(made.tokens.slice(0, 200))
    const quiet = await all(made.tokens.slice(200, 700))
    const flood = Array.from({ length: 200 }, (_, i) => {
      const body = JSON.stringify({ email: `nobody-${i}@example.com`, password: 'not the password' })
      return ask(wire, 'POST', '/api/v1/users/login', {}, body)
    })
    await sleep(50)
    const flooded = await all(made.tokens.slice(700))
    assert.ok(flooded < 2.5 * quiet, `500 purchases took ${flooded} ms during the flood and ${quiet} ms before it`)
    for (const { status } of await Promise.all(flood))
      assert.ok(status === 401 || status === 503 || status === 429, String(status))
    wire.close()
  })

  test('the same key gives the same order after the item sold out, after the end, and after a restart', async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'replay-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    let shop = await startShop({ DATA_DIR: dir }, t)
    const made = await crowdOf(shop, 20, 3)
    let wire = new Wire(shop.url, 20)
    const [winner = '', ...others] = made.tokens
    const first = await buy(wire, made, winner, 'lost-answer')
    assert.equal(first.status, 202)
    const again = async (when: string) => {
      const { status, body } = await buyInTheEnd(wire, made, winner, 'lost-answer')
      assert.deepEqual([status, body.orderId], [202, first.body.orderId], when)
    }
    for (const token of others) await buy(wire, made, token, 'first')
    assert.equal((await buyInTheEnd(wire, made, others.at(-1) as string, 'second')).body.code, 'sold-out')
    await again('sold out')
    await shop.api.post(`/api/v1/admin/sales/${made.saleId}/end`)
    assert.equal((await buyInTheEnd(wire, made, others.at(-1) as string, 'third')).body.code, 'ended')
    await again('ended')
    await shop.kill()
    wire.close()
    shop = await startShop({ DATA_DIR: dir }, t)
    wire = new Wire(shop.url, 20)
    await again('after a restart')
    wire.close()
  })
})

/** With all the room that its disk has left. */
function fill(file: string): void {
  const fd = openSync(file, 'w')
  try {
    while (writeSync(fd, Buffer.alloc(64 * 1024)) > 0);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  } finally {
    closeSync(fd)
  }
}

async function balanced({ api }: Shop): Promise<void> {
  const { ok, equations } = await api.get<{ ok: boolean; equations: { holds: boolean }[] }>('/api/v1/admin/audit')
  assert.ok(ok, JSON.stringify(equations.filter((equation) => !equation.holds)))
}
