import { onScopeDispose, ref, shallowRef } from 'vue'
import { api, type Problem, problemOf } from '../../api/client.ts'
import { now } from '../../server-clock.ts'
import { type Figures, isEven, type Sample, sampleOf, totalsOf } from './figures.ts'

const EVERY_MS = 1000
/** Of a sale that is over and settled: its orders are recounted each time. */
const RARELY_MS = 15_000
/** Six hours of seconds. */
const MOST_SAMPLES = 21_600

/** A sale's figures, asked for once a second, and all that were seen since the page was opened. */
export function useFigures(saleId: string, isOver: () => boolean) {
  const figures = shallowRef<Figures>()
  const samples = shallowRef<Sample[]>([])
  const problem = shallowRef<Problem>()
  /** The server's time of the last answer, milliseconds. */
  const seenAt = ref(0)
  const wrongSince = ref<number>()
  const since = now()
  let timer = 0
  let isGone = false

  async function look(): Promise<void> {
    clearTimeout(timer)
    const { data, error } = await api
      .GET('/api/v1/admin/sales/{id}/live', { params: { path: { id: saleId } } })
      .catch((thrown: unknown) => ({ data: undefined, error: thrown }))
    if (isGone) return
    problem.value = data ? undefined : problemOf(error)
    if (data) take(data)
    if (problem.value?.code === 'not-found') return
    // What is left goes back to stock a moment after the end.
    const isSettled = isOver() && data?.items.every(({ held, remaining }) => held === 0 && remaining === 0)
    timer = window.setTimeout(look, isSettled ? RARELY_MS : EVERY_MS)
  }

  function take(data: Figures): void {
    figures.value = data
    seenAt.value = now()
    wrongSince.value = isEven(totalsOf(data)) ? undefined : (wrongSince.value ?? seenAt.value)
    samples.value = [...samples.value, sampleOf(data, seenAt.value / 1000)].slice(-MOST_SAMPLES)
  }

  onScopeDispose(() => {
    isGone = true
    clearTimeout(timer)
  })
  void look()
  return { figures, samples, problem, seenAt, wrongSince, since, look }
}
