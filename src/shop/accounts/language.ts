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

function byPreference(header: string): string[] {
  const ranges = header.split(',').map((range) => {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return { tag, weight: weight === undefined ? 1 : Number(weight) }
  })
  const wanted = ranges.filter(({ weight }) => weight > 0)
  return wanted.sort((a, b) => b.weight - a.weight).map(({ tag }) => tag)
}
