import { systemClock } from '../platform/clock.ts'
import { secret, systemRandom } from '../platform/random.ts'
import { type Database, migrate } from '../platform/sql.ts'
import { SqlDemoGateway } from './sql-gateway.ts'
import { gatewayMigrations } from './tables.ts'

export type GatewayStores = ReturnType<typeof makeStores>

/** A database thread loads this module by its address; the main thread sees only the types. */
export function makeStores(db: Database) {
  const { now } = systemClock
  return {
    schema: { migrate: () => migrate(db, gatewayMigrations, now()) },
    gateway: new SqlDemoGateway(db, { now, newId: () => secret(systemRandom, 16) }),
  }
}
