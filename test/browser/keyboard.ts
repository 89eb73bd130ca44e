import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'

const STOPS_MAX = 60
/** A page scrolls smoothly to what has the focus. */
const SCROLLED_MS = 2000

/** Goes on with Tab until it is there, and sees that it can be seen to be there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let stops = 0; !(await target.evaluate(isFocused)); stops++) {
    assert.ok(stops < STOPS_MAX, `${target} is not among the first ${STOPS_MAX} stops of the keyboard`)
    await page.keyboard.press('Tab')
  }
  for (const until = Date.now() + SCROLLED_MS; !(await target.evaluate(isShownFocused)); await page.waitForTimeout(50))
    assert.ok(Date.now() < until, `${target} has the focus, and nobody can see it`)
}

/** As who does without a mouse: there with Tab, and Enter. */
export async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press('Enter')
}

export async function type(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(text)
}

/** Of an element in a page, whose types the tests of a server do not have. */
type Shown = {
  ownerDocument: {
    activeElement: unknown
    defaultView: {
      innerHeight: number
      getComputedStyle(element: unknown): { outlineStyle: string; outlineWidth: string; boxShadow: string }
    }
  }
  getBoundingClientRect(): { width: number; height: number; top: number; bottom: number }
}

/** These run in the page. */
const isFocused = (element: Shown): boolean => element.ownerDocument.activeElement === element

function isShownFocused(element: Shown): boolean {
  const { defaultView } = element.ownerDocument
  const { outlineStyle, outlineWidth, boxShadow } = defaultView.getComputedStyle(element)
  const isRinged = (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'
  const { width, height, top, bottom } = element.getBoundingClientRect()
  return isRinged && width > 0 && height > 0 && bottom > 0 && top < defaultView.innerHeight
}
