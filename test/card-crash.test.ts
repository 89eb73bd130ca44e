import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runDrill } from '../src/drill/drill.ts'
import { printed } from '../src/drill/print.ts'
import { equations, holds } from '../src/drill/result.ts'
import { ApiClient, ApiError } from '../src/platform/api-client.ts'
import { systemClock as clock } from '../src/platform/clock.ts'
import { systemRandom as random } from '../src/platform/random.ts'
import { startShop } from './shop.ts'

const AWAY_MS = 60_000
const FAULTS = '/api/v1/admin/payments/demo-gateway'
/** What a shop that is away for a moment cannot help. */
const notOfThePromise = ['refused connections = 0', 'requests never answered = 0']

/** Asks again while nobody answers. */
class PatientClient extends ApiClient {
  override async get<T>(path: string): Promise<T> {
    for (const until = Date.now() + AWAY_MS; ; await sleep(200)) {
      try {
        return await super.get<T>(path)
      } catch (error) {
        if (!(error instanceof ApiError) || (error.status !== 0 && error.status !== 503) || Date.now() > until) throw error
      }
    }
  }
}

test('kill -9 amid payments by card at a gateway in chaos: exact, and to the cent on both sides', {
  timeout: 240_000,
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'card-crash-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const env = { DATA_DIR: dir, HOLD_TTL: '10s', RATE_LIMITS: 'off', LOG_LEVEL: 'silent' }
  const shop = await startShop(env, t)
  const settings = {
    buyers: 80,
    units: 40,
    noCredit: 0,
    parallel: 1,
    overMs: 500,
    watchers: 0,
    card: 1,
    gateway: 'chaos' as const,
  }
  const client = new PatientClient(shop.url, shop.token)
  const drill = runDrill(client, settings, false, { clock, random, progress: () => {} })
  await sleep(2500)
  const { faults } = await client.get<{ faults: Record<string, number> }>(FAULTS)
  await shop.kill()
  await startShop({ ...env, PORT: new URL(shop.url).port }, t)
  // The gateway lives in the shop's process and forgot what it was told to do wrong.
  await client.put(`${FAULTS}/faults`, faults)
  const result = await drill
  const failed = equations(result).filter((each) => !holds(each) && !notOfThePromise.includes(each.says))
  assert.deepEqual(failed, [], printed(result))
  assert.ok(result.cards && result.cards.completed > 0, printed(result))
})
