import type { Random } from '../src/platform/random.ts'

/**
 * Chance from a seed: sfc32, which passes PractRand and takes a few additions a word. Each actor draws from dice of its own,
 * named, so that leaving one fault out does not change what all others draw.
 */
export class Dice implements Random {
  #a: number
  #b: number
  #c: number
  #d = 1

  constructor(seed: number, name: string) {
    this.#a = seed | 0
    this.#b = (seed / 0x1_0000_0000) | 0
    this.#c = 0x9e3779b9
    for (let i = 0; i < name.length; i++) this.#c = Math.imul(this.#c ^ name.charCodeAt(i), 0x01000193)
    for (let i = 0; i < 12; i++) this.word()
  }

  word(): number {
    const sum = (this.#a + this.#b + this.#d++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** From 0 up to 1. */
  share(): number {
    return this.word() / 0x1_0000_0000
  }

  chance(probability: number): boolean {
    return this.share() < probability
  }

  /** A whole number; both ends are included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.share() * (most - least + 1))
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.share() * from.length)] as T
  }

  /** `value` in so many of the worlds, else `otherwise`. */
  some<T>(probability: number, value: T, otherwise: T): T {
    return this.chance(probability) ? value : otherwise
  }

  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.between(0, i)
      const moved = items[i] as T
      items[i] = items[j] as T
      items[j] = moved
    }
    return items
  }
}
