import type { Generated } from 'kysely'
import type { Migration } from '../../platform/sql.ts'

export type AccountTables = {
  users: {
    id: string
    email: string
    name: string | null
    password_hash: string | null
    roles: string
    blocked: number
    drill_id: string | null
    created_at: number
  }
  login_failures: { id: string; email: string; address: string; at: number }
  ended_grants: { id: Generated<number>; grant_id: string; at: number }
  keyring: { name: string; content: string }
  oidc_models: {
    kind: string
    id: string
    payload: string
    account_id: string | null
    grant_id: string | null
    user_code: string | null
    uid: string | null
    expires_at: number | null
    consumed_at: number | null
  }
}

export const accountMigrations: Migration[] = [
  {
    id: 'accounts-1',
    statements: () => [
      `CREATE TABLE users (
        id varchar(36) PRIMARY KEY,
        email varchar(254) NOT NULL UNIQUE,
        name varchar(200),
        password_hash varchar(200),
        roles text NOT NULL,
        blocked integer NOT NULL,
        drill_id varchar(36),
        created_at bigint NOT NULL
      )`,
      'CREATE INDEX users_drill ON users (drill_id)',
      `CREATE TABLE login_failures (
        id varchar(36) PRIMARY KEY,
        email varchar(254) NOT NULL,
        address varchar(64) NOT NULL,
        at bigint NOT NULL
      )`,
      'CREATE INDEX login_failures_email ON login_failures (email, at)',
      'CREATE INDEX login_failures_at ON login_failures (at)',
      `CREATE TABLE oidc_models (
        kind varchar(40) NOT NULL,
        id varchar(100) NOT NULL,
        payload text NOT NULL,
        account_id varchar(36),
        grant_id varchar(100),
        user_code varchar(100),
        uid varchar(100),
        expires_at bigint,
        consumed_at bigint,
        PRIMARY KEY (kind, id)
      )`,
      'CREATE INDEX oidc_models_account ON oidc_models (account_id)',
      'CREATE INDEX oidc_models_grant ON oidc_models (grant_id)',
      'CREATE INDEX oidc_models_user_code ON oidc_models (user_code)',
      'CREATE INDEX oidc_models_uid ON oidc_models (uid)',
      'CREATE INDEX oidc_models_expires ON oidc_models (expires_at)',
    ],
  },
  {
    id: 'accounts-2',
    statements: () => [
      // One that is told twice stands twice.
      'CREATE TABLE ended_grants (id integer PRIMARY KEY, grant_id varchar(100) NOT NULL, at bigint NOT NULL)',
      'CREATE INDEX ended_grants_at ON ended_grants (at)',
      'CREATE TABLE keyring (name varchar(40) PRIMARY KEY, content text NOT NULL)',
    ],
  },
]
