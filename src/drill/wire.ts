import { Agent, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'

export type Answer =
  | { kind: 'answer'; status: number; retryAfterMs: number; body: string }
  /** No answer: it may have been done. `refused`: the connection was not taken. */
  | { kind: 'lost'; refused: boolean }

/** Longer than the server's own deadline: who gives up before it must not buy. */
const PATIENCE_MS = 15_000

/** The crowd's connections: kept open and shared, because a machine has fewer ports than a sale has buyers. `fetch` took
 *  about three times the processor time a request, which the server on the same machine would have lacked. */
export class Wire {
  readonly #base: URL
  readonly #agent: Agent
  readonly #request: typeof request

  constructor(url: string, sockets: number) {
    this.#base = new URL(url)
    const tls = this.#base.protocol === 'https:'
    this.#agent = new (tls ? TlsAgent : Agent)({ keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets })
    this.#request = tls ? tlsRequest : request
  }

  ask(method: 'GET' | 'POST', path: string, headers: Record<string, string>, body = ''): Promise<Answer> {
    return new Promise((resolve) => {
      const { hostname, port } = this.#base
      const host = hostname.replace(/^\[|\]$/g, '')
      const length =
        body === '' ? {} : { 'content-type': 'application/json', ...headers, 'content-length': Buffer.byteLength(body) }
      const asked = this.#request(
        { host, port, path, method, agent: this.#agent, timeout: PATIENCE_MS, headers: { ...headers, ...length } },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (part: string) => {
            text += part
          })
          answer.on('end', () => {
            const retryAfterMs = Number(answer.headers['retry-after'] ?? 0) * 1000
            resolve({ kind: 'answer', status: answer.statusCode ?? 0, retryAfterMs, body: text })
          })
          answer.on('error', () => resolve({ kind: 'lost', refused: false }))
        },
      )
      asked.on('timeout', () => asked.destroy())
      asked.on('error', (error: NodeJS.ErrnoException) => resolve({ kind: 'lost', refused: error.code === 'ECONNREFUSED' }))
      asked.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
