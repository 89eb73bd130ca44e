import { onScopeDispose, type Ref, ref } from 'vue'
import { api } from './api/client.ts'

const ROUND_TRIPS = 3
/** The machine's clock serves until the server's is known. Its steps do no harm afterwards: the time that runs is monotonic. */
let offset = Date.now() - performance.now()
let error = Number.POSITIVE_INFINITY

/** The server's time, milliseconds since 1970, as well as it is known. */
export const now = (): number => performance.now() + offset

/**
 * A time that came with what was asked for then, and is at most as old. Never with an answer that something on the way may
 * keep: the browser gives it again later, as it was.
 */
export function heard(serverTime: string, askedAt: number): void {
  take(serverTime, askedAt, performance.now())
}

/** The quickest of three round trips decides: what it is wrong by is at most half of it. */
export async function setClock(): Promise<void> {
  error = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const sent = performance.now()
    const { data } = await api.GET('/api/v1/time').catch(() => ({ data: undefined }))
    if (data) take(data.serverTime, sent, performance.now())
  }
}

function take(serverTime: string, sent: number, back: number): void {
  const half = (back - sent) / 2
  if (half >= error) return
  error = half
  offset = Date.parse(serverTime) - (sent + half)
}

// A machine that slept may have stopped its monotonic clock.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void setClock()
})

/** The server's time, renewed as its seconds change, so that all that count down change together. */
export function useNow(): Readonly<Ref<number>> {
  const time = ref(now())
  let timer = 0
  const tick = () => {
    time.value = now()
    timer = window.setTimeout(tick, 1000 - (time.value % 1000) + 1)
  }
  tick()
  onScopeDispose(() => clearTimeout(timer))
  return time
}
