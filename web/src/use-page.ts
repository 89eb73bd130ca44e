import { computed, ref, shallowRef } from 'vue'
import { type Problem, problemOf } from './api/client.ts'

type Page<Item> = { items: Item[]; next: string | null }
type Answer<Item> = { data?: Page<Item>; error?: unknown }

/** A list that comes page by page. `load` asks for the page after a cursor; `reload` begins anew and drops what is under way. */
export function usePages<Item>(load: (after: string | undefined) => Promise<Answer<Item>>) {
  const items = shallowRef<Item[]>([])
  const next = ref<string | null>(null)
  const problem = shallowRef<Problem>()
  /** Known to be so: a page came, and nothing was in it. */
  const isEmpty = computed(() => isLoaded.value && items.value.length === 0)
  const isLoaded = ref(false)
  const isLoading = ref(false)
  let turn = 0

  async function fetchPage(after: string | undefined): Promise<void> {
    const mine = ++turn
    isLoading.value = true
    const { data, error } = await load(after).catch((thrown: unknown): Answer<Item> => ({ error: thrown }))
    if (mine !== turn) return
    isLoading.value = false
    problem.value = data ? undefined : problemOf(error)
    if (!data) return
    items.value = after === undefined ? data.items : [...items.value, ...data.items]
    next.value = data.next
    isLoaded.value = true
  }

  const reload = () => fetchPage(undefined)
  void reload()
  return {
    items,
    problem,
    isEmpty,
    isLoaded,
    isLoading,
    hasMore: computed(() => next.value !== null),
    reload,
    more: () => fetchPage(next.value ?? undefined),
  }
}
