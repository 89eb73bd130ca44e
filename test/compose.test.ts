import './coverage/uncounted.ts'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { readConfig, settings } from '../src/config.ts'
import { answersAt, freePort } from './free-port.ts'
import { placeOf } from './place-of.ts'
import { openAt, saleIn, until } from './redis-ledger.ts'
import { withoutRedis } from './redis-server.ts'

type Container = {
  build?: string
  image?: string
  environment?: Record<string, string>
  secrets?: string[]
  volumes?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt: string[]
  user?: string
  healthcheck?: object
  deploy?: { resources: { limits: object } }
}
type Compose = { services: Record<string, Container>; secrets?: Record<string, { file: string }>; volumes: Record<string, null> }

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): Compose => parse(readFileSync(join(root, path), 'utf8'), { merge: true })
const files = ['compose.yaml', 'deploy/compose/full.yaml']

/** The secrets of the full set, as their script makes them. */
const secrets = join(mkdtempSync(join(tmpdir(), 'compose-')), 'secrets')
const makeSecrets = () => execFileSync(join(root, 'deploy/compose/make-secrets'), [secrets], { stdio: 'pipe' })
const secret = (name: string): string => readFileSync(join(secrets, name), 'utf8')
before(makeSecrets)
after(() => rmSync(dirname(secrets), { recursive: true, force: true }))

for (const path of files) {
  suite(path, () => {
    const compose = read(path)
    const named = Object.entries(compose.services)

    test('is as the Compose Specification has it', () => {
      const schema = JSON.parse(readFileSync(new URL('data/compose-spec.json', import.meta.url), 'utf8'))
      const ajv = new Ajv({ strict: false, allErrors: true })
      addFormats.default(ajv)
      const isValid = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' })
      assert.ok(isValid(compose), JSON.stringify(isValid.errors, null, 2))
    })

    test('sets what can be set, and to what a shop starts with', () => {
      const known = new Set<string>(settings.flatMap(({ name }) => [name, `${name}_FILE`]))
      const shops = named.filter(([, { build }]) => build !== undefined)
      assert.ok(shops.length > 0)
      for (const [name, { environment = {}, secrets: allowed = [] }] of shops) {
        const env: Record<string, string> = {}
        for (const [variable, value] of Object.entries(environment)) {
          assert.ok(known.has(variable), `${name}: ${variable} is no setting`)
          if (variable.endsWith('_FILE')) assert.ok(allowed.includes(value.replace('/run/secrets/', '')), `${name}: ${variable}`)
          env[variable] = value.replace('/run/secrets', secrets).replace(/^\$\{\w+:-(.*)\}$/, '$1')
        }
        readConfig(env)
      }
    })

    test('names files, volumes and secrets that there are', () => {
      const folder = dirname(join(root, path))
      for (const [name, { build, volumes = [], secrets: used = [] }] of named) {
        if (build !== undefined) assert.ok(existsSync(join(resolve(folder, build), 'Dockerfile')), name)
        for (const volume of volumes) {
          const [from = ''] = volume.split(':')
          assert.ok(from.startsWith('.') ? existsSync(resolve(folder, from)) : from in compose.volumes, `${name}: ${from}`)
        }
        for (const each of used) assert.ok(compose.secrets && each in compose.secrets, `${name}: ${each}`)
      }
      const made = readdirSync(secrets).sort()
      if (compose.secrets)
        assert.deepEqual(
          Object.values(compose.secrets)
            .map(({ file }) => file)
            .sort(),
          made.map((name) => `secrets/${name}`),
        )
    })
  })
}

suite('the full set', () => {
  const { services } = read('deploy/compose/full.yaml')

  test('each may do as little as it can do with, and has limits', () => {
    for (const [name, { read_only, cap_drop, security_opt, user, build, deploy, ...more }] of Object.entries(services)) {
      assert.deepEqual([read_only, cap_drop, security_opt], [true, ['ALL'], ['no-new-privileges:true']], name)
      assert.ok(user !== undefined || build !== undefined, `${name} runs as root`)
      assert.ok(deploy?.resources.limits, name)
      assert.ok(more.healthcheck || build !== undefined, `${name}: who says that it is well?`)
    }
    assert.match(readFileSync(join(root, 'Dockerfile'), 'utf8'), /^USER node$[\s\S]*^HEALTHCHECK /m)
  })

  test('two of each role', () => {
    const roles = Object.values(services).flatMap(({ environment }) => environment?.ROLES ?? [])
    assert.deepEqual(roles.sort(), [
      'api',
      'api',
      'gateway-demo',
      'payments',
      'payments',
      'relay',
      'relay',
      'scheduler',
      'scheduler',
    ])
  })

  test('nginx is told all that its templates name', () => {
    const text = ['shop', 'plain'].map((name) => readFileSync(join(root, `deploy/nginx/${name}.conf.template`), 'utf8')).join()
    const variables = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name))
    assert.deepEqual([...variables].sort(), Object.keys(services.nginx?.environment ?? {}).sort())
  })

  test('secrets are made once', () => {
    const before = secret('ledger_url')
    assert.throws(makeSecrets, /is there already/)
    assert.equal(secret('ledger_url'), before)
  })

  test('Redis takes its configuration, and the shop may do there what it does', {
    skip: withoutRedis('redis-server'),
  }, async (t) => {
    const [program = assert.fail(), dir] = [placeOf('redis-server'), dirname(secrets)]
    const start = async (...args: string[]) => {
      const port = await freePort()
      const child = spawn(program, [...args, '--port', String(port), '--bind', '127.0.0.1', '--dir', dir], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      t.after(async () => {
        child.kill('SIGKILL')
        await ended
      })
      await until(async () => assert.ok(child.exitCode === null && (await answersAt(port)), args.join(' ')))
      return port
    }
    const port = await start(join(secrets, 'ledger_conf'))
    const [, password] = /doorbuster:(\w+)@/.exec(secret('ledger_url')) ?? []
    const ledger = await openAt(`redis://doorbuster:${password}@127.0.0.1:${port}`)
    t.after(() => ledger.stop())
    const sale = await saleIn(ledger, 1)
    assert.equal((await sale.reserve(sale.ask()))[0]?.kind, 'reserved')
    const cachePort = await start(join(secrets, 'cache_conf'))
    const cacheUrl = secret('cache_url').trim().replace('@cache', `@127.0.0.1:${cachePort}`)
    await assert.rejects(openAt(cacheUrl), /maxmemory-policy/)
    writeFileSync(join(dir, 'sentinel.conf'), secret('sentinel_conf').replaceAll('ledger-1 6379', `127.0.0.1 ${port}`))
    const sentinelPort = await start(join(dir, 'sentinel.conf'), '--sentinel')
    const found = await openAt(`redis+sentinel://doorbuster:${password}@127.0.0.1:${sentinelPort}/main`)
    assert.equal(await found.incarnation(), await ledger.incarnation())
    await found.stop()
  })
})
