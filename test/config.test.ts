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
    [{ ROLES: 'scheduler, payments,relay,api' }, 'roles', [...roleNames]],
  ] as const
  for (const [env, name, value] of read) {
    test(JSON.stringify(env), () => assert.deepEqual(readConfig(env)[name], value))
  }
})

suite('a value that is wrong', () => {
  const refused: Record<string, string>[] = [
    ...['-1', '65536', '80.5', '0x50', ' 80', 'http'].map((PORT) => ({ PORT })),
    { OPS_PORT: 'none' },
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
  const said = problems({ PORT: 'x', ADMIN_PASSWORD: 'short', SEED: 'y', LEDGER_URL: 'redis://:secret@there' })
  assert.deepEqual(
    said.map((problem) => problem.split(':')[0]),
    ['  PORT is "x"', '  ADMIN_PASSWORD is not valid', '  SEED is "y"', '  LEDGER_URL is not valid'],
  )
  assert.doesNotMatch(said.join(), /short|secret/)
})

test('a database that belongs to one process takes all roles', () => {
  assert.deepEqual(problems({ ROLES: 'api' }), ['  ROLES must be all with a sqlite: database: it belongs to one process'])
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
