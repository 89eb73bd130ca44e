import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../src/drill/wire.ts'
import { type Buyer, buy, type Crowd } from './crowd.ts'
import { type Shop, startShop } from './shop.ts'

export type TwoShops = { one: Shop; other: Shop; output(): string; stop(): Promise<void> }

/** Two processes with all roles, alike but for what is given, as where one address leads to both. */
export async function twoShops(...own: [Record<string, string>, Record<string, string>]): Promise<TwoShops> {
  const dir = mkdtempSync(join(tmpdir(), 'two-shops-'))
  const alike = { PUBLIC_URL: 'http://shop.example', PAYMENT_URL: 'none', ROLES: 'api,relay,payments,scheduler' }
  const start = (env: Record<string, string>) => startShop({ ...alike, DATA_DIR: dir, RATE_LIMITS: 'off', ...env })
  const one = await start(own[0])
  const other = await start(own[1])
  return {
    one,
    other,
    output: () => one.output() + other.output(),
    async stop() {
      await Promise.all([one.stop(), other.stop()])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Each buyer once, spread over the time, at the shops by turns. Answers their statuses; a lost answer is undefined. */
export async function arrive(buyers: Buyer[], crowd: Crowd, overMs: number, ...shops: Shop[]): Promise<(number | undefined)[]> {
  const wires = shops.map(({ url }) => new Wire(url, buyers.length))
  const statuses = await Promise.all(
    buyers.map(async (buyer, i) => {
      await sleep((i / buyers.length) * overMs)
      return buy(wires[i % wires.length] as Wire, crowd, buyer)
    }),
  )
  for (const wire of wires) wire.close()
  return statuses
}
