import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PostgresServer, startPostgres, withoutPostgres } from './postgres-server.ts'
import { startShop } from './shop.ts'

suite('a shop among others that is asked to end', { skip: withoutPostgres, timeout: 120_000 }, () => {
  test('answers what comes on a connection that a proxy has kept, and asks it to send no more there', async (t) => {
    const server: PostgresServer = await startPostgres()
    t.after(() => server[Symbol.asyncDispose]())
    const shop = await startShop({ DATABASE_URL: await server.newDatabase(), LOG_LEVEL: 'info' }, t)
    const kept = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
    t.after(() => kept.forEach((agent) => void agent.destroy()))
    const ask = (agent: Agent | undefined, method: string, path: string) =>
      new Promise<{ status?: number; connection?: string; body: string; isNew: boolean }>((resolve, reject) => {
        const asked = request(shop.url + path, { agent, method }, async (answer) => {
          const { statusCode: status, headers } = answer
          resolve({ status, connection: headers.connection, body: await text(answer), isNew: !asked.reusedSocket })
        })
        asked.on('error', reject)
        asked.end()
      })
    for (const agent of kept) {
      const { status, connection } = await ask(agent, 'GET', '/readyz')
      assert.deepEqual([status, connection], [200, 'keep-alive'])
    }

    const ended = shop.stop()
    while (!/"stopping"/.test(shop.output())) await sleep(1)
    const [ready, post] = await Promise.all([ask(kept[0], 'GET', '/readyz'), ask(kept[1], 'POST', '/api/v1/live/ticket')])
    assert.deepEqual([ready.status, ready.connection, ready.isNew], [503, 'close', false])
    assert.equal(JSON.parse(ready.body).checks.process, 'it stops')
    // 401: nobody is signed in.
    assert.deepEqual([post.status, post.connection, post.isNew], [401, 'close', false])
    await assert.rejects(ask(new Agent(), 'GET', '/readyz'), { code: 'ECONNREFUSED' })
    assert.equal(await ended, 0)
  })
})
