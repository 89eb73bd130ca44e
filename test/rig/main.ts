import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from '../../src/drill/drill.ts'
import { withoutSet } from '../set/set.ts'
import { type Fault, faults } from './faults.ts'
import { type Kind, type Round, rounds } from './rig.ts'
import { setKinds, setRounds } from './set-rounds.ts'

const HELP = `npm run rig -- [options]
Real shops, a crowd that buys over HTTP, and a fault in each round; then what everybody was told is compared with the books.
  --set           many processes behind nginx, with Redis, its Sentinels and PostgreSQL, in place of a shop in one process
  --rounds N      of each kind (default 5)
  --seed S        what is done to the shop and when (default 1)
  --kind KIND     ${Object.keys(faults).join(', ')}; all but planted without it, which must be found broken
                  with --set: ${setKinds.join(', ')}
  --only WHAT     with --set: what is killed or stopped, as api or "Redis primary"; each in turn without it
  --json FILE     the result, also as a file`

/** A kind of fault, by whichever of the two rigs. */
type Asked = { name: string; missing: string | undefined; rounds: AsyncGenerator<Round> }

const { values } = parseArgs({
  options: {
    set: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(HELP)
else process.exitCode = await run(whole(values.seed), whole(values.rounds))

function whole(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : wrongly(`"${text}" must be a whole number`)
}

function kinds(seed: number, count: number): Asked[] {
  if (values.set) {
    return chosen(setKinds, setKinds).map((name) => ({
      name,
      missing: withoutSet || undefined,
      rounds: setRounds(name, seed, count, values.only),
    }))
  }
  const known = Object.keys(faults) as Kind[]
  const usual = known.filter((kind) => kind !== 'planted')
  return chosen(known, usual).map((name) => ({
    name,
    missing: (faults[name] as Fault).missing?.(),
    rounds: rounds(name, seed, count),
  }))
}

function chosen<T extends string>(known: T[], usual: T[]): T[] {
  if (values.kind === undefined) return usual
  return [known.find((kind) => kind === values.kind) ?? wrongly(`there is no kind "${values.kind}"`)]
}

function wrongly(because: string): never {
  console.error(`${because}\n\n${HELP}`)
  process.exit(2)
}

type Result = { kind: string; skipped: string } | ReturnType<typeof sumOf>

async function run(seed: number, count: number): Promise<number> {
  const at = new Date().toISOString()
  const results: Result[] = []
  for (const { name: kind, missing, rounds } of kinds(seed, count)) {
    if (missing !== undefined) {
      console.log(`${kind} skipped: ${missing}`)
      results.push({ kind, skipped: missing })
      continue
    }
    const done: Round[] = []
    for await (const round of rounds) {
      done.push(round)
      const { yes, no, unknown } = round.told
      const verdict = round.wrong.length === 0 ? 'holds' : `WRONG\n  ${round.wrong.join('\n  ')}`
      console.log(`${kind} ${round.round}/${count}: ${round.did}; told yes ${yes}, no ${no}, unknown ${unknown}; ${verdict}`)
      // A run that is ended early leaves what it has seen.
      save(at, seed, [...results, sumOf(kind, done)])
    }
    results.push(sumOf(kind, done))
  }
  save(at, seed, results)
  const ran = results.filter((result) => 'rounds' in result)
  for (const { kind, rounds, toldYes, unknown, wrong } of ran)
    console.log(`${kind}: ${rounds} rounds, ${toldYes} told yes, ${unknown} unknown, ${wrong} wrong`)
  return ran.some(({ wrong }) => wrong > 0) ? 1 : 0
}

function sumOf(kind: string, done: Round[]) {
  const sum = (of: (round: Round) => number) => done.reduce((all, round) => all + of(round), 0)
  return {
    kind,
    rounds: done.length,
    toldYes: sum(({ told }) => told.yes),
    toldNo: sum(({ told }) => told.no),
    unknown: sum(({ told }) => told.unknown),
    wrong: sum(({ wrong }) => wrong.length),
    each: done,
  }
}

function save(at: string, seed: number, kinds: Result[]): void {
  if (values.json === undefined) return
  const command = `npm run rig -- ${process.argv.slice(2).join(' ')}`.trimEnd()
  mkdirSync(dirname(values.json), { recursive: true })
  writeFileSync(values.json, `${JSON.stringify({ command, at, machine: machine(), seed, kinds }, null, 1)}\n`)
}
