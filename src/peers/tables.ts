import type { Migration } from '../platform/sql.ts'

export const peerMigrations: Migration[] = [
  {
    id: 'peers-1',
    statements: () => [
      'CREATE TABLE peers (id varchar(36) PRIMARY KEY, roles varchar(200) NOT NULL, seen_at bigint NOT NULL)',
      'CREATE TABLE notes (name varchar(40) PRIMARY KEY, content text NOT NULL)',
      `CREATE TABLE leases (
        name varchar(40) PRIMARY KEY,
        holder varchar(36) NOT NULL,
        token bigint NOT NULL,
        held_until bigint NOT NULL
      )`,
    ],
  },
]
