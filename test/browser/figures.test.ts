import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type Screen, type Window, without } from './browser.ts'
import { newEmail, Stage, signUp } from './stage.ts'

/** What people on a small phone and a bad line may be asked for. */
const BYTES_MAX = 120 * 1024
const LARGEST_PAINT_MAX_MS = 2500
/** By how much of the screen, and how far, in all; a browser leaves out what moves just after a press, and this does not. */
const SHIFT_MAX = 0.02
const INTERACTION_MAX_MS = 200

/** Of what is timed the best run counts: a machine that others use makes it slower, and nothing makes it faster. */
const RUNS = 3
const SOON_MS = 2000
/** As Chromium's own tools slow a page down: a middling phone on a slow 4G line, bytes a second and milliseconds. */
const CPU_RATE = 4
const SLOW_4G = { offline: false, latency: 562.5, downloadThroughput: 188_743, uploadThroughput: 86_400 }

suite('what the page of a sale costs', { skip: without, timeout: 300_000 }, () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  const image = '/images/demo/headphones.svg'
  const onSale = (more = {}) => stage.sale({ name: 'Studio Headphones', image, limit: 3, ...more })

  test(`script and style of a first visit: under ${BYTES_MAX} bytes over the wire`, async (t) => {
    const sale = await onSale()
    const { page, context } = await stage.window(t, { screen: 'phone' })
    const network = await context.newCDPSession(page)
    await network.send('Network.enable')
    const names = new Map<string, string>()
    const bytes = new Map<string, number>()
    network.on('Network.responseReceived', ({ requestId, response }) => {
      if (/javascript|css/.test(response.mimeType)) names.set(requestId, response.url)
    })
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const name = names.get(requestId)
      if (name) bytes.set(name, encodedDataLength)
    })
    await page.goto(sale.path)
    await isAllThere(page)
    const all = [...bytes.values()].reduce((sum, one) => sum + one, 0)
    t.diagnostic(`${all} bytes in ${bytes.size} files`)
    assert.ok(bytes.size > 1 && all < BYTES_MAX, JSON.stringify([...bytes]))
  })

  test(`the largest paint of a first visit: within ${LARGEST_PAINT_MAX_MS} ms on a slow phone and line`, async (t) => {
    const sale = await onSale()
    await bestOf(t, LARGEST_PAINT_MAX_MS, async () => {
      const window = await stage.window(t, { screen: 'phone' })
      await slowDown(window)
      await window.page.goto(sale.path)
      await isAllThere(window.page)
      const last = (await entries(window.page, 'largest-contentful-paint')).at(-1)
      assert.ok(last)
      return last.startTime
    })
  })

  for (const screen of ['phone', 'desktop'] satisfies Screen[]) {
    test(`nothing moves on a ${screen}, from the first paint over the opening to the code`, async (t) => {
      const sale = await onSale({ opensIn: 3600_000 })
      const { page } = await stage.window(t, { screen })
      await page.goto(sale.path)
      await isAllThere(page)
      await isStill(t, page, 'a first visit')
      await signUp(page, newEmail('ann'))
      await page.reload()
      await page.getByRole('button', { name: 'Opens in' }).waitFor()
      await isAllThere(page)
      await stage.change(sale.id, { startTime: new Date(Date.now() + SOON_MS).toISOString() })
      await page.getByRole('button', { name: 'Buy for' }).click()
      await page.getByRole('button', { name: 'Yours' }).waitFor()
      await page.locator('code').waitFor()
      await page.getByText('99 of 100 left').waitFor()
      await isStill(t, page, 'a buyer’s')
    })
  }

  test(`each press is answered within ${INTERACTION_MAX_MS} ms on a slow phone and line`, async (t) => {
    await bestOf(t, INTERACTION_MAX_MS, async () => {
      const sale = await onSale()
      const window = await stage.window(t, { screen: 'phone' })
      const { page, context } = window
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await page.goto(sale.path)
      await signUp(page, newEmail('bob'))
      await slowDown(window)
      await page.reload()
      await page.getByRole('button', { name: 'Buy for' }).waitFor()
      // From before the first press: of what was before it a browser keeps only what took over 104 ms.
      await listen(page)
      await page.getByRole('button', { name: 'One more' }).tap()
      await page.getByRole('button', { name: 'Buy 2 for' }).tap()
      await page.getByRole('button', { name: 'Yours' }).waitFor()
      await page.getByRole('button', { name: 'Copy' }).tap()
      await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' })
      return slowestPress(page)
    })
  })
})

