import { parseArgs } from 'node:util'
import { type Many, runMany } from './many.ts'
import { plantCanary } from './plant.ts'
import { runSeed } from './run.ts'
import { failedOnce } from './seeds.ts'
import { shrink } from './shrink.ts'
import type { Result } from './stage.ts'
import { breachWords, sweep } from './sweep.ts'

const HELP = `npm run sim -- [options]
  --seeds N       so many worlds (default 1000), after all that ever failed
  --from N        the first of them (default 1)
  --seed N        one world: its story if it breaks, and its digest
  --story         tell the story of a world that does not break, too
  --first         end with the first world that breaks, and do not shrink it
  --threads N     default 2
  --ignore LAW    this law may be broken
  --sweep         a few short stories, failed at every call in turn
  --canary NAME   with this fault planted in a copy of the sources`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    story: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    ignore: { type: 'string' },
    canary: { type: 'string' },
    sweep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const ignored = values.ignore
if (values.help) console.log(HELP)
else if (values.canary !== undefined) process.exitCode = await plantCanary(values.canary, process.argv.slice(2))
else if (values.sweep) process.exitCode = await swept()
else if (values.seed !== undefined) process.exitCode = await one(Number(values.seed))
else process.exitCode = await many()

async function one(seed: number): Promise<number> {
  const result = await runSeed(seed, { ignored })
  if (result.broken) tell(values.first ? result : await shrink(result, ignored))
  else if (values.story) console.log(result.story.join('\n'))
  console.log(`seed ${seed}: ${result.broken ? 'broken' : 'holds'}, ${result.counts.orders} orders, ${result.counts.steps} steps`)
  console.log(`digest ${result.digest}`)
  return result.broken ? 1 : 0
}

async function swept(): Promise<number> {
  let breaches = 0
  const runs = await sweep((breach) => {
    breaches++
    console.log(breachWords(breach))
    return !values.first
  })
  console.log(`${runs} times a story was played and failed at one call: ${breaches} broken`)
  return breaches > 0 ? 1 : 0
}

async function many(): Promise<number> {
  const told = values.first ? [] : failedOnce()
  for (const seed of told) {
    const result = await runSeed(seed, { ignored })
    if (!result.broken) continue
    console.log(`seed ${seed}, which failed once, is broken again`)
    tell(await shrink(result, ignored))
    return 1
  }
  const seeds = Number(values.seeds)
  const progress = (done: number, failed: number) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${done} of ${seeds} worlds, ${failed} broken `)
  }
  const ran = await runMany(Number(values.from), seeds, Number(values.threads), {
    firstOnly: values.first,
    ignored,
    progress,
  })
  if (process.stdout.isTTY) process.stdout.write('\r')
  report(ran)
  const [first] = ran.failures
  if (first && !values.first) tell(await shrink(await runSeed(first.seed, { ignored }), ignored))
  return first ? 1 : 0
}

function report({ seeds, failures, counts, digest }: Many): void {
  const laws = Map.groupBy(failures, (failure) => failure.law)
  for (const [law, broken] of laws) {
    console.log(`${law}: ${broken.length}, seeds ${broken.slice(0, 8).map((failure) => failure.seed)}`)
    console.log(`  ${broken[0]?.what}`)
  }
  const { steps, asks, orders, epochs } = counts
  console.log(
    `${seeds} worlds, ${failures.length} broken: ${asks} requests, ${orders} orders, ${epochs} rebuilt or settled, ${steps} steps`,
  )
  console.log(`digest ${digest}`)
}

function tell({ seed, broken, causes, story }: Result): void {
  console.log(`seed ${seed} breaks: ${broken?.law}`)
  for (const line of story) console.log(`  ${line}`)
  console.log(`  => ${broken?.message}`)
  console.log(`causes that are needed: ${causes.join('; ') || 'none'}`)
  console.log(`again: npm run sim -- --seed ${seed}`)
}
