import { byPreference } from '../../platform/language.ts'
import { german } from './words-de.ts'
import { english, type Words } from './words-en.ts'

const known = new Map([english, german].map((words) => [words.lang, words]))

export const languages = [...known.keys()]

/** The first language we have of those the page asks for (`ui_locales`, best first), then of those the browser asks for; else
 *  English. Regions are passed over: `de-AT` is German. */
export function wordsFor(uiLocales: unknown, acceptLanguage: string | undefined): Words {
  const wanted = [...(typeof uiLocales === 'string' ? uiLocales.split(' ') : []), ...byPreference(acceptLanguage ?? '')]
  for (const tag of wanted) {
    const words = known.get(tag.split('-', 1)[0]?.toLowerCase() ?? '')
    if (words) return words
  }
  return english
}
