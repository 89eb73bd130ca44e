import type { Config } from './config.ts'
import { Bug } from './core/assert.ts'
import type { Id } from './core/ids.ts'
import { isFinal, type Order } from './core/order.ts'
import { TokenCheck } from './gate/identity.ts'
import { LocalRate, noRate } from './gate/local-rate.ts'
import { DEMO_PREFIX, demoKeys } from './gateway-demo/keys.ts'
import type { Shared } from './open-stores.ts'
import { gatewayOf } from './payment/card-payments.ts'
import { systemClock as clock } from './platform/clock.ts'
import { inTurn } from './platform/in-turn.ts'
import type { makeLog } from './platform/log.ts'
import { Loop, type Turn } from './platform/loop.ts'
import { Metrics } from './platform/metrics.ts'
import { idMaker, systemRandom as random } from './platform/random.ts'
import { announcer } from './purchase/announce.ts'
import { type Audit, runAudit } from './purchase/audit.ts'
import { behindBuyers } from './purchase/behind-buyers.ts'
import { Board } from './purchase/board.ts'
import type { Alarm } from './purchase/book.ts'
import { catchUp } from './purchase/catch-up.ts'
import { hearGateway, listGateway } from './purchase/hear-gateway.ts'
import { Lag } from './purchase/lag.ts'
import { drivePayments } from './purchase/pay-by-card.ts'
import { PlaceOrder } from './purchase/place-order.ts'
import { RebuildLedger } from './purchase/rebuild-ledger.ts'
import { type RepairedAudit, runRepair } from './purchase/repair.ts'
import { RunSale } from './purchase/run-sale.ts'
import { expireOrders, type MoveParts, settleOrders } from './purchase/settle-order.ts'
import { sweep } from './purchase/sweep.ts'
import { LocalPush } from './push/local-push.ts'
import { Identity } from './shop/accounts/identity.ts'
import { Keys } from './shop/accounts/keys.ts'
import { PasswordTurns } from './shop/accounts/passwords.ts'
import type { Stores } from './stores.ts'

/** How many requests of buyers may wait for the ledger; at the measured rates this is a second of work. */
const WAITING_MAX = 10_000
/** A week: what was not read by then is read from the books. */
const EVENTS_KEPT_MS = 7 * 24 * 3600_000
const LAG_MS = 250
/** A store that stands still for a moment makes buyers wait; one that does for this long must get no more of them. */
const SILENT_MS = 5000
/** An order that still waits after that long is stuck: the time that a buyer may have, and a minute for us. */
const STUCK_AFTER_HOLD_MS = 60_000

type Log = ReturnType<typeof makeLog>

export type Parts = Awaited<ReturnType<typeof makeParts>>

/** Makes every part of the house; nothing runs yet. The one place that knows which adapter stands behind which port. */
export async function makeParts(config: Config, stores: Stores, shared: Shared | null, log: Log, onBug: (error: Error) => void) {
  const failed = (name: string, error: unknown) => {
    if (error instanceof Bug) onBug(error)
    else log.error({ event: 'loop-failed', loop: name, err: error }, `${name} failed and will be tried again`)
  }
  /** Known once the server listens. */
  const place = { url: '' }
  const metrics = new Metrics()
  const base = {
    config,
    place,
    stores,
    shared,
    log,
    clock,
    random,
    newId: idMaker(clock, random),
    metrics,
    payments: await makePayments(config, place, metrics, log),
    board: new Board(),
    push: new LocalPush(clock.soon),
    rate: config.rateLimits ? new LocalRate(clock) : noRate,
    loop: (name: string, everyMs: number, turn: Turn) => new Loop(name, clock, everyMs, turn, failed),
  }
  return { ...base, ...(await makePath(base)), ...(await makeGate(base)) }
}

/** `null`: no cards are taken. */
type Payments = Awaited<ReturnType<typeof gatewayOf>>

async function makePayments(config: Config, place: { url: string }, metrics: Metrics, log: Base['log']): Promise<Payments> {
  const { dataDir, payment: address, webhookSecrets, publicUrl } = config
  const keys = address.kind === 'demo' ? await demoKeys(dataDir, random) : { key: '', webhookSecret: '' }
  // The gateway of this process is told of the address that certainly leads here; buyers and gateways elsewhere of the public one.
  const notified = () => (address.kind === 'demo' ? place.url : (publicUrl ?? place.url))
  return gatewayOf({
    address,
    webhookSecrets,
    own: { ...keys, url: () => place.url + DEMO_PREFIX },
    returnUrl: (orderId) => `${publicUrl ?? place.url}/orders/${orderId}`,
    notifyUrl: () => `${notified()}/api/v1/payments/process`,
    clock,
    random,
    metrics,
    log,
  })
}

