import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { Audience } from './audience.ts'
import { screens, without } from './browser.ts'
import { buttonViews } from './button-views.ts'
import { buyerViews, emptyViews, issuerViews } from './buyer-views.ts'
import { operatorViews } from './operator-views.ts'
import { emptyScene, fullScene, type Scene } from './scene.ts'
import type { Stage } from './stage.ts'
import type { View } from './view.ts'

/** Of axe's words for how bad something is; `minor` and `moderate` are seen by people who look at the pages. */
const BAD = ['serious', 'critical']

suite('axe finds nothing that keeps anybody out, light on a desktop and dark on a phone', {
  skip: without,
  timeout: 600_000,
}, () => {
  const ends: (() => Promise<void>)[] = []
  let stage: Stage
  let audience: Audience
  before(async () => {
    stage = await emptyScene()
    audience = await Audience.open(stage, { after: (end) => ends.push(end) })
  })
  after(async () => {
    await stage.close()
    for (const end of ends) await end()
  })

  suite('in an empty shop', () => seen(emptyViews, () => ({ stage }) as Scene))
  suite('in a full one', () => {
    let scene: Scene
    before(async () => {
      scene = await fullScene(stage)
    })
    seen([...buyerViews, ...issuerViews, ...operatorViews, ...buttonViews], () => scene)
  })

  function seen(views: View[], scene: () => Scene): void {
    for (const view of views) test(view.name, () => audience.look(view, scene(), hasNoFindings))
  }
})

async function hasNoFindings(page: Page): Promise<void> {
  await page.evaluate(axe.source)
  assert.equal(await findings(page), '')
  await page.setViewportSize(screens.phone.viewport)
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.equal(await findings(page), '')
}

/** A line each: what, and where. */
async function findings(page: Page): Promise<string> {
  const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as AxeResults
  const bad = violations.filter(({ impact }) => BAD.includes(impact ?? ''))
  return bad.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target}`)).join('\n')
}
