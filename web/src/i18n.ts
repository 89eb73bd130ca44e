import { type Composer, createI18n } from 'vue-i18n'
import en from './locales/en.json'

export type Locale = 'en' | 'de'
export const locales: { id: Locale; name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'de', name: 'Deutsch' },
]
const CHOICE = 'doorbuster.language'
/** English comes with the page, the others when they are wanted. */
const loaders = import.meta.glob<{ default: Record<string, unknown> }>(['./locales/*.json', '!./locales/en.json'])
const operatorLoaders = import.meta.glob<{ default: Record<string, unknown> }>('./operator/locales/*.json')

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en },
})
/** Its type knows of English only: the others are not there yet. */
const words = i18n.global as unknown as Composer
const loaded = new Set(['locales/en'])

/** The visitor's choice, else the browser's first language that there is. */
export async function setLanguage(choice = chosen()): Promise<void> {
  await add('locales', choice, loaders)
  if ([...loaded].some((one) => one.startsWith('operator/'))) await add('operator/locales', choice, operatorLoaders)
  words.locale.value = choice
  document.documentElement.lang = choice
}

export async function choose(choice: Locale): Promise<void> {
  localStorage.setItem(CHOICE, choice)
  await setLanguage(choice)
}

/** The operator's words come with the operator's pages. */
export async function addOperatorWords(): Promise<void> {
  await add('operator/locales', 'en', operatorLoaders)
  await add('operator/locales', words.locale.value, operatorLoaders)
}

async function add(folder: string, language: string, from: typeof loaders): Promise<void> {
  const name = `${folder}/${language}`
  const load = from[`./${name}.json`]
  if (loaded.has(name) || !load) return
  const { default: messages } = await load()
  loaded.add(name)
  words.mergeLocaleMessage(language, messages)
}

function chosen(): Locale {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages].map((one) => one?.slice(0, 2))
  return locales.find(({ id }) => id === wanted.find((one) => locales.some((locale) => locale.id === one)))?.id ?? 'en'
}
