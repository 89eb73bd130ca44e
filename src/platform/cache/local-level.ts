/** What is kept of a key. `undefined` as value: it is known that there is nothing. */
export type Kept<T> = { value: T | undefined; freshUntil: number; staleUntil: number }

/** What a key costs beside its value, characters. */
const ENTRY_SIZE = 200

/** The level of a cache in this process. Beyond its size what was asked for longest ago goes: a crowd that asks for ids by chance
 *  must not fill the memory. */
export class LocalLevel<T> {
  readonly #most: number
  readonly #entries = new Map<string, Kept<T> & { size: number }>()
  #size = 0

  /** @param most characters of all keys and values */
  constructor(most: number) {
    this.#most = most
  }

  get(key: string): Kept<T> | undefined {
    const found = this.#entries.get(key)
    if (!found) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, found)
    return found
  }

  /** @param size of the value, characters */
  set(key: string, kept: Kept<T>, size: number): void {
    this.forget(key)
    const entry = { ...kept, size: size + key.length + ENTRY_SIZE }
    this.#entries.set(key, entry)
    this.#size += entry.size
    for (const [oldest] of this.#entries) {
      if (this.#size <= this.#most) return
      this.forget(oldest)
    }
  }

  forget(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#size = 0
  }
}
