import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { resolve } from 'node:path'
import { faultNames, faultsOf } from './gateway-demo/faults.ts'
import { type PaymentAddress, paymentAddress } from './payment/payment-address.ts'
import { type PostgresAddress, postgresAddress } from './platform/postgres/address.ts'
import { type RedisAddress, redisAddress } from './platform/redis/redis-address.ts'

/** Everything that can be set from outside, in the order in which people read it. docs/settings.md lists the same. */
export const settings = [
  setting('PORT', '8080', 'Where the shop is served. 0 takes a free port.'),
  setting('HOST', '127.0.0.1', 'The address to listen on; 0.0.0.0 for all of this machine.'),
  setting('PUBLIC_URL', '', 'How browsers reach the shop when that is not HOST and PORT, as in https://shop.example.'),
  setting(
    'TRUSTED_PROXIES',
    '',
    'Proxies before the shop, whose X-Forwarded-For says who asks: addresses or networks as in 10.0.0.0/8, with commas between; none when empty.',
  ),
  setting('OPS_PORT', '', 'A port of its own for health and metrics, so that they need not be public.'),
  setting('DATA_DIR', './data', 'The folder of the database, the signing keys and run.json. Back it up as a whole.'),
  setting('ADMIN_EMAIL', '', 'The first administrator; admin@localhost when empty. Read at the first start only.'),
  setting('ADMIN_PASSWORD', '', 'Of the first administrator; made up and printed once when empty.', true),
  setting(
    'SEED',
    'demo',
    'demo fills an empty shop with twelve products and three sales, one of which opens in 60 s; none does not.',
  ),
  setting('CURRENCY', 'EUR', "Of the buyers' credit, ISO 4217."),
  setting('OPENING_CREDIT', '100000', 'What a new buyer has, in minor units.'),
  setting('HOLD_TTL', '10m', 'How long a unit is held for a buyer who must still pay: 500ms, 15s, 10m, 2h.'),
  setting(
    'REFUND_WINDOW',
    '',
    'How long after the payment a buyer may still cancel, and gets the money back; empty: not at all.',
  ),
  setting('ENDING_SOON', '5m', 'How long before its end a sale is called Ending Soon.'),
  setting(
    'AUDIT_EVERY',
    '45s',
    'How long after an audit the next one begins. With the default an error is known within a minute.',
  ),
  setting('RATE_LIMITS', 'on', 'off is for load tests only: the lock-out of sign-ins stays on.'),
  setting('SOCKETS_MAX', '20000', 'Live sockets that one process holds.'),
  setting('ROLES', 'all', 'What this process does: api, relay, payments, scheduler, gateway-demo with commas between, or all.'),
  setting(
    'LEDGER_URL',
    'sql:',
    'Who decides about stock: sql: is the database of DATABASE_URL; redis://user:password@host:port/0, rediss:// with TLS, or redis+sentinel://host:port,host:port/name.',
    true,
  ),
  setting(
    'DATABASE_URL',
    'sqlite:',
    'The record of orders: sqlite: is the database in DATA_DIR; postgres://user:password@host/database.',
    true,
  ),
  setting('DATABASE_REPLICA_URL', '', 'A read replica of it for catalogue and history; none when empty.', true),
  setting(
    'CACHE_URL',
    '',
    'A Redis for what several processes share besides the record: live messages, rate limits, caches. It may forget all of it. Empty: each process has its own.',
    true,
  ),
  setting('EVENTS_URL', 'sql:', 'Where events go: sql: is a table beside the orders.', true),
  setting(
    'PAYMENT_URL',
    'demo:',
    'The card gateway: demo: is one of our own that moves no money; stripe://SECRET_KEY; https://KEY@host is a demo gateway elsewhere; none.',
    true,
  ),
  setting('WEBHOOK_SECRET', '', 'What the card gateway signs with; several with commas between while they are changed.', true),
  setting(
    'PAYMENT_ADDRESSES',
    '',
    'Who may call the webhook: addresses or networks as in 10.0.0.0/8, with commas between; any when empty.',
  ),
  setting('GATEWAY_FAULTS', '', 'What the demo gateway does wrong, in shares of 1: decline=0.1,stall=0.05 (docs/operations.md).'),
  setting('OIDC_AUDIENCE', 'urn:doorbuster:api', 'For whom access tokens are made.'),
  setting('LOG_LEVEL', 'info', 'trace, debug, info, warn, error or silent.'),
] as const

