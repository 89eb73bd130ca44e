import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Id } from '../core/ids.ts'
import type { Peers } from './peers.ts'

const one: Id = '0190f7b4-0000-7000-8000-000000000001'
const other: Id = '0190f7b4-0000-7000-8000-000000000002'

type Made = { peers: Peers; pass: (ms: number) => Promise<void> } & AsyncDisposable

/** What every `Peers` must do. `pass` lets the store's time pass. */
export function peersContract(name: string, make: () => Promise<Made>): void {
  describe(`peers: ${name}`, () => {
    it('knows since when a role was not seen', async () => {
      await using made = await make()
      const { peers, pass } = made
      assert.equal(await peers.unseenMs('payments'), null)
      await peers.seen(one, ['api', 'payments'])
      await pass(30_000)
      await peers.seen(other, ['api'])
      assert.deepEqual([await peers.unseenMs('payments'), await peers.unseenMs('api')], [30_000, 0])
      await peers.seen(one, ['payments'])
      assert.equal(await peers.unseenMs('payments'), 0)
      assert.equal(await peers.unseenMs('pay'), null)
    })

    it('has one holder at a time, who keeps it by asking again', async () => {
      await using made = await make()
      const { peers, pass } = made
      assert.equal(await peers.take('lead', one, 1000), 1)
      assert.equal(await peers.take('lead', other, 1000), null)
      await pass(900)
      assert.equal(await peers.take('lead', one, 1000), 1)
      await pass(900)
      assert.equal(await peers.take('lead', other, 1000), null)
      assert.equal(await peers.take('another', other, 1000), 1)
    })

    it('goes to another when it runs out, with a higher token, and the one before has to wait', async () => {
      await using made = await make()
      const { peers, pass } = made
      await peers.take('lead', one, 1000)
      await pass(1000)
      assert.equal(await peers.take('lead', other, 1000), 2)
      assert.equal(await peers.take('lead', one, 1000), null)
      await pass(1000)
      assert.equal(await peers.take('lead', one, 1000), 3)
      await pass(1000)
      // It stood still: nobody had it meanwhile, and what it began before is of an earlier token all the same.
      assert.equal(await peers.take('lead', one, 1000), 4)
    })

    it('is free at once when its holder leaves, and only its holder’s', async () => {
      await using made = await make()
      const { peers } = made
      await peers.seen(one, ['scheduler'])
      await peers.take('lead', one, 1000)
      await peers.take('another', other, 1000)
      await peers.leave(one)
      await peers.leave(one)
      assert.equal(await peers.unseenMs('scheduler'), null)
      assert.deepEqual([await peers.take('lead', other, 1000), await peers.take('another', one, 1000)], [2, null])
    })

    it('keeps the newest of what is noted under a name', async () => {
      await using made = await make()
      const { peers } = made
      assert.equal(await peers.noted('audit'), null)
      await peers.note('audit', 'first')
      await peers.note('other', 'else')
      await peers.note('audit', 'second')
      assert.deepEqual([await peers.noted('audit'), await peers.noted('other')], ['second', 'else'])
    })

    it('of many who ask at once one gets it', async () => {
      await using made = await make()
      const tokens = await Promise.all([one, other, one, other, one, other].map((id) => made.peers.take('lead', id, 1000)))
      const holders = new Set(tokens.flatMap((token, at) => (token === null ? [] : [at % 2])))
      assert.equal(holders.size, 1)
      assert.ok(tokens.every((token) => token === null || token === 1))
    })
  })
}
