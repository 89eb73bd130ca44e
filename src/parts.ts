import type { Config } from './config.ts'
import { Bug } from './core/assert.ts'
import type { Id } from './core/ids.ts'
import { isFinal } from './core/order.ts'
import { TokenCheck } from './gate/identity.ts'
import { LocalRate, noRate } from './gate/local-rate.ts'
import { DEMO_PREFIX, demoKeys } from './gateway-demo/keys.ts'
import { LastCall } from './http/last-call.ts'
import type { Shared } from './open-stores.ts'
import { gatewayOf } from './payment/card-payments.ts'
import { Company } from './peers/company.ts'
import { GatewayWord } from './peers/gateway-word.ts'
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
import { Settled } from './purchase/settled.ts'
import { sweep } from './purchase/sweep.ts'
import { LocalTickets } from './push/local-tickets.ts'
import type { Watching } from './push/outlet.ts'
import type { Push } from './push/push.ts'
import { RedisTickets } from './push/redis-tickets.ts'
import { cachedCatalogue, livePush, sharedRate, stockMover } from './shared-parts.ts'
import { Identity } from './shop/accounts/identity.ts'
import { KeyFile } from './shop/accounts/key-file.ts'
import { type Keyring, Keys } from './shop/accounts/keys.ts'
import { PasswordTurns } from './shop/accounts/passwords.ts'
import { ENDED_TOLD_MS } from './shop/accounts/sql-oidc-models.ts'
import type { CachedCatalogue } from './shop/catalogue/cached-catalogue.ts'
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

/** Sign-ins that ended are read again for as long: the clocks of two machines differ, and a transaction may take its time. */
const FOLLOWED_AGAIN_MS = 60_000

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
  const newId = idMaker(clock, random)
  const loop = (name: string, everyMs: number, turn: Turn) => new Loop(name, clock, everyMs, turn, failed)
  const serverId = newId()
  const ownRate = config.rateLimits ? new LocalRate(clock) : noRate
  const sharing = { config, shared, serverId, clock, newId, metrics, loop, log }
  const push = await livePush(sharing, () => loops.running.wake())
  const base = {
    config,
    place,
    lastCall: new LastCall(clock),
    stores,
    shared,
    log,
    clock,
    random,
    newId,
    serverId,
    metrics,
    catalogue: await cachedCatalogue(stores.catalogue, sharing),
    payments: await makePayments(config, place, metrics, log),
    board: new Board(),
    push,
    tickets: shared ? new RedisTickets(shared.link, random) : new LocalTickets(clock, random),
    /** Of this process alone. */
    ownRate,
    rate: config.rateLimits ? sharedRate(ownRate, sharing) : ownRate,
    loop,
  }
  const company = makeCompany(base)
  const { loops, ...path } = await makePath(base, company)
  const { following, ...gate } = await makeGate(base)
  const { gateway } = base.payments ?? { gateway: null }
  const gatewayWord = gateway && new GatewayWord({ ...base, peers: stores.peers, gateway })
  const besides = () => [following, ...company.loops(), ...(gatewayWord?.loops(config.roles, base.loop) ?? [])]
  const beside = config.databaseUrl === 'sqlite:' ? [] : besides()
  return { ...base, ...path, ...gate, company, gatewayWord, loops, beside }
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
  lastCall: LastCall
  serverId: Id
  stores: Stores
  log: Log
  newId: () => Id
  metrics: Metrics
  catalogue: CachedCatalogue
  board: Board
  push: Push & Watching
  payments: Payments
  loop(name: string, everyMs: number, turn: Turn): Loop
}

/** The path of a purchase: what answers, and the loops behind it, each waking the next. */
async function makePath(base: Base, company: Company) {
  const { config, lastCall, stores, log, newId, metrics, catalogue, board, push, loop, payments } = base
  const alone = company.alone.bind(company)
  const { books, outbox, sales, ledger, events } = stores
  const { endingSoonMs, holdTtlMs, auditEveryMs } = config
  const isEmbedded = config.databaseUrl === 'sqlite:'
  const settled = new Settled({ books, clock, watching: isEmbedded ? null : push })
  const moved = stockMover(board, catalogue, clock)
  const announce = announcer(board, push, (order) => {
    moved.byOrder(order)
    if (isFinal(order.state)) metrics.payment(order.state, clock.now() - order.reservedAt)
    else cards.due()
    settled.announce(order)
  })
  // The thread of SQLite puts buyers first by itself, for all that it does.
  const behind = (turn: Turn): Turn => (isEmbedded ? turn : behindBuyers(turn, clock, () => placeOrder.waiting > 0))
  const settling = loop('settle', 200, behind(settleTurn(base, announce)))
  const publish = async () => {
    const more = await stores.relay.publish()
    settling.wake()
    return more
  }
  const publishing = loop('publish', 200, behind(publish))
  const running = loop('run-sales', 1000, () => runSale.tick())
  const runSale = new RunSale({ sales, ledger, board, push, clock, endingSoonMs, changed: moved.bySale(() => running.wake()) })
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
  const cards = makeCards({ stores, log, loop, payments, alone }, moves)
  const audit = makeAudit(stores, { ...level, company, repaired: moved.byRepair }, log, holdTtlMs + STUCK_AFTER_HOLD_MS)
  return {
    placeOrder,
    runSale,
    moves,
    audit,
    /** Something was told by the gateway. */
    told: cards.told,
    settled: (orderId: Id, ms: number) => settled.within(orderId, ms),
    ready: async () => ({ stores: storesAnswer(lag), ...(lastCall.isOn && { process: 'it stops' }) }),
    loops: {
      publishing,
      settling,
      running,
      expiring: loop('expire-orders', 1000, () => expireOrders(moves)),
      measuring: loop('measure-lag', LAG_MS, () => lag.measure(clock.now()).then(() => false)),
      purging: alone('scheduler', 'purge', 60_000, () => purge(stores)),
      auditing: alone('scheduler', 'audit', auditEveryMs, (stopping) => unlessStopped(audit.run(), stopping)),
      ...level.loops,
      ...cards.loops,
    },
  }
}