type Name = (typeof settings)[number]['name']

function setting<const N extends string>(name: N, value: string, help: string, secret = false) {
  return { name, default: value, help, secret }
}

export const roleNames = ['api', 'relay', 'payments', 'scheduler', 'gateway-demo'] as const
export type RoleName = (typeof roleNames)[number]

/** Stripe's pages live 30 minutes longer than the hold, and a day at most. */
const STRIPE_HOLD_MAX_MS = 23 * 3600_000
const REDIS = 'write redis://host:port, rediss://host:port or redis+sentinel://host:port,host:port/name'
const LEDGER = 'write sql:, redis://host:port, rediss://host:port or redis+sentinel://host:port,host:port/name'
const POSTGRES = 'postgres://user:password@host/database, with writes, reads and statement_timeout as in docs/operations.md'
const NETWORKS = 'write addresses or networks as in 192.0.2.7,10.0.0.0/8'
const DURATION = /^(\d{1,9})(ms|s|m|h)$/
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3600_000 } as const

/** All that is wrong with the settings, so that one start shows it all. */
class SettingsError extends Error {
  override name = 'SettingsError'
  constructor(problems: string[]) {
    super(['These settings must be mended (docs/settings.md):', ...problems.map((problem) => `  ${problem}`)].join('\n'))
  }
}

export type Config = ReturnType<typeof readConfig>

