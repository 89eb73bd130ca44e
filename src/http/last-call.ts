import type { Clock } from '../platform/clock.ts'
import type { App } from '../platform/http.ts'

/** Far longer than a proxy needs to take up a connection that it has kept. */
const LAST_CALL_MS = 1000

/** What the process tells of its own end. */
export type Place = { isLeaving: boolean }

/** From the last call on each answer is the last of its connection. */
export function lastAnswers(app: App, place: Place): void {
  app.server.prependListener('request', (_request, response) => {
    if (place.isLeaving) response.setHeader('connection', 'close')
  })
}

/**
 * Before the server closes, where others can take over: all that comes is still answered. A proxy that sends on a connection which is
 * just being closed cannot know whether its POST was read, and must not send it again; after this none is left that was in use.
 */
export function lastCall(place: Place, clock: Clock): Promise<void> {
  place.isLeaving = true
  return clock.sleep(LAST_CALL_MS)
}
