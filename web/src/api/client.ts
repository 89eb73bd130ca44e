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

/** Everything the page says to the shop: paths, bodies and answers are those of the OpenAPI document. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send })

/** An access token that ended is renewed once, without the visitor. */
async function send(request: Request): Promise<Response> {
  const held = await token()
  if (!held) return fetch(timed(request))
  const again = request.clone()
  const response = await fetch(timed(signed(request, held)))
  if (response.status !== 401) return response
  const fresh = await renew(held)
  return fresh ? fetch(timed(signed(again, fresh))) : response
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
