import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, suite, test } from 'node:test'
import { printedSettings, readConfig, roleNames } from '../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'settings-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The sentences of a refusal, without their heading. */
function problems(env: Record<string, string>): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert.equal((error as Error).name, 'SettingsError')
    return (error as Error).message.split('\n').slice(1)
  }
}

test('nothing set is a shop for this machine alone', () => {
  const { port, host, publicUrl, opsPort, dataDir, adminPassword, seed, holdTtlMs, endingSoonMs, rateLimits, roles } = readConfig(
    {},
  )
  assert.deepEqual([port, host, publicUrl, opsPort, dataDir], [8080, '127.0.0.1', null, null, resolve('data')])
  assert.deepEqual([adminPassword, seed, holdTtlMs, endingSoonMs, rateLimits], [undefined, 'demo', 600_000, 300_000, true])
  assert.deepEqual(roles, roleNames)
})

test('an empty value is the default', () => assert.equal(readConfig({ PORT: '' }).port, 8080))

suite('a value that is right', () => {
  const read = [
    [{ PORT: '0' }, 'port', 0],
    [{ PORT: '65535' }, 'port', 65_535],
    [{ OPS_PORT: '9090' }, 'opsPort', 9090],
    [{ PUBLIC_URL: 'https://shop.example' }, 'publicUrl', 'https://shop.example'],
    [{ PUBLIC_URL: 'http://shop.example:8080/' }, 'publicUrl', 'http://shop.example:8080'],
    [{ HOLD_TTL: '500ms' }, 'holdTtlMs', 500],
    [{ HOLD_TTL: '15s' }, 'holdTtlMs', 15_000],
    [{ HOLD_TTL: '2h' }, 'holdTtlMs', 7_200_000],
    [{ ADMIN_PASSWORD: 'eight888' }, 'adminPassword', 'eight888'],
    [{ CURRENCY: 'JPY' }, 'currency', 'JPY'],
    [{ OPENING_CREDIT: '0' }, 'openingCredit', 0],
    [{ RATE_LIMITS: 'off' }, 'rateLimits', false],
    [{ ROLES: 'scheduler, payments,relay,api,gateway-demo' }, 'roles', [...roleNames]],
    [{ ROLES: 'gateway-demo' }, 'roles', ['gateway-demo']],
    [{}, 'payment', { kind: 'demo' }],
    [{ PAYMENT_URL: 'none' }, 'payment', { kind: 'none' }],
    [{ PAYMENT_URL: 'http://k%20y@pay.example:81', WEBHOOK_SECRET: 's' }, 'payment', demoAt('http://pay.example:81')],
    [{ PAYMENT_URL: 'https://k%20y@pay.example/at/', WEBHOOK_SECRET: 's' }, 'payment', demoAt('https://pay.example/at')],
    [{ PAYMENT_URL: 'stripe://sk_test_Aa1', WEBHOOK_SECRET: 's' }, 'payment', { kind: 'stripe', key: 'sk_test_Aa1', host: null }],
    [
      { PAYMENT_URL: 'stripe://sk_1@127.0.0.1:12111', WEBHOOK_SECRET: 's' },
      'payment',
      { kind: 'stripe', key: 'sk_1', host: { name: '127.0.0.1', port: 12111 } },
    ],
    [{ WEBHOOK_SECRET: 'new, old,' }, 'webhookSecrets', ['new', 'old']],
    [{ GATEWAY_FAULTS: 'decline=0.1, stall=1,never=.5' }, 'gatewayFaults', { decline: 0.1, stall: 1, never: 0.5 }],
  ] as const
  for (const [env, name, value] of read) {
    test(JSON.stringify(env), () => assert.deepEqual(readConfig(env)[name], value))
  }
})

function demoAt(url: string) {
  return { kind: 'demo-at', url, key: 'k y' }
}

