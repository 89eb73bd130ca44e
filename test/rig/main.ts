import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from '../../src/drill/drill.ts'
import { type Fault, faults } from './faults.ts'
import { type Kind, type Round, rounds } from './rig.ts'

const HELP = `npm run rig -- [options]
Real shops, a crowd that buys over HTTP, and a fault in each round; then what everybody was told is compared with the books.
  --rounds N      of each kind (default 5)
  --seed S        what is done to the shop and when (default 1)
  --kind KIND     ${Object.keys(faults).join(', ')}; all but planted without it, which must be found broken
  --json FILE     the result, also as a file`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(HELP)
else process.exitCode = await run(kinds(values.kind), whole(values.seed), whole(values.rounds))

function whole(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : wrongly(`"${text}" must be a whole number`)
}

function kinds(name: string | undefined): Kind[] {
  const known = Object.keys(faults) as Kind[]
  if (name === undefined) return known.filter((kind) => kind !== 'planted')
  return [known.find((kind) => kind === name) ?? wrongly(`there is no kind "${name}"`)]
}

function wrongly(because: string): never {
  console.error(`${because}\n\n${HELP}`)
  process.exit(2)
}

async function run(asked: Kind[], seed: number, count: number): Promise<number> {
  const at = new Date().toISOString()
  const results = []
  for (const kind of asked) {
    const missing = (faults[kind] as Fault).missing?.()
    if (missing !== undefined) {
      console.log(`${kind} skipped: ${missing}`)
      results.push({ kind, skipped: missing })
      continue
    }
    const done: Round[] = []
    for await (const round of rounds(kind, seed, count)) {
      done.push(round)
      const { yes, no, unknown } = round.told
      const verdict = round.wrong.length === 0 ? 'holds' : `WRONG\n  ${round.wrong.join('\n  ')}`
      console.log(`${kind} ${round.round}/${count}: ${round.did}; told yes ${yes}, no ${no}, unknown ${unknown}; ${verdict}`)
    }
    const sum = (of: (round: Round) => number) => done.reduce((all, round) => all + of(round), 0)
    results.push({
      kind,
      rounds: done.length,
      toldYes: sum(({ told }) => told.yes),
      toldNo: sum(({ told }) => told.no),
      unknown: sum(({ told }) => told.unknown),
      wrong: sum(({ wrong }) => wrong.length),
      each: done,
    })
  }
  const command = `npm run rig -- ${process.argv.slice(2).join(' ')}`.trimEnd()
  const result = { command, at, machine: machine(), seed, kinds: results }
  if (values.json !== undefined) {
    mkdirSync(dirname(values.json), { recursive: true })
    writeFileSync(values.json, `${JSON.stringify(result, null, 1)}\n`)
  }
  for (const { kind, rounds: ran, toldYes, unknown, wrong } of results)
    if (ran !== undefined) console.log(`${kind}: ${ran} rounds, ${toldYes} told yes, ${unknown} unknown, ${wrong} wrong`)
  return results.some(({ wrong }) => wrong !== undefined && wrong > 0) ? 1 : 0
}
