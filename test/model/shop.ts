import { pino } from 'pino'
import type { Caller } from '../../src/core/caller.ts'
import type { Id } from '../../src/core/ids.ts'
import { noRate } from '../../src/gate/local-rate.ts'
import { adminRoutes } from '../../src/http/admin-routes.ts'
import { orderRoutes } from '../../src/http/order-routes.ts'
import { purchaseRoutes } from '../../src/http/purchase-routes.ts'
import { saleRoutes } from '../../src/http/sale-routes.ts'
import { makeServer } from '../../src/http/server.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { App } from '../../src/platform/http.ts'
import { Metrics } from '../../src/platform/metrics.ts'
import { systemRandom as random } from '../../src/platform/random.ts'
import { announcer } from '../../src/purchase/announce.ts'
import { runAudit } from '../../src/purchase/audit.ts'
import { Board } from '../../src/purchase/board.ts'
import { PlaceOrder } from '../../src/purchase/place-order.ts'
import { RebuildLedger } from '../../src/purchase/rebuild-ledger.ts'
import { runRepair } from '../../src/purchase/repair.ts'
import { RunSale } from '../../src/purchase/run-sale.ts'
import { cancelOrder, expireOrders } from '../../src/purchase/settle-order.ts'
import { LocalPush } from '../../src/push/local-push.ts'
import { accountRoutes } from '../../src/shop/accounts/routes.ts'
import { type HandClock, handClock } from '../hand-clock.ts'
import { newId } from '../samples.ts'
import { HOLD_TTL_MS } from './model.ts'
import type { TestStores } from './stores.ts'

export const OPERATOR = newId()
/** The shop's own: an order that waits longer is stuck. */
export const STUCK_MS = HOLD_TTL_MS + 60_000

export type Reply = { status: number; replayed: boolean; body: Record<string, unknown> }
type World = ReturnType<typeof worldOver>

/** The parts behind the routes, over one run's stores. */
function worldOver(stores: TestStores, clock: HandClock) {
  const { books, sales, ledger } = stores
  const board = new Board()
  const push = new LocalPush()
  const announce = announcer(board, push, () => {})
  const wrong: unknown[] = []
  // Nobody else moves the clock while an operator waits for an answer.
  const patient = { ...clock, sleep: (ms: number) => clock.advance(ms) }
  const runSale = new RunSale({ sales, ledger, board, push, clock: patient, endingSoonMs: 1000, changed() {} })
  const failed = (error: unknown) => void wrong.push(error)
  const alarm = (_: Id, epoch: number, because: string) => failed(`epoch ${epoch}: ${because}`)
  const gate = { newId, alarm, failed, behind: () => false, booked() {}, waitingMax: 1000, inFlightMax: 4 }
  const moves = { books, ledger, announce }
  const rebuild = new RebuildLedger({ sales, books, ledger, clock, rebuilt: (saleId) => failed(`${saleId} was rebuilt`) })
  const audited = { sales, ledger, rebuild, clock, stuckMs: STUCK_MS }
  return {
    ...stores,
    board,
    runSale,
    announce,
    /** What should never come to pass in a shop without failures. */
    wrong,
    placeOrder: new PlaceOrder({ books, ledger, board, clock, ...gate }),
    orders: { cancel: (orderId: Id, by: string) => cancelOrder(moves, orderId, by) },
    audit: { run: () => runAudit(audited), repair: () => runRepair(audited), last: () => null },
    /** Those who watch the time: holds, starts, ends, and what is left of a sale. */
    async turn(): Promise<void> {
      while (await expireOrders(moves));
      // The first settles an end, the second learns of it.
      for (let turn = 0; turn < 2; turn++) await runSale.tick()
    },
  }
}

/** A server over stores that are new for each run: making it takes longer than a run. */
export async function serveRuns(open: (clock: HandClock) => Promise<TestStores>) {
  const clock = handClock()
  let world = worldOver(await open(clock), clock)
  const port = <Name extends keyof World>(name: Name): World[Name] => present(() => world[name] as object) as World[Name]
  const caller = (id: Id): Caller => {
    const roles = [id === OPERATOR ? ('admin' as const) : ('buyer' as const)]
    return { id, roles, expiresAt: Number.MAX_SAFE_INTEGER, grantId: null, drillSaleId: null }
  }
  const tokens = { known: caller, check: async (token: string) => caller(token) }
  const base = { log: pino({ level: 'silent' }), tokens, rate: noRate, random, version: '0' }
  const app = await makeServer(base, (app) => {
    const [board, books, sales] = [port('board'), port('books'), port('sales')]
    const shown = { board, books, sales, clock, newId, random, endingSoonMs: 1000 }
    const bought = { rate: noRate, metrics: new Metrics(), currency: 'EUR', settled: async () => undefined }
    // Nobody else makes sales.
    const alone = { lookAgain: async () => {} }
    purchaseRoutes(app, { ...shown, ...bought, runSale: alone, gateway: null, placeOrder: port('placeOrder') })
    saleRoutes(app, shown)
    const policy = { clock, refundWindowMs: 0, refund: async () => ({ kind: 'not-found' }) as const }
    orderRoutes(app, { books, ...policy, cancel: (orderId, by) => world.orders.cancel(orderId, by) })
    creditRoutes(app, port('wallets'), clock)
    const watched = { ledger: port('ledger'), outbox: port('outbox'), events: port('events'), audit: port('audit') }
    adminRoutes(app, { ...shown, ...watched, runSale: port('runSale'), clock: withoutTurns(clock) })
  })
  return {
    clock,
    ask: (method: 'GET' | 'POST' | 'PATCH', url: string, by: Id, body?: object, key?: string) =>
      ask(app, method, url, by, body, key),
    world: () => world,
    async begin(): Promise<void> {
      world = worldOver(await open(clock), clock)
    },
    close: () => app.close(),
  }
}

/** Of the run under way. */
function present<T extends object>(get: () => T): T {
  return new Proxy({} as T, {
    get(_, name) {
      const own = get()
      const value = Reflect.get(own, name)
      return typeof value === 'function' ? value.bind(own) : value
    },
  })
}

/** Of the routes of accounts only those of credit are asked. */
function creditRoutes(app: App, wallets: TestStores['wallets'], clock: Clock): void {
  const nobody = {} as Parameters<typeof accountRoutes>[1]
  accountRoutes(app, { ...nobody, wallets, clock, newId, currency: 'EUR', openingCredit: 0 })
}

/** The pace of sales, which nobody looks at here, would take a turn for each second that passes. */
function withoutTurns(clock: Clock): Clock {
  const sleep = (_: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
  return { ...clock, sleep }
}

async function ask(app: App, method: 'GET' | 'POST' | 'PATCH', url: string, by: Id, body?: object, key?: string): Promise<Reply> {
  const headers = { authorization: `Bearer ${by}`, ...(key !== undefined && { 'idempotency-key': key }) }
  const reply = await app.inject({ method, url, headers, ...(body && { payload: body }) })
  return { status: reply.statusCode, replayed: reply.headers['idempotent-replayed'] === 'true', body: reply.json() }
}
