import { randomFillSync } from 'node:crypto'
import { type Id, uuidV7 } from '../core/ids.ts'
import type { Clock } from './clock.ts'

/** Chance comes in by the door, so that a simulator can bring its own. */
export interface Random {
  /** 32 random bits as an unsigned number. */
  word(): number
}

/** The kernel's generator, drawn 4 KiB at a time: one call of it an id cost more than the rest of the id. */
export const systemRandom: Random = (() => {
  const pool = new Uint32Array(1024)
  let next = pool.length
  return {
    word() {
      if (next === pool.length) {
        randomFillSync(pool)
        next = 0
      }
      return pool[next++] as number
    },
  }
})()

/** Ids that rise within this process also when many are made in one millisecond or the clock steps back. */
export function idMaker(clock: Clock, random: Random): () => Id {
  let last = 0
  let counter = 0
  return () => {
    const now = clock.now()
    if (now > last) {
      last = now
      counter = random.word() & 0x1ff
    } else if (++counter > 0xfff) {
      last++
      counter = 0
    }
    return uuidV7(last, counter, random.word(), random.word())
  }
}

/** `bytes` random bytes as URL-safe text, for codes and one-time secrets. */
export function secret(random: Random, bytes: number): string {
  const words = Uint32Array.from({ length: Math.ceil(bytes / 4) }, () => random.word())
  return Buffer.from(words.buffer, 0, bytes).toString('base64url')
}

/** Crockford's base 32: nothing in it is taken for something else when it is read out or typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** For people, as in `7KQ4-MZ2P-XH9C`: 60 random bits. */
export function readableCode(random: Random): string {
  const group = () => {
    const word = random.word()
    return [0, 5, 10, 15].map((shift) => ALPHABET[(word >>> shift) & 31]).join('')
  }
  return `${group()}-${group()}-${group()}`
}