test('who may call the webhook', () => {
  const anybody = readConfig({}).paymentAddresses
  assert.ok(anybody('192.0.2.1') && anybody('2001:db8::1'))
  const some = readConfig({ PAYMENT_ADDRESSES: '192.0.2.7, 10.0.0.0/8,2001:db8::/32' }).paymentAddresses
  const asked = ['192.0.2.7', '::ffff:192.0.2.7', '10.200.3.4', '2001:db8:1::9', '192.0.2.8', '11.0.0.1', '2001:db9::1']
  assert.deepEqual(asked.map(some), [true, true, true, true, false, false, false])
})

test('which proxies are believed: nobody unless they are named', () => {
  assert.equal(readConfig({}).trustedProxies, null)
  assert.equal(readConfig({ TRUSTED_PROXIES: ' ,' }).trustedProxies, null)
  const named = readConfig({ TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' }).trustedProxies
  assert.deepEqual(
    ['127.0.0.1', '::ffff:10.1.2.3', '192.0.2.7', 'unknown', ''].map((each) => named?.(each)),
    [true, true, false, false, false],
  )
})

suite('a value that is wrong', () => {
  const refused: Record<string, string>[] = [
    ...['-1', '65536', '80.5', '0x50', ' 80', 'http'].map((PORT) => ({ PORT })),
    { OPS_PORT: 'none' },
    ...['decline', 'decline=2', 'decline=-1', 'sleep=0.1', 'decline=0.1;stall=1'].map((faults) => ({ GATEWAY_FAULTS: faults })),
    ...['localhost', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x', '::1/129'].map((some) => ({ PAYMENT_ADDRESSES: some })),
    ...['shop.example', 'ftp://shop.example', 'https://shop.example/path', 'https://shop.example?x=1'].map((url) => ({
      PUBLIC_URL: url,
    })),
    ...['0s', '10', '10 m', '1.5h', '10d', '9999999999s'].map((HOLD_TTL) => ({ HOLD_TTL })),
    { SEED: 'all' },
    { CURRENCY: 'eur' },
    { OPENING_CREDIT: '9007199254740992' },
    { SOCKETS_MAX: '0' },
    ...['api,', 'api,cook', 'API'].map((ROLES) => ({ ROLES })),
    { OIDC_AUDIENCE: 'not a uri' },
    { LOG_LEVEL: 'loud' },
  ]
  for (const env of refused) {
    test(JSON.stringify(env), () => {
      const [name = '', value] = Object.entries(env)[0] ?? []
      const [problem = '', ...others] = problems(env)
      assert.ok(problem.startsWith(`  ${name} is "${value}": `), problem)
      assert.deepEqual(others, [])
    })
  }
})

test('all that is wrong is said at once, and no secret with it', () => {
  const said = problems({ PORT: 'x', ADMIN_PASSWORD: 'short', SEED: 'y', LEDGER_URL: 'redis://:secret@there/first' })
  assert.deepEqual(
    said.map((problem) => problem.split(':')[0]),
    ['  PORT is "x"', '  ADMIN_PASSWORD is not valid', '  SEED is "y"', '  LEDGER_URL is not valid'],
  )
  assert.doesNotMatch(said.join(), /short|secret/)
})

test('a database that belongs to one process takes all roles', () => {
  const all = '  ROLES must be all with a sqlite: database: it belongs to one process'
  assert.deepEqual(problems({ ROLES: 'api', PAYMENT_URL: 'none' }), [all])
  assert.deepEqual(problems({ ROLES: 'api,gateway-demo' }), [all])
  assert.deepEqual(problems({ ROLES: 'api,relay,payments,scheduler', PAYMENT_URL: 'none' }), [])
})

test('addresses of databases must fit to each other, and are never shown', () => {
  const postgres = 'postgres://me:secret@there/shop'
  assert.deepEqual(problems({ DATABASE_URL: postgres, DATABASE_REPLICA_URL: postgres, ROLES: 'api', PAYMENT_URL: 'none' }), [])
  assert.deepEqual(problems({ DATABASE_URL: postgres, LEDGER_URL: 'sqlite:' }), [
    '  LEDGER_URL must be sql: where DATABASE_URL is no sqlite: database',
  ])
  assert.deepEqual(problems({ DATABASE_REPLICA_URL: postgres }), ['  DATABASE_REPLICA_URL needs a DATABASE_URL of postgres:'])
  const said = problems({ DATABASE_URL: `${postgres}?writes=none`, DATABASE_REPLICA_URL: 'mysql://me:secret@there/shop' })
  assert.deepEqual(
    said.map((problem) => problem.split(':')[0]),
    ['  DATABASE_URL is not valid', '  DATABASE_REPLICA_URL is not valid'],
  )
  assert.doesNotMatch(said.join(), /me:secret/)
})

test('a card gateway must fit to what the process does', () => {
  const missing = '  PAYMENT_URL demo: needs the role gateway-demo in this process; name the gateway elsewhere, or none'
  assert.deepEqual(problems({ ROLES: 'api,relay,payments,scheduler' }), [missing])
  const secret = '  WEBHOOK_SECRET is needed with this PAYMENT_URL: what the gateway signs its webhooks with'
  assert.deepEqual(problems({ PAYMENT_URL: 'http://key@pay.example' }), [secret])
  assert.deepEqual(problems({ ROLES: 'gateway-demo', PAYMENT_URL: 'http://key@pay.example' }), [])
  const hold = '  HOLD_TTL must be at most 23h with Stripe, whose pages stay open for a day at most'
  assert.deepEqual(problems({ PAYMENT_URL: 'stripe://sk_1', WEBHOOK_SECRET: 's', HOLD_TTL: '24h' }), [hold])
  for (const url of [
    'stripe:',
    'stripe://',
    'http://pay.example',
    'http://u:p@pay.example',
    'ftp://k@pay.example',
    'demo',
    'hush://x',
  ]) {
    const said = problems({ PAYMENT_URL: url })
    assert.equal(said.length, 1, url)
    assert.match(said[0] ?? '', /^ {2}PAYMENT_URL is not valid: it must be demo:/)
  }
})

test('what should not stand in the environment is read from a file, unless it does', () => {
  const file = join(folder, 'password')
  writeFileSync(file, 'from the file\n')
  assert.equal(readConfig({ ADMIN_PASSWORD_FILE: file }).adminPassword, 'from the file')
  assert.equal(readConfig({ ADMIN_PASSWORD_FILE: file, ADMIN_PASSWORD: 'from outside' }).adminPassword, 'from outside')
  assert.equal(readConfig({ ADMIN_PASSWORD_FILE: '' }).adminPassword, undefined)
  const gone = join(folder, 'gone')
  assert.deepEqual(problems({ ADMIN_PASSWORD_FILE: gone }), [`  ADMIN_PASSWORD_FILE: ${gone} cannot be read (ENOENT)`])
})

test('the printed settings say where each value is from, and hide what is secret', () => {
  const lines = printedSettings({ PORT: '1234', ADMIN_PASSWORD: 'hush hush', SEED_FILE: '/secrets/seed' }).split('\n')
  const line = (name: string) =>
    lines
      .find((each) => each.startsWith(`${name} `))
      ?.slice(name.length)
      .trim()
      .split(/ {2,}/)
  assert.deepEqual(line('PORT')?.slice(0, 2), ['1234', 'set'])
  assert.deepEqual(line('ADMIN_PASSWORD')?.slice(0, 2), ['(hidden)', 'set'])
  assert.deepEqual(line('SEED')?.slice(0, 2), ['(hidden)', 'set by file'])
  assert.deepEqual(line('HOST')?.slice(0, 2), ['127.0.0.1', 'default'])
  assert.deepEqual(line('ADMIN_EMAIL')?.slice(0, 2), ['-', 'default'])
})
