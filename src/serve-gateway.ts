import type { Config } from './config.ts'
import { demoKeys } from './gateway-demo/keys.ts'
import { type DemoGatewayServer, openDemoGateway } from './gateway-demo/open.ts'
import { opsRoutes } from './http/ops-routes.ts'
import type { ServerParts } from './http/server.ts'
import { systemClock as clock } from './platform/clock.ts'
import type { App } from './platform/http.ts'
import type { makeLog } from './platform/log.ts'
import { Metrics } from './platform/metrics.ts'
import { systemRandom as random } from './platform/random.ts'

type Log = ReturnType<typeof makeLog>

/** Whether this process is a demo gateway and nothing else. */
export function isGatewayAlone({ roles }: Config): boolean {
  return roles.every((role) => role === 'gateway-demo')
}

/** The gateway that is part of a shop; `null` where the shop uses another. */
export async function ownGateway(config: Config, log: Log, onBug: (error: Error) => void): Promise<DemoGatewayServer | null> {
  const { dataDir, payment, roles } = config
  if (payment.kind !== 'demo' || !roles.includes('gateway-demo')) return null
  const keys = await demoKeys(dataDir, random)
  return openGateway(config, keys, log, onBug)
}

/** A gateway for shops elsewhere. Its key is that of `PAYMENT_URL`, where the same is set for shop and gateway, or made. */
export async function gatewayAlone(config: Config, log: Log, onBug: (error: Error) => void) {
  const { dataDir, payment } = config
  const made = await demoKeys(dataDir, random)
  const keys = payment.kind === 'demo-at' ? { ...made, key: payment.key } : made
  const gateway = await openGateway(config, keys, log, onBug)
  const metrics = new Metrics()
  const nobody = { known: () => undefined, check: async () => undefined }
  const parts = { log, random, tokens: nobody, rate: { take: () => 0 } } satisfies Partial<ServerParts>
  const ops = (app: App) => opsRoutes(app, { metrics, clock, ready: async () => ({ gateway: true }) })
  return { gateway, parts, ops }
}

function openGateway(
  { dataDir, webhookSecrets, gatewayFaults: faults }: Config,
  { key, webhookSecret }: { key: string; webhookSecret: string },
  log: Log,
  onBug: (error: Error) => void,
): Promise<DemoGatewayServer> {
  const settings = { dataDir, key, webhookSecret: webhookSecrets[0] ?? webhookSecret, faults }
  return openDemoGateway(settings, { clock, random, log, onBug })
}
