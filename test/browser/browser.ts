import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { requires } from '../requires.ts'

/** Where systems keep it; no package of ours brings one along. */
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const place = places.find(existsSync)
const missing = 'there is no Chromium here: install it, as by `apt-get install chromium`'

/** Why a suite in a browser is left out here; false where it is not. What `REQUIRES` names runs, and fails with what to install. */
export const without: string | false = place === undefined && !requires('chromium') && missing

export async function openBrowser(): Promise<Browser> {
  if (place === undefined) throw new Error(missing)
  return chromium.launch({ executablePath: place, args: ['--no-sandbox'] })
}

export const screens = {
  desktop: { viewport: { width: 1366, height: 768 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const
export type Screen = keyof typeof screens

export type Look = {
  screen?: Screen
  locale?: string
  /** Nothing moves, for who compares or measures what is shown. */
  isStill?: boolean
  /** What the story itself makes go wrong; anything else that goes wrong in the browser fails its test. */
  provokes?: RegExp[]
}

/** A browser of its own to whoever looks: with nothing of any other's. */
export type Window = { page: Page; context: BrowserContext }

/** A test presses faster than people, and meets what a buyer may ask in a second; the page then asks again. */
const tooFast = /^console: .* 429 /

/** Opened for one test: with its end it is closed, and what went wrong in it, seen or not, fails that test. */
export async function openWindow(
  browser: Browser,
  baseURL: string,
  t: { after(work: () => Promise<void>): void },
  { screen = 'desktop', locale = 'en-GB', isStill = false, provokes = [] }: Look = {},
): Promise<Window> {
  const reducedMotion = isStill ? 'reduce' : 'no-preference'
  const context = await browser.newContext({ ...screens[screen], baseURL, locale, reducedMotion })
  const troubles = troublesOf(context)
  t.after(async () => {
    await context.close()
    const foreseen = [...provokes, tooFast]
    const unforeseen = troubles.filter((trouble) => !foreseen.some((one) => one.test(trouble)))
    if (unforeseen.length > 0) throw new Error(`In the browser:\n${unforeseen.join('\n')}`)
  })
  return { page: await context.newPage(), context }
}

function troublesOf(context: BrowserContext): string[] {
  const troubles: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()} ${message.location().url}`)
  })
  context.on('weberror', (error) => troubles.push(`page: ${error.error().stack}`))
  context.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    // By the page itself, which is left or no longer wants the answer.
    if (why !== 'net::ERR_ABORTED') troubles.push(`request: ${request.method()} ${request.url()} ${why}`)
  })
  return troubles
}
