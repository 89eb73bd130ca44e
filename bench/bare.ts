import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Status, header fields by turns name and value, and body, as the shop answered them. */
export type Fixed = { status: number; headers: string[]; body: string }

/**
 * What the machine's Node can do at most: a server that reads the request's body, as a server must, and answers the same
 * bytes each time. A process of its own; its parent tells it what to answer and is told the port.
 */
let fixed: Fixed = { status: 200, headers: [], body: '' }
let body = Buffer.alloc(0)

process.on('message', (next: Fixed) => {
  fixed = next
  body = Buffer.from(next.body)
  process.send?.('set')
})
process.on('disconnect', () => process.exit())

// The same time-out as the shop's: it stands in a header field.
const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    response.writeHead(fixed.status, fixed.headers)
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
