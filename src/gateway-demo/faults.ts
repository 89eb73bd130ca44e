import type { Random } from '../platform/random.ts'

/** What the gateway can be told to do wrong, each for a share of the cases, 0 to 1. */
export const faultNames = [
  /** The buyer's card is declined whatever they press. */
  'decline',
  /** Applied, and answered after 3 s. */
  'stall',
  /** `500`, nothing applied. */
  'error',
  /** Applied, and the connection closed without an answer. */
  'lose',
  /** Applied, answered `500`, and the same again for the same key. */
  'cached-error',
  /** The key is forgotten at once, as after 24 h. */
  'forget',
  /** The event is told before the answer. */
  'early',
  /** The event is told 5 to 20 s late. */
  'late',
  /** The event is told three times at once. */
  'twice',
  /** The event is told to nobody; who lists the events finds it. */
  'never',
  /** Besides the event one that is not ours: the wrong secret, or an amount changed after it was signed. */
  'forged',
] as const
export type FaultName = (typeof faultNames)[number]
export type Faults = Partial<Record<FaultName, number>>

/** `decline=0.1,stall=0.05`; empty is none. `undefined`: it cannot be read so. */
export function faultsOf(text: string): Faults | undefined {
  const faults: Faults = {}
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue
    const [, name, share] = /^([a-z-]+)=(0|1|0?\.\d+|1\.0+|0\.\d+)$/.exec(part) ?? []
    const known = faultNames.find((each) => each === name)
    if (known === undefined) return undefined
    faults[known] = Number(share)
  }
  return faults
}

/** With those that nobody asked for, as 0. */
export function allOf(faults: Faults): Record<FaultName, number> {
  return Object.fromEntries(faultNames.map((name) => [name, faults[name] ?? 0])) as Record<FaultName, number>
}

/** Throws the dice for each case anew. What goes wrong may be changed while it runs. */
export class FaultDice {
  readonly #random: Random
  faults: Faults

  constructor(random: Random, faults: Faults) {
    this.#random = random
    this.faults = faults
  }

  falls(name: FaultName): boolean {
    const share = this.faults[name] ?? 0
    return share > 0 && this.#random.word() / 2 ** 32 < share
  }

  /** From `min` to below `max`. */
  between(min: number, max: number): number {
    return min + Math.floor((this.#random.word() / 2 ** 32) * (max - min))
  }
}
