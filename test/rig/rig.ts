import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dice } from '../../sim/dice.ts'
import type { Shop } from '../shop.ts'
import { ALONE, gather, reckon, rush, type Told } from './crowd.ts'
import { type Fault, faults, mountSmall, type Place } from './faults.ts'

export type Kind = keyof typeof faults
export type Round = {
  round: number
  did: string
  told: Told
  /** How often each answer was given, at the first time of asking. */
  words?: Record<string, number>
  wrong: string[]
  /** From the end of the fault until all was final and balanced. */
  calmMs?: number
  ms: number
}

/** Rounds of one kind of fault on one folder, one after the other. All that the rig decides is drawn from the seed; where in the
 *  shop's work a fault falls is the machine's. */
export async function* rounds(kind: Kind, seed: number, count: number): AsyncGenerator<Round> {
  const fault: Fault = faults[kind]
  const dir = mkdtempSync(join(tmpdir(), 'rig-'))
  const data = join(dir, 'data')
  const place: Place = { dir, data, database: join(data, 'doorbuster.db') }
  let shop: Shop | undefined
  try {
    for (let round = 1; round <= count; round++) {
      const startedAt = performance.now()
      const dice = new Dice(seed, `${kind} ${round}`)
      const unmount = fault.smallDisk && mountSmall(data)
      try {
        shop = await fault.start(place)
        const crowd = await gather(shop, ALONE)
        const [struck, { told }] = await Promise.all([fault.strike(shop, place, dice), rush(shop, crowd)])
        shop = struck.shop
        const wrong = await reckon(shop, crowd)
        yield { round, did: struck.did, told, wrong, ms: Math.round(performance.now() - startedAt) }
      } finally {
        await shop?.kill()
        unmount?.()
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