/** `NAME` or, for what should not stand in an environment, `NAME_FILE`. Throws `SettingsError`. */
export function readConfig(env: Record<string, string | undefined>) {
  const problems: string[] = []
  const text = (name: Name): string => {
    const file = env[`${name}_FILE`]
    if (env[name] !== undefined && env[name] !== '') return env[name]
    if (file === undefined || file === '') return defaults.get(name) as string
    try {
      return readFileSync(file, 'utf8').trimEnd()
    } catch (error) {
      problems.push(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
      return defaults.get(name) as string
    }
  }
  const checked = <T>(name: Name, read: (value: string) => T | undefined, expected: string): T => {
    const value = text(name)
    const good = read(value)
    if (good === undefined) problems.push(`${name} is ${isSecret(name) ? 'not valid' : `"${value}"`}: ${expected}`)
    return good as T
  }
  const oneOf = <T extends string>(name: Name, values: readonly T[]): T =>
    checked(name, (value) => values.find((each) => each === value), `it must be ${values.join(' or ')}`)
  const duration = (name: Name): number => checked(name, milliseconds, 'write a duration above 0 as in 500ms, 15s, 10m or 2h')
  const config = {
    port: checked('PORT', integer(0, 65_535), 'it must be a port, 0 to 65535'),
    host: text('HOST'),
    publicUrl: checked('PUBLIC_URL', origin, 'write it as in https://shop.example, without a path'),
    trustedProxies: checked('TRUSTED_PROXIES', (value) => (listOf(value).length === 0 ? null : networks(value)), NETWORKS),
    opsPort: checked('OPS_PORT', (value) => (value === '' ? null : integer(0, 65_535)(value)), 'it must be a port, 0 to 65535'),
    dataDir: resolve(text('DATA_DIR')),
    adminEmail: text('ADMIN_EMAIL') || undefined,
    adminPassword: checked(
      'ADMIN_PASSWORD',
      (value) => (value === '' || (value.length >= 8 && value.length <= 200) ? { value: value || undefined } : undefined),
      'it must have 8 to 200 characters',
    )?.value,
    seed: oneOf('SEED', ['demo', 'none']),
    currency: checked('CURRENCY', currency, 'it must be a code of ISO 4217, as EUR'),
    openingCredit: checked('OPENING_CREDIT', integer(0, Number.MAX_SAFE_INTEGER), 'it must be a whole number, 0 or more'),
    holdTtlMs: duration('HOLD_TTL'),
    endingSoonMs: duration('ENDING_SOON'),
    refundWindowMs: checked(
      'REFUND_WINDOW',
      (value) => (value === '' ? 0 : milliseconds(value)),
      'write a duration as in 15s, 10m or 2h',
    ),
    auditEveryMs: duration('AUDIT_EVERY'),
    rateLimits: oneOf('RATE_LIMITS', ['on', 'off']) === 'on',
    socketsMax: checked('SOCKETS_MAX', integer(1, 1_000_000), 'it must be a whole number above 0'),
    roles: checked('ROLES', rolesOf, `it must be all, or some of ${roleNames.join(', ')} with commas between`),
    ledgerUrl: checked('LEDGER_URL', ledgerUrl, LEDGER),
    databaseUrl: checked('DATABASE_URL', databaseAddress, `it must be sqlite: or ${POSTGRES}`),
    replicaUrl: checked('DATABASE_REPLICA_URL', replicaAddress, `it must be ${POSTGRES}`),
    cacheUrl: checked('CACHE_URL', (value) => (value === '' ? null : redisAddress(value)), REDIS),
    eventsUrl: oneOf('EVENTS_URL', ['sql:']),
    payment: checked('PAYMENT_URL', paymentAddress, 'it must be demo:, none, stripe://SECRET_KEY or https://KEY@gateway.example'),
    webhookSecrets: listOf(text('WEBHOOK_SECRET')),
    paymentAddresses: checked('PAYMENT_ADDRESSES', networks, NETWORKS),
    gatewayFaults: checked(
      'GATEWAY_FAULTS',
      faultsOf,
      `it must be shares of ${faultNames.join(', ')}, as in decline=0.1,stall=0.05`,
    ),
    audience: checked('OIDC_AUDIENCE', (value) => (URL.canParse(value) ? value : undefined), 'it must be an absolute URI'),
    logLevel: oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent']),
  }
  problems.push(...misfits(config))
  if (problems.length > 0) throw new SettingsError(problems)
  return config
}

type Misfitting = {
  roles: readonly RoleName[] | undefined
  ledgerUrl: 'sql:' | 'sqlite:' | RedisAddress | undefined
  databaseUrl: 'sqlite:' | PostgresAddress | undefined
  replicaUrl: PostgresAddress | null | undefined
  cacheUrl: RedisAddress | null | undefined
  payment: PaymentAddress | undefined
  webhookSecrets: readonly string[]
  holdTtlMs: number | undefined
}

/** What does not go together. A value that is not valid by itself is `undefined` here. */
function misfits({
  roles,
  ledgerUrl,
  databaseUrl,
  replicaUrl,
  cacheUrl,
  payment,
  webhookSecrets,
  holdTtlMs,
}: Misfitting): string[] {
  const problems: string[] = []
  const own = roles?.filter((role) => role !== 'gateway-demo') ?? []
  if (own.length > 0 && own.length < roleNames.length - 1 && databaseUrl === 'sqlite:') {
    problems.push('ROLES must be all with a sqlite: database: it belongs to one process')
  }
  if (ledgerUrl === 'sqlite:' && databaseUrl !== undefined && databaseUrl !== 'sqlite:') {
    problems.push('LEDGER_URL must be sql: where DATABASE_URL is no sqlite: database')
  }
  if (cacheUrl && ledgerUrl && placeOf(cacheUrl) === placeOf(ledgerUrl)) {
    problems.push('CACHE_URL must be another Redis than LEDGER_URL, or another database of it: what it holds may be thrown away')
  }
  if (replicaUrl && databaseUrl === 'sqlite:') problems.push('DATABASE_REPLICA_URL needs a DATABASE_URL of postgres:')
  if (own.length > 0 && payment?.kind === 'demo' && !roles?.includes('gateway-demo')) {
    problems.push('PAYMENT_URL demo: needs the role gateway-demo in this process; name the gateway elsewhere, or none')
  }
  if (own.length > 0 && (payment?.kind === 'stripe' || payment?.kind === 'demo-at') && webhookSecrets.length === 0) {
    problems.push('WEBHOOK_SECRET is needed with this PAYMENT_URL: what the gateway signs its webhooks with')
  }
  if (payment?.kind === 'stripe' && holdTtlMs !== undefined && holdTtlMs > STRIPE_HOLD_MAX_MS) {
    problems.push('HOLD_TTL must be at most 23h with Stripe, whose pages stay open for a day at most')
  }
  return problems
}

function placeOf(address: 'sql:' | 'sqlite:' | RedisAddress): string {
  if (typeof address === 'string') return address
  return `${address.hosts.map(({ host, port }) => `${host}:${port}`).sort()} ${address.sentinel} ${address.database}`
}

const defaults = new Map<string, string>(settings.map(({ name, default: value }) => [name, value]))

function isSecret(name: Name): boolean {
  return settings.some((one) => one.name === name && one.secret)
}

/** Each setting with its value and whether somebody set it; secrets hidden. */
export function printedSettings(env: Record<string, string | undefined>): string {
  const width = Math.max(...settings.map(({ name }) => name.length))
  const lines = settings.map(({ name, default: value, secret, help }) => {
    const from = env[name] ? 'set' : env[`${name}_FILE`] ? 'set by file' : 'default'
    const shown = from === 'default' ? value : secret || from === 'set by file' ? '(hidden)' : env[name]
    return `${name.padEnd(width)}  ${(shown || '-').padEnd(20)}  ${from.padEnd(11)}  ${help}`
  })
  return lines.join('\n')
}

function integer(min: number, max: number): (text: string) => number | undefined {
  return (text) => {
    const value = Number(text)
    return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined
  }
}

function milliseconds(text: string): number | undefined {
  const match = DURATION.exec(text)
  const ms = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : 0
  return ms > 0 ? ms : undefined
}

function origin(text: string): string | null | undefined {
  if (text === '') return null
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '') return undefined
  return url.origin
}

