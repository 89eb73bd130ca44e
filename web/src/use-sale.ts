import { shallowRef } from 'vue'
import { api, type Problem, problemOf } from './api/client.ts'
import type { paths } from './api/schema.d.ts'
import { takeFacts } from './facts.ts'
import { heard } from './server-clock.ts'
import { useStock } from './use-stock.ts'

export type Sale = paths['/api/v1/sales/{saleId}']['get']['responses'][200]['content']['application/json']

/** A sale and what is left of it, as they change. */
export function useSale(saleId: string) {
  const sale = shallowRef<Sale>()
  const problem = shallowRef<Problem>()
  const stock = useStock(saleId, () => void load())
  const facts = takeFacts('sale', saleId)
  if (facts) {
    sale.value = facts.sale
    stock.take(facts.status)
    // The page's own time began when the document was asked for.
    heard(facts.status.serverTime, 0)
  } else void load()

  async function load(): Promise<void> {
    // It is read again because it has changed: not from what the browser keeps.
    const { data, error } = await api
      .GET('/api/v1/sales/{saleId}', { params: { path: { saleId } }, cache: 'no-cache' })
      .catch(() => ({ data: undefined, error: undefined }))
    if (data) sale.value = data
    problem.value = data || sale.value ? undefined : problemOf(error)
  }

  return { sale, problem, load, ...stock }
}

/** `phase` for people, also between two words of the server: by its clock. */
export function phaseAt(
  { startTime, endTime }: Pick<Sale, 'startTime' | 'endTime'>,
  phase: Sale['phase'],
  at: number,
): Sale['phase'] {
  if (at >= Date.parse(endTime)) return 'Ended'
  if (phase === 'Scheduled' && at >= Date.parse(startTime)) return 'Active'
  return phase
}
