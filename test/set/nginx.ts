import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requires } from '../requires.ts'
import { childrenOf } from './children-of.ts'

const place = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find(existsSync)
const missing = 'there is no nginx here: install it, as by `apt-get install nginx`'
/** Why the tests over it are left out here; false where they are not. */
export const withoutNginx: string | false = place === undefined && !requires('nginx') && missing

/** Who was refused a connection is given no more of them for a second, counted in whole seconds. */
export const TAKEN_BACK_MS = 2500

export type Nginx = {
  url: string
  /** Of those that serve; the master starts another in place of one that dies. */
  workers(): number[]
  /** What it complained of. */
  log(): string
  stop(): Promise<void>
}

const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGTERM')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Before these processes, by least connections. */
export async function startNginx(port: number, upstreams: number[]): Promise<Nginx> {
  if (place === undefined) throw new Error(missing)
  const dir = mkdtempSync(join(tmpdir(), 'nginx-'))
  folders.add(dir)
  const file = join(dir, 'nginx.conf')
  writeFileSync(file, configuration(port, upstreams))
  execFileSync(place, ['-p', dir, '-c', file, '-t'], { stdio: 'pipe' })
  const child = spawn(place, ['-p', dir, '-c', file], { stdio: 'ignore' })
  children.add(child)
  const gone = once(child, 'exit').then(() => void children.delete(child))
  await answers(port)
  return {
    url: `http://127.0.0.1:${port}`,
    workers: () => childrenOf(child.pid ?? 0),
    log: () => readFileSync(join(dir, 'error.log'), 'utf8'),
    async stop() {
      child.kill('SIGTERM')
      await gone
      folders.delete(dir)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    await sleep(50)
  }
  throw new Error('nginx does not listen')
}

/** A POST that may have arrived goes to nobody else; its buyer asks again with the same key. */
function configuration(port: number, upstreams: number[]): string {
  const busy = JSON.stringify({ type: 'about:blank', title: 'Unknown outcome', status: 503, code: 'unknown-outcome' })
  return `daemon off;
pid nginx.pid;
error_log error.log warn;
worker_processes 2;
worker_rlimit_nofile 8192;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream shop {
    least_conn;
    ${upstreams.map((one) => `server 127.0.0.1:${one} max_fails=1 fail_timeout=1s;`).join('\n    ')}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    client_max_body_size 10m;
    error_page 502 504 =503 @away;
    location / {
      proxy_pass http://shop;
      proxy_http_version 1.1;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $http_host;
      proxy_next_upstream error;
      proxy_next_upstream_tries 2;
      proxy_connect_timeout 1s;
      proxy_read_timeout 60s;
    }
    location /api/v1/admin/ {
      proxy_pass http://shop;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_set_header Host $http_host;
      proxy_read_timeout 600s;
    }
    location @away {
      default_type application/problem+json;
      add_header Retry-After 1 always;
      return 503 '${busy}';
    }
  }
}
`
}
