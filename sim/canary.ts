export type Change = { file: string; find: string; replace: string }
/** A fault that was made on purpose: the simulator is as good as what it catches. `seeds`: it must be seen within so many. `ignored`: a law
 *  that is broken without it, too. */
export type Canary = { name: string; seeds: number; changes: Change[]; ignored?: string }
