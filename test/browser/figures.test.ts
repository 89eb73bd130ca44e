import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { CDPSession, Page } from 'playwright-core'
import { type Screen, without } from './browser.ts'
import { type Made, newEmail, Stage, signUp } from './stage.ts'

/** What people on a small phone and a bad line may be asked for. */
const BYTES_MAX = 120 * 1024
const LARGEST_PAINT_MAX_MS = 2500
const SHIFT_MAX = 0.02
const INTERACTION_MAX_MS = 200

/** Of what is timed the best run counts: a machine that others use makes it slower, and nothing makes it faster. */
const RUNS = 3
/** As Chromium's own tools slow a page down: a middling phone on a slow 4G line. */
const CPU_RATE = 4
const SLOW_4G = { offline: false, latency: 562.5, downloadThroughput: 188_743, uploadThroughput: 86_400 }

suite('what the page of a sale costs', { skip: without, timeout: 300_000 }, () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  const picture = '/images/demo/headphones.svg'
  const onSale = (more = {}) => stage.sale({ name: 'Studio Headphones', image: picture, limit: 3, ...more })

  test(`script and style of a first visit: under ${BYTES_MAX} bytes over the wire`, async (t) => {
    const sale = await onSale()
    const { page, context } = await stage.window(t, { screen: 'phone' })
    const network = await context.newCDPSession(page)
    await network.send('Network.enable')
    const names = new Map<string, string>()
    const bytes = new Map<string, number>()
    network.on('Network.responseReceived', ({ requestId, type, response }) => {
      if (type === 'Script' || type === 'Stylesheet') names.set(requestId, response.url)
    })
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const name = names.get(requestId)
      if (name) bytes.set(name, encodedDataLength)
    })
    await page.goto(sale.path)
    await page.getByText('Live').waitFor()
    await page.waitForLoadState('networkidle')
    const all = [...bytes.values()].reduce((sum, one) => sum + one, 0)
    t.diagnostic(`${all} bytes in ${bytes.size} files`)
    assert.ok(bytes.size > 1 && all < BYTES_MAX, JSON.stringify([...bytes]))
  })

  test(`the largest paint of a first visit: within ${LARGEST_PAINT_MAX_MS} ms on a slow phone and line`, async (t) => {
    const sale = await onSale()
    await bestOf(t, LARGEST_PAINT_MAX_MS, async () => {
      const { page } = await slowWindow(t)
      await page.goto(sale.path)
      await page.getByText('Live').waitFor()
      await page.waitForLoadState('networkidle')
      const [last] = (await entries(page, 'largest-contentful-paint')).slice(-1)
      assert.ok(last)
      return last.startTime
    })
  })

  for (const screen of ['phone', 'desktop'] satisfies Screen[]) {
    test(`nothing moves on a ${screen}, from the first paint over the opening to the code`, async (t) => {
      const sale = await onSale({ opensIn: 3600_000 })
      const { page } = await stage.window(t, { screen })
      await page.goto(sale.path)
      await signUp(page, newEmail('ann'))
      await page.reload()
      await page.getByRole('button', { name: 'Opens in' }).waitFor()
      await page.getByText('Live').waitFor()
      await stage.change(sale.id, { startTime: new Date(Date.now() + 3000).toISOString() })
      await page.getByRole('button', { name: 'Buy for' }).click()
      await page.getByRole('button', { name: 'Yours' }).waitFor()
      await page.getByText('99 of 100 left').waitFor()
      await noShift(t, page)
    })
  }

  test(`each press is answered within ${INTERACTION_MAX_MS} ms on a slow phone`, async (t) => {
    await bestOf(t, INTERACTION_MAX_MS, async () => {
      const sale = await onSale()
      const { page } = await slowWindow(t, (slow) => slow.send('Network.emulateNetworkConditions', { ...SLOW_4G, latency: 0 }))
      await page.goto(sale.path)
      await signUp(page, newEmail('bob'))
      await page.getByRole('button', { name: 'One more' }).tap()
      await page.getByRole('button', { name: 'Buy 2 for' }).tap()
      await page.getByRole('button', { name: 'Yours' }).waitFor()
      await page.getByRole('button', { name: 'Copy' }).tap()
      await page.getByText('Copied').waitFor()
      const pressed = (await entries(page, 'event')).filter(({ interactionId }) => interactionId)
      assert.ok(pressed.length > 0)
      return Math.max(...pressed.map(({ duration }) => duration))
    })
  })

  async function slowWindow(t: TestContext, line = (slow: CDPSession) => slow.send('Network.emulateNetworkConditions', SLOW_4G)) {
    const { page, context } = await stage.window(t, { screen: 'phone' })
    const slow = await context.newCDPSession(page)
    await slow.send('Network.enable')
    await line(slow)
    await slow.send('Emulation.setCPUThrottlingRate', { rate: CPU_RATE })
    return { page }
  }
})

type Entry = { startTime: number; duration: number; interactionId?: number; value?: number }

/** Everything of that kind since the document began. */
function entries(page: Page, type: string): Promise<Entry[]> {
  return page.evaluate(
    (kind) =>
      new Promise((resolve) => {
        const observer = new PerformanceObserver((list) => resolve(list.getEntries().map((entry) => entry.toJSON())))
        observer.observe({ type: kind, buffered: true, durationThreshold: 16 } as never)
        // Where there was none nobody calls.
        setTimeout(resolve, 1000, [])
      }),
    type,
  )
}

async function bestOf(t: TestContext, max: number, run: () => Promise<number>): Promise<void> {
  const seen: number[] = []
  for (let i = 0; i < RUNS; i++) {
    seen.push(Math.round(await run()))
    if ((seen.at(-1) ?? 0) < max) break
  }
  t.diagnostic(`${seen.join(', ')} ms`)
  assert.ok(Math.min(...seen) < max, `${seen.join(', ')} ms`)
}
