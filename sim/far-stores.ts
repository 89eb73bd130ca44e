import { MemoryBooks, MemoryOutbox } from '../src/books/memory-books.ts'
import { MemoryAttempts, MemoryInbox } from '../src/books/memory-payments.ts'
import { type MemoryProduct, MemoryRecord } from '../src/books/memory-record.ts'
import { MemorySales } from '../src/books/memory-sales.ts'
import type { Id } from '../src/core/ids.ts'
import type { EventLog } from '../src/events/event-log.ts'
import { MemoryEventLog } from '../src/events/memory-event-log.ts'
import type { LedgerView } from '../src/ledger/ledger.ts'
import type { CardGateway } from './card-gateway.ts'
import type { Dice } from './dice.ts'
import type { Stores } from './house.ts'
import { LedgerServer } from './ledger-server.ts'
import type { Known, Premises } from './premises.ts'
import type { Process, Store } from './process.ts'
import { type Unruliness, UnrulyEventLog } from './unruly-event-log.ts'
import { EPOCH, type World } from './world.ts'

/** A server that is down at times and forgets nothing. */
class Server<T extends object> implements Store<T> {
  readonly name: string
  readonly dies = false
  readonly #store: T
  readonly #isDown: () => boolean

  constructor(name: string, store: T, isDown: () => boolean) {
    this.name = name
    this.#store = store
    this.#isDown = isDown
  }

  isDown(): boolean {
    return this.#isDown()
  }

  reach(): T {
    return this.#store
  }
}

/** Ledger, books and event log of a shop that runs on several machines, each a server of its own. */
export class FarStores implements Premises {
  readonly record = new MemoryRecord()
  readonly log: MemoryEventLog
  readonly ledger: LedgerServer
  readonly gateway: CardGateway
  readonly #unruly: UnrulyEventLog
  readonly #world: World
  readonly #stores: { [S in 'books' | 'outbox' | 'sales' | 'events' | 'attempts' | 'inbox']: Store<Stores[S]> }
  #booksDownUntil = 0
  #eventsDownUntil = 0

  constructor(world: World, dice: Dice, gateway: CardGateway, manners: Unruliness, holdTtlMs: number) {
    this.gateway = gateway
    this.#world = world
    let codes = 0
    const now = () => EPOCH + world.time
    this.log = new MemoryEventLog(now)
    const tools = { now, newCode: () => `code-${++codes}`, holdTtlMs }
    const booksDown = () => world.time < this.#booksDownUntil
    this.ledger = new LedgerServer(world, dice)
    this.#unruly = new UnrulyEventLog(this.log, world, dice, manners)
    const attempts = new MemoryAttempts(this.record, tools)
    this.#stores = {
      attempts: new Server('attempts', attempts, booksDown),
      inbox: new Server('inbox', new MemoryInbox(this.record, attempts, now), booksDown),
      books: new Server('books', new MemoryBooks(this.record, tools), booksDown),
      outbox: new Server('outbox', new MemoryOutbox(this.record, now, (orderId) => this.log.isWaiting(orderId)), booksDown),
      sales: new Server('sales', new MemorySales(this.record, now), booksDown),
      events: new Server<EventLog>('events', this.#unruly, () => world.time < this.#eventsDownUntil),
    }
  }

  get hasLost(): boolean {
    return this.ledger.hasLost
  }

  addProduct(product: Partial<MemoryProduct> & { id: Id }): void {
    this.record.addProduct(product)
  }

  openWallet(userId: Id, amount: number): void {
    this.record.openWallet(userId, amount, 'EUR')
  }

  changed(look: () => void): void {
    look()
  }

  view(saleId: Id, epoch: number): Promise<LedgerView | null> {
    return this.ledger.truth(saleId, epoch)
  }

  known(process: Process, saleId: Id): Promise<{ now: number; known: Known }> {
    return this.ledger.known(process, saleId)
  }

  async events(): Promise<{ waiting: number; told: Map<Id, string[]> }> {
    const told = new Map<Id, string[]>()
    for (const { subject, type } of this.log.events) told.set(subject, [...(told.get(subject) ?? []), type])
    return { waiting: (await this.log.lag('payments')).count, told }
  }

  portsOf(process: Process): Stores {
    const { books, outbox, sales, events, attempts, inbox } = this.#stores
    return {
      ledger: process.port(this.ledger, { inBooks: false }),
      books: process.port(books),
      outbox: process.port(outbox),
      sales: process.port(sales),
      events: process.port(events),
      attempts: process.port(attempts),
      inbox: process.port(inbox),
      gateway: process.port(this.gateway),
    }
  }

  calm(): void {
    this.#booksDownUntil = 0
    this.#eventsDownUntil = 0
    this.ledger.calm()
    this.#unruly.calm()
    this.gateway.calm()
  }

  stopBooks(ms: number): void {
    this.#world.tell('books', `are down for ${ms} ms`)
    this.#booksDownUntil = this.#world.time + ms
  }

  stopEvents(ms: number): void {
    this.#world.tell('events', `are down for ${ms} ms`)
    this.#eventsDownUntil = this.#world.time + ms
  }
}
