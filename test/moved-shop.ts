import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Shop } from './shop.ts'

const PASSWORD = 'correct horse battery'
const PATIENCE_MS = 60_000

export type Body = Record<'id' | 'orderId' | 'txnId' | 'state' | 'status' | 'access_token' | 'refresh_token', string> & {
  items: Body[]
}
export type Answer = { status: number; body: Body }

export async function ask(
  shop: Shop,
  method: string,
  path: string,
  token?: string,
  body?: object,
  key?: string,
): Promise<Answer> {
  const answer = await fetch(`${shop.url}/api/v1${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text && JSON.parse(text) }
}

/** What was asked for; any other answer fails the test. */
export async function got(shop: Shop, path: string, token?: string): Promise<Body> {
  const { status, body } = await ask(shop, 'GET', path, token)
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`)
  return body
}

export async function register(shop: Shop, email: string): Promise<Body> {
  const made = await ask(shop, 'POST', '/users/register', undefined, { email, password: PASSWORD, name: 'A. Buyer' })
  assert.equal(made.status, 201)
  return login(shop, email)
}

export async function login(shop: Shop, email: string): Promise<Body> {
  const { status, body } = await ask(shop, 'POST', '/users/login', undefined, { email, password: PASSWORD })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

/** Until it is so; nothing tells a test of it. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error('it did not come to be')
}

export function inStatus(shop: Shop, orderId: string, token: string, status: string): Promise<Body> {
  return until(async () => {
    const body = await got(shop, `/orders/${orderId}`, token)
    return body.status === status ? body : undefined
  })
}

/** All that these accounts and an operator are shown of the shop, by whatever a moved shop must answer alike. */
export async function shown(shop: Shop, emails: string[]): Promise<unknown> {
  const accounts = []
  for (const email of emails) {
    const { access_token: token } = await login(shop, email)
    const orders = []
    for (const { orderId } of (await got(shop, '/orders?limit=100', token)).items) {
      const payment = await ask(shop, 'GET', `/payments/${orderId}`, token)
      orders.push([await got(shop, `/orders/${orderId}`, token), payment.status, payment.body])
    }
    accounts.push([await got(shop, '/users/me', token), await got(shop, '/users/me/credit?limit=100', token), orders])
  }
  const sales = []
  for (const { id } of (await got(shop, '/admin/sales', shop.token)).items) {
    const { serverTime, ...sale } = { serverTime: '', ...(await got(shop, `/sales/${id}`)) }
    sales.push(sale)
  }
  return { accounts, sales, products: await got(shop, '/products'), categories: await got(shop, '/categories') }
}

type Head = { migrations: string[]; tables: { name: string; rows: number }[] }

/** The lines of an export, by table, without what a restore changes on purpose. */
export function rowsIn(file: string): Map<string, string[]> {
  const [head = '', ...lines] = linesIn(file)
  const changed = ['sales', 'sale_items', 'outbox', 'event_deliveries']
  let from = 0
  const tables = (JSON.parse(head) as Head).tables.map(({ name, rows }): [string, string[]] => {
    from += rows
    return [name, lines.slice(from - rows, from)]
  })
  return new Map(tables.filter(([name]) => !changed.includes(name)))
}

/** Another file of the same lines, some of them altered. @param isSealed with the sum that these have. */
export function altered(file: string, to: string, change: (lines: string[]) => string[], isSealed = false): string {
  const lines = change(linesIn(file))
  const text = lines.slice(0, -1).map((line) => `${line}\n`)
  const sum = createHash('sha256').update(text.join('')).digest('hex')
  const last = isSealed ? JSON.stringify({ sha256: sum }) : lines.at(-1)
  writeFileSync(to, gzipSync(`${text.join('')}${last}\n`))
  return to
}

function linesIn(file: string): string[] {
  return gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
}
