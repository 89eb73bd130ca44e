import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { systemRandom } from '../../platform/random.ts'
import { accountsContract } from './accounts.contract.ts'
import { type AccountsShop, openShop, sqliteIn } from './accounts.fixture.contract.ts'
import { KeyFile } from './key-file.ts'
import { Keys } from './keys.ts'

accountsContract('SQLite', async (dataDir) => sqliteIn(dataDir))

describe('accounts, whatever the store', () => {
  let dataDir: string
  let shop: AccountsShop
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'accounts-'))
    shop = await openShop(sqliteIn(dataDir), dataDir)
  })
  afterEach(async () => {
    await shop.close()
    assert.deepEqual(shop.state.failures, [])
    await rm(dataDir, { recursive: true })
  })

  test('an unknown e-mail takes as long as a wrong password', async () => {
    await shop.register('ann@example.com')
    const took = async (email: string, from: string) => {
      const start = performance.now()
      await shop.login(email, 'wrong', from)
      return performance.now() - start
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let at = 0; at < 12; at++) {
      known.push(await took('ann@example.com', `192.0.2.${at}`))
      unknown.push(await took('nobody@example.com', `192.0.2.${at}`))
    }
    const [a, b] = [known, unknown].map((times) => times.sort((x, y) => x - y)[6] as number) as [number, number]
    assert.ok(a / b > 0.5 && a / b < 2, `${a} ms and ${b} ms`)
  })

  test('a flood of sign-ins is hashed one at a time and leaves the event loop free', async () => {
    await shop.register('ann@example.com')
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const answers = await Promise.all(Array.from({ length: 100 }, () => shop.login('ann@example.com')))
    delay.disable()
    assert.ok(answers.every((answer) => answer.status === 200))
    assert.ok(delay.percentile(99) < 100e6, `99% within ${delay.percentile(99) / 1e6} ms`)
  })

  test('keys that cannot be read stop the start with a sentence', async () => {
    const path = join(dataDir, 'keys.json')
    assert.ok((await readFile(path, 'utf8')).includes('"cookies"'))
    for (const text of ['', '{}', 'null']) {
      await writeFile(path, text)
      await assert.rejects(Keys.open(new KeyFile(dataDir), systemRandom), /Put back a copy, or delete it/)
    }
  })
})
