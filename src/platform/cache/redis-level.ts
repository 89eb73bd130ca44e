import { readFileSync } from 'node:fs'
import { Fault } from '../../core/fault.ts'
import type { Clock } from '../clock.ts'
import type { BriefLink } from '../redis/brief-link.ts'
import type { RedisReply } from '../redis/redis-connection.ts'
import { type RedisLink, scriptOf } from '../redis/redis-link.ts'

/** Of a lock whose holder died; shorter than others wait for it, so that one of them takes over in time. */
const LOCK_MS = 1000
/** A load that takes longer is believed dead: its lock runs out. */
const LOAD_MS = 30_000
/** Keys whose forgetting Redis has not heard yet; beyond, all is forgotten. */
const OWED_MAX = 500
/** Waited before it is told again, milliseconds. */
const AGAIN_MS = 500

const scripts = { look: lua('look'), keep: lua('keep'), hold: lua('hold'), free: lua('free'), forget: lua('forget') }

function lua(name: string) {
  return scriptOf(readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8'))
}

export type RedisLevelParts = {
  /** Of the cache: its keys and its channel begin with it. */
  name: string
  redis: BriefLink
  listener: Pick<RedisLink, 'listen'>
  clock: Clock
  /** Different each time, in all processes. */
  newId: () => string
}

/** What Redis knows of a key. The text of `theirs` was fresh once, and was not forgotten since. */
export type Look =
  | { kind: 'fresh'; text: string; freshMs: number }
  | { kind: 'mine'; lock: string }
  | { kind: 'theirs'; text: string | undefined }

/** The level of a cache that processes share. Nothing here throws for want of Redis. */
export class RedisLevel {
  readonly #parts: RedisLevelParts
  readonly #id: string
  readonly #stopping = new AbortController()
  /** Null among them: all. */
  #owed = new Set<string | null>()
  #telling: Promise<void> | undefined
  /** Is resolved when Redis did not hear. */
  #unheard = Promise.withResolvers<void>()

  constructor(parts: RedisLevelParts) {
    this.#parts = parts
    this.#id = parts.newId()
  }

  /** `forgotten` hears what other processes forget: a key, or null for all. What is told while there is no connection is lost. */
  async listen(forgotten: (key: string | null) => void): Promise<void> {
    try {
      await this.#parts.listener.listen(this.#channel, (text) => this.#heard(text, forgotten))
    } catch (error) {
      // The link listens as soon as it is connected again.
      if (!(error instanceof Fault)) throw error
    }
  }

  /**
   * What is kept, or who rebuilds it. `doubt`: what is kept there cannot be read, pass over it.
   * `undefined`: Redis does not answer, or has yet to hear what this process forgot.
   */
  async look(key: string, doubt = false): Promise<Look | undefined> {
    if (this.#telling) return undefined
    const { redis, newId } = this.#parts
    const args = [newId(), String(LOCK_MS), doubt ? '0' : '1']
    return lookOf(await redis.run(scripts.look, [this.#epoch, ...this.#keys(key)], args))
  }

  /** The watchdog of a lock that is this process's: it lives until `done`, or until its load is believed dead. */
  watch(key: string, lock: string, done: AbortSignal): void {
    void this.#watch(this.#lock(key), lock, done)
  }

  async #watch(lockKey: string, lock: string, done: AbortSignal): Promise<void> {
    const { clock, redis } = this.#parts
    const end = clock.ticks() + LOAD_MS
    for (;;) {
      await clock.sleep(LOCK_MS / 3, done)
      if (done.aborted || this.#stopping.signal.aborted || clock.ticks() > end) return
      if ((await redis.run(scripts.hold, [lockKey], [lock, String(LOCK_MS)])) === 0) return
    }
  }

  /** Frees the lock. Nothing is kept of what was forgotten since the lock was taken. */
  async keep(key: string, lock: string, text: string, freshMs: number, keptMs: number): Promise<void> {
    const args = [lock, text, String(freshMs), String(keptMs)]
    await this.#parts.redis.run(scripts.keep, this.#keys(key), args)
  }

  async free(key: string, lock: string): Promise<void> {
    await this.#parts.redis.run(scripts.free, [this.#lock(key)], [lock])
  }

  /** Of all processes; null: all keys. Resolves when they are told, or soon where Redis is away: it is told until it has heard. */
  async forget(key: string | null): Promise<void> {
    if (key === null || this.#owed.size >= OWED_MAX) this.#owed = new Set([null])
    else if (!this.#owed.has(null)) this.#owed.add(key)
    this.#telling ??= this.#tell().finally(() => (this.#telling = undefined))
    if (!this.#parts.redis.isAway) await Promise.race([this.#telling, this.#unheard.promise])
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#telling
  }

  async #tell(): Promise<void> {
    const { clock } = this.#parts
    while (this.#owed.size > 0 && !this.#stopping.signal.aborted) {
      const batch = this.#owed
      this.#owed = new Set()
      if (await this.#told(batch)) continue
      this.#owed = batch.has(null) || this.#owed.has(null) ? new Set([null]) : batch.union(this.#owed)
      this.#unheard.resolve()
      this.#unheard = Promise.withResolvers()
      await clock.sleep(AGAIN_MS, this.#stopping.signal)
    }
  }

  async #told(batch: Set<string | null>): Promise<boolean> {
    const { redis, newId } = this.#parts
    const all = batch.has(null)
    const keys = all ? [] : [...batch].map(String)
    const message = JSON.stringify({ by: this.#id, keys: all ? null : keys })
    const args = [this.#channel, message, all ? newId() : '']
    return (await redis.run(scripts.forget, [this.#epoch, ...keys.flatMap((key) => this.#keys(key))], args)) !== undefined
  }

  #heard(text: string, forgotten: (key: string | null) => void): void {
    const { by, keys } = messageOf(text)
    if (by === this.#id) return
    if (keys === null) forgotten(null)
    else for (const key of keys) forgotten(key)
  }

  // Braces: all keys of a cache are in one place, whatever stands behind the address.
  get #channel(): string {
    return `cache:{${this.#parts.name}}:forget`
  }
  get #epoch(): string {
    return `cache:{${this.#parts.name}}:epoch`
  }
  #lock(key: string): string {
    return `cache:{${this.#parts.name}}:lock:${key}`
  }
  #keys(key: string): [value: string, lock: string] {
    return [`cache:{${this.#parts.name}}:value:${key}`, this.#lock(key)]
  }
}

function lookOf(reply: RedisReply | undefined): Look | undefined {
  if (!Array.isArray(reply)) return undefined
  const [kind, first, second] = reply
  const text = typeof first === 'string' ? first : undefined
  if (kind === 'theirs') return { kind, text }
  if (text === undefined) return undefined
  return kind === 'mine' ? { kind, lock: text } : { kind: 'fresh', text, freshMs: Number(second) }
}

/** What cannot be understood forgets all: better once too often. */
function messageOf(text: string): { by: unknown; keys: string[] | null } {
  try {
    const { by, keys } = JSON.parse(text) as { by: unknown; keys: unknown }
    return { by, keys: Array.isArray(keys) ? keys.map(String) : null }
  } catch {
    return { by: null, keys: null }
  }
}
