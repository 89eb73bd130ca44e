import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { chargeAt } from '../../src/payment/gateway.contract.ts'
import { hearingShop, startDemoGateway } from '../demo-gateway.ts'
import { openBrowser, openWindow, without } from './browser.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

suite('the page of the demo gateway', { skip: without, timeout: 90_000 }, () => {
  let browser: Browser
  let shop: Awaited<ReturnType<typeof hearingShop>>
  let server: Awaited<ReturnType<typeof startDemoGateway>>
  before(async () => {
    browser = await openBrowser()
    shop = await hearingShop()
    server = await startDemoGateway({ notify: shop.url, home: shop.url })
  })
  after(async () => {
    await browser.close()
    await server.stop()
    await shop.close()
  })
  let keys = 0
  const opened = () => server.client.authorize(`k${++keys}`, chargeAt(Date.now()))

  async function barriers(page: Page): Promise<string[]> {
    // Not as a script of the page, whose policy has none.
    await page.evaluate(axe)
    const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] }
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
  }

  for (const [screen, locale, colours] of [
    ['desktop', 'en-GB', 'light'],
    ['phone', 'de-DE', 'dark'],
  ] as const) {
    test(`has no barrier that can be measured: ${screen}, ${locale}, ${colours}`, async (t) => {
      const { page } = await openWindow(browser, server.url, t, { screen, locale })
      await page.emulateMedia({ colorScheme: colours })
      const { txnId, redirectUrl } = await opened()
      await page.goto(redirectUrl ?? '')
      assert.deepEqual(await barriers(page), [])
      await server.client.void(`v${txnId}`, txnId)
      await page.reload()
      assert.deepEqual(await barriers(page), [])
    })
  }

  for (const [button, state] of [
    ['Pay €19.99', 'authorized'],
    ['Decline my card', 'declined'],
    ['Go back without paying', 'open'],
  ] as const) {
    test(`${button} leads back to a shop at another address`, async (t) => {
      const { page } = await openWindow(browser, server.url, t)
      const { orderId, redirectUrl } = await opened()
      await page.goto(redirectUrl ?? '')
      await page.getByRole('button', { name: button }).click()
      await page.waitForURL(`${shop.url}/orders/${orderId}`)
      assert.equal((await server.client.lookup(orderId, 1))?.state, state)
    })
  }
})
