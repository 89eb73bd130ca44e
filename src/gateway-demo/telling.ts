import type { Clock } from '../platform/clock.ts'
import { webhookSignature } from '../platform/webhook-signature.ts'
import type { FaultDice } from './faults.ts'
import type { DemoEvent } from './machine.ts'
import type { SqlDemoGateway, Telling } from './sql-gateway.ts'

export type TellParts = {
  store: Pick<SqlDemoGateway, 'toTell' | 'told'>
  secret: string
  clock: Clock
  dice: FaultDice
}

/** At once, so that one that does not answer holds up few. */
const AT_ONCE = 100
const PATIENCE_MS = 5000
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 3600_000
/** As long as gateways elsewhere try. */
const GIVE_UP_MS = 3 * 24 * 3600_000

/** Tells events to where each wants to be told, at least once, until it is answered with 2xx. */
export class Teller {
  readonly #parts: TellParts

  constructor(parts: TellParts) {
    this.#parts = parts
  }

  /** All whose time has come, or as many as go at once: then it answers true. */
  async turn(stopping: AbortSignal): Promise<boolean> {
    const { store, clock } = this.#parts
    const waiting = await store.toTell(AT_ONCE)
    if (waiting.length === 0) return false
    const tries = await Promise.all(
      waiting.map(async ({ event, tries }) => {
        const heard = await this.#tell(event, tries === 0, stopping)
        return { seq: event.seq, tellAt: heard ? null : this.#again({ event, tries }, clock.now()) }
      }),
    )
    if (!stopping.aborted) await store.told(tries)
    return waiting.length === AT_ONCE
  }

  /** Twice as long each time, half of it by chance. */
  #again({ event, tries }: Telling, now: number): number | null {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries)
    const next = now + this.#parts.dice.between(pauseMs / 2, pauseMs)
    return next - event.created > GIVE_UP_MS ? null : next
  }

  async #tell(event: DemoEvent, first: boolean, stopping: AbortSignal): Promise<boolean> {
    const { secret, dice } = this.#parts
    const body = bodyOf(event)
    const send = (text: string, signedBy: string, signed = text) => this.#send(event.notifyUrl, text, signedBy, signed, stopping)
    const sent = [send(body, secret)]
    if (first && dice.falls('twice')) sent.push(send(body, secret), send(body, secret))
    if (first && dice.falls('forged')) {
      const { view } = event
      const altered = bodyOf({ ...event, view: { ...view, amount: view.amount + 1 } })
      // Not awaited for its answer's sake: it must be refused.
      sent.push((dice.between(0, 2) === 0 ? send(body, `not ${secret}`) : send(altered, secret, body)).then(() => true))
    }
    return (await Promise.all(sent)).every(Boolean)
  }

  async #send(url: string, body: string, secret: string, signed: string, stopping: AbortSignal): Promise<boolean> {
    const signature = webhookSignature(secret, signed, this.#parts.clock.now())
    const headers = { 'content-type': 'application/json', 'doorbuster-signature': signature }
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(PATIENCE_MS)])
    try {
      const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      await answer.body?.cancel()
      return answer.ok
    } catch {
      return false
    }
  }
}

/** As the webhook has it. `created` in unix seconds. */
export function toldOf({ id, type, created, view }: DemoEvent) {
  const { orderId, attempt, txnId, amount, currency, state, reason } = view
  const data = { orderId, attempt, txnId, amount, currency, state, ...(reason !== null && { reason }) }
  return { id, type, created: Math.floor(created / 1000), data }
}

function bodyOf(event: DemoEvent): string {
  return JSON.stringify(toldOf(event))
}
