import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { Audience } from './audience.ts'
import { screens, without } from './browser.ts'
import { buttonViews } from './button-views.ts'
import { buyerViews, emptyViews, issuerViews } from './buyer-views.ts'
import { cardViews } from './card-views.ts'
import { operatorViews } from './operator-views.ts'
import { emptyScene, fullScene, type Scene } from './scene.ts'
import type { Stage } from './stage.ts'
import type { View } from './view.ts'

/** Of axe's words for how bad something is; `minor` and `moderate` are seen by people who look at the pages. */
const BAD = ['serious', 'critical']

/** Of the states of the button one for each look; the others differ from these by their words. */
const looks = ['sign-in', 'wait', 'opens', 'buy-many', 'asking', 'yours', 'have-one', 'sold-out', 'no-credit'].map((state) => {
  const view = buttonViews.find(({ name }) => name === `sale-${state}`)
  assert.ok(view, state)
  return view
})

suite('axe finds nothing that keeps anybody out, light on a desktop and dark on a phone', {
  skip: without,
  timeout: 600_000,
}, () => {
  let stage: Stage
  before(async () => {
    stage = await emptyScene()
  })
  after(() => stage.close())

  suite('in an empty shop', () => seen(emptyViews, async () => ({ stage }) as Scene))
  suite('in a full one', () =>
    seen([...buyerViews, ...issuerViews, ...operatorViews, ...looks, ...cardViews], () => fullScene(stage)))

  function seen(views: View[], made: () => Promise<Scene>): void {
    const ends: (() => Promise<void>)[] = []
    let scene: Scene
    let audience: Audience
    before(async () => {
      scene = await made()
      audience = await Audience.open(stage, { after: (end) => ends.push(end) })
    })
    after(async () => {
      for (const end of ends) await end()
    })
    for (const view of views) test(view.name, () => audience.look(view, scene, hasNoFindings))
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
