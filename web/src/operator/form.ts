import {
  computed,
  type InjectionKey,
  inject,
  nextTick,
  onScopeDispose,
  provide,
  reactive,
  ref,
  shallowRef,
  useTemplateRef,
  watchEffect,
} from 'vue'
import { type Problem, problemOf } from '../api/client.ts'

/** What is wrong, by its place in the body as the server names it: `/items/0/quantity`. */
export type Errors = Record<string, string>
export type Words = (key: string, values?: Record<string, unknown>) => string
type Answer<Data> = { data?: Data; error?: unknown }

/** One form: what was sent once, what is wrong with it, and where. */
export type Form = ReturnType<typeof useForm>
const key: InjectionKey<Form> = Symbol('form')

/** Its `<form>` has the template ref `formElement`. @param place where a refusal belongs that names no field itself. */
export function useForm(place: (problem: Problem) => Errors = () => ({})) {
  const element = useTemplateRef<HTMLFormElement>('formElement')
  const errors = ref<Errors>({})
  const problem = shallowRef<Problem>()
  const isBusy = ref(false)
  const fields = reactive(new Map<symbol, string[]>())
  /** What belongs to no field that is shown. */
  const homeless = computed(() => {
    const shown = new Set([...fields.values()].flat())
    return Object.entries(errors.value).filter(([path]) => !shown.has(path))
  })

  async function submit<Data>(found: Errors, send: () => Promise<Answer<Data>>): Promise<{ data: Data | undefined } | undefined> {
    if (isBusy.value) return undefined
    errors.value = found
    problem.value = undefined
    if (Object.keys(found).length > 0) return focusFirst()
    isBusy.value = true
    const { data, error } = await send().catch((thrown: unknown): Answer<Data> => ({ error: thrown ?? true }))
    isBusy.value = false
    if (error === undefined) return { data }
    problem.value = problemOf(error)
    errors.value = { ...place(problem.value), ...named(problem.value) }
    return focusFirst()
  }

  async function focusFirst(): Promise<undefined> {
    await nextTick()
    element.value?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.focus()
  }

  /** A field is written in: what was said of it holds no longer. */
  function clear(paths: string[]): void {
    if (!paths.some((path) => path in errors.value)) return
    errors.value = Object.fromEntries(Object.entries(errors.value).filter(([path]) => !paths.includes(path)))
  }

  /** As if nothing had been sent yet. */
  function reset(): void {
    errors.value = {}
    problem.value = undefined
  }

  const form = { errors, problem, isBusy, fields, homeless, submit, clear, reset }
  provide(key, form)
  return form
}

/** @param paths a field and its parts, as `/price` and `/price/amount`. */
export function useField(paths: () => string[]) {
  const form = inject(key)
  if (!form) throw new Error('a field stands in a form')
  const id = Symbol('field')
  watchEffect(() => form.fields.set(id, paths()))
  onScopeDispose(() => form.fields.delete(id))
  return {
    error: computed(() => paths().flatMap((path) => form.errors.value[path] ?? [])[0]),
    clear: () => form.clear(paths()),
  }
}

function named({ errors = [] }: Problem): Errors {
  return Object.fromEntries(errors.map(({ path, message }) => [path, message]))
}
