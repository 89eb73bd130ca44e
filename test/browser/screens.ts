import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { Audience } from './audience.ts'
import { type Screen, screens } from './browser.ts'
import { buttonViews } from './button-views.ts'
import { buyerViews, emptyViews, issuerViews } from './buyer-views.ts'
import { operatorViews } from './operator-views.ts'
import { emptyScene, fullScene, type Scene } from './scene.ts'
import type { View } from './view.ts'

// `npm run screens`, or `npm run screens -- board orders` for those whose name begins so: every page and every state of the
// button, light and dark, on a desktop and a phone, as pictures to look at.
const folder = fileURLToPath(new URL('../../screens', import.meta.url))
const wanted = process.argv.slice(2)
const ends: (() => Promise<void>)[] = []
let failed = 0

if (wanted.length === 0) rmSync(folder, { recursive: true, force: true })
const stage = await emptyScene()
try {
  const look = (locale: 'en' | 'de') => Audience.open(stage, { after: (end) => ends.push(end) }, { locale })
  const english = await look('en')
  await shoot(english, emptyViews, { stage } as Scene, 'en')
  const scene = await fullScene(stage)
  await shoot(english, [...buyerViews, ...issuerViews, ...operatorViews, ...buttonViews], scene, 'en')
  await shoot(await look('de'), buttonViews, scene, 'de')
  for (const end of ends) await end()
} finally {
  await stage.close()
}
console.log(folder)
process.exit(failed > 0 ? 1 : 0)

async function shoot(audience: Audience, views: View[], scene: Scene, language: string): Promise<void> {
  mkdirSync(join(folder, language), { recursive: true })
  for (const view of views) {
    if (wanted.length > 0 && !wanted.some((name) => view.name.startsWith(name))) continue
    try {
      await audience.look(view, scene, (page) => shootAll(page, join(folder, language, view.name)))
      console.log(`${language} ${view.name}`)
    } catch (error) {
      failed++
      console.error(`${language} ${view.name} was not reached: ${error}`)
    }
  }
}

async function shootAll(page: Page, name: string): Promise<void> {
  for (const screen of Object.keys(screens) as Screen[]) {
    await page.setViewportSize(screens[screen].viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: `${name}.${screen}.${colorScheme}.png`, fullPage: true })
    }
  }
}
