/** Where a PostgreSQL is, and how it is used. */
export type PostgresAddress = {
  /** For the driver, without what is ours. */
  url: string
  /** Connections of this process at most, for what writes and for what only reads: a crowd that looks at its orders does not
   *  take the connections of those who buy. */
  writes: number
  reads: number
  /** What takes longer is ended by the server, milliseconds. */
  statementMs: number
}

const own = {
  writes: { preset: 10, max: 1000 },
  reads: { preset: 10, max: 1000 },
  statement_timeout: { preset: 10_000, max: 600_000 },
} as const

/** `postgres://user:password@host:port/database?writes=10&reads=10&statement_timeout=10000`; other parameters are the driver's,
 *  as `sslmode`. `undefined` where it is none. */
export function postgresAddress(text: string): PostgresAddress | undefined {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return undefined
  const take = (name: keyof typeof own): number => {
    const { preset, max } = own[name]
    const given = url.searchParams.get(name)
    url.searchParams.delete(name)
    if (given === null) return preset
    const value = Number(given)
    return /^\d+$/.test(given) && value >= 1 && value <= max ? value : Number.NaN
  }
  const [writes, reads, statementMs] = [take('writes'), take('reads'), take('statement_timeout')]
  if ([writes, reads, statementMs].some(Number.isNaN)) return undefined
  return { url: url.href, writes, reads, statementMs }
}
