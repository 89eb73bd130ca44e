import type { Caller } from '../core/caller.ts'

export const GOOD_FOR_MS = 30_000

/** A browser cannot send a header with a WebSocket, and a token in an address would end up in logs: so a ticket, which is of no
 *  use to who reads it later. */
export interface Tickets {
  /** `undefined`: too many are out. Throws `Fault`. */
  give(caller: Caller): Promise<string | undefined>
  /** Works once, within `GOOD_FOR_MS`; `undefined` for whatever is not such a ticket. Throws `Fault`, and the ticket may be used up. */
  take(ticket: string): Promise<Caller | undefined>
}
