import type { Id } from '../core/ids.ts'

/** Which processes there are, and which of them does what one is enough for. Times are the store's. */
export interface Peers {
  /** The process lives and has these roles. Repeating says so again. */
  seen(process: Id, roles: readonly string[]): Promise<void>
  /** Milliseconds since a process of that role was seen last; `null` where none was. */
  unseenMs(role: string): Promise<number | null>
  /**
   * Takes what may have one holder at a time, or keeps it for longer: atomic, and of two who ask at once one gets it. Answers the
   * fencing token, which rises with each new holder, or `null` while another has it.
   */
  take(lease: string, holder: Id, forMs: number): Promise<number | null>
  /** What the others should know, by name; the newest replaces the one before. */
  note(name: string, text: string): Promise<void>
  noted(name: string): Promise<string | null>
  /** The process ends: what it holds is free at once. Again: nothing. */
  leave(process: Id): Promise<void>
}
