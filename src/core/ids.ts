/** Ids are UUIDs in lower-case text; those made here are version 7, so that they sort by time (a random primary key more
 *  than halved the rate of durable inserts when it was measured). */
export type Id = string

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function isId(text: string): boolean {
  return UUID.test(text)
}

/** RFC 9562 section 5.7, from its three parts: milliseconds since 1970, a 12-bit counter, and 62 random bits as two numbers. */
export function uuidV7(ms: number, counter: number, high: number, low: number): Id {
  const time = ms.toString(16).padStart(12, '0')
  const head = (0x8000 | (high & 0x3fff)).toString(16)
  const mid = ((high >>> 14) & 0xffff).toString(16).padStart(4, '0')
  const tail = (low >>> 0).toString(16).padStart(8, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${head}-${mid}${tail}`
}
