import { shallowRef } from 'vue'
import { api } from '../api/client.ts'

/** Those that products have, by name; empty while they are not known. */
export function useCategories() {
  const names = shallowRef<string[]>([])
  async function load(after?: string): Promise<void> {
    const query = { limit: 100, ...(after && { after }) }
    const { data } = await api.GET('/api/v1/categories', { params: { query } }).catch(() => ({ data: undefined }))
    if (!data) return
    names.value = [...names.value, ...data.items.map(({ category }) => category)]
    if (data.next) await load(data.next)
  }
  void load()
  return names
}
