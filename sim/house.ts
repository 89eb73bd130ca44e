import type { Books, Outbox, Sales } from '../src/books/books.ts'
import type { Attempts, Inbox } from '../src/books/payments.ts'
import type { RoleName } from '../src/config.ts'
import type { Order } from '../src/core/order.ts'
import type { EventLog } from '../src/events/event-log.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import type { Gateway } from '../src/payment/gateway.ts'
import { Loop } from '../src/platform/loop.ts'
import { idMaker } from '../src/platform/random.ts'
import { announcer } from '../src/purchase/announce.ts'
import { runAudit } from '../src/purchase/audit.ts'
import { Board } from '../src/purchase/board.ts'
import { catchUp } from '../src/purchase/catch-up.ts'
import { hearGateway, listGateway } from '../src/purchase/hear-gateway.ts'
import { Lag } from '../src/purchase/lag.ts'
import { drivePayments } from '../src/purchase/pay-by-card.ts'
import { PlaceOrder } from '../src/purchase/place-order.ts'
import { publish } from '../src/purchase/publish.ts'
import { RebuildLedger } from '../src/purchase/rebuild-ledger.ts'
import { RunSale } from '../src/purchase/run-sale.ts'
import { expireOrders, settleOrders } from '../src/purchase/settle-order.ts'
import { sweep } from '../src/purchase/sweep.ts'
import type { Push } from '../src/push/push.ts'
import { startRoles } from '../src/roles.ts'
import type { Process } from './process.ts'

export type Stores = {
  ledger: Ledger
  books: Books
  outbox: Outbox
  sales: Sales
  events: EventLog
  attempts: Attempts
  inbox: Inbox
  gateway: Gateway
  /** What follows acceptance, where all of it lives in one database. */
  relay?: { publish(): Promise<boolean>; settle(): Promise<{ more: boolean; settled: { order: Order; remaining: number }[] }> }
}

/** How often the loops turn, milliseconds, and what the settings say. */
export type Rhythm = { publishMs: number; settleMs: number; catchUpMs: number; sweepMs: number; lagMs: number; holdTtlMs: number }

export type House = Awaited<ReturnType<typeof startHouse>>

/** The parts of one process, made and joined as `src/parts.ts` and `src/roles.ts` do it; asleep until it has been refreshed. */
export async function startHouse(process: Process, stores: Stores, runs: readonly RoleName[], rhythm: Rhythm, push: Push) {
  const { ledger, books, outbox, sales, events, attempts, inbox, gateway, relay } = stores
  const clock = process.clock()
  const newId = idMaker(clock, process.dice)
  const board = new Board()
  const failed = (_name: string, error: unknown) => process.failed(error)
  const loop = (name: string, everyMs: number, turn: () => Promise<boolean | number>) =>
    new Loop(name, clock, everyMs, turn, failed)
  const announce = announcer(board, push, (order) => {
    if (order.state === 'PAYMENT_PENDING') paying.wake()
  })
  const settling = loop('settle', rhythm.settleMs, async () => {
    if (!relay) return settleOrders({ books, ledger, events, newId, announce })
    const { more, settled } = await relay.settle()
    for (const { order, remaining } of settled) announce(order, remaining)
    return more
  })
  const publishing = loop('publish', rhythm.publishMs, async () => {
    const published = () => settling.wake()
    const more = relay ? relay.publish() : publish({ books, sales, outbox, events, newId, published })
    if (relay) published()
    return more
  })
  const booked = () => publishing.wake()
  const running = loop('run-sales', 1000, () => runSale.tick())
  const runSale = new RunSale({ sales, ledger, board, push, clock, endingSoonMs: 300_000, changed: () => running.wake() })
  const rebuild = new RebuildLedger({ sales, books, ledger, clock, rebuilt: () => sweeping.wake() })
  const rebuilding = loop('rebuild-ledger', 1000, () => rebuild.turn())
  const alarm: typeof rebuild.alarm = (...evidence) => {
    process.world.tell(process.name, `raises the alarm: ${evidence[2]}`)
    rebuild.alarm(...evidence)
    rebuilding.wake()
  }
  const sweeping = loop('sweep', rhythm.sweepMs, () => sweep({ sales, books, outbox, ledger, alarm, booked }))
  const catchingUp = loop('catch-up', rhythm.catchUpMs, catchUp({ sales, books, ledger, alarm, booked }))
  const lag = new Lag(outbox, events, rhythm.holdTtlMs / 4)
  const moves = { books, ledger, announce }
  const placeOrder = new PlaceOrder({
    ...{ ledger, books, board, clock, newId, alarm, booked },
    behind: () => lag.behind,
    failed: process.failed,
    waitingMax: 10_000,
    inFlightMax: 4,
  })
  const measuring = loop('measure-lag', rhythm.lagMs, () => lag.measure(clock.now()).then(() => false))
  const expiring = loop('expire-orders', 1000, () => expireOrders(moves))
  const { paying, hearing, listing } = cardLoops(process, { ...moves, attempts, inbox, gateway, clock }, loop)
  for (;;) {
    try {
      await lag.measure(clock.now())
      await runSale.refresh()
      break
    } catch (error) {
      process.failed(error)
      await clock.sleep(100)
    }
  }
  const auditing = loop('audit', 60_000, () =>
    runAudit({ sales, ledger, clock, stuckMs: 2 * rhythm.holdTtlMs }).then(() => false),
  )
  const purging = loop('purge', 60_000, async () => false)
  const level = { rebuilding, sweeping, catchingUp }
  startRoles(runs, { publishing, settling, running, expiring, measuring, purging, auditing, paying, hearing, listing, ...level })
  return { clock, board, placeOrder, runSale, moves, sales, books, ledger, lag, stores, told: () => hearing.wake() }
}

type MakeLoop = (name: string, everyMs: number, turn: () => Promise<boolean | number>) => Loop
type CardParts = Omit<Parameters<typeof drivePayments>[0], 'random' | 'failed' | 'doubted'> & Pick<Stores, 'inbox'>

function cardLoops(process: Process, parts: CardParts, loop: MakeLoop) {
  const quarantined = (because: string) => process.world.tell(process.name, `doubts the gateway: ${because}`)
  const doubted = (_: unknown, because: string) => quarantined(because)
  const asked = { ...parts, random: process.dice, failed: process.failed, doubted }
  const paying = loop('pay-by-card', 500, () => drivePayments(asked))
  const due = () => paying.wake()
  const hearing = loop('hear-gateway', 500, () => hearGateway({ ...parts, due, quarantined }))
  const told = () => hearing.wake()
  return { paying, hearing, listing: loop('list-gateway', 5000, () => listGateway({ ...parts, told })) }
}
