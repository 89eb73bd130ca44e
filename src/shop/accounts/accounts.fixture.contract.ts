import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import { type OpenDatabase, oneConnection } from '../../../test/one-connection.ts'
import { codes } from '../../core/codes.ts'
import type { Id } from '../../core/ids.ts'
import { TokenCheck } from '../../gate/identity.ts'
import { systemClock } from '../../platform/clock.ts'
import type { App } from '../../platform/http.ts'
import { idMaker, systemRandom } from '../../platform/random.ts'
import { migrate } from '../../platform/sql.ts'
import { ensureAdministrator } from './administrator.ts'
import { Identity, mountIdentity, type Tokens } from './identity.ts'
import { KeyFile } from './key-file.ts'
import { Keys } from './keys.ts'
import { PasswordTurns } from './passwords.ts'
import { accountRoutes } from './routes.ts'
import { SqlAccounts } from './sql-accounts.ts'
import { SqlOidcModels } from './sql-oidc-models.ts'
import { accountMigrations } from './tables.ts'

const audience = 'urn:doorbuster:api'
export const password = 'correct horse'

export function sqliteIn(dataDir: string): OpenDatabase {
  return oneConnection(new DatabaseSync(join(dataDir, 'books.db')))
}

export type { OpenDatabase }
export type AccountsShop = Awaited<ReturnType<typeof openShop>>

/** A shop's accounts on a folder; opened twice, the second is the restart of the first. */
export async function openShop(db: OpenDatabase, dataDir: string, turns = new PasswordTurns()) {
  const state = { ahead: 0, opened: [] as [Id, number][], failures: [] as Error[] }
  const clock = { ...systemClock, now: () => Date.now() + state.ahead }
  await migrate(db, accountMigrations, clock.now())
  const accounts = new SqlAccounts(db, async (_sql, ids, credits) => {
    for (const [at, id] of ids.entries()) state.opened.push([id, credits[at] as number])
  })
  const models = new SqlOidcModels(db)
  const keys = await Keys.open(new KeyFile(dataDir), systemRandom)
  const check = new TokenCheck({ keys: keys.verification, issuers: () => keys.issuers, audience, clock })
  const ended = (grantId: string) => check.deny(grantId)
  const failed = (error: Error) => void state.failures.push(error)
  const identity = new Identity({ keys, audience, accounts, models, clock, random: systemRandom, ended, failed })
  const newId = idMaker(clock, systemRandom)
  const balance = (amount: number) => ({ amount, currency: 'EUR' })
  const wallets = {
    credit: async () => balance(700),
    journal: async (_user: Id, limit: number) =>
      [1, 2, 3].slice(0, limit).map((n) => ({ id: newId(), kind: 'grant', amount: -n, orderId: null, reason: 'gift', at: 0 })),
    grant: async (_user: Id, amount: number) => balance(700 + amount),
  }
  const app = Fastify({ ajv: { customOptions: { removeAdditional: false } } }) as unknown as App
  app.setErrorHandler((error: { validation?: unknown }, _request, reply) => {
    if (!error.validation) throw error
    return reply.problem('invalid', 'It is not as described.')
  })
  app.decorateReply('problem', function (code, detail, extra) {
    const [status, title] = codes[code]
    return this.code(status).send({ type: code, title, status, code, detail, traceId: '', ...extra })
  })
  app.decorateRequest('caller', null as never)
  app.decorate('needs', (role) => (request, reply, done) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    check.check(token).then((caller) => {
      if (!caller) return void reply.problem('unauthenticated', 'Sign in.')
      if (!caller.roles.includes(role)) return void reply.problem('forbidden', 'No.')
      request.caller = caller
      done()
    }, done)
  })
  accountRoutes(app, { accounts, turns, identity, wallets, clock, newId, currency: 'EUR', openingCredit: 5000, ended })
  mountIdentity(app, identity)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  await identity.setIssuer(address)

  async function send(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object, token = '', remoteAddress = '192.0.2.1') {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    const answer = await app.inject({ method, url: `/api/v1/${path}`, payload: body, headers, remoteAddress })
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? undefined : answer.json() }
  }
  const login = (email: string, word = password, from?: string) =>
    send('POST', 'users/login', { email, password: word }, '', from)
  async function signedIn(email: string): Promise<Tokens> {
    const answer = await login(email)
    assert.equal(answer.status, 200)
    return answer.body
  }
  const register = (email: string) => send('POST', 'users/register', { email, password })
  const refresh = (token: string) => send('POST', 'users/refresh', { refresh_token: token })
  const me = async (token: string) => (await send('GET', 'users/me', undefined, token)).status
  const parts = { accounts, clock, random: systemRandom, newId }
  const administrator = (settings: { email?: string; password?: string } = {}) =>
    ensureAdministrator(parts, { email: settings.email, password: settings.password, openingCredit: 0 })
  async function close() {
    await app.close()
    await db[Symbol.asyncDispose]()
  }
  return {
    state,
    db,
    accounts,
    models,
    identity,
    check,
    address,
    send,
    login,
    signedIn,
    register,
    refresh,
    me,
    administrator,
    close,
  }
}
