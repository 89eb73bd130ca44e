/** Classes an eighth of an octave wide (9 %), from a hundredth of a millisecond to a minute. */
const PER_OCTAVE = 8
const SMALLEST_MS = 0.01
const CLASSES = 1 + Math.ceil(PER_OCTAVE * Math.log2(60_000 / SMALLEST_MS))

/** How many answers took how long, by class: what one purchase costs is a logarithm and an addition. */
export class AnswerTimes {
  readonly #counts: Uint32Array

  constructor(counts = new Uint32Array(CLASSES)) {
    this.#counts = counts
  }

  add(ms: number): void {
    const octaves = Math.log2(Math.max(ms, SMALLEST_MS) / SMALLEST_MS)
    const index = Math.min(CLASSES - 1, Math.ceil(PER_OCTAVE * octaves))
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  copy(): AnswerTimes {
    return new AnswerTimes(this.#counts.slice())
  }

  /** What was added after `earlier`, a copy of these, was made. */
  since(earlier: AnswerTimes): AnswerTimes {
    return new AnswerTimes(this.#counts.map((count, at) => count - (earlier.#counts[at] ?? 0)))
  }

  /** So long, in milliseconds, or at most 9 % less, took the slowest of this share; `undefined` when there was no answer. */
  within(share: number): number | undefined {
    let rest = this.#counts.reduce((sum, count) => sum + count, 0)
    if (rest === 0) return undefined
    rest = Math.ceil(rest * share)
    for (const [at, count] of this.#counts.entries()) {
      rest -= count
      if (rest <= 0) return SMALLEST_MS * 2 ** (at / PER_OCTAVE)
    }
    return undefined
  }
}
