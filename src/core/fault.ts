/**
 * A fault: the world failed, not the request.
 * `refused`: nothing happened, it is safe to try elsewhere or to say no.
 * `unknown`: it may have happened; the only legal move is to ask again with the same id.
 */
export class Fault extends Error {
  override name = 'Fault'
  readonly code: FaultCode
  readonly outcome: 'refused' | 'unknown'

  constructor(code: FaultCode, outcome: 'refused' | 'unknown', message: string) {
    super(message)
    this.code = code
    this.outcome = outcome
  }
}

/** Every fault's code with a line of help; `docs/errors.md` lists the same. */
export const faultCodes = {
  'store-busy': 'The database is locked by another program or its queue is full. Find out who holds it; nothing was written.',
  'store-full': 'The disk is full. Free some space; nothing was written and selling goes on by itself.',
  'store-failed': 'The database failed in an unforeseen way. The log names the statement; the same request may be sent again.',
  'store-away':
    'The database cannot be reached, stops or starts. Look at its own log and at the network; selling goes on by itself when it is back.',
  'store-gone': 'The database thread has stopped. The process ends and must be started again.',
  'redis-down':
    'There is no connection to Redis; nothing was sent. It is tried again by itself: look whether it runs and at LEDGER_URL or CACHE_URL.',
  'redis-busy': 'Too many calls wait for Redis; nothing was sent. It answers too slowly: look at its load and its slow log.',
  'redis-refused': 'Redis answers with an error; the log has its words, and docs/operations.md what it needs.',
  'redis-silent': 'Redis did not answer in time, so it may have happened. The same request asked again gives the truth.',
  'cache-busy':
    'Somebody else reads the same from the database, and that takes long. Look at the database; it is answered again by itself.',
  'gateway-down': 'The card gateway cannot be reached. What was accepted is settled when it is back; see its own status page.',
  'gateway-refused': 'The card gateway refuses the request itself. Check PAYMENT_URL, the currency and the amount.',
  'gateway-silent': 'The card gateway did not answer in time, so it may have happened. It is looked up by itself.',
} as const

export type FaultCode = keyof typeof faultCodes
