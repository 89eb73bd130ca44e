import type { Books, NewSale, Sales } from '../src/books/books.ts'
import { MemoryBooks, MemoryOutbox } from '../src/books/memory-books.ts'
import { MemoryRecord } from '../src/books/memory-record.ts'
import { MemorySales } from '../src/books/memory-sales.ts'
import { Fault } from '../src/core/fault.ts'
import type { Id } from '../src/core/ids.ts'
import { MemoryEventLog } from '../src/events/memory-event-log.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { MemoryLedger } from '../src/ledger/memory-ledger.ts'
import { announcer } from '../src/purchase/announce.ts'
import { runAudit } from '../src/purchase/audit.ts'
import { Board } from '../src/purchase/board.ts'
import { catchUp } from '../src/purchase/catch-up.ts'
import { type Placed, PlaceOrder, type Purchase } from '../src/purchase/place-order.ts'
import { publish } from '../src/purchase/publish.ts'
import { RebuildLedger } from '../src/purchase/rebuild-ledger.ts'
import { RunSale } from '../src/purchase/run-sale.ts'
import { settleOrders } from '../src/purchase/settle-order.ts'
import { sweep } from '../src/purchase/sweep.ts'
import { LocalPush } from '../src/push/local-push.ts'
import { Outlet } from '../src/push/outlet.ts'
import { handClock, idle } from './hand-clock.ts'
import { newId } from './samples.ts'

export const PRICE = 100

type Ports = { ledger: Ledger; books: Books; sales: Sales }
export type MemoryShop = ReturnType<typeof memoryShop>
export type MemoryProcess = ReturnType<MemoryShop['process']>

/** A shop whose stores are in memory and whose time the test moves; as many processes of it as are wanted. */
export function memoryShop() {
  const clock = handClock()
  const record = new MemoryRecord()
  const events = new MemoryEventLog(clock.now)
  const outbox = new MemoryOutbox(record, clock.now, (orderId) => events.isWaiting(orderId))
  let codes = 0
  const run = { name: 'run 1' }
  const stores: Ports = {
    books: new MemoryBooks(record, { now: clock.now, newCode: () => `code-${++codes}`, holdTtlMs: 600_000 }),
    sales: new MemorySales(record, clock.now),
    ledger: new MemoryLedger(clock.now, () => run.name),
  }
  const { books, sales, ledger } = stores

  function buyer(amount = 10 * PRICE): Id {
    const id = newId()
    record.openWallet(id, amount, 'EUR')
    return id
  }

  /** Open for an hour, so many units of one product, one a buyer; known to these processes. */
  async function sale(units: number, more: Partial<NewSale> = {}, ...processes: MemoryProcess[]) {
    const productId = newId()
    record.addProduct({ id: productId })
    const runSale = processes[0]?.runSale ?? process().runSale
    const created = await runSale.create({
      id: newId(),
      name: 'A sale',
      banner: null,
      startTime: clock.now() - 60_000,
      endTime: clock.now() + 3600_000,
      limit: 1,
      drillId: null,
      items: [{ productId, price: PRICE, currency: 'EUR', quantity: units }],
      ...more,
    })
    if (created.kind !== 'changed') throw new Error(created.kind)
    for (const one of processes) await one.runSale.refresh()
    return { ...created.sale, productId: created.sale.items[0]?.productId as Id }
  }

  /** Publishes and settles all there is. */
  async function settleAll(one: MemoryProcess = process()): Promise<void> {
    await publish({ ...stores, outbox, events, newId, published() {} })
    await settleOrders({ ...one.ports, events, newId, announce: one.announce })
  }

  function process(ports: Partial<Ports> = {}, waitingMax = 1000) {
    const own = { ...stores, ...ports }
    const board = new Board()
    const push = new LocalPush()
    const alarms: { epoch: number; because: string }[] = []
    const faults: unknown[] = []
    const state = { behind: false, booked: 0, rebuilt: 0, because: '' }
    const rebuilt = (_saleId: Id, _epoch: number, because: string) => {
      state.rebuilt++
      state.because = because
    }
    const rebuild = new RebuildLedger({ ...own, clock, rebuilt })
    const alarm = (saleId: Id, epoch: number, because: string) => {
      alarms.push({ epoch, because })
      rebuild.alarm(saleId, epoch, because)
    }
    const booked = () => void state.booked++
    const runSale = new RunSale({ ...own, board, push, clock, endingSoonMs: 1000, changed() {} })
    const failed = (error: unknown) => void faults.push(error)
    const gate = { newId, alarm, behind: () => state.behind, booked, failed, waitingMax, inFlightMax: 4 }
    const placeOrder = new PlaceOrder({ ...own, board, clock, ...gate })
    return {
      ports: own,
      state,
      alarms,
      faults,
      board,
      runSale,
      announce: announcer(board, push, () => {}),
      rebuild,
      catchUp: catchUp({ ...own, alarm, booked }),
      sweep: () => sweep({ ...own, outbox, alarm, booked }),
      /** What a buyer's browser is told. */
      watch(buyerId: Id): string[] {
        const told: string[] = []
        const send = (text: string, done: () => void) => {
          told.push(text)
          done()
        }
        const socket = { bufferedAmount: 0, send, terminate() {} }
        push.watchBuyer(buyerId, new Outlet(socket))
        return told
      },
      buy: (purchase: Purchase) => new Promise<Placed>((answer) => placeOrder.place(purchase, answer)),
    }
  }

  /** One unit, for a new buyer, under a new key. */
  function wish(sale: { id: Id; productId: Id }, more: Partial<Purchase> = {}): Purchase {
    const buyerId = more.buyerId ?? buyer()
    return {
      saleId: sale.id,
      productId: sale.productId,
      buyerId,
      quantity: 1,
      method: 'credit',
      keyDigest: `key ${newId()}`,
      bodyDigest: 'body',
      ...more,
    }
  }

  /** What does not hold, after differences under way had their time. */
  async function imbalances() {
    const audit = runAudit({ sales, ledger, clock, stuckMs: 60_000 })
    await clock.advance(2000)
    return (await audit).equations.filter((one) => !one.holds).map((one) => one.id)
  }

  return { clock, record, events, outbox, run, books, sales, ledger, buyer, sale, settleAll, process, wish, imbalances, idle }
}

export type Lossy<T> = T & {
  /** How often it was called. */
  calls: Record<string, number>
  /** The next call fails: before it happened (`refused`), unsaid whether (`lost`: it did not, `unheard`: it did); or it never answers. */
  fail(method: keyof T, how: 'refused' | 'lost' | 'unheard' | 'silent'): void
}

/** The same port over a bad line. */
export function lossy<T extends object>(port: T): Lossy<T> {
  const calls: Record<string, number> = {}
  const next = new Map<string | symbol, string>()
  const fail = (method: string, how: string) => void next.set(method, how)
  return new Proxy(port, {
    get(target, name) {
      if (name === 'calls') return calls
      if (name === 'fail') return fail
      const method = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...args: unknown[]) => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1
        const how = next.get(name)
        next.delete(name)
        if (how === 'refused') throw new Fault('store-busy', 'refused', 'the line is busy')
        if (how === 'lost') throw new Fault('store-gone', 'unknown', 'the line went dead')
        const answer = await Reflect.apply(method, target, args)
        if (how === 'unheard') throw new Fault('store-gone', 'unknown', 'the line went dead')
        return how === 'silent' ? new Promise(() => {}) : answer
      }
    },
  }) as Lossy<T>
}

/** The same port, some of whose methods do something else. */
export function altered<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(name in methods ? methods : target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
