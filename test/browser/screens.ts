import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { Audience } from './audience.ts'
import { type Screen, screens } from './browser.ts'
import { buttonViews } from './button-views.ts'
import { buyerViews, emptyViews, issuerViews } from './buyer-views.ts'
import { cardViews } from './card-views.ts'
import { operatorViews } from './operator-views.ts'
import { emptyScene, fullScene, type Scene } from './scene.ts'
import type { View } from './view.ts'

// `npm run screens`, or `npm run screens -- operator-board sale` for those whose name begins so: every page and every state of
// the button, light and dark, on a desktop and a phone, as pictures to look at.
const folder = fileURLToPath(new URL('../../screens', import.meta.url))
const wanted = process.argv.slice(2)
/** Runs in the page, which else waits until somebody scrolls to them. */
const showPictures = `Promise.allSettled(Array.from(document.images, (image) => {
  image.loading = 'eager'
  return image.decode()
}))`
let taken = 0
let failed = 0

if (wanted.length === 0) rmSync(folder, { recursive: true, force: true })
const stage = await emptyScene()
try {
  await shoot(emptyViews, { stage } as Scene, 'en')
  const scene = await fullScene(stage)
  await shoot([...buyerViews, ...issuerViews, ...operatorViews, ...buttonViews, ...cardViews], scene, 'en')
  await shoot(buttonViews, scene, 'de')
} finally {
  await stage.close()
}
console.log(`${taken} pictures in ${folder}`)
if (failed > 0) console.error(`${failed} views were not reached.`)
process.exit(failed > 0 ? 1 : 0)

/** By an audience of its own: a browser keeps for seconds what it was told of a shop that was empty. */
async function shoot(views: View[], scene: Scene, language: 'en' | 'de'): Promise<void> {
  const chosen = views.filter(({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
  if (chosen.length === 0) return
  mkdirSync(join(folder, language), { recursive: true })
  const ends: (() => Promise<void>)[] = []
  const audience = await Audience.open(stage, { after: (end) => ends.push(end) }, { locale: language })
  for (const view of chosen) {
    try {
      await audience.look(view, scene, (page) => shootAll(page, join(folder, language, view.name)))
      console.log(`${language} ${view.name}`)
    } catch (error) {
      failed++
      console.error(`${language} ${view.name} was not reached: ${error}`)
    }
  }
  for (const end of ends) await end()
}

/** All of a page, except where a question lies over what can be seen of it. */
async function shootAll(page: Page, name: string): Promise<void> {
  await page.evaluate(showPictures)
  const fullPage = (await page.locator('dialog[open]').count()) === 0
  for (const screen of Object.keys(screens) as Screen[]) {
    await page.setViewportSize(screens[screen].viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: `${name}.${screen}.${colorScheme}.png`, fullPage })
      taken++
    }
  }
}
