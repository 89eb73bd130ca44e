import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  type RetryPolicy,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
} from 'cockatiel'
import { Fault } from '../core/fault.ts'
import type { Id } from '../core/ids.ts'
import type { GatewayEvent, GatewayView } from '../core/payment.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Charge, Gateway } from './gateway.ts'
import type { GatewayName } from './payment-address.ts'

/** `half-open`: one call is let through to see. */
export type BreakerState = 'closed' | 'half-open' | 'open'
/** Of one call to the gateway; `not-asked`: the breaker was open. */
export type CallOutcome = 'answered' | 'gateway-down' | 'gateway-refused' | 'gateway-silent' | 'failed' | 'not-asked'

export type GuardParts = {
  clock: Pick<Clock, 'now'>
  random: Random
  onChange(state: BreakerState): void
  onCall(method: keyof Gateway, outcome: CallOutcome): void
}

/** Milliseconds, but for the counts. */
export type GuardSettings = {
  /** A buyer waits for this one. */
  authorizeMs: number
  othersMs: number
  /** The second try begins by chance between 0 and this. */
  retryWithinMs: number
  failuresToOpen: number
  openMs: number
}

const usual: GuardSettings = { authorizeMs: 500, othersMs: 2000, retryWithinMs: 100, failuresToOpen: 5, openMs: 5000 }
/** A gateway in trouble gets at most so much more to do: a tenth of a retry is earned by each call with a key, and ten kept. */
const EARNED_RETRY = 0.1
const RETRIES_KEPT = 10
/**
 * Any gateway, with limits on how long and how often it is asked. What is not answered in time is `gateway-silent`; a call with
 * a key is then tried once more. After failures in a row (`gateway-down`, `gateway-silent`) nothing is asked for a while: every
 * call is `gateway-down` at once, then one probe decides.
 */
export class GuardedGateway implements Gateway {
  /** As an operator knows it. */
  readonly name: GatewayName
  readonly #gateway: Gateway
  readonly #parts: GuardParts
  readonly #settings: GuardSettings
  readonly #circuit: CircuitBreakerPolicy
  readonly #retry: RetryPolicy
  #retries = 1
  #openedAt = 0
  /** Beginnings and failures in their order, by number: the last failure that counted, and where each failing call began. */
  #turn = 0
  #failedAt = 0
  readonly #begunAt = new WeakMap<Error, number>()

  constructor(name: GatewayName, gateway: Gateway, parts: GuardParts, settings: Partial<GuardSettings> = {}) {
    this.name = name
    this.#gateway = gateway
    this.#parts = parts
    this.#settings = { ...usual, ...settings }
    const { failuresToOpen, openMs, retryWithinMs } = this.#settings
    const breaker = new ConsecutiveBreaker(failuresToOpen)
    this.#circuit = circuitBreaker(
      handleWhen((error) => this.#counts(error)),
      { halfOpenAfter: openMs, breaker },
    )
    this.#circuit.onStateChange((state) => this.#changed(state))
    const backoff = new DelegateBackoff(() => (parts.random.word() / 2 ** 32) * retryWithinMs)
    const mayRetry = (error: unknown) => error instanceof Fault && error.code === 'gateway-silent' && this.#retries >= 1
    this.#retry = retry(handleWhen(mayRetry), { maxAttempts: 1, backoff })
    this.#retry.onRetry(() => void this.#retries--)
  }

  get breaker(): BreakerState {
    return nameOf(this.#circuit.state)
  }

  /** False while it would be no use to send a buyer there. True again when a probe is due: somebody must make it. */
  get available(): boolean {
    const { breaker } = this
    return breaker === 'closed' || (breaker === 'open' && this.#parts.clock.now() - this.#openedAt >= this.#settings.openMs)
  }

  authorize(key: string, charge: Charge): Promise<GatewayView> {
    return this.#keyed('authorize', () => this.#gateway.authorize(key, charge))
  }

  capture(key: string, txnId: string): Promise<GatewayView> {
    return this.#keyed('capture', () => this.#gateway.capture(key, txnId))
  }

  void(key: string, txnId: string): Promise<GatewayView> {
    return this.#keyed('void', () => this.#gateway.void(key, txnId))
  }

  refund(key: string, txnId: string): Promise<GatewayView> {
    return this.#keyed('refund', () => this.#gateway.refund(key, txnId))
  }

  lookup(orderId: Id, attempt: number): Promise<GatewayView | null> {
    return this.#once('lookup', () => this.#gateway.lookup(orderId, attempt))
  }

  events(after: string | null, max: number): Promise<{ events: GatewayEvent[]; next: string | null }> {
    return this.#once('events', () => this.#gateway.events(after, max))
  }

  #keyed<T>(method: keyof Gateway, call: () => Promise<T>): Promise<T> {
    this.#retries = Math.min(RETRIES_KEPT, this.#retries + EARNED_RETRY)
    return this.#retry.execute(() => this.#once(method, call))
  }

  async #once<T>(method: keyof Gateway, call: () => Promise<T>): Promise<T> {
    const { onCall } = this.#parts
    try {
      const answer = await this.#circuit.execute(() => this.#inTime(method, call))
      onCall(method, 'answered')
      return answer
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        onCall(method, 'not-asked')
        throw new Fault('gateway-down', 'refused', 'the card gateway failed again and again; it is asked nothing for a while')
      }
      onCall(method, outcomeOf(error))
      throw error
    }
  }

  async #inTime<T>(method: keyof Gateway, call: () => Promise<T>): Promise<T> {
    const ms = method === 'authorize' ? this.#settings.authorizeMs : this.#settings.othersMs
    const begunAt = ++this.#turn
    try {
      return await timeout(ms, TimeoutStrategy.Aggressive).execute(call)
    } catch (error) {
      const fault =
        error instanceof TaskCancelledError
          ? new Fault('gateway-silent', 'unknown', `the card gateway did not answer ${method} within ${ms} ms`)
          : error
      if (fault instanceof Error) this.#begunAt.set(fault, begunAt)
      throw fault
    }
  }

  /** In a row, not side by side: of many calls at once the failing ones end first, and a gateway that answers two of three would
   *  be taken for one that is away. So a failure counts when its call began after the last one that counted had failed. */
  #counts(error: unknown): boolean {
    if (!isOutage(error) || (this.#begunAt.get(error as Fault) ?? 0) < this.#failedAt) return false
    this.#failedAt = ++this.#turn
    return true
  }

  #changed(state: CircuitState): void {
    if (state === CircuitState.Open) this.#openedAt = this.#parts.clock.now()
    this.#parts.onChange(nameOf(state))
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof Fault && (error.code === 'gateway-down' || error.code === 'gateway-silent')
}

function outcomeOf(error: unknown): CallOutcome {
  if (!(error instanceof Fault)) return 'failed'
  const { code } = error
  return code === 'gateway-down' || code === 'gateway-refused' || code === 'gateway-silent' ? code : 'failed'
}

function nameOf(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed'
  return state === CircuitState.HalfOpen ? 'half-open' : 'open'
}
