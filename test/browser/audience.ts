import type { Page } from 'playwright-core'
import { type Look, openWindow, type Window } from './browser.ts'
import { buyerEmail, type Scene } from './scene.ts'
import { operator, type Stage, signIn } from './stage.ts'
import type { View, Who } from './view.ts'

/** What a view that shows an error leaves on the console. */
const provokes = [/^console: Failed to load resource/, /^request: /]

/** A view that is not there by then has changed its words. */
const REACHED_MS = 20_000

/** One window for each who looks, signed in once; each view is a page of its own in it. */
export class Audience {
  readonly #windows: Record<Who, Window>

  private constructor(windows: Record<Who, Window>) {
    this.#windows = windows
  }

  static async open(stage: Stage, t: Parameters<typeof openWindow>[2], { locale = 'en' }: Look = {}): Promise<Audience> {
    const open = () => openWindow(stage.browser, stage.shop.url, t, { isStill: true, provokes })
    const windows = { visitor: await open(), buyer: await open(), operator: await open() }
    for (const [who, email] of [
      ['visitor', ''],
      ['buyer', buyerEmail],
      ['operator', operator.email],
    ] as const) {
      const { page } = windows[who]
      await page.goto('/account')
      if (email) await signIn(page, email)
      // People choose it at the foot of a page; who signed in did so in English.
      await page.evaluate((language) => localStorage.setItem('doorbuster.language', language), locale)
      await page.close()
    }
    return new Audience(windows)
  }

  /** Opens a view in a page of its own, for as long as the work with it takes. */
  async look({ who, open }: View, scene: Scene, work: (page: Page) => Promise<void>): Promise<void> {
    const page = await this.#windows[who].context.newPage()
    page.setDefaultTimeout(REACHED_MS)
    try {
      await open(page, scene)
      await work(page)
    } finally {
      // With a page that is closed at once, a purchase that a view holds back would set out.
      await page.goto('/livez')
      await page.close()
    }
  }
}
