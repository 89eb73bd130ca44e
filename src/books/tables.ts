import type { Migration, SqlFacts } from '../platform/sql.ts'

export type BookTables = {
  sales: {
    id: string
    name: string
    banner: string | null
    start_time: number
    end_time: number
    buyer_limit: number
    epoch: number
    incarnation: string | null
    /** The highest sequence given in this epoch by a ledger that lives in the books. */
    seq: number
    paused_by_operator: number
    paused_for_recovery: number
    recovery_since: number | null
    /** Until then a process may say from memory that the sale is paused, or, with a start, that it starts then. */
    quiet_until: number | null
    quiet_start: number | null
    start_told_at: number | null
    settled_at: number | null
    drill_id: string | null
    created_at: number
  }
  sale_items: {
    sale_id: string
    product_id: string
    position: number
    epoch: number
    allotment: number
    available: number
    held: number
    sold: number
    returned: number
    price: number
    currency: string
    quiet_until: number
  }
  sale_buyers: { sale_id: string; buyer_id: string; taken: number }
  orders: {
    id: string
    sale_id: string
    buyer_id: string
    product_id: string
    quantity: number
    method: string
    price: number
    currency: string
    state: string
    released: number
    reason: string | null
    epoch: number
    seq: number
    key_digest: string
    body_digest: string
    reserved_at: number
    created_at: number
    updated_at: number
    expires_at: number | null
    txn_id: string | null
    version: number
  }
  attempts: {
    order_id: string
    number: number
    state: string
    ending: string | null
    txn_id: string | null
    redirect_url: string | null
    amount: number
    currency: string
    reason: string | null
    expires_at: number
    created_at: number
    updated_at: number
    due_at: number | null
    tries: number
    version: number
  }
  gateway_events: {
    id: string
    type: string
    created: number
    order_id: string
    attempt: number
    txn_id: string
    state: string
    amount: number
    currency: string
    reason: string | null
    status: string
    because: string | null
    received_at: number
    due_at: number
  }
  order_log: { order_id: string; version: number; state: string; at: number }
  coupons: { order_id: string; user_id: string; code: string; created_at: number; voided_at: number | null }
  wallets: { user_id: string; balance: number; currency: string }
  journal: {
    id: string
    entry: string
    account: string
    kind: string
    amount: number
    order_id: string | null
    reason: string | null
    at: number
  }
  outbox: { id: number; happening: string; ref_id: string; at: number; token: string | null; leased_until: number }
  /** The catalogue's; a sale takes its allotment out of this stock. */
  products: {
    id: string
    name: string
    price: number
    currency: string
    image: string | null
    kind: string
    stock: number | null
    is_deleted: number
  }
}

export const bookMigrations: Migration[] = [
  { id: 'books-1', statements: (facts) => [...sales(facts), ...orders(facts), ...money(facts), ...told] },
  {
    id: 'books-2',
    statements: (facts) => [
      'ALTER TABLE sales ADD COLUMN quiet_until bigint',
      'ALTER TABLE sales ADD COLUMN quiet_start bigint',
      `ALTER TABLE orders ADD COLUMN method varchar(10) NOT NULL DEFAULT 'credit'`,
      'ALTER TABLE orders ADD COLUMN released integer NOT NULL DEFAULT 0',
      `UPDATE orders SET released = 1 WHERE state IN ('FAILED', 'CANCELLED', 'EXPIRED')`,
      ...(facts.partialIndexes
        ? [
            'DROP INDEX orders_released',
            'CREATE INDEX orders_released ON orders (buyer_id, sale_id, quantity) WHERE released = 1',
          ]
        : []),
      'ALTER TABLE orders ADD COLUMN txn_id varchar(255)',
      'ALTER TABLE coupons ADD COLUMN voided_at bigint',
      ...payments(facts),
    ],
  },
  {
    // A reason with who gave; a page's address, which Stripe makes long.
    id: 'books-3-room-for-texts',
    statements: (facts) => [
      ...facts.widened('journal', 'reason', 'varchar(300)'),
      ...facts.widened('attempts', 'redirect_url', 'varchar(8000)'),
    ],
  },
]

const sales = (facts: SqlFacts): string[] => [
  `CREATE TABLE sales (
    id varchar(36) PRIMARY KEY,
    name varchar(200) NOT NULL,
    banner text,
    start_time bigint NOT NULL,
    end_time bigint NOT NULL,
    buyer_limit bigint NOT NULL,
    epoch bigint NOT NULL,
    incarnation varchar(64),
    seq bigint NOT NULL,
    paused_by_operator integer NOT NULL,
    paused_for_recovery integer NOT NULL,
    recovery_since bigint,
    start_told_at bigint,
    settled_at bigint,
    drill_id varchar(36),
    created_at bigint NOT NULL
  )`,
  'CREATE INDEX sales_settled ON sales (settled_at, end_time)',
  'CREATE INDEX sales_drill ON sales (drill_id)',
  `CREATE TABLE sale_items (
    sale_id varchar(36) NOT NULL,
    product_id varchar(36) NOT NULL,
    position integer NOT NULL,
    epoch bigint NOT NULL,
    allotment bigint NOT NULL CHECK (allotment >= 0),
    available bigint NOT NULL CHECK (available >= 0),
    held bigint NOT NULL CHECK (held >= 0),
    sold bigint NOT NULL CHECK (sold >= 0),
    returned bigint NOT NULL CHECK (returned >= 0),
    price bigint NOT NULL CHECK (price >= 0),
    currency varchar(3) NOT NULL,
    quiet_until bigint NOT NULL,
    PRIMARY KEY (sale_id, product_id)
  )`,
  'CREATE INDEX sale_items_product ON sale_items (product_id)',
  `CREATE TABLE sale_buyers (
    sale_id varchar(36) NOT NULL,
    buyer_id varchar(36) NOT NULL,
    taken bigint NOT NULL CHECK (taken >= 0),
    PRIMARY KEY (sale_id, buyer_id)
  ) ${facts.clustered}`,
]

