import { Fault } from '../src/core/fault.ts'
import type { GatewayView } from '../src/core/payment.ts'
import type { DemoGateway } from '../src/gateway-demo/gateway.ts'
import type { ChargeView, Command, Order } from '../src/gateway-demo/machine.ts'
import { toldOf } from '../src/gateway-demo/telling.ts'
import type { Charge, Gateway } from '../src/payment/gateway.ts'

/** The demo gateway as the port has it, without a network between. */
export class MemoryGateway implements Gateway {
  readonly demo: DemoGateway

  constructor(demo: DemoGateway) {
    this.demo = demo
  }

  async authorize(key: string, charge: Charge): Promise<GatewayView> {
    return this.#ask(key, { do: 'authorize', charge: { ...charge, returnUrl: 'http://shop/', notifyUrl: 'http://shop/' } })
  }

  capture(key: string, txnId: string): Promise<GatewayView> {
    return this.#order(key, 'capture', txnId)
  }

  void(key: string, txnId: string): Promise<GatewayView> {
    return this.#order(key, 'void', txnId)
  }

  refund(key: string, txnId: string): Promise<GatewayView> {
    return this.#order(key, 'refund', txnId)
  }

  async lookup(orderId: string, attempt: number): Promise<GatewayView | null> {
    const found = this.demo.find(orderId, attempt)
    return found ? shown(found) : null
  }

  async events(after: string | null, max: number) {
    const events = this.demo.eventsAfter(Number(after ?? 0), max)
    return {
      events: events.map((event) => ({ ...toldOf(event), created: event.created, view: shown(event.view) })),
      next: String(events.at(-1)?.seq ?? after ?? 0),
    }
  }

  async #order(key: string, order: Order, txnId: string): Promise<GatewayView> {
    return this.#ask(key, { do: order, txnId })
  }

  #ask(key: string, command: Command): GatewayView {
    const answer = this.demo.ask(key, command)
    if (answer.kind === 'unknown' || answer.kind === 'key-reused') throw new Fault('gateway-refused', 'refused', answer.kind)
    if (answer.kind === 'failed') throw new Fault('gateway-silent', 'unknown', answer.kind)
    return shown(answer.view)
  }
}

function shown({ orderId, attempt, txnId, state, amount, currency, reason }: ChargeView): GatewayView {
  const redirectUrl = state === 'open' ? `http://gateway/pay/${txnId}` : null
  return { orderId, attempt, txnId, state, amount, currency, reason, redirectUrl }
}
