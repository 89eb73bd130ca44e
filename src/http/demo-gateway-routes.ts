import { Type } from 'typebox'
import { Fault } from '../core/fault.ts'
import type { TestGateway } from '../payment/gateway.ts'
import { type App, answers } from '../platform/http.ts'

const tags = ['Administration']
const Faults = Type.Record(Type.String({ maxLength: 40 }), Type.Number({ minimum: 0, maximum: 1 }), {
  maxProperties: 40,
  description: 'What it does wrong, each for a share of the cases.',
})
const Money = Type.Record(Type.String(), Type.Object({ captured: Type.Integer(), refunded: Type.Integer() }), {
  description: 'Minor units by currency, since the gateway began.',
})
const none = 'The card gateway of this shop is not the demo gateway: see PAYMENT_URL.'

/** For rehearsals: whoever is an administrator here needs no key of the gateway. */
export function demoGatewayRoutes(app: App, gateway: TestGateway | null): void {
  const onRequest = app.needs('admin')
  const path = '/api/v1/admin/payments/demo-gateway'
  app.get(
    path,
    {
      onRequest,
      schema: {
        tags,
        summary: 'What the demo gateway is told to do wrong, and what it took by its own books',
        response: answers({ 200: Type.Object({ faults: Faults, money: Money }) }, 401, 403, 404, 503),
      },
    },
    async (_request, reply) => (gateway ? gateway.controls() : reply.problem('not-found', none)),
  )
  app.put(
    `${path}/faults`,
    {
      onRequest,
      schema: {
        tags,
        summary: 'Tell the demo gateway what to do wrong from now on; a fault that is not named is off',
        body: Faults,
        response: answers({ 200: Type.Object({ faults: Faults }) }, 400, 401, 403, 404, 503),
      },
    },
    async (request, reply) => {
      if (!gateway) return reply.problem('not-found', none)
      const { body: faults, caller } = request
      try {
        await gateway.setFaults(faults)
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'gateway-refused') throw error
        return reply.problem('invalid', `The demo gateway does not know all of these faults: ${Object.keys(faults).join(', ')}.`)
      }
      request.log.info({ event: 'gateway-faults', faults, by: caller.id }, 'the demo gateway is told what to do wrong')
      return { faults }
    },
  )
}
