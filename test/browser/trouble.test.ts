import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Page, WebSocketRoute } from 'playwright-core'
import { type Window, without } from './browser.ts'
import { type Made, newEmail, Stage, signUp } from './stage.ts'

/** What a lost connection leaves on the console. */
const cut = [/net::ERR_/, /WebSocket connection to/]
const UNHEARD = 'We did not hear back yet.'

suite('trouble in mid-purchase', { skip: without, timeout: 240_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'trouble-'))
  let stage: Stage
  before(async () => {
    stage = await Stage.open({ DATA_DIR: dir })
  })
  after(async () => {
    await stage.close()
    rmSync(dir, { recursive: true, force: true })
  })

  /** On the page of a sale that is on, signed in. */
  async function atTheButton(window: Window, sale: Made): Promise<Page> {
    await window.page.goto(sale.path)
    await signUp(window.page, newEmail('ann'))
    await window.page.getByRole('button', { name: 'Buy for €20' }).waitFor()
    await window.page.getByText('Live').waitFor()
    return window.page
  }

  async function isOneOrder(page: Page, sale: Made): Promise<void> {
    await page.getByRole('button', { name: 'Yours' }).waitFor()
    await page.getByText('99 of 100 left').waitFor()
    const orders = await stage.orders(sale.id)
    assert.deepEqual(
      orders.map(({ status }) => status),
      ['COMPLETED'],
    )
  }

  test('the answer is lost and the line with it: asked again by itself, it is the same order', async (t) => {
    const sale = await stage.sale({ name: 'Headphones' })
    const window = await stage.window(t, { screen: 'phone', provokes: cut })
    const page = await atTheButton(window, sale)
    await page.route(
      '**/purchase',
      async (route) => {
        await route.fetch()
        await window.context.setOffline(true)
        await route.abort('internetdisconnected')
      },
      { times: 1 },
    )
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await page.getByText(UNHEARD).waitFor()
    await window.context.setOffline(false)
    await isOneOrder(page, sale)
  })

  test('the socket is cut: the page says so, asks instead, and is told again as soon as it can be', async (t) => {
    const sale = await stage.sale({ name: 'Headphones' })
    const window = await stage.window(t)
    const sockets: WebSocketRoute[] = []
    let isCut = false
    await window.page.routeWebSocket(/\/api\/v1\/live/, (socket) => {
      if (isCut) return void socket.close()
      socket.connectToServer()
      sockets.push(socket)
    })
    const page = await atTheButton(window, sale)
    await page.route(
      '**/purchase',
      async (route) => {
        isCut = true
        for (const socket of sockets) await socket.close()
        await route.continue()
      },
      { times: 1 },
    )
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await page.getByText('Connecting').waitFor()
    await isOneOrder(page, sale)
    isCut = false
    await page.getByText('Live').waitFor()
    await stage.buy(sale, await stage.buyer(newEmail('else')))
    await page.getByText('98 of 100 left').waitFor()
  })

  test('the shop is killed when it has taken the order, and started again: the buyer ends up with that order', async (t) => {
    const sale = await stage.sale({ name: 'Headphones' })
    const window = await stage.window(t, { screen: 'phone', provokes: cut })
    const page = await atTheButton(window, sale)
    await page.route(
      '**/purchase',
      async (route) => {
        await route.fetch()
        await stage.shop.kill()
        await route.abort('connectionreset')
      },
      { times: 1 },
    )
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await page.getByText(UNHEARD).waitFor()
    await stage.restart()
    await endsUpWithIt(page)
    await isOneOrder(page, sale)
    await page.getByText('Live').waitFor()
  })

  test('the shop is away when the button is pressed: the wish is kept until it is there, and is one order', async (t) => {
    const sale = await stage.sale({ name: 'Headphones' })
    const window = await stage.window(t, { provokes: cut })
    const page = await atTheButton(window, sale)
    await stage.shop.kill()
    await page.getByText('Connecting').waitFor()
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await page.getByText(UNHEARD).waitFor()
    await stage.restart()
    await endsUpWithIt(page)
    await isOneOrder(page, sale)
  })

  test('a reload in mid-purchase takes up the same wish', async (t) => {
    const sale = await stage.sale({ name: 'Headphones' })
    const window = await stage.window(t, { screen: 'phone' })
    const page = await atTheButton(window, sale)
    const { promise: taken, resolve } = Promise.withResolvers<void>()
    await page.route('**/purchase', (route) => route.fetch().then(() => resolve()), { times: 1 })
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await page.getByRole('button', { name: 'Asking' }).waitFor()
    await taken
    await page.reload()
    await isOneOrder(page, sale)
  })

  /** By itself, or, where the shop is away for longer than the page asks by itself, by the button that it then offers. */
  async function endsUpWithIt(page: Page): Promise<void> {
    const again = page.getByRole('button', { name: 'Ask again' })
    const yours = page.getByRole('button', { name: 'Yours' })
    await again.or(yours).waitFor()
    if (await again.isVisible()) await again.click()
  }
})
