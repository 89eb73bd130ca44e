import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type DemoGatewayServer, openDemoGateway } from '../src/gateway-demo/open.ts'
import { listen, makeServer } from '../src/http/server.ts'
import { DemoGatewayClient } from '../src/payment/demo-gateway.ts'
import { type Clock, systemClock } from '../src/platform/clock.ts'
import { systemRandom as random } from '../src/platform/random.ts'

export const SECRET = 'whsec_test'
const KEY = 'key of the gateway'

export type Heard = { body: Buffer; header: (name: string) => string | undefined }

/** A shop's webhook that writes down what it hears. */
export async function hearingShop() {
  const heard: Heard[] = []
  const state = { status: 200 }
  const waiting: { count: number; resolve: () => void }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    heard.push({ body: Buffer.concat(chunks), header: (name) => request.headers[name] as string | undefined })
    response.writeHead(state.status).end()
    for (const one of waiting) if (heard.length >= one.count) one.resolve()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    state,
    /** When so many calls have come. */
    async after(count: number): Promise<void> {
      if (heard.length >= count) return
      await new Promise<void>((resolve) => waiting.push({ count, resolve }))
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

/** A demo gateway on a port of its own in this process, and the client that a shop has of it. */
export async function startDemoGateway({
  clock = systemClock,
  dataDir,
  notify = 'http://127.0.0.1:1',
  home = 'http://shop.example',
}: Options = {}) {
  const dir = dataDir ?? mkdtempSync(join(tmpdir(), 'gateway-'))
  const log = pino({ level: 'silent' })
  const onBug = (error: Error) => {
    throw error
  }
  const settings = { dataDir: dir, key: KEY, webhookSecret: SECRET, faults: {} }
  const gateway: DemoGatewayServer = await openDemoGateway(settings, { clock, random, log, onBug })
  const tokens = { known: () => undefined, check: async () => undefined }
  let url = ''
  const app = await makeServer({ log, random, version: '0', rate: { take: () => 0 }, tokens }, (app) =>
    gateway.routes(app, '/here', () => url),
  )
  url = `${await listen(app, '127.0.0.1', 0)}/here`
  gateway.start()
  const client = new DemoGatewayClient({
    url: () => url,
    key: KEY,
    returnUrl: (orderId) => `${home}/orders/${orderId}`,
    notifyUrl: () => notify,
  })
  const call = (method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  return {
    url,
    dir,
    client,
    call,
    /** From now on. */
    faults: (faults: Record<string, number>) => call('PUT', '/faults', faults),
    async press(txnId: string, act: string): Promise<Response> {
      return fetch(`${url}/pay/${txnId}`, { method: 'POST', body: new URLSearchParams({ act }), redirect: 'manual' })
    },
    async stop(): Promise<void> {
      await app.close()
      await gateway[Symbol.asyncDispose]()
      if (dataDir === undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
}

type Options = {
  clock?: Clock
  dataDir?: string
  /** Where events are told. */
  notify?: string
  /** Of the shop: where buyers go back to. */
  home?: string
}
