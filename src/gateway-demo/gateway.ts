import { type GatewayState, gatewayStates } from '../core/payment.ts'
import {
  type Act,
  type Acted,
  type Answer,
  acted,
  type Command,
  type DemoEvent,
  decide,
  KEY_KEPT_MS,
  type Keeps,
  type Kept,
  type Transaction,
  tellingOne,
  viewOf,
} from './machine.ts'

/** How a command is taken: what its key keeps, and in how many milliseconds its event is told (`null`: never), where it is told. */
export type Manner = { keeps: Keeps; tellInMs: number | null }
export const plainly: Manner = { keeps: 'answer', tellInMs: 0 }

/** Minor units by currency, and how many transactions are in which state: what an audit holds the shop's own figures against. */
export type Totals = {
  money: Record<string, { captured: number; refunded: number }>
  transactions: Record<GatewayState, number>
}

/** The gateway's store, whichever holds it. Each call is one step: what it changed is there when it answers. */
export type Awaitable<T> = {
  [M in keyof T]: T[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never
}

/**
 * A card gateway in memory, with time and chance handed in: nothing in it waits. It makes no money and loses none: what was
 * captured is the amount of one transaction each, what was refunded never more than that.
 */
export class DemoGateway {
  readonly #now: () => number
  readonly #newId: () => string
  readonly #transactions = new Map<string, Transaction>()
  readonly #byOrder = new Map<string, string[]>()
  readonly #keys = new Map<string, Kept>()
  readonly #events: DemoEvent[] = []

  /** @param newId as nobody can guess: who has the id of a transaction may pay on its page. */
  constructor({ now, newId }: { now: () => number; newId: () => string }) {
    this.#now = now
    this.#newId = newId
  }

  /** The same key with the same command is answered with what was answered first, for 24 h. */
  ask(key: string, command: Command, { keeps }: Manner = plainly): Answer {
    this.#forgetKeys()
    const transaction = command.do === 'authorize' ? undefined : this.#transactions.get(command.txnId)
    const known = { transaction, kept: this.#keys.get(key) }
    const { answer, changed, kept } = decide(known, command, { now: this.#now(), txnId: `txn_${this.#newId()}`, keeps })
    if (changed) this.#put(changed)
    if (kept) this.#keys.set(key, kept)
    return answer
  }

  /** `undefined`: there is no such page. */
  act(txnId: string, act: Act, _manner: Manner = plainly): Acted | undefined {
    const transaction = this.#transactions.get(txnId)
    if (!transaction) return undefined
    const done = acted(transaction, act, this.#now())
    if (done.transaction !== transaction) this.#put(done.transaction)
    return done
  }

  transaction(txnId: string): Transaction | undefined {
    return this.#transactions.get(txnId)
  }

  find(orderId: string, attempt: number): Transaction | undefined {
    const ids = this.#byOrder.get(`${orderId} ${attempt}`) ?? []
    return tellingOne(ids.flatMap((txnId) => this.#transactions.get(txnId) ?? []))
  }

  /** Oldest first. A cursor that this store never gave begins at the beginning. */
  eventsAfter(seq: number, max: number): DemoEvent[] {
    const from = seq > this.#events.length ? 0 : seq
    return this.#events.slice(from, from + max)
  }

  totals(): Totals {
    return totalsOf([...this.#transactions.values()])
  }

  #put(transaction: Transaction): void {
    const { txnId, orderId, attempt, state, notifyUrl } = transaction
    this.#transactions.set(txnId, transaction)
    if (state === 'open') {
      const place = `${orderId} ${attempt}`
      this.#byOrder.set(place, [...(this.#byOrder.get(place) ?? []), txnId])
      return
    }
    const event = { id: `evt_${this.#newId()}`, type: `charge.${state}`, created: this.#now(), view: viewOf(transaction) }
    this.#events.push({ seq: this.#events.length + 1, ...event, notifyUrl })
  }

  /** In the order in which they were kept. */
  #forgetKeys(): void {
    for (const [key, { at }] of this.#keys) {
      if (this.#now() - at < KEY_KEPT_MS) return
      this.#keys.delete(key)
    }
  }
}

export function totalsOf(rows: readonly Pick<Transaction, 'state' | 'currency' | 'captured' | 'refunded'>[]): Totals {
  const transactions = Object.fromEntries(gatewayStates.map((state) => [state, 0])) as Totals['transactions']
  const money: Totals['money'] = {}
  for (const { state, currency, captured, refunded } of rows) {
    transactions[state]++
    money[currency] ??= { captured: 0, refunded: 0 }
    money[currency].captured += captured
    money[currency].refunded += refunded
  }
  return { money, transactions }
}
