import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Dice } from '../../sim/dice.ts'
import { type Shop, startShop } from '../shop.ts'
import { ALONE } from './crowd.ts'
import { losePower, noTracer, tracer } from './synced.ts'

/** A folder for the shops of one run, and what its faults need there. */
export type Place = { dir: string; data: string; database: string }

export type Fault = {
  /** Why it cannot be shown on this machine. */
  missing?(): string | undefined
  /** Where the data lies is a small disk of its own. */
  smallDisk?: true
  /** The shop that the crowd will meet. */
  start(place: Place): Promise<Shop>
  /** While the crowd buys. Answers what it did and, where that is another, the shop that runs in the end. */
  strike(shop: Shop, place: Place, dice: Dice): Promise<{ did: string; shop: Shop }>
}

const OVER_MS = ALONE.overMs
const SMALL_DISK = 'size=24m'
const DISK_MAX_WAIT_MS = 1500
const STOPPED_MAX_MS = 1500
const STEP_MAX_MS = 30_000
/** Of the system; not of any package. */
const [mount, unmount] = ['mount', 'umount'] as const

const plain = ({ data }: Place, env: Record<string, string> = {}, under?: string[]) =>
  startShop({ DATA_DIR: data, RATE_LIMITS: 'off', LOG_LEVEL: 'error', ...env }, undefined, under)

const trace = ({ dir }: Place) => join(dir, 'trace')
const clockFile = ({ dir }: Place) => join(dir, 'clock-step')

async function anyMoment(dice: Dice): Promise<number> {
  const at = dice.between(0, OVER_MS + 200)
  await sleep(at)
  return at
}

const kill: Fault = {
  start: plain,
  async strike(shop, place, dice) {
    const at = await anyMoment(dice)
    await shop.kill()
    return { did: `killed at ${at} ms`, shop: await plain(place) }
  },
}

const power: Fault = {
  missing: noTracer,
  start: (place) => plain(place, {}, tracer(trace(place))),
  async strike(shop, place, dice) {
    const at = await anyMoment(dice)
    await shop.kill()
    const { ranges, bytes } = losePower(trace(place), place.database, dice)
    return { did: `no power at ${at} ms, ${ranges} writes of ${bytes} bytes lost`, shop: await plain(place) }
  },
}

/** Not a fault of a machine but of the rig: what was synced is cut off as well, so promises must be found broken. */
const planted: Fault = {
  ...power,
  async strike(shop, place, dice) {
    const wal = `${place.database}-wal`
    const { size } = statSync(wal)
    const at = OVER_MS + dice.between(0, 200)
    await sleep(at)
    await shop.kill()
    losePower(trace(place), place.database, dice)
    const kept = size + Math.floor((statSync(wal).size - size) / 2)
    truncateSync(wal, kept)
    return { did: `no power at ${at} ms, and the log cut in the middle of what was synced`, shop: await plain(place) }
  },
}

const stop: Fault = {
  start: plain,
  async strike(shop, _place, dice) {
    const spells: number[] = []
    for (let left = dice.between(1, 3); left > 0; left--) {
      await sleep(dice.between(0, OVER_MS / 2))
      process.kill(shop.pid, 'SIGSTOP')
      spells.push(dice.between(20, STOPPED_MAX_MS))
      await sleep(spells.at(-1))
      process.kill(shop.pid, 'SIGCONT')
    }
    return { did: `stopped for ${spells.join(', ')} ms`, shop }
  },
}

const disk: Fault = {
  missing() {
    const dir = mkdtempSync(join(tmpdir(), 'rig-disk-'))
    try {
      mountSmall(dir)()
    } catch {
      return 'it needs the right to mount a small disk; unshare -rm before the command gives it on Linux'
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  },
  smallDisk: true,
  start: plain,
  async strike(shop, place, dice) {
    const at = await anyMoment(dice)
    const filler = join(place.data, 'filler')
    fill(filler)
    const ms = dice.between(100, DISK_MAX_WAIT_MS)
    await sleep(ms)
    const killed = dice.chance(0.5)
    if (killed) await shop.kill()
    rmSync(filler)
    const did = `disk full at ${at} ms for ${ms} ms${killed ? ', then killed' : ''}`
    return { did, shop: killed ? await plain(place) : shop }
  },
}

const clock: Fault = {
  start(place) {
    rmSync(clockFile(place), { force: true })
    const skewed = pathToFileURL(join(import.meta.dirname, 'skewed-clock.ts')).href
    return plain(place, { NODE_OPTIONS: `--import ${skewed}`, RIG_CLOCK_FILE: clockFile(place) })
  },
  async strike(shop, place, dice) {
    const at = await anyMoment(dice)
    const step = dice.between(-STEP_MAX_MS, STEP_MAX_MS)
    writeFileSync(clockFile(place), String(step))
    await sleep(OVER_MS)
    await shop.kill()
    return { did: `clock stepped by ${step} ms at ${at} ms, then killed`, shop: await plain(place) }
  },
}

export const faults = { kill, power, stop, disk, clock, planted } satisfies Record<string, Fault>

/** Answers how it is taken away again. */
export function mountSmall(dir: string): () => void {
  mkdirSync(dir, { recursive: true })
  execFileSync(mount, ['-t', 'tmpfs', '-o', SMALL_DISK, 'tmpfs', dir], { stdio: 'pipe' })
  return () => void execFileSync(unmount, ['-l', dir])
}

/** With all the room that its disk has left. */
function fill(file: string): void {
  const fd = openSync(file, 'w')
  try {
    while (writeSync(fd, Buffer.alloc(64 * 1024)) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(fd)
  }
}
