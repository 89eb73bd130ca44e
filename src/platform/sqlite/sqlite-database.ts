import { Worker } from 'node:worker_threads'
import { Bug } from '../../core/assert.ts'
import { Fault, type FaultCode } from '../../core/fault.ts'

/** `count` reads too, for seconds: whatever else the machine has to do goes first, and it takes little memory. */
export type ThreadUse = 'write' | 'read' | 'count'
export type ThreadSettings = {
  path: string
  use: ThreadUse
  /** URL of the module with `makeStores(db, options)`. */
  stores: string
  options: unknown
}
/** Who goes first when several wait. `last`: as long as it gets its share it does not matter when. */
export type Rank = 'first' | 'next' | 'last'
export type Call = { id: number; store: string; method: string; args: unknown[]; rank: Rank }
export type Answer = {
  id: number
  value?: unknown
  error?: { name: string; message: string; stack?: string | undefined; code?: FaultCode; outcome?: 'refused' | 'unknown' }
}

/** Calls that may wait for a thread; beyond it they are refused at once. */
const WAITING_MAX = 20_000

/** A thread with a SQLite connection of its own. Method calls on its stores travel as messages. */
export class SqliteThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  /** The names of the stores that live in it. */
  stores: readonly string[] = []
  #lastId = 0
  #gone: Error | undefined
  #drained: (() => void) | undefined
  readonly #ended = Promise.withResolvers<void>()

  private constructor(worker: Worker) {
    this.#worker = worker
  }

  /** @param onBug the thread died, or an assertion in it broke: the process must end. */
  static open(settings: ThreadSettings, onBug: (error: Error) => void): Promise<SqliteThread> {
    const resourceLimits = settings.use === 'count' ? { maxYoungGenerationSizeMb: 1 } : {}
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: settings, resourceLimits })
    const thread = new SqliteThread(worker)
    let ready = false
    return new Promise((resolve, reject) => {
      worker.on('message', (message: { stores: string[] } | Answer[]) => {
        if (Array.isArray(message)) thread.#receive(message, onBug)
        else {
          ready = true
          thread.stores = message.stores
          resolve(thread)
        }
      })
      worker.on('error', (error: Error) => {
        reject(error)
        if (ready) onBug(error)
        thread.#end(error)
      })
      worker.on('exit', () => thread.#end(new Error('the thread has stopped')))
    })
  }

  get waiting(): number {
    return this.#waiting.size
  }

  call(store: string, method: string, args: unknown[], rank: Rank): Promise<unknown> {
    if (this.#gone) return Promise.reject(new Fault('store-gone', 'refused', this.#gone.message))
    if (this.#waiting.size >= WAITING_MAX) return Promise.reject(new Fault('store-busy', 'refused', 'too many calls wait'))
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, store, method, args, rank } satisfies Call)
    })
  }

  /** Waits for what was asked; then the thread closes its connection and ends. */
  async stop(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve))
    if (this.#gone) return
    this.#gone = new Error('the thread was stopped')
    this.#worker.postMessage('stop')
    await this.#ended.promise
  }

  /** Stops without waiting: what was asked ends with a `Fault`. Only for a thread that reads. */
  async end(): Promise<void> {
    this.#gone ??= new Error('the thread was stopped')
    await this.#worker.terminate()
    await this.#ended.promise
  }

  #receive(answers: Answer[], onBug: (error: Error) => void): void {
    for (const { id, value, error } of answers) {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (!error) waiting?.resolve(value)
      else if (error.code && error.outcome) waiting?.reject(new Fault(error.code, error.outcome, error.message))
      else {
        const bug = Object.assign(new Bug(error.message), { stack: error.stack })
        waiting?.reject(bug)
        if (error.name === 'Bug') onBug(bug)
      }
    }
    if (this.#waiting.size === 0) this.#drained?.()
  }

  #end(error: Error): void {
    this.#gone ??= error
    for (const { reject } of this.#waiting.values()) reject(new Fault('store-gone', 'unknown', error.message))
    this.#waiting.clear()
    this.#drained?.()
    this.#ended.resolve()
  }
}

/** Is there only while somebody asks it, and for a while after. */
export class PassingThread {
  readonly #open: () => Promise<SqliteThread>
  readonly #stayMs: number
  #thread: Promise<SqliteThread> | undefined
  #leaving: NodeJS.Timeout | undefined
  #asking = 0

  constructor(open: () => Promise<SqliteThread>, stayMs: number) {
    this.#open = open
    this.#stayMs = stayMs
  }

  async call(...ask: Parameters<SqliteThread['call']>): Promise<unknown> {
    clearTimeout(this.#leaving)
    this.#asking++
    try {
      this.#thread ??= this.#open()
      return await this.#thread.then(
        (thread) => thread.call(...ask),
        (error) => {
          this.#thread = undefined
          throw error
        },
      )
    } finally {
      if (--this.#asking === 0 && this.#thread) this.#leaving = setTimeout(() => void this.stop(), this.#stayMs)
    }
  }

  /** Without waiting: what was asked ends with a `Fault`. */
  async stop(): Promise<void> {
    clearTimeout(this.#leaving)
    const thread = this.#thread
    this.#thread = undefined
    await thread?.then(
      (one) => one.end(),
      () => {},
    )
  }
}

type Methods<Stores> = { [S in keyof Stores]?: readonly (keyof Stores[S])[] }

/** The stores of all threads behind one face: what counts row by row goes to the counter, what else only reads to the reader, all
 *  else to the writer. */
export function remoteStores<Stores extends object>(
  { writer, reader, counter }: { writer: SqliteThread; reader: SqliteThread; counter: PassingThread },
  { reads, counts }: { reads: Methods<Stores>; counts: Methods<Stores> },
  ranks: { [S in keyof Stores]?: { [M in keyof Stores[S]]?: Rank } },
  facts: { [S in keyof Stores]?: Partial<Stores[S]> },
): Stores {
  const face = (store: string) =>
    new Proxy({} as Record<string, unknown>, {
      get(methods, method: string) {
        // Whoever awaits a store must not take it for a promise.
        if (method === 'then') return undefined
        const fact = (facts as Record<string, Record<string, unknown> | undefined>)[store]?.[method]
        if (fact !== undefined) return fact
        const isIn = (methods: Methods<Stores>) => (methods as Record<string, readonly string[]>)[store]?.includes(method)
        const thread = isIn(counts) ? counter : isIn(reads) ? reader : writer
        const rank = (ranks as Record<string, Record<string, Rank>>)[store]?.[method] ?? 'next'
        methods[method] ??= (...args: unknown[]) => thread.call(store, method, args, rank)
        return methods[method]
      },
    })
  return Object.fromEntries(writer.stores.map((store) => [store, face(store)])) as Stores
}
