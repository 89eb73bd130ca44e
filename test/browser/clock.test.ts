import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { without } from './browser.ts'
import { type Made, newEmail, Stage, signUp } from './stage.ts'

const MINUTES = 60_000
const OPENS_IN = 20 * MINUTES
/** Between what is shown and the server's time: a whole second is shown for as long as it lasts, on a machine that is busy. */
const WRONG_BY_MAX = 1800
const SOON_MS = 3000

suite('the time of a sale is the server’s', { skip: without, timeout: 120_000 }, () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  for (const [what, wrongBy] of [
    ['fast', 10 * MINUTES],
    ['slow', -10 * MINUTES],
  ] as const) {
    test(`a machine whose clock is 10 minutes ${what} counts down and opens as all others do`, async (t) => {
      const sale = await stage.sale({ name: 'Headphones', opensIn: OPENS_IN })
      const start = Date.now() + OPENS_IN
      const { page, context } = await stage.window(t, { screen: 'phone' })
      await context.addInitScript(shiftedDate, wrongBy)
      await page.goto(sale.path)
      await signUp(page, newEmail('ann'))
      await isRight(page, start)
      const soon = Date.now() + 3000
      await stage.change(sale.id, { startTime: new Date(soon).toISOString() })
      await page.getByRole('button', { name: 'Buy for €20' }).waitFor()
      const late = Date.now() - soon
      assert.ok(late >= 0 && late < WRONG_BY_MAX, `${late} ms`)
      await page.getByRole('button', { name: 'Buy for €20' }).click()
      await page.getByRole('button', { name: 'Yours' }).waitFor()
    })
  }

  test('a page that came slowly does not run late', async (t) => {
    const { sale, start } = await coming()
    const { page } = await stage.window(t)
    await page.route('**/assets/*.js', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 3000))
      await route.continue()
    })
    await page.goto(sale.path)
    await isRight(page, start)
  })

  test('answers that the browser keeps do not set it back', async (t) => {
    const opensIn = OPENS_IN / 2
    const start = Date.now() + opensIn
    const sale = await stage.sale({ name: 'Lamp', opensIn })
    const { page, context } = await stage.window(t)
    // Without a socket the page asks every 2 s; what it asked for slowly at first seems worse than what it has at once later.
    await page.routeWebSocket(/\/api\/v1\/live/, (socket) => socket.close())
    const network = await context.newCDPSession(page)
    const slow = (latency: number) =>
      network.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: -1, uploadThroughput: -1 })
    await slow(300)
    const heard = async () => (await page.waitForResponse(`**${sale.path}/status`)).text()
    const [first] = await Promise.all([heard(), page.goto('/')])
    await heard()
    await slow(0)
    await heard()
    assert.equal(await heard(), first, 'with the time of the first')
    await isRight(page, start)
  })

  async function coming(): Promise<{ sale: Made; start: number }> {
    const start = Date.now() + OPENS_IN
    return { sale: await stage.sale({ name: 'Headphones', opensIn: OPENS_IN }), start }
  }
})

/** Runs in the page, before its own scripts. */
function shiftedDate(by: number): void {
  const Right = Date
  globalThis.Date = class extends Right {
    constructor(...given: []) {
      super(...(given.length === 0 ? ([Right.now() + by] as unknown as []) : given))
    }
    static override now(): number {
      return Right.now() + by
    }
  } as DateConstructor
}

/** Soon: what is shown changes with the seconds. */
async function isRight(page: Page, start: number): Promise<void> {
  for (const until = Date.now() + SOON_MS; ; await page.waitForTimeout(100)) {
    const shown = await page.getByRole('timer').first().textContent()
    const left = start - Date.now()
    const [, minutes, seconds] = /(\d\d):(\d\d)/.exec(shown ?? '') ?? []
    if (Math.abs(left - (Number(minutes) * 60 + Number(seconds)) * 1000) < WRONG_BY_MAX) return
    assert.ok(Date.now() < until, `${shown} is shown, ${left / 1000} s are left`)
  }
}
