import { request } from 'node:http'
import { request as tlsRequest } from 'node:https'

export type Question = {
  method?: string
  /** As it is sent: nothing is made shorter or nicer. */
  path: string
  headers?: Record<string, string>
  body?: string
  /** The address of this machine that asks: all of 127.0.0.0/8 are its own. */
  from?: string
  /** Of what a server says it is. */
  ca?: string
}

/** Each header once: what comes twice has a comma, as HTTP has it. */
export type Answered = { status: number; headers: Record<string, string>; body: string }

/** One request by a connection of its own. Rejects where there is no answer. */
export function ask(url: string, { method = 'GET', path, headers = {}, body = '', from, ca }: Question): Promise<Answered> {
  const { hostname, port, protocol } = new URL(url)
  const length = body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const options = { hostname, port, method, path, headers: { ...length, ...headers }, agent: false, localAddress: from, ca }
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const asked = (protocol === 'https:' ? tlsRequest : request)(options, (answer) => {
    const parts: Buffer[] = []
    answer.on('data', (part: Buffer) => parts.push(part))
    answer.on('error', reject)
    answer.on('end', () =>
      resolve({ status: answer.statusCode ?? 0, headers: joined(answer.headersDistinct), body: Buffer.concat(parts).toString() }),
    )
  })
  asked.on('error', reject)
  asked.end(body)
  return promise
}

function joined(headers: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [values].flat().join(', ')]))
}
