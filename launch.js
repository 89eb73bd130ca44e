#!/usr/bin/env node
// `node launch.js <arguments of node>` runs them with a Node that reads TypeScript as it is: the running one where it is
// new enough, else the one that came with `npm ci`. Plain JavaScript for Node 18 and newer; docs/decisions/0002 says why.
import { spawn } from 'node:child_process'
import { accessSync, chmodSync, constants } from 'node:fs'
import module from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Below this, Node warns of type stripping at each start or lacks parts of node:sqlite. */
const NEEDED = [24, 6]
/** The launcher's process id, told to its child: another parent's channel may close for reasons of its own. */
const LAUNCHER = 'DOORBUSTER_LAUNCHER'
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
const self = fileURLToPath(import.meta.url)

const args = process.argv.slice(2)
const isScript = args.length > 0 && !args[0].startsWith('-')

if (isScript && process.env.npm_lifecycle_event) endWithParent()
if (!newEnough(process.versions.node)) {
  run(installed(), isScript ? [self, ...args] : args)
} else if (isScript) {
  await runHere()
} else {
  run(process.execPath, args)
}

function newEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/** The binary of the optional dependency for this machine, or undefined. */
function installed() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  try {
    const manifest = module.createRequire(import.meta.url).resolve(`${name}/package.json`)
    const binary = path.join(path.dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    accessSync(binary)
    makeExecutable(binary)
    return binary
  } catch {
    return undefined
  }
}

/** Some ways of installing (archives, copied folders) lose the bit. */
function makeExecutable(binary) {
  try {
    accessSync(binary, constants.X_OK)
  } catch {
    chmodSync(binary, 0o755)
  }
}

/** npm hands a signal to the shell that it runs a script in, and some shells end without passing it on. */
function endWithParent() {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}

async function runHere() {
  const script = path.resolve(args[0])
  process.argv.splice(1, process.argv.length, script, ...args.slice(1))
  // Started by the launcher under an older Node: end with it, however it ended. A signal would have been passed on, so this
  // is `kill -9`, and the stores are made for that; draining would keep the port and the lock from the next start.
  if (process.channel && process.env[LAUNCHER] === String(process.ppid)) {
    process.channel.unref()
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  }
  // Told by the environment, so that database threads share it.
  const cache = module.enableCompileCache?.().directory
  if (cache) process.env.NODE_COMPILE_CACHE ??= cache
  await import(pathToFileURL(script).href)
}

function run(binary, argv) {
  if (binary === undefined) return giveUp()
  // The channel carries nothing; its end tells a script that the launcher is gone. `node --test` and the like have no use for it.
  const child = spawn(binary, argv, {
    stdio: ['inherit', 'inherit', 'inherit', ...(isScript ? ['ipc'] : [])],
    env: { ...process.env, [LAUNCHER]: String(process.pid) },
  })
  const passOn = Object.fromEntries(signals.map((signal) => [signal, () => child.kill(signal)]))
  for (const signal of signals) process.on(signal, passOn[signal])
  // An Alpine Linux cannot load this binary; the system then says that there is no such file.
  child.once('error', giveUp)
  child.once('exit', (code, signal) => {
    for (const each of signals) process.off(each, passOn[each])
    if (signal === null) process.exitCode = code ?? 1
    else process.kill(process.pid, signal)
  })
}

function giveUp() {
  console.error(
    `Doorbuster needs Node ${NEEDED.join('.')} or newer and this is ${process.versions.node}: run \`npm ci\`, which brings it ` +
      `along for Linux (glibc) and Windows, or install Node 24 from https://nodejs.org (here: ${os.platform()} ${os.arch()}).`,
  )
  process.exitCode = 1
}
