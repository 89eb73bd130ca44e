import type { Migration } from '../platform/sql.ts'

export const gatewayMigrations: readonly Migration[] = [
  {
    id: 'gateway-demo-1',
    statements: ({ clustered }) => [
      `CREATE TABLE transactions (
        txn_id varchar(64) PRIMARY KEY,
        order_id char(36) NOT NULL,
        attempt integer NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        expires_at bigint NOT NULL,
        return_url text NOT NULL,
        notify_url text NOT NULL,
        state varchar(16) NOT NULL,
        reason varchar(64),
        captured bigint NOT NULL CHECK (captured IN (0, amount)),
        refunded bigint NOT NULL CHECK (refunded IN (0, captured)),
        history text NOT NULL
      ) ${clustered}`,
      'CREATE INDEX transactions_by_order ON transactions (order_id, attempt)',
      `CREATE TABLE used_keys (
        used_key varchar(255) PRIMARY KEY,
        digest text NOT NULL,
        answer text NOT NULL,
        used_at bigint NOT NULL
      ) ${clustered}`,
      'CREATE INDEX used_keys_by_age ON used_keys (used_at)',
      // `seq` is never used again: whoever lists the events has it as a cursor.
      `CREATE TABLE events (
        seq integer PRIMARY KEY AUTOINCREMENT,
        event_id varchar(64) NOT NULL UNIQUE,
        type varchar(32) NOT NULL,
        created_at bigint NOT NULL,
        charge text NOT NULL,
        notify_url text NOT NULL,
        tries integer NOT NULL,
        tell_at bigint
      )`,
      'CREATE INDEX events_to_tell ON events (tell_at) WHERE tell_at IS NOT NULL',
    ],
  },
]
