import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { type Code, codes } from '../src/core/codes.ts'

type Schema = { type?: string; format?: string; required?: string[]; properties?: Record<string, Schema> }
type Content = Record<string, { schema: Schema }>
export type Operation = {
  summary?: string
  tags?: string[]
  security?: unknown[]
  parameters?: { in: string; name: string; schema: Schema }[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}
type Description = { openapi: string; components: object; paths: Record<string, Record<string, Operation>> }

export type Ask = {
  params?: Record<string, string>
  query?: string
  token?: string
  headers?: Record<string, string>
  /** An object is sent as JSON; text and bytes as they are, with `type`. */
  body?: unknown
  type?: string
}
// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what its documented schema, checked here, says
export type Answer = { status: number; headers: Headers; body: any; text: string }

/** Asks a running shop by its own OpenAPI document: what it answers must be what that document says. */
export class DescribedApi {
  readonly url: string
  readonly #description: Description
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })
  readonly #checks = new Map<string, ValidateFunction>()
  /** `GET /api/v1/time` -> the statuses seen. */
  readonly seen = new Map<string, Set<number>>()

  private constructor(url: string, description: Description) {
    this.url = url
    this.#description = description
    addFormats.default(this.#ajv)
    for (const { name } of this.operations()) this.seen.set(name, new Set())
  }

  static async open(url: string): Promise<DescribedApi> {
    const description = (await (await fetch(`${url}/openapi.json`)).json()) as Description
    assert.equal(description.openapi, '3.1.0')
    return new DescribedApi(url, description)
  }

  operations(): { name: string; method: string; path: string; operation: Operation }[] {
    return Object.entries(this.#description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([key, operation]) => {
        const method = key.toUpperCase()
        return { name: `${method} ${path}`, method, path, operation }
      }),
    )
  }

  /** `name` is that of an operation, as in `GET /api/v1/sales/{saleId}`. */
  async ask(name: string, ask: Ask = {}): Promise<Answer> {
    const known = this.operations().find((each) => each.name === name)
    assert.ok(known, `${name} is not in the description`)
    const path = known.path.replace(/\{(\w+)\}/g, (_, param: string) => ask.params?.[param] ?? `{${param}}`)
    const bytes = typeof ask.body === 'string' || ask.body instanceof Uint8Array
    const sent = ask.body === undefined || bytes ? (ask.body as string | undefined) : JSON.stringify(ask.body)
    const type = ask.type ?? (sent === undefined || bytes ? undefined : 'application/json')
    const headers = {
      ...(ask.token !== undefined && { authorization: `Bearer ${ask.token}` }),
      ...(type !== undefined && { 'content-type': type }),
      ...ask.headers,
    }
    const answer = await fetch(`${this.url}${path}${ask.query ?? ''}`, { method: known.method, headers, body: sent })
    return this.#checked(name, known.operation, answer)
  }

  /** The same, where a problem is expected. */
  async refused(name: string, code: Code, ask: Ask = {}, why = ''): Promise<Answer> {
    const answer = await this.ask(name, ask)
    const [status] = codes[code]
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${name} ${why}: ${answer.text.slice(0, 300)}`)
    return answer
  }

  async #checked(name: string, { responses }: Operation, answer: Response): Promise<Answer> {
    const text = await answer.text()
    const { status, headers } = answer
    const said = `${name} answers ${status} ${text.slice(0, 300)}`
    assert.ok(status < 500, said)
    const documented = responses[status]
    assert.ok(documented, `${said}, which is not documented`)
    this.seen.get(name)?.add(status)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', said)
    assert.ok(headers.get('content-security-policy'), said)
    if (!documented.content) {
      assert.equal(text, '', said)
      return { status, headers, body: undefined, text }
    }
    const type = headers.get('content-type')?.split(';')[0] ?? ''
    const described = documented.content[type]
    assert.ok(described, `${said} as ${type}; documented is ${Object.keys(documented.content)}`)
    const body = type.endsWith('json') ? JSON.parse(text) : text
    const check = this.#check(`${name} ${status} ${type}`, described.schema)
    assert.ok(check(body), `${said}: ${JSON.stringify(check.errors)}`)
    if (type === 'application/problem+json') checkProblem(body as Problem, status, said)
    return { status, headers, body, text }
  }

  #check(key: string, schema: Schema): ValidateFunction {
    const check = this.#checks.get(key) ?? this.#ajv.compile({ ...schema, components: this.#description.components })
    this.#checks.set(key, check)
    return check
  }
}

type Problem = Record<string, string | number>

function checkProblem(body: Problem, status: number, said: string): void {
  const [known, title] = codes[body.code as Code] ?? []
  assert.deepEqual([body.status, body.type, body.title], [status, `urn:doorbuster:problem:${body.code}`, title], said)
  assert.equal(known, status, said)
  assert.match(String(body.traceId), /^[0-9a-f]{32}$/, said)
  assert.ok(String(body.detail).length > 10, said)
}