/** With them a buyer's units are counted without reading the orders; an order of one unit that is paid costs nothing. */
const unusual = [
  'CREATE INDEX orders_of_many ON orders (buyer_id, sale_id, quantity) WHERE quantity > 1',
  `CREATE INDEX orders_released ON orders (buyer_id, sale_id, quantity) WHERE state IN ('FAILED', 'CANCELLED', 'EXPIRED')`,
]

const orders = (facts: SqlFacts): string[] => [
  // The key's index leads with the buyer, so that it serves a buyer's own orders too: one random index fewer a purchase.
  `CREATE TABLE orders (
    id varchar(36) PRIMARY KEY,
    sale_id varchar(36) NOT NULL,
    buyer_id varchar(36) NOT NULL,
    product_id varchar(36) NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    price bigint NOT NULL,
    currency varchar(3) NOT NULL,
    state varchar(20) NOT NULL,
    reason varchar(100),
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    key_digest varchar(43) NOT NULL,
    body_digest varchar(43) NOT NULL,
    reserved_at bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    expires_at bigint,
    version integer NOT NULL,
    UNIQUE (buyer_id, sale_id, key_digest),
    UNIQUE (sale_id, epoch, seq)
  ) ${facts.clustered}`,
  facts.partialIndexes
    ? `CREATE INDEX orders_waiting ON orders (created_at) WHERE state IN ('RESERVATION_PENDING', 'PAYMENT_PENDING')`
    : 'CREATE INDEX orders_waiting ON orders (state, created_at)',
  ...(facts.partialIndexes ? unusual : []),
  `CREATE TABLE order_log (
    order_id varchar(36) NOT NULL,
    version integer NOT NULL,
    state varchar(20) NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (order_id, version)
  ) ${facts.clustered}`,
]

const money = (facts: SqlFacts): string[] => [
  `CREATE TABLE coupons (
    order_id varchar(36) PRIMARY KEY,
    user_id varchar(36) NOT NULL,
    code varchar(40) NOT NULL UNIQUE,
    created_at bigint NOT NULL
  )`,
  // In the order of its key, as the audit reads it.
  `CREATE TABLE wallets (
    user_id varchar(36) PRIMARY KEY,
    balance bigint NOT NULL CHECK (balance >= 0),
    currency varchar(3) NOT NULL
  ) ${facts.clustered}`,
  // Two rows an entry, of opposite sign. The entry's name is its natural key: the same payment cannot be written twice.
  `CREATE TABLE journal (
    id varchar(36) NOT NULL,
    entry varchar(80) NOT NULL,
    account varchar(60) NOT NULL,
    kind varchar(20) NOT NULL,
    amount bigint NOT NULL,
    order_id varchar(36),
    reason varchar(200),
    at bigint NOT NULL,
    PRIMARY KEY (entry, account)
  ) ${facts.clustered}`,
  // With the amount, so that an account is summed up from here.
  'CREATE INDEX journal_account ON journal (account, entry, amount)',
]

const payments = (facts: SqlFacts): string[] => [
  `CREATE TABLE attempts (
    order_id varchar(36) NOT NULL,
    number integer NOT NULL,
    state varchar(20) NOT NULL,
    ending varchar(10),
    txn_id varchar(255),
    redirect_url varchar(2000),
    amount bigint NOT NULL,
    currency varchar(3) NOT NULL,
    reason varchar(200),
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    due_at bigint,
    tries integer NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (order_id, number)
  ) ${facts.clustered}`,
  facts.partialIndexes
    ? 'CREATE INDEX attempts_due ON attempts (due_at) WHERE due_at IS NOT NULL'
    : 'CREATE INDEX attempts_due ON attempts (due_at)',
  'CREATE INDEX attempts_txn ON attempts (txn_id)',
  'CREATE INDEX attempts_state ON attempts (state, order_id, amount)',
  `CREATE TABLE attempt_log (
    order_id varchar(36) NOT NULL,
    number integer NOT NULL,
    version integer NOT NULL,
    state varchar(20) NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (order_id, number, version)
  ) ${facts.clustered}`,
  `CREATE TABLE gateway_events (
    id varchar(255) PRIMARY KEY,
    type varchar(80) NOT NULL,
    created bigint NOT NULL,
    order_id varchar(255) NOT NULL,
    attempt bigint NOT NULL,
    txn_id varchar(255) NOT NULL,
    state varchar(20) NOT NULL,
    amount bigint NOT NULL,
    currency varchar(10) NOT NULL,
    reason varchar(200),
    status varchar(12) NOT NULL,
    because varchar(500),
    received_at bigint NOT NULL,
    due_at bigint NOT NULL
  )`,
  'CREATE INDEX gateway_events_due ON gateway_events (status, due_at)',
  'CREATE TABLE cursors (name varchar(40) PRIMARY KEY, value varchar(500))',
]

const told = [
  `CREATE TABLE outbox (
    id integer PRIMARY KEY,
    happening varchar(30) NOT NULL,
    ref_id varchar(36) NOT NULL,
    at bigint NOT NULL,
    token varchar(36),
    leased_until bigint NOT NULL
  )`,
  'CREATE INDEX outbox_ref ON outbox (ref_id)',
]
