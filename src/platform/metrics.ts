import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'

/** A gauge's values at the moment somebody looks, by label values in the order of the label names. */
type Reading = { labels: string[]; value: number }

/** Counts what happens in this process. Names end in their unit, as Prometheus has it. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #purchases = new Counter({
    name: 'doorbuster_purchases_total',
    help: 'Purchases answered, by outcome.',
    labelNames: ['outcome'] as const,
    registers: [this.#registry],
  })
  readonly #purchaseTimes = new Histogram({
    name: 'doorbuster_purchase_seconds',
    help: 'From the request to its answer.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.#registry],
  })
  readonly #payments = new Counter({
    name: 'doorbuster_payments_total',
    help: 'Payments settled, by result.',
    labelNames: ['result'] as const,
    registers: [this.#registry],
  })
  readonly #settleTimes = new Histogram({
    name: 'doorbuster_settle_seconds',
    help: 'From the reserve to the end of the payment.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [this.#registry],
  })
  readonly #gatewayCalls = new Counter({
    name: 'doorbuster_gateway_calls_total',
    help: 'Calls to the card gateway, by method and outcome.',
    labelNames: ['method', 'outcome'] as const,
    registers: [this.#registry],
  })
  readonly #hints = new Counter({
    name: 'doorbuster_push_hints_total',
    help: 'Live messages between processes, by result: sent, heard, lost, ignored.',
    labelNames: ['result'] as const,
    registers: [this.#registry],
  })
  readonly #cacheReads = new Counter({
    name: 'doorbuster_cache_reads_total',
    help: 'Reads of a cache, by how they were answered: hits are process and shared, all others are misses.',
    labelNames: ['cache', 'result'] as const,
    registers: [this.#registry],
  })
  readonly #sharedLosses = new Counter({
    name: 'doorbuster_shared_lost_total',
    help: 'How often a user of the shared Redis gave it up for a while.',
    labelNames: ['user'] as const,
    registers: [this.#registry],
  })
  /** A look by label makes an object and a hash each time; the words are few, so each keeps its counter. */
  readonly #byOutcome = new Map<string, Counter.Internal>()

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  purchase(outcome: string, ms: number): void {
    let counter = this.#byOutcome.get(outcome)
    if (!counter) {
      counter = this.#purchases.labels(outcome)
      this.#byOutcome.set(outcome, counter)
    }
    counter.inc()
    this.#purchaseTimes.observe(ms / 1000)
  }

  payment(result: string, ms: number): void {
    this.#payments.inc({ result })
    this.#settleTimes.observe(ms / 1000)
  }

  gatewayCall(method: string, outcome: string): void {
    this.#gatewayCalls.inc({ method, outcome })
  }

  hints(result: string, count: number): void {
    this.#hints.inc({ result }, count)
  }

  cacheRead(cache: string, result: string): void {
    this.#cacheReads.inc({ cache, result })
  }

  sharedLost(user: string): void {
    this.#sharedLosses.inc({ user })
  }

  /** `read` is asked at each scrape. Where it throws, the metric is left out of that scrape and the others stand. */
  gauge(name: string, help: string, labelNames: string[], read: () => Reading[] | Promise<Reading[]>): void {
    const collect = async function (this: Gauge<string>) {
      this.reset()
      try {
        for (const { labels, value } of await read()) this.labels(...labels).set(value)
      } catch {
        this.reset()
      }
    }
    new Gauge({ name, help, labelNames, collect, registers: [this.#registry] })
  }

  /** The text format of Prometheus. */
  async text(): Promise<{ type: string; body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() }
  }
}
