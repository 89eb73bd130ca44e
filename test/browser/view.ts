import type { Page } from 'playwright-core'
import type { Scene } from './scene.ts'

export type Who = 'visitor' | 'buyer' | 'operator'
/** Something that people see, and the way there. `open` comes back when it is all there. */
export type View = { name: string; who: Who; open: (page: Page, scene: Scene) => Promise<unknown> }

/** Goes to an address and waits until one of these words stands there. */
export async function goTo(page: Page, path: string, words: string | RegExp): Promise<void> {
  await page.goto(path)
  await page.getByRole('main').getByText(words).first().waitFor()
}

export const at =
  (path: string | ((scene: Scene) => string), words: string | RegExp): View['open'] =>
  (page, scene) =>
    goTo(page, typeof path === 'string' ? path : path(scene), words)

/** The shop says this instead, however often it is asked. */
export function says(page: Page, address: string, status: number, body: object, headers: Record<string, string> = {}) {
  return page.route(address, (route) => route.fulfill({ status, headers, json: body }))
}

/** No answer comes. */
export const silent = (page: Page, address: string | RegExp) => page.route(address, () => {})
