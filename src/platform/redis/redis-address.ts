/** Where a Redis is: itself, or the Sentinels that know which one is the primary. */
export type RedisAddress = {
  hosts: { host: string; port: number }[]
  /** The name under which the Sentinels watch it; `null`: the first host is it. */
  sentinel: string | null
  tls: boolean
  username: string | undefined
  password: string | undefined
  database: number
}

const ADDRESS = /^(redis|rediss|redis\+sentinel):\/\/(?:([^/@]*)@)?([^/?#@]+)(?:\/([^?#]*))?$/
const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i
const PORT = 6379
const SENTINEL_PORT = 26_379

/** Reads `redis://user:password@host:port/0`, `rediss://…` (TLS) or `redis+sentinel://host:port,host:port/name/0`. */
export function redisAddress(text: string): RedisAddress | undefined {
  const [, scheme, credentials = '', servers = '', path = ''] = ADDRESS.exec(text) ?? []
  const parts = path === '' ? [] : path.split('/')
  const sentinel = scheme === 'redis+sentinel' ? parts.shift() : null
  const hosts = servers.split(',').map((server) => hostOf(server, sentinel === null ? PORT : SENTINEL_PORT))
  const database = Number(parts[0] ?? 0)
  const [username, password] = credentials.split(/:(.*)/).map(decoded)
  if (scheme === undefined || sentinel === undefined || sentinel === '' || parts.length > 1) return undefined
  if (!hosts.every((host) => host !== undefined) || (sentinel === null && hosts.length > 1)) return undefined
  if (!/^\d{0,4}$/.test(parts[0] ?? '') || username === null || password === null) return undefined
  return {
    hosts,
    sentinel,
    tls: scheme === 'rediss',
    username: username || undefined,
    password: password || undefined,
    database,
  }
}

function hostOf(text: string, byDefault: number): { host: string; port: number } | undefined {
  const [, host, given] = HOST.exec(text) ?? []
  const port = Number(given ?? byDefault)
  return host === undefined || port === 0 || port > 65_535 ? undefined : { host: host.replace(/^\[|\]$/g, ''), port }
}

/** `null` where it is not what an address may carry. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
