import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Dice } from '../../sim/dice.ts'
import { run } from '../command-line.ts'
import { type ShopSet, startSet } from '../set/set.ts'
import { CUT_OFF, gather, reckon, rush, type Size } from './crowd.ts'
import type { Round } from './rig.ts'
import { type Target, targetsOf } from './set-targets.ts'

/** A quarter of the buyers pay by card. */
const SIZE: Size = { buyers: 120, units: 40, overMs: 2000, card: 0.25, calmMs: 90_000 }
/** About as long as it takes to roll all. */
const ROLL_SIZE: Size = { ...SIZE, buyers: 600, units: 200, overMs: 20_000 }
/** So many that there are some to sell until the primary dies. */
const FAILOVER_SIZE: Size = { ...SIZE, buyers: 240, units: 160 }
/** Buyers who leave the gateway's page keep their unit for so long. */
const HOLD_TTL = '20s'
const STOPPED_MS = 10_000
const DOWN_MAX_MS = 1500
/** Between the cut of replication and the death of the primary. */
const UNREPLICATED_MS = 500
const DRILL = ['drill', '--buyers', '5000', '--units', '100', '--over', '4000']

const lostWords = ['no answer', CUT_OFF]

type Strike = (set: ShopSet, dice: Dice, round: number, only?: string) => Promise<string>
type SetFault = {
  size: Size
  strike: Strike
  /** What else must hold of what the crowd was told. */
  demands?(words: Record<string, number>): string[]
}

const anyMoment = async (dice: Dice): Promise<number> => {
  const at = dice.between(0, SIZE.overMs)
  await sleep(at)
  return at
}

/** All in turn, or the one that was asked for. */
function targetOf(set: ShopSet, round: number, only?: string): [string, Target] {
  const names = Object.keys(targetsOf(set, 0))
  const name = only ?? names[(round - 1) % names.length] ?? ''
  const turn = only === undefined ? Math.floor((round - 1) / names.length) : round - 1
  return [name, targetsOf(set, turn)[name] ?? assert.fail(`there is no "${name}": ${names.join(', ')}`)]
}

async function killed(name: string, target: Target, dice: Dice): Promise<string> {
  await target.kill()
  const ms = dice.between(0, DOWN_MAX_MS)
  await sleep(ms)
  await target.back(true)
  return `${name} killed, back after ${ms} ms`
}

async function stopped(name: string, target: Target): Promise<string> {
  target.pause()
  await sleep(STOPPED_MS).finally(() => target.resume())
  await target.back(false)
  return `${name} stopped for ${STOPPED_MS} ms`
}

export const setFaults = {
  kill: {
    size: SIZE,
    async strike(set, dice, round, only) {
      const at = await anyMoment(dice)
      return `${await killed(...targetOf(set, round, only), dice)}, at ${at} ms`
    },
  },
  stop: {
    size: SIZE,
    async strike(set, dice, round, only) {
      const at = await anyMoment(dice)
      return `${await stopped(...targetOf(set, round, only))}, at ${at} ms`
    },
  },
  failover: {
    size: FAILOVER_SIZE,
    async strike({ redis }, dice) {
      const at = dice.between(200, 800)
      await sleep(at)
      await redis.cut()
      await sleep(UNREPLICATED_MS)
      const [had, has] = [await redis.writes(redis.primary), await redis.writes(redis.replica)]
      await redis.failOver()
      await redis.mend()
      return `failover at ${at} ms, ${had - has} reserves lost with the primary`
    },
  },
  roll: {
    size: ROLL_SIZE,
    async strike(set) {
      const startedAt = performance.now()
      const codes = await set.roll(set.members)
      assert.ok(
        codes.every((code) => code === 0),
        `asked to end, they ended with ${codes}`,
      )
      return `each of ${codes.length} processes rolled, ${Math.round(performance.now() - startedAt)} ms`
    },
    // While the only gateway is rolled, cards are not taken.
    demands: (words) =>
      lostWords.flatMap((word) => (words[word] ? [`lost: ${words[word]} purchases were answered ${word}`] : [])),
  },
} satisfies Record<string, SetFault>

export type SetKind = keyof typeof setFaults | 'drill'
export const setKinds: SetKind[] = [...(Object.keys(setFaults) as (keyof typeof setFaults)[]), 'drill']

/** Rounds of one kind over one set. `only`: what is killed or stopped, in place of each in turn. */
export async function* setRounds(kind: SetKind, seed: number, count: number, only?: string): AsyncGenerator<Round> {
  await using set = await startSet({ HOLD_TTL })
  for (let round = 1; round <= count; round++) {
    const startedAt = performance.now()
    const dice = new Dice(seed, `set ${kind} ${round}`)
    const one =
      kind === 'drill' ? await drillRound(set, dice, round, only) : await crowdRound(set, setFaults[kind], dice, round, only)
    if (one.wrong.length > 0) one.wrong.push(`the logs are in ${keepLogs(set)}`)
    yield { round, ...one, ms: Math.round(performance.now() - startedAt) }
  }
}

type Outcome = Omit<Round, 'round' | 'ms'>

async function crowdRound(set: ShopSet, fault: SetFault, dice: Dice, round: number, only?: string): Promise<Outcome> {
  const crowd = await gather(set, fault.size)
  const [did, { told, words }] = await Promise.all([fault.strike(set, dice, round, only), rush(set, crowd)])
  const calmAt = performance.now()
  const wrong = [...(await reckon(set, crowd)), ...(fault.demands?.(words) ?? [])]
  return { did, told, words, calmMs: Math.round(performance.now() - calmAt), wrong }
}

/** A rehearsal of the command line, of which every third crowd pays by card in part; kills and stops in turn. */
async function drillRound(set: ShopSet, dice: Dice, round: number, only?: string): Promise<Outcome> {
  const [name, target] = targetOf(set, Math.ceil(round / 2), only)
  const cards = round % 3 === 0 ? ['--card', '0.3'] : []
  const before = await set.redis.writes(set.redis.primary)
  const drilled = run(set.dir, ...DRILL, ...cards)
  let isOver = false
  void drilled.finally(() => {
    isOver = true
  })
  // Some units are gone, and some are left.
  const gone = dice.between(1, 60)
  while (!isOver && (await set.redis.writes(set.redis.primary)) < before + gone) await sleep(20)
  const did = round % 2 === 1 ? await killed(name, target, dice) : await stopped(name, target)
  const { code, out, errors } = await drilled
  const audit = await run(set.dir, 'audit', '--strict')
  const [yes = 0] = /accepted (\d+)/.exec(out)?.slice(1).map(Number) ?? []
  const wrong = [
    ...(code === 0 ? [] : [`drill: ${out}${errors.slice(-500)}`]),
    ...(audit.code === 0 ? [] : [`audit: ${audit.out}`]),
  ]
  return { did: `${name}: ${did}; ${out.split('\n')[0]}`, told: { yes, no: 0, unknown: 0 }, wrong }
}

function keepLogs(set: ShopSet): string {
  const dir = mkdtempSync(join(tmpdir(), 'rig-logs-'))
  for (const one of set.members) writeFileSync(join(dir, `${one.name}.log`), one.output())
  writeFileSync(join(dir, 'nginx.log'), set.nginx.log())
  return dir
}
