import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { answersAt, freePort } from './free-port.ts'
import { placeOf } from './place-of.ts'
import { requires } from './requires.ts'

const shipped = fileURLToPath(new URL('../deploy/nginx/', import.meta.url))
const place = placeOf('nginx')
const missing = 'there is no nginx here: install it, as by `npm run services -- install`'

/** Why the tests of nginx are left out here; false where they are not. What `REQUIRES` names runs, and fails with what to install. */
export const withoutNginx: string | false = place === undefined && !requires('nginx') && missing

/** The nginx of deploy/nginx, before shops of this machine. */
export type NginxServer = AsyncDisposable & {
  url: string
  port: number
  dir: string
  pid: number
  /** Of errors. */
  log(): string
}

export type NginxDoor = {
  port?: number
  /** A crowd of tests asks from one address. */
  unlimited?: true
  /** For https, and where http is sent there from. */
  tls?: { certificate: string; key: string; plainPort: number }
}

/** What is left over when the tests end, however they end. */
const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGTERM')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** @param shops addresses as in http://127.0.0.1:8080. */
export async function startNginx(shops: readonly string[], door: NginxDoor = {}): Promise<NginxServer> {
  if (place === undefined) throw new Error(missing)
  const port = door.port ?? (await freePort())
  const dir = mkdtempSync(join(tmpdir(), 'nginx-'))
  folders.add(dir)
  const args = written(dir, port, shops, door)
  execFileSync(place, ['-t', '-q', ...args], { stdio: 'pipe' })
  const child = spawn(place, args, { stdio: 'ignore' })
  children.add(child)
  const ended = once(child, 'exit').then(() => void children.delete(child))
  const log = () => readFileSync(join(dir, 'error.log'), 'utf8')
  while (!(await answersAt(port))) {
    if (!children.has(child)) throw new Error(`nginx ended:\n${log()}`)
    await sleep(20)
  }
  return {
    url: `${door.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    dir,
    pid: child.pid as number,
    log,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      folders.delete(dir)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function liftLimits(file: string): void {
  const text = readFileSync(file, 'utf8')
  const lifted = text.replace(/^limit_(req|conn) .*$/gm, '')
  if (lifted === text) throw new Error(`${file} has no limits to lift`)
  writeFileSync(file, lifted)
}

/** As docs/operations.md says it is done by hand. Answers the arguments of nginx. */
function written(dir: string, port: number, shops: readonly string[], { tls, unlimited }: NginxDoor): string[] {
  cpSync(shipped, dir, { recursive: true })
  if (unlimited) liftLimits(join(dir, 'locations.conf'))
  mkdirSync(join(dir, 'conf.d'))
  const values: Record<string, string> = {
    SHOP_SERVERS: shops.map((url) => `server ${new URL(url).host} max_fails=2 fail_timeout=5s;`).join(' '),
    SHOP_NAME: '127.0.0.1',
    SHOP_ADDRESS: `127.0.0.1:${port}`,
    SHOP_SPOOL: dir,
    SHOP_LOG: join(dir, 'access.log'),
    SHOP_CERTIFICATE: tls?.certificate ?? '',
    SHOP_CERTIFICATE_KEY: tls?.key ?? '',
    SHOP_PLAIN_ADDRESS: `127.0.0.1:${tls?.plainPort}`,
  }
  for (const name of ['shop', tls ? 'tls' : 'plain']) {
    const template = readFileSync(join(dir, `${name}.conf.template`), 'utf8')
    const text = template.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
      const value = values[variable]
      if (value === undefined) throw new Error(`${name}.conf.template names ${variable}, which nothing sets`)
      return value
    })
    writeFileSync(join(dir, 'conf.d', `${name}.conf`), text)
  }
  // The folder belongs to whoever runs the tests; workers of root would be somebody else.
  const user = process.getuid?.() === 0 ? 'user root; ' : ''
  const given = `${user}daemon off; pid ${join(dir, 'nginx.pid')};`
  return ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log'), '-g', given]
}
