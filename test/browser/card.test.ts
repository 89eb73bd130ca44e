import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { type Screen, without } from './browser.ts'
import { type Made, newEmail, operator, Stage, signIn, signUp } from './stage.ts'

const CODE = /^[0-9A-Z-]{8,}$/

suite('paying by card', { skip: without, timeout: 240_000 }, () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  /** Signed in, at the page of the gateway; answers its address. */
  async function toGateway(page: Page, sale: Made): Promise<string> {
    await page.goto(sale.path)
    await signUp(page, newEmail('ann'))
    await page.getByText('Card', { exact: true }).click()
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await atGateway(page)
    return page.url()
  }

  async function atGateway(page: Page): Promise<void> {
    await page.waitForURL('**/gateway-demo/pay/**')
    await page.getByRole('heading', { name: 'Pay by card' }).waitFor()
  }

  async function isPaid(page: Page): Promise<void> {
    await page.waitForURL('**/orders/*')
    await page.getByText('It is paid and it is yours.').waitFor()
    assert.match((await page.locator('code').textContent()) ?? '', CODE)
  }

  for (const screen of ['desktop', 'phone'] satisfies Screen[]) {
    test(`on a ${screen}: buy, pay at the gateway's page, and the code is there on the way back`, async (t) => {
      const sale = await stage.sale({ name: 'Headphones' })
      const { page } = await stage.window(t, { screen })
      await toGateway(page, sale)
      await page.getByRole('button', { name: 'Pay €20.00' }).click()
      await isPaid(page)
      // What was chosen for a sale is chosen still, and what is bought there is shown.
      await page.goto(sale.path)
      await page.getByRole('button', { name: 'Yours' }).waitFor()
      await page.getByText('99 of 100 left').waitFor()
      assert.equal((await stage.orders(sale.id)).length, 1)
    })

    test(`on a ${screen}: a card is declined, the unit stays held, and the second card pays`, async (t) => {
      const sale = await stage.sale({ name: 'Lamp', units: 1 })
      const { page } = await stage.window(t, { screen })
      const first = await toGateway(page, sale)
      await page.getByRole('button', { name: 'Decline my card' }).click()
      await page.waitForURL('**/orders/*')
      await page.getByText('Your card was declined, nothing was charged.').waitFor()
      await page.getByRole('link', { name: 'Try another card' }).click()
      await atGateway(page)
      assert.notEqual(page.url(), first)
      await page.getByRole('button', { name: 'Pay €20.00' }).click()
      await isPaid(page)
    })

    test(`on a ${screen}: who leaves the gateway's page finds the way back to it, on the sale's page and the order's`, async (t) => {
      const sale = await stage.sale({ name: 'Record' })
      const { page } = await stage.window(t, { screen })
      const pay = await toGateway(page, sale)
      await page.getByRole('button', { name: 'Go back without paying' }).click()
      await page.waitForURL('**/orders/*')
      const goOn = page.getByRole('link', { name: 'Go on to payment' })
      assert.equal(await goOn.getAttribute('href'), pay)
      // Nobody is taken away from a page that they came back to.
      await page.goto(sale.path)
      await goOn.waitFor()
      await page.getByText('Held for you until').waitFor()
      await goOn.click()
      await atGateway(page)
      await page.getByRole('button', { name: 'Pay €20.00' }).click()
      await isPaid(page)
      assert.equal((await stage.orders(sale.id)).length, 1)
    })

    test(`on a ${screen}: an operator refunds an order; its buyer sees it at once, and the unit is on sale again`, async (t) => {
      const sale = await stage.sale({ name: `Kettle for a ${screen}`, units: 1 })
      const buyer = await stage.window(t, { screen })
      await toGateway(buyer.page, sale)
      await buyer.page.getByRole('button', { name: 'Pay €20.00' }).click()
      await isPaid(buyer.page)
      const orderId = new URL(buyer.page.url()).pathname.split('/').at(-1) ?? ''

      const { page } = await stage.window(t, { screen })
      await page.goto('/operator/orders')
      await signIn(page, operator.email)
      await page.getByRole('button', { name: `Details of order …${orderId.slice(-8)}` }).click()
      const details = page.getByRole('dialog', { name: `Kettle for a ${screen}` }).first()
      await details.getByText('Taken').waitFor()
      await details.getByRole('button', { name: 'Refund' }).click()
      const ask = page.getByRole('dialog', { name: `Refund €20 for Kettle for a ${screen}?` })
      await ask.getByLabel('Reason').fill('It arrived broken')
      await ask.getByRole('button', { name: 'Refund' }).click()
      await details.getByText('It arrived broken').waitFor()
      await buyer.page.getByText('Your money was sent back to your card.').waitFor()
      await details.getByText('Refunded').first().waitFor()
      await buyer.page.goto(sale.path)
      await buyer.page.getByText('1 of 1 left').waitFor()
    })
  }

  test('a reload while the page of the gateway is being opened: one order, and the way there', async (t) => {
    const sale = await stage.sale({ name: 'Cup' })
    const { page } = await stage.window(t)
    await page.goto(sale.path)
    await signUp(page, newEmail('bob'))
    await page.getByText('Card', { exact: true }).click()
    await page.route('**/api/v1/payments/*', () => {})
    await page.getByRole('button', { name: 'Buy for €20' }).dblclick()
    await page.getByRole('button', { name: 'Opening payment…' }).waitFor()
    await page.unroute('**/api/v1/payments/*')
    await page.reload()
    await page.getByRole('link', { name: 'Go on to payment' }).click()
    await atGateway(page)
    assert.equal((await stage.orders(sale.id)).length, 1)
  })

  test('cancelled while it waits for the payment: the gateway calls it off, and the unit is there for the next', async (t) => {
    const sale = await stage.sale({ name: 'Camera', units: 1 })
    const { page } = await stage.window(t, { screen: 'phone' })
    const pay = await toGateway(page, sale)
    await page.getByRole('button', { name: 'Go back without paying' }).click()
    await page.getByRole('button', { name: 'Cancel the order' }).click()
    const ask = page.getByRole('dialog', { name: 'Cancel your order of Camera?' })
    await ask.getByRole('button', { name: 'Cancel the order' }).click()
    await page.getByText('This order was cancelled. Nothing was charged.').waitFor()
    await page.goto(pay)
    await page.getByRole('heading', { name: 'The shop has ended this payment' }).waitFor()
    await page.getByRole('link', { name: 'Back to the shop' }).click()
    await page.getByRole('link', { name: 'To the sale' }).first().click()
    await page.getByText('1 of 1 left').waitFor()
  })
})

