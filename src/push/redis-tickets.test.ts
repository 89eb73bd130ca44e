import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type RedisServer, startRedis, withoutRedis } from '../../test/redis-server.ts'
import { systemClock as clock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { redisAddress } from '../platform/redis/redis-address.ts'
import { RedisLink } from '../platform/redis/redis-link.ts'
import { RedisTickets } from './redis-tickets.ts'

const id = '0190f7b4-0000-7000-8000-000000000001'
const caller = { id, roles: ['buyer' as const], expiresAt: 1, drillSaleId: null, grantId: null }

suite('tickets in Redis', { skip: withoutRedis('redis-server') }, () => {
  let server: RedisServer
  let link: RedisLink
  before(async () => {
    server = await startRedis()
    const address = redisAddress(server.url) ?? assert.fail()
    link = await RedisLink.open(address, { clock, check: () => undefined, told() {} })
  })
  after(async () => {
    await link?.stop()
    await server?.stop()
  })

  const tickets = (key = 'of the shop') => new RedisTickets(link, systemRandom, key)
  const nameOf = async () => ((await server.command('KEYS', 'live_ticket:*')) as string[])[0] ?? assert.fail()

  test('one that any process of the shop gave is good at any other, once, and not for long', async () => {
    const ticket = await tickets().give(caller)
    const life = Number(await server.command('PTTL', await nameOf()))
    assert.ok(life > 0 && life <= 30_000, `${life} ms`)
    assert.ok(!(await nameOf()).includes(ticket))
    assert.deepEqual(await tickets().take(ticket), caller)
    assert.equal(await tickets().take(ticket), undefined)
    assert.equal(await tickets().take('x'), undefined)
  })

  test('what another wrote there is none', async () => {
    const forged = [
      (kept: string) => kept.replace('buyer', 'admin'),
      (kept: string) => kept.slice(43),
      (kept: string) => kept.slice(0, 43),
      () => JSON.stringify(caller),
      () => 'é'.repeat(60),
      () => '',
    ]
    for (const alter of forged) {
      const ticket = await tickets().give(caller)
      const name = await nameOf()
      const kept = String(await server.command('GET', name))
      await server.command('SET', name, alter(kept))
      assert.equal(await tickets().take(ticket), undefined, alter(kept))
    }
    const elsewhere = await tickets('of another shop').give(caller)
    assert.equal(await tickets().take(elsewhere), undefined)
  })

  test('one ticket’s words are no good under the name of another', async () => {
    const mine = await tickets().give(caller)
    const kept = String(await server.command('GET', await nameOf()))
    await tickets().take(mine)
    const other = await tickets().give({ ...caller, roles: [] })
    await server.command('SET', await nameOf(), kept)
    assert.equal(await tickets().take(other), undefined)
  })
})
