/** The one table of answers that are not a yes: the word that client, metric, log and docs use, its status and its title.
 *  `docs/errors.md` lists the same. */
export const codes = {
  invalid: [400, 'The request is not valid'],
  unauthenticated: [401, 'A valid access token is needed'],
  forbidden: [403, 'This account may not do that'],
  'not-found': [404, 'There is no such thing'],
  'method-not-allowed': [405, 'This address does not know that method'],
  conflict: [409, 'The present state does not allow that'],
  'sold-out': [409, 'Fewer units are left than asked for'],
  'limit-reached': [409, "The buyer's limit is reached"],
  'not-started': [409, 'The sale has not started'],
  ended: [409, 'The sale has ended'],
  paused: [409, 'The sale is paused'],
  'not-enough-stock': [409, 'The product has less stock than asked for'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'This content type is not understood here'],
  'key-reused': [422, 'The idempotency key was used for another request'],
  'slow-down': [429, 'Too many requests'],
  'not-implemented': [501, 'This is not available in this installation'],
  busy: [503, 'The shop is busy'],
  'payment-unavailable': [503, 'Payment by card is not possible now'],
  'unknown-outcome': [503, 'The outcome is not known yet'],
  internal: [500, 'Something failed here'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type Code = keyof typeof codes