type Base = {
  config: Config
  stores: Stores
  log: Log
  newId: () => Id
  metrics: Metrics
  board: Board
  push: LocalPush
  payments: Payments
  loop(name: string, everyMs: number, turn: Turn): Loop
}

/** The path of a purchase: what answers, and the loops behind it, each waking the next. */
async function makePath({ config, stores, log, newId, metrics, board, push, loop, payments }: Base) {
  const { books, outbox, sales, ledger, events, accounts, models } = stores
  const { endingSoonMs, holdTtlMs, auditEveryMs } = config
  const waiting = new Map<Id, (order: Order) => void>()
  const announce = announcer(board, push, (order) => {
    if (isFinal(order.state)) metrics.payment(order.state, clock.now() - order.reservedAt)
    else cards.due()
    waiting.get(order.orderId)?.(order)
  })
  const isEmbedded = config.databaseUrl === 'sqlite:'
  const { publishing, settling } = makeFollowing({ stores, newId, loop }, announce, (turn) =>
    // The thread of SQLite puts buyers first by itself, for all that it does.
    isEmbedded ? turn : behindBuyers(turn, clock, () => placeOrder.waiting > 0),
  )
  const running = loop('run-sales', 1000, () => runSale.tick())
  const runSale = new RunSale({ sales, ledger, board, push, clock, endingSoonMs, changed: () => running.wake() })
  const booked = () => publishing.wake()
  const level = makeLevel({ stores, log, loop }, booked)
  const lag = new Lag(outbox, events, holdTtlMs / 4)
  await lag.measure(clock.now())
  const placeOrder = new PlaceOrder({
    ledger,
    books,
    board,
    clock,
    newId,
    alarm: level.alarm,
    behind: () => lag.behind,
    booked,
    failed: (error) => log.warn({ event: 'purchase-failed', err: error }, 'a batch of purchases came to nothing'),
    waitingMax: WAITING_MAX,
    // Commits that count the same item go one after the other there, so that a third batch would only wait with fewer in it.
    inFlightMax: isEmbedded ? 4 : 2,
  })
  const moves = { books, ledger, announce }
  const cards = makeCards({ stores, log, loop, payments }, moves)
  const audit = makeAudit(stores, level.rebuild, log, holdTtlMs + STUCK_AFTER_HOLD_MS)
  return {
    placeOrder,
    runSale,
    moves,
    audit,
    /** Something was told by the gateway. */
    told: cards.told,
    settled: (orderId: Id, ms: number) => settledWithin(books, waiting, orderId, ms),
    ready: async () => {
      const silentMs = clock.now() - lag.measuredAt
      return { stores: silentMs < SILENT_MS || `they have not answered for ${Math.round(silentMs / 1000)} s` }
    },
    loops: {
      publishing,
      settling,
      running,
      expiring: loop('expire-orders', 1000, () => expireOrders(moves)),
      measuring: loop('measure-lag', LAG_MS, () => lag.measure(clock.now()).then(() => false)),
      purging: loop('purge', 60_000, async () => {
        const gone = [await accounts.purge(clock.now()), await models.purge(clock.now()), await events.prune(EVENTS_KEPT_MS)]
        return gone.some((rows) => rows >= 1000)
      }),
      auditing: loop('audit', auditEveryMs, (stopping) => unlessStopped(audit.run(), stopping)),
      ...level.loops,
      ...cards.loops,
    },
  }
}

/** What becomes of an order that was accepted. */
function makeFollowing(
  { stores, newId, loop }: Pick<Base, 'stores' | 'newId' | 'loop'>,
  announce: MoveParts['announce'],
  behind: (turn: Turn) => Turn,
) {
  const { books, ledger, events, relay } = stores
  const settle = async () => {
    // Books and ledger are two then, and what the one did the other is told.
    if (!ledger.inBooks) return settleOrders({ books, ledger, events, newId, announce })
    const { more, settled } = await relay.settle()
    for (const { order, remaining } of settled) announce(order, remaining)
    return more
  }
  const settling = loop('settle', 200, behind(settle))
  const publish = async () => {
    const more = await relay.publish()
    settling.wake()
    return more
  }
  return { publishing: loop('publish', 200, behind(publish)), settling }
}

