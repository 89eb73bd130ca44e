import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Dice } from '../../sim/dice.ts'
import { clock, openAt } from '../../test/redis-ledger.ts'
import { startRedis, withoutRedis } from '../../test/redis-server.ts'
import { askFor, newId, openTerms } from '../../test/samples.ts'
import type { Id } from '../core/ids.ts'
import type { Ask, HoldMove } from './ledger.ts'

const OPERATIONS = 40_000
const BATCH_MAX = 64
const LIMIT = 3

suite('40,000 random operations', { skip: withoutRedis('redis-server'), timeout: 120_000 }, () => {
  test('units, buyers, orders and outbox add up', async (t) => {
    const server = await startRedis()
    t.after(() => server.stop())
    const ledger = await openAt(server.url)
    t.after(() => ledger.stop())
    const dice = new Dice(20_261_121, 'operations')
    const below = (bound: number) => dice.between(0, bound - 1)
    const items = [2000, 500, 64].map((allotment) => ({ productId: newId(), allotment }))
    const buyers = Array.from({ length: 3000 }, () => newId())
    const terms = openTerms(clock, { limit: LIMIT, incarnation: await ledger.incarnation() })
    assert.equal(await ledger.load({ terms, items, holds: [] }), true)
    const asked: Ask[] = []
    const one = <T>(list: readonly T[]) => list[below(list.length)] as T
    const ask = (): Ask => {
      if (asked.length > 0 && below(10) === 0) return { ...one(asked), orderId: newId(), deadline: clock.now() + 60_000 }
      const made = askFor(clock, one(items).productId, { buyerId: one(buyers), quantity: 1 + below(2) })
      asked.push(made)
      return { ...made, deadline: clock.now() + 60_000 }
    }
    const kinds = new Map<string, number>()
    const count = (kind: string) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    const turn = async (size: number) => {
      if (asked.length === 0 || below(2) === 0) {
        const replies = await ledger.reserve(terms.id, 1, Array.from({ length: size }, ask))
        for (const reply of replies) count(reply.kind)
      } else {
        const moves = Array.from({ length: size }, (): HoldMove => {
          return { orderId: one(asked).orderId, to: one(['commit', 'release', 'return'] as const) }
        })
        for (const word of await ledger.settle(terms.id, moves)) count(word)
      }
    }
    for (let done = 0; done < OPERATIONS; ) {
      // Several under way at once, as in the shop.
      const sizes = Array.from({ length: 4 }, () => 1 + below(BATCH_MAX))
      await Promise.all(sizes.map(turn))
      done += sizes.reduce((sum, size) => sum + size, 0)
    }
    for (const kind of ['reserved', 'replayed', 'sold-out', 'limit-reached', 'moved', 'unchanged', 'unknown']) {
      assert.ok((kinds.get(kind) ?? 0) > 100, `${kind}: ${JSON.stringify([...kinds])}`)
    }
    const holds = await ledger.entries(terms.id, 1, 0, Number.MAX_SAFE_INTEGER, OPERATIONS)
    assert.equal(holds.length, kinds.get('reserved'))
    assert.deepEqual(
      holds.map((hold) => hold.seq),
      Array.from({ length: holds.length }, (_, i) => i + 1),
    )
    assert.equal(new Set(holds.map((hold) => hold.orderId)).size, holds.length)
    const view = await ledger.look(terms.id, 0, 0)
    for (const { productId, allotment, remaining, held, sold } of view?.items ?? []) {
      const units = (state: string) =>
        holds.reduce((sum, hold) => sum + (hold.state === state && hold.productId === productId ? hold.quantity : 0), 0)
      assert.deepEqual([held, sold], [units('PENDING'), units('COMMITTED')])
      assert.equal(remaining, allotment - held - sold)
      assert.ok(remaining >= 0)
    }
    const fields = (await server.command('HGETALL', `flash_sale_orders:{${terms.id}}`)) as string[]
    const kept = new Map<string, string>()
    for (let i = 0; i < fields.length; i += 2) kept.set(fields[i] as string, fields[i + 1] as string)
    assert.equal([...kept.keys()].filter((field) => field.startsWith('key:')).length, holds.length)
    for (const buyerId of buyers) {
      const live = holds.filter((hold) => hold.buyerId === buyerId && ['PENDING', 'COMMITTED'].includes(hold.state))
      const units = live.reduce((sum, hold) => sum + hold.quantity, 0)
      assert.ok(units <= LIMIT)
      const [taken = '0', ...ids] = (kept.get(`buyer:${buyerId}`) ?? '0').split(' ') as [string, ...Id[]]
      assert.deepEqual([Number(taken), ids], [units, live.map((hold) => hold.orderId)])
    }
  })
})
