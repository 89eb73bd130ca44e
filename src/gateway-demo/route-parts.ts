import type { Clock } from '../platform/clock.ts'
import type { FaultDice } from './faults.ts'
import type { Manner } from './gateway.ts'
import type { SqlDemoGateway } from './sql-gateway.ts'

export type GatewayRouteParts = {
  store: Pick<SqlDemoGateway, 'ask' | 'act' | 'transaction' | 'find' | 'eventsAfter' | 'totals'>
  clock: Clock
  dice: FaultDice
  key: string
  /** Before the paths of this gateway, as a browser reaches it. */
  address(): string
  /** How the next command is taken. */
  manner(): Manner
  /** Events may have come to be. Ends at once, or where that is asked for when they are told. */
  tell(): Promise<void>
}