async function isAllThere(page: Page): Promise<void> {
  await page.getByText('Live').waitFor()
  await page.waitForLoadState('networkidle')
}

async function slowDown({ page, context }: Window): Promise<void> {
  const slow = await context.newCDPSession(page)
  await slow.send('Network.enable')
  await slow.send('Network.emulateNetworkConditions', SLOW_4G)
  await slow.send('Emulation.setCPUThrottlingRate', { rate: CPU_RATE })
}

async function isStill(t: TestContext, page: Page, whose: string): Promise<void> {
  const shifts = await entries(page, 'layout-shift')
  const all = shifts.reduce((sum, { value = 0 }) => sum + value, 0)
  t.diagnostic(`${whose}: ${all.toFixed(4)}`)
  assert.ok(all < SHIFT_MAX, `${whose}: ${shifts.map(({ value, what }) => `${value?.toFixed(4)} ${what}`).join('\n')}`)
}

async function bestOf(t: TestContext, max: number, run: () => Promise<number>): Promise<void> {
  const seen: number[] = []
  while (seen.length < RUNS && !seen.some((ms) => ms < max)) seen.push(Math.round(await run()))
  t.diagnostic(`${seen.join(', ')} ms`)
  assert.ok(Math.min(...seen) < max, `${seen.join(', ')} ms`)
}

/** The page's own. */
declare function requestAnimationFrame(work: () => void): void
type Listening = { presses: number[]; listen(): void }

function listen(page: Page): Promise<void> {
  return page.evaluate(() => {
    const presses: number[] = []
    const take = (list: object[]) => {
      for (const { duration, interactionId } of list as Entry[]) if (interactionId) presses.push(duration)
    }
    const observer = new PerformanceObserver((list) => take(list.getEntries()))
    observer.observe({ type: 'event', durationThreshold: 16 } as never)
    // Told of however short it was: that there was a press is then known.
    observer.observe({ type: 'first-input' } as never)
    Object.assign(globalThis, { listening: { presses, listen: () => take(observer.takeRecords()) } satisfies Listening })
  })
}

async function slowestPress(page: Page): Promise<number> {
  // A press is measured up to the next paint.
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(() => painted(null)))))
  const ms = await page.waitForFunction(() => {
    const { presses, listen } = (globalThis as unknown as { listening: Listening }).listening
    listen()
    return presses.length > 0 && Math.max(...presses)
  })
  return Number(await ms.jsonValue())
}

type Entry = { startTime: number; duration: number; interactionId?: number; value?: number; what?: string }
type Moved = { sources?: { node: { outerHTML?: string } | null }[] }

/** Everything of that kind since the document began. */
function entries(page: Page, type: string): Promise<Entry[]> {
  return page.evaluate(
    (kind) =>
      new Promise<Entry[]>((resolve) => {
        const observer = new PerformanceObserver((list) => {
          const found = list.getEntries().map((entry) => {
            const what = (entry as Moved).sources?.map(({ node }) => node?.outerHTML?.slice(0, 100)).join(', ')
            return { ...entry.toJSON(), what }
          })
          resolve(found)
        })
        observer.observe({ type: kind, buffered: true } as never)
        // Where there was none nobody calls.
        setTimeout(resolve, 3000, [])
      }),
    type,
  )
}
