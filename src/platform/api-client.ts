/** The instance answered, but not with a yes; or it did not answer. The message is for people. */
export class ApiError extends Error {
  override name = 'ApiError'
  /** 0: no answer. */
  readonly status: number
  readonly body: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>, message: string) {
    super(message)
    this.status = status
    this.body = body
  }
}

/** An import of 10 MiB or a rehearsal of 100,000 buyers takes its time. */
const PATIENCE_MS = 300_000

/** Speaks to a running instance as its operator. */
export class ApiClient {
  readonly url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.url = url.replace(/\/+$/, '')
    this.#token = token
  }

  get<T>(path: string): Promise<T> {
    return this.#json('GET', path)
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return body === undefined ? this.#json('POST', path) : this.#json('POST', path, JSON.stringify(body), 'application/json')
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.#json('PUT', path, JSON.stringify(body), 'application/json')
  }

  send<T>(path: string, body: Uint8Array<ArrayBuffer>, type: string): Promise<T> {
    return this.#json('POST', path, body, type)
  }

  async delete(path: string): Promise<void> {
    await this.#ask('DELETE', path)
  }

  async text(path: string): Promise<string> {
    return (await this.#ask('GET', path)).text()
  }

  async #json<T>(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>, type?: string): Promise<T> {
    return (await (await this.#ask(method, path, body, type)).json()) as T
  }

  async #ask(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>, type?: string): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}`, ...(type && { 'content-type': type }) }
    let answer: Response
    try {
      answer = await fetch(this.url + path, { method, headers, body, signal: AbortSignal.timeout(PATIENCE_MS) })
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error
      throw new ApiError(0, {}, `No answer from ${this.url} (${cause instanceof Error ? cause.message : cause}). Is it running?`)
    }
    if (answer.ok) return answer
    const problem = await answer.json().then(asRecord, () => ({}) as Record<string, unknown>)
    const said = [`${method} ${path}: ${answer.status} ${problem.detail ?? answer.statusText}`, ...fields(problem)]
    throw new ApiError(answer.status, problem, said.join('\n  '))
  }
}

/** Of a problem of kind `invalid`: what is wrong where. */
function fields({ errors }: Record<string, unknown>): string[] {
  return Array.isArray(errors) ? errors.map(({ path, message }) => `${path} ${message}`) : []
}

const asRecord = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? { ...value } : {})
