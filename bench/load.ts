import autocannon, { type Call } from 'autocannon'

export type { Call }

/** What every answer must be for the round to count. */
export type Expected = { status: number; includes: string }

export type Round = {
  answers: number
  seconds: number
  perSecond: number
  /** Milliseconds from a request to its answer. */
  p50: number
  p99: number
  max: number
}

/**
 * A closed loop: each connection asks again as soon as it was answered. `seconds` goes round the calls until then; `'once'`
 * makes each call once. Throws where a single answer is missing or is not what the path is about.
 */
export async function load(
  url: string,
  calls: readonly Call[],
  expected: Expected,
  connections: number,
  lasts: number | 'once',
): Promise<Round> {
  const share = Math.floor(calls.length / connections)
  if (share === 0) throw new Error(`${calls.length} calls are too few for ${connections} connections`)
  let connection = 0
  const times: number[] = []
  const statuses = new Map<number, number>()
  const startedAt = performance.now()
  let lastAt = startedAt
  const run = autocannon({
    url,
    connections,
    sampleInt: 100,
    ...(lasts === 'once' ? { amount: share * connections } : { duration: lasts }),
    verifyBody: (body) => body.includes(expected.includes),
    setupClient: (client) =>
      client.setRequests(calls.slice(connection * share, ++connection * share).map((call) => ({ ...call }))),
  })
  run.on('response', (_client, status, _bytes, ms) => {
    lastAt = performance.now()
    times.push(ms)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  })
  const { errors, mismatches } = await run
  const right = statuses.get(expected.status) ?? 0
  if (errors > 0 || mismatches > 0 || right !== times.length || right === 0) {
    const seen = [...statuses].map(([status, count]) => `${count} x ${status}`).join(', ')
    throw new Error(
      `answers that are not ${expected.status} with ${expected.includes}: ${seen || 'none at all'}; ` +
        `${mismatches} other bodies, ${errors} connections without an answer`,
    )
  }
  const seconds = (lastAt - startedAt) / 1000
  times.sort((a, b) => a - b)
  const rank = (share: number) => times[Math.ceil(share * times.length) - 1] as number
  return { answers: right, seconds, perSecond: right / seconds, p50: rank(0.5), p99: rank(0.99), max: rank(1) }
}
