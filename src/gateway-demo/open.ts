import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { Bug } from '../core/assert.ts'
import type { Clock } from '../platform/clock.ts'
import type { App } from '../platform/http.ts'
import { Loop, type Turn } from '../platform/loop.ts'
import type { Random } from '../platform/random.ts'
import { holdLock } from '../platform/sqlite/lock.ts'
import { type Rank, SqliteThread } from '../platform/sqlite/sqlite-database.ts'
import { FaultDice, type Faults } from './faults.ts'
import type { Manner } from './gateway.ts'
import { gatewayRoutes } from './routes.ts'
import type { GatewayStores } from './stores.ts'
import { Teller } from './telling.ts'

export type DemoGatewaySettings = {
  dataDir: string
  /** Who has it may ask. */
  key: string
  /** What its webhooks are signed with. */
  webhookSecret: string
  faults: Faults
}

export type DemoGatewayParts = { clock: Clock; random: Random; log: FastifyBaseLogger; onBug: (error: Error) => void }

/** The gateway, whose store is a database of its own in the data folder. */
export type DemoGatewayServer = AsyncDisposable & {
  /** `address`: what stands before its paths, as a browser reaches it. */
  routes(app: App, prefix: string, address: () => string): void
  /** From now on its events are told. */
  start(): void
}

/** An event that was not told is looked for so often. */
const TELL_EVERY_MS = 1000
const PURGE_EVERY_MS = 3600_000

/** Opens its database and holds it for this process. Throws where another has it. */
export async function openDemoGateway(
  { dataDir, key, webhookSecret, faults }: DemoGatewaySettings,
  { clock, random, log, onBug }: DemoGatewayParts,
): Promise<DemoGatewayServer> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = holdLock(join(dataDir, 'gateway-demo.lock'))
  if (!lock)
    throw new GatewayInUse(`${dataDir} is in use by a running demo gateway: stop it first, or set DATA_DIR to another folder.`)
  const path = join(dataDir, 'gateway-demo.db')
  const thread = await SqliteThread.open({ path, use: 'write', stores: storesUrl, options: null }, onBug)
  const { schema, gateway: store } = inThread(thread)
  await schema.migrate()
  const failed = (name: string, error: unknown) => {
    if (error instanceof Bug) onBug(error)
    else log.error({ event: 'loop-failed', loop: name, err: error }, `${name} failed and will be tried again`)
  }
  const loop = (name: string, everyMs: number, turn: Turn) => new Loop(name, clock, everyMs, turn, failed)
  const dice = new FaultDice(random, faults)
  const teller = new Teller({ store, secret: webhookSecret, clock, dice })
  const telling = loop('tell-gateway-events', TELL_EVERY_MS, (stopping) => teller.turn(stopping))
  const purging = loop('purge-gateway', PURGE_EVERY_MS, () => store.purge().then(() => false))
  const never = new AbortController().signal
  return {
    routes: (app, prefix, address) =>
      gatewayRoutes(app, prefix, {
        ...{ store, clock, dice, key, address, manner: () => mannerOf(dice) },
        async tell() {
          if (dice.falls('early')) await teller.turn(never)
          else telling.wake()
        },
      }),
    start() {
      telling.start()
      purging.start()
    },
    async [Symbol.asyncDispose]() {
      await purging.stop()
      await telling.stop()
      await thread.stop()
      lock[Symbol.dispose]()
    },
  }
}

class GatewayInUse extends Error {
  override name = 'DataInUse'
}

const storesUrl = new URL('stores.ts', import.meta.url).href

/** The stores of the thread, each call a message to it. */
function inThread(thread: SqliteThread): GatewayStores {
  const face = (store: string) =>
    new Proxy(
      {},
      {
        get:
          (_face, method: string) =>
          (...args: unknown[]) =>
            thread.call(store, method, args, 'next' satisfies Rank),
      },
    )
  return { schema: face('schema'), gateway: face('gateway') } as GatewayStores
}

function mannerOf(dice: FaultDice): Manner {
  const keeps = dice.falls('cached-error') ? 'failure' : dice.falls('forget') ? 'nothing' : 'answer'
  const tellInMs = dice.falls('never') ? null : dice.falls('late') ? dice.between(5000, 20_000) : 0
  return { keeps, tellInMs }
}