suite('a card gateway that does not answer', { skip: without, timeout: 60_000 }, () => {
  let stage: Stage
  before(async () => {
    // Nobody listens there.
    stage = await Stage.open({ PAYMENT_URL: 'http://key@127.0.0.1:9', WEBHOOK_SECRET: 'no-word-is-signed-with-this' })
  })
  after(() => stage.close())

  /** The shop asks it by itself what there is to tell, and gives up for a while. */
  async function isKnown(): Promise<void> {
    const gateway = '/api/v1/admin/payments/gateway'
    while ((await stage.shop.api.get<{ available: boolean }>(gateway)).available) await delay(100)
  }

  test('nothing is bought, nothing is tried by itself, and credit works', async (t) => {
    const sale = await stage.sale({ name: 'Book' })
    const { page } = await stage.window(t, { screen: 'phone', provokes: [/ 503 .*\/purchase$/] })
    await page.goto(sale.path)
    await signUp(page, newEmail('cyd'))
    await page.getByText('Card', { exact: true }).click()
    await isKnown()
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await page.getByText('Cards cannot be taken at the moment. Nothing was bought, and credit works.').waitFor()
    await page.getByRole('button', { name: 'Pay by credit instead' }).click()
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    await page.getByRole('button', { name: 'Yours' }).waitFor()
    assert.equal((await stage.orders(sale.id)).length, 1)
  })
})
