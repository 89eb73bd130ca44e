import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseEnv } from 'node:util'
import { readConfig } from '../src/config.ts'
import { answersAt } from './free-port.ts'
import { withoutNginx } from './nginx-server.ts'
import { withoutPostgres } from './postgres-server.ts'
import { withoutRedis } from './redis-server.ts'
import { runAll } from './services/run.ts'

const without = withoutPostgres || withoutRedis('redis-server') || withoutNginx

suite('npm run services', { skip: without, timeout: 120_000 }, () => {
  test('starts servers that answer, says where they are as settings of the shop, and leaves nothing behind', async () => {
    const { ports, settings, ...running } = await runAll()
    for (const [name, port] of Object.entries(ports)) assert.ok(await answersAt(port), name)
    const { ledgerUrl, databaseUrl, cacheUrl, publicUrl } = readConfig(parseEnv(settings) as Record<string, string>)
    assert.deepEqual([publicUrl, typeof databaseUrl], [`http://127.0.0.1:${ports.nginx}`, 'object'])
    assert.ok(typeof ledgerUrl === 'object' && cacheUrl !== null)
    // What stands behind a # is a setting as well.
    const others = settings.match(/(?<=^#)[A-Z]+_URL=.*/gm) ?? []
    assert.ok(others.length >= 2)
    for (const other of others) readConfig(parseEnv(other) as Record<string, string>)
    await running[Symbol.asyncDispose]()
    for (const [name, port] of Object.entries(ports)) assert.ok(!(await answersAt(port)), name)
  })
})