function settleTurn({ stores, newId }: Base, announce: MoveParts['announce']): Turn {
  const { books, ledger, events, relay } = stores
  // Books and ledger are two then, and what the one did the other is told.
  if (!ledger.inBooks) return () => settleOrders({ books, ledger, events, newId, announce })
  return async () => {
    const { more, settled } = await relay.settle()
    for (const { order, remaining } of settled) announce(order, remaining)
    return more
  }
}

/** What is past its time. True when there may be more. */
async function purge({ accounts, models, events }: Stores): Promise<boolean> {
  const gone = [await accounts.purge(clock.now()), await models.purge(clock.now()), await events.prune(EVENTS_KEPT_MS)]
  return gone.some((rows) => rows >= 1000)
}

/** True, or what is wrong. */
function storesAnswer({ measuredAt }: Lag): true | string {
  const silentMs = clock.now() - measuredAt
  return silentMs < SILENT_MS || `they have not answered for ${Math.round(silentMs / 1000)} s`
}

/** What drives payments by card; where no gateway is set up, attempts of one that was wait for it. */
function makeCards(
  { stores, log, loop, payments, alone }: Pick<Base, 'stores' | 'log' | 'loop' | 'payments'> & Pick<Company, 'alone'>,
  moves: MoveParts,
) {
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
  const listing = alone('payments', 'list-gateway', 5000, async () => (gateway ? listGateway({ gateway, inbox, told }) : false))
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

/** A database in `DATA_DIR` belongs to one process. */
function makeCompany({ config, stores, serverId, loop, metrics, log }: Base): Company {
  return new Company({
    peers: config.databaseUrl === 'sqlite:' ? null : stores.peers,
    serverId,
    roles: config.roles,
    needed: ['relay', 'payments', 'scheduler'],
    clock,
    loop,
    metrics,
    missed(role, unseenMs) {
      if (unseenMs === null) log.info({ event: 'role-back', role }, `there is a process with the role ${role} again`)
      else log.warn({ event: 'role-missing', role, unseenMs }, `no process with the role ${role} was seen: start one`)
    },
  })
}

/** Who asks. */
async function makeGate({ config, stores, log, loop }: Base) {
  const { audience } = config
  const keys = await Keys.open(await keyringOf(config, stores), random)
  const tokens = new TokenCheck({ keys: keys.verification, issuers: () => keys.issuers, audience, clock })
  const ended = (grantId: string) => tokens.deny(grantId)
  const failed = (error: Error) => log.error({ event: 'sign-in-failed', err: error }, 'the OpenID provider failed')
  const { accounts, models } = stores
  const identity = new Identity({ keys, audience, accounts, models, clock, random, ended, failed })
  let since = clock.now() - ENDED_TOLD_MS
  const follow = async () => {
    const now = clock.now()
    for (const grantId of await models.endedSince(since)) tokens.deny(grantId)
    since = now - FOLLOWED_AGAIN_MS
    await keys.refresh()
    return false
  }
  await follow()
  return { tokens, identity, ended, turns: new PasswordTurns(), following: loop('follow-sign-ins', 1000, follow) }
}

/** Several processes sign with the same keys, so these are beside the accounts. What `DATA_DIR` has goes there first: a shop that
 *  was in one process keeps its people signed in. */
async function keyringOf({ databaseUrl, dataDir }: Config, { keyring }: Stores): Promise<Keyring> {
  const file = new KeyFile(dataDir)
  if (databaseUrl === 'sqlite:') return file
  const own = await file.read()
  if (own !== undefined && (await keyring.read()) === undefined) await keyring.replace(undefined, own)
  return keyring
}

type AuditParts = { rebuild: RebuildLedger; company: Company; repaired: () => void }

/** `still`: nothing sells and nothing settles, as there is no server. */
function makeAudit({ sales, ledger }: Stores, { rebuild, company, repaired }: AuditParts, log: Base['log'], stuckMs: number) {
  const parts = { sales, ledger, rebuild, clock, stuckMs }
  async function heard<T extends Audit>(audit: T): Promise<T> {
    const wrong = audit.equations.filter((one) => !one.holds)
    if (wrong.length > 0) log.error({ event: 'audit-failed', wrong }, 'the books do not balance')
    await company.noteAudit(audit)
    return audit
  }
  // Two at once would each take twice as long.
  const next = inTurn(() => runAudit(parts).then(heard))
  return {
    last: () => company.lastAudit,
    run: (still = false): Promise<Audit> => (still ? runAudit({ ...parts, still }).then(heard) : next()),
    async repair(still = false): Promise<RepairedAudit> {
      const audit = await runRepair({ ...parts, still })
      if (audit.repaired.length > 0) repaired()
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
