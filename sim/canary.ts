/** A text of a source that stands there once, and what is put in its place. */
export type Change = { file: string; find: string; replace: string }

/** A fault that was made on purpose: the simulator is as good as what it catches. */
export type Canary = {
  name: string
  /** It must be seen within so many worlds. */
  seeds: number
  changes: Change[]
  /** A law that is broken without this fault too. */
  ignored?: string
}
export type Edit = [file: string, find: string, replace: string]

export function canary(name: string, seeds: number, ...edits: Edit[]): Canary {
  return { name, seeds, changes: edits.map(([file, find, replace]) => ({ file, find, replace })) }
}
