/** How often somebody may ask. */
export interface Rate {
  /**
   * Takes one turn of `key`: `perSecond` in the long run, `burst` at once after a rest. Answers 0 (go on) or the milliseconds
   * until a turn is free; what is refused takes no turn. Rate and burst of one key must not vary. A promise, where processes share
   * the turns, is answered soon and never rejected.
   */
  take(key: string, perSecond: number, burst: number): number | Promise<number>
}

/** Within this process, and at once. */
export interface OwnRate extends Rate {
  take(key: string, perSecond: number, burst: number): number
}