/** What drives payments by card; where no gateway is set up, attempts of one that was wait for it. */
function makeCards({ stores, log, loop, payments }: Pick<Base, 'stores' | 'log' | 'loop' | 'payments'>, moves: MoveParts) {
  const { attempts, inbox } = stores
  const gateway = payments?.gateway
  const quarantined = (because: string) =>
    log.error({ event: 'payment-quarantined', because }, 'what the gateway says does not match')
  const failed = (error: unknown) => log.warn({ event: 'payment-failed', err: error }, 'a call of the gateway came to nothing')
  const doubted = (orderId: Id, because: string) => quarantined(`order ${orderId}: ${because}`)
  const asked = gateway && { ...moves, attempts, gateway, clock, random, doubted, failed }
  const paying = loop('pay-by-card', 500, async () => (asked ? drivePayments(asked) : false))
  const due = () => paying.wake()
  const hearing = loop('hear-gateway', 500, async () => (gateway ? hearGateway({ ...moves, inbox, due, quarantined }) : false))
  const told = () => hearing.wake()
  const listing = loop('list-gateway', 5000, async () => (gateway ? listGateway({ gateway, inbox, told }) : false))
  return { due, told, loops: { paying, hearing, listing } }
}

/** What keeps a ledger outside the books level with them. */
function makeLevel({ stores, log, loop }: Pick<Base, 'stores' | 'log' | 'loop'>, booked: () => void) {
  const { sales, books, ledger, outbox } = stores
  const rebuild = new RebuildLedger({
    sales,
    books,
    ledger,
    clock,
    rebuilt(saleId, epoch, because) {
      log.warn({ event: 'ledger-rebuilt', saleId, epoch, because }, 'the ledger of a sale was built anew from the books')
      sweeping.wake()
    },
  })
  const rebuilding = loop('rebuild-ledger', 1000, () => rebuild.turn())
  const alarm: Alarm = (saleId, epoch, because) => {
    log.error({ event: 'disagreement', saleId, epoch, because }, 'ledger and books disagree; the ledger is built anew')
    rebuild.alarm(saleId, epoch, because)
    rebuilding.wake()
  }
  const parts = { sales, books, ledger, outbox, alarm, booked }
  const sweeping = loop('sweep', 30_000, () => sweep(parts))
  return { alarm, rebuild, loops: { rebuilding, sweeping, catchingUp: loop('catch-up', 500, catchUp(parts)) } }
}

/** Who asks. */
async function makeGate({ config, stores, log }: Base) {
  const { dataDir, audience } = config
  const keys = await Keys.open(dataDir, random)
  const tokens = new TokenCheck({ keys: keys.verification, issuers: () => keys.issuers, audience, clock })
  const ended = (grantId: string) => tokens.deny(grantId)
  const failed = (error: Error) => log.error({ event: 'sign-in-failed', err: error }, 'the OpenID provider failed')
  const { accounts, models } = stores
  const identity = new Identity({ keys, audience, accounts, models, clock, random, ended, failed })
  return { tokens, identity, ended, turns: new PasswordTurns() }
}

/** `still`: nothing sells and nothing settles, as there is no server. */
function makeAudit({ sales, ledger }: Stores, rebuild: RebuildLedger, log: Base['log'], stuckMs: number) {
  let last: Audit | null = null
  const parts = { sales, ledger, rebuild, clock, stuckMs }
  function heard<T extends Audit>(audit: T): T {
    last = audit
    const wrong = audit.equations.filter((one) => !one.holds)
    if (wrong.length > 0) log.error({ event: 'audit-failed', wrong }, 'the books do not balance')
    return audit
  }
  // Two at once would each take twice as long.
  const next = inTurn(() => runAudit(parts).then(heard))
  return {
    last: () => last,
    run: (still = false): Promise<Audit> => (still ? runAudit({ ...parts, still }).then(heard) : next()),
    async repair(still = false): Promise<RepairedAudit> {
      const audit = await runRepair({ ...parts, still })
      for (const { saleId, steps, before } of audit.repaired) {
        const wrong = before.filter((one) => !one.holds)
        log.warn({ event: 'repaired', saleId, steps, wrong }, 'a sale was made anew from its orders')
      }
      return heard(audit)
    },
  }
}

/** The audit of a large shop takes longer than a shop may take to stop, and it changes nothing. */
async function unlessStopped(audit: Promise<Audit>, stopping: AbortSignal): Promise<boolean> {
  const stopped = Promise.withResolvers<void>()
  stopping.addEventListener('abort', () => stopped.resolve())
  await Promise.race([audit, stopped.promise])
  return false
}

async function settledWithin(
  books: Pick<Stores['books'], 'order'>,
  waiting: Map<Id, (order: Order) => void>,
  orderId: Id,
  ms: number,
): Promise<Order | undefined> {
  const heard = Promise.withResolvers<Order | undefined>()
  waiting.set(orderId, heard.resolve)
  try {
    const known = await books.order(orderId)
    if (known && known.state !== 'RESERVATION_PENDING') return known
    const late = new AbortController()
    void clock.sleep(ms, late.signal).then(() => heard.resolve(undefined))
    return await heard.promise.finally(() => late.abort())
  } finally {
    waiting.delete(orderId)
  }
}