function databaseAddress(text: string): 'sqlite:' | PostgresAddress | undefined {
  return text === 'sqlite:' ? text : postgresAddress(text)
}

function replicaAddress(text: string): PostgresAddress | null | undefined {
  return text === '' ? null : postgresAddress(text)
}

function currency(text: string): string | undefined {
  return Intl.supportedValuesOf('currency').includes(text) ? text : undefined
}

function listOf(text: string): string[] {
  return text.split(',').flatMap((each) => each.trim() || [])
}

/** Answers who may call; with none named, everybody. */
function networks(text: string): ((address: string) => boolean) | undefined {
  const named = listOf(text)
  if (named.length === 0) return () => true
  const list = new BlockList()
  for (const each of named) {
    const [address = '', bits, more] = each.split('/')
    const version = isIP(address)
    const width = version === 4 ? 32 : 128
    const prefix = bits === undefined ? width : integer(0, width)(bits)
    if (version === 0 || more !== undefined || prefix === undefined) return undefined
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6')
  }
  // A server that listens on :: sees an IPv4 address as ::ffff:192.0.2.7.
  const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')
  return (address) => list.check(plain(address), isIP(plain(address)) === 4 ? 'ipv4' : 'ipv6')
}

/** `sqlite:` is an old name of `sql:` where the database is one. */
function ledgerUrl(text: string): 'sql:' | 'sqlite:' | RedisAddress | undefined {
  return text === 'sql:' || text === 'sqlite:' ? text : redisAddress(text)
}

function rolesOf(text: string): readonly RoleName[] | undefined {
  if (text === 'all') return roleNames
  const named = text.split(',').map((each) => each.trim())
  const known = roleNames.filter((role) => named.includes(role))
  return known.length > 0 && known.length === new Set(named).size ? known : undefined
}
