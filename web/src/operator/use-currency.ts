import { ref } from 'vue'
import { api } from '../api/client.ts'

/** The shop's, as the operator's own credit is in it; it does not change while the shop runs. */
const currency = ref('EUR')
let isKnown = false

export function useCurrency() {
  if (!isKnown) void ask()
  return currency
}

async function ask(): Promise<void> {
  isKnown = true
  const query = { limit: 1 }
  const { data } = await api.GET('/api/v1/users/me/credit', { params: { query } }).catch(() => ({ data: undefined }))
  if (data) currency.value = data.balance.currency
  else isKnown = false
}
