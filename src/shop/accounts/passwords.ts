import { hash, verify } from '@node-rs/argon2'

/** OWASP's second choice for argon2id (the algorithm is the library's default): 14.6 ms of one core where it was measured. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** No password has it. Compared with when there is nothing to compare with, so that both take the same time. */
const NOBODY = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Only inside a turn, see `PasswordTurns`. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, cost)
}

/** Takes the same time for an account that is not there or has no password (`null`). Only inside a turn. */
export async function passwordMatches(password: string, passwordHash: string | null): Promise<boolean> {
  return (await verify(passwordHash ?? NOBODY, password)) && passwordHash !== null
}

/**
 * Hashing is made to be slow, and a crowd that signs in would leave purchases no core: `atOnce` run at a time (1 by default)
 * and `waiting` more stand in line (500: about ten seconds), first come, first served. Beyond that people are told to come back.
 */
export class PasswordTurns {
  readonly #atOnce: number
  readonly #waiting: number
  readonly #line: (() => void)[] = []
  #taken = 0

  constructor(atOnce = 1, waiting = 500) {
    this.#atOnce = atOnce
    this.#waiting = waiting
  }

  /** `'busy'`: the line is full, `work` was not called. */
  async take<T>(work: () => Promise<T>): Promise<T | 'busy'> {
    if (this.#taken < this.#atOnce) this.#taken++
    else if (this.#line.length < this.#waiting) await new Promise<void>((go) => this.#line.push(go))
    else return 'busy'
    try {
      return await work()
    } finally {
      const next = this.#line.shift()
      if (next) next()
      else this.#taken--
    }
  }
}
