/** How often somebody may ask. */
export interface Rate {
  /**
   * Takes one turn of `key`: `perSecond` in the long run, `burst` at once after a rest. Answers 0 (go on) or the milliseconds
   * until a turn is free; what is refused takes no turn. Rate and burst of one key must not vary.
   */
  take(key: string, perSecond: number, burst: number): number
}
