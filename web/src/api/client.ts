import createClient from 'openapi-fetch'
import { renew, token } from '../session.ts'
import type { paths } from './schema.d.ts'

/** RFC 9457, as the server answers every error. */
export type Problem = {
  code: string
  title: string
  status: number
  detail: string
  traceId?: string
  errors?: { path: string; message: string }[]
}

/** Longer than the server takes to say `unknown-outcome`. */
const TIMEOUT_MS = 10_000
/** How often a read that came too early is asked for again. */
const TURNS_MAX = 2

/** Everything the page says to the shop: paths, bodies and answers are those of the OpenAPI document. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send })

/** An access token that ended is renewed once, without the visitor. */
async function send(request: Request): Promise<Response> {
  const held = await token()
  const response = await unhurried(request, held)
  if (response.status !== 401 || !held) return response
  const fresh = await renew(held)
  return fresh ? unhurried(request, fresh) : response
}

/** A buyer has few turns a second for all windows together; what was only read waits for its own instead of failing. */
async function unhurried(request: Request, held: string | undefined): Promise<Response> {
  for (let times = 0; ; times++) {
    const asked = request.clone()
    const response = await fetch(timed(held ? signed(asked, held) : asked))
    if (response.status !== 429 || request.method !== 'GET' || times === TURNS_MAX) return response
    const seconds = Number(response.headers.get('retry-after')) || 1
    // Those that were refused together do not come back together.
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 * (1 + Math.random())))
  }
}

function signed(request: Request, held: string): Request {
  request.headers.set('authorization', `Bearer ${held}`)
  return request
}

const timed = (request: Request): Request => new Request(request, { signal: AbortSignal.timeout(TIMEOUT_MS) })

/** What to say of a call that came to nothing: the server's words, or that it could not be reached. */
export function problemOf(error: unknown): Problem {
  if (error && typeof error === 'object' && 'code' in error && 'detail' in error) return error as Problem
  return { code: 'unreachable', title: 'Unreachable', status: 0, detail: '' }
}
