import type { Stores } from './stores.ts'

// Apart from the stores: the thread that answers requests needs these tables and not the stores, nor what they load (8 MB).

/** What only reads, and so never waits for a writer. */
export const reads = {
  books: ['truth', 'order', 'byIds', 'history', 'orders', 'ordersOf', 'expired'],
  attempts: ['of', 'byTxn'],
  inbox: ['quarantined', 'cursor'],
  outbox: ['waiting'],
  sales: ['sale', 'current', 'list'],
  wallets: ['credit', 'journal'],
  ledger: ['settle', 'entries'],
  events: ['lag'],
  peers: ['unseenMs', 'noted'],
  models: ['endedSince'],
  accounts: ['get', 'byEmail', 'list', 'lockedFor', 'drillBuyers', 'firstAdministrator'],
  catalogue: ['product', 'products', 'categories', 'knownHandles'],
} as const satisfies { [S in keyof Stores]?: readonly (keyof Stores[S])[] }

/** What people look at and nothing is decided by: a replica may answer, seconds late. */
export const mayLag = {
  books: ['history', 'orders'],
  wallets: ['journal'],
  catalogue: ['product', 'products', 'categories'],
} as const satisfies { [S in keyof Stores]?: readonly (keyof Stores[S])[] }

/** What counts row by row, for seconds where there are millions. */
export const counts = {
  sales: ['tally', 'moneyTally'],
} as const satisfies { [S in keyof Stores]?: readonly (keyof Stores[S])[] }

/** Acceptance before everything else, what follows it after all. */
export const ranks = {
  ledger: { reserve: 'first' },
  books: { book: 'first' },
  relay: { publish: 'last', settle: 'last' },
} as const
