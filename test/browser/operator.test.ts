import { after, before, suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type Screen, without } from './browser.ts'
import { press, type } from './keyboard.ts'
import { newEmail, operator, Stage, signIn, signUp } from './stage.ts'

suite('an operator', { skip: without, timeout: 180_000 }, () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  for (const screen of ['desktop', 'phone'] satisfies Screen[]) {
    test(`on a ${screen}: makes a sale, starts it, sees it sell, pauses, resumes and ends it; a buyer sees the same`, async (t) => {
      const name = `Kettles for a ${screen}`
      await stage.product({ name: `Kettle for a ${screen}`, before: 7900, stock: 50 })
      const { page } = await stage.window(t, { screen })
      await page.goto('/operator')
      await signIn(page, operator.email)
      await page.getByRole('link', { name: 'New sale' }).first().click()
      await page.getByLabel('Name').fill(name)
      await page.getByRole('combobox', { name: 'Add a product' }).fill(`kettle ${screen}`)
      await page.getByRole('option', { name: `Kettle for a ${screen}` }).click()
      await page.getByLabel('Sale price').fill('39.50')
      await page.getByLabel('Units', { exact: true }).fill('5')
      await page.getByRole('button', { name: 'Create sale' }).click()
      await page.getByRole('heading', { name, level: 1 }).waitFor()

      const buyer = await stage.window(t, { screen: screen === 'phone' ? 'desktop' : 'phone' })
      await buyer.page.goto(new URL(page.url()).pathname.replace('/operator', ''))
      await signUp(buyer.page, newEmail('ann'))
      await buyer.page.getByRole('button', { name: 'Opens in' }).waitFor()
      await sure(page, 'Start now', `Start “${name}” now?`)
      await buyer.page.getByRole('button', { name: 'Buy for €39.50' }).click()
      await buyer.page.getByRole('button', { name: 'Yours' }).waitFor()
      await numberIs(page, 'Sold', '1')
      await numberIs(page, 'Left', '4')

      const other = await stage.window(t)
      await other.page.goto(new URL(buyer.page.url()).pathname)
      await signUp(other.page, newEmail('bob'))
      await sure(page, 'Pause', `Pause “${name}”?`)
      await other.page.getByRole('button', { name: 'Paused' }).waitFor()
      await page.getByText('Paused').first().waitFor()
      await sure(page, 'Resume', `Resume “${name}”?`)
      await other.page.getByRole('button', { name: 'Buy for €39.50' }).waitFor()
      await sure(page, 'End', `End “${name}”?`)
      await other.page.getByRole('button', { name: 'Ended' }).waitFor()
      await buyer.page.getByRole('button', { name: 'Yours' }).waitFor()
      await page.getByText('4 went back to stock').waitFor()
    })
  }

  test('by keyboard alone: makes a sale, starts it and pauses it', async (t) => {
    await stage.product({ name: 'Backpack', stock: 50 })
    const { page } = await stage.window(t)
    await page.goto('/operator')
    await press(page, page.getByRole('main').getByRole('button', { name: 'Sign in' }))
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.keyboard.type(operator.email)
    await type(page, page.getByLabel('Password'), operator.password)
    await page.keyboard.press('Enter')
    await press(page, page.getByRole('link', { name: 'New sale' }).first())
    await type(page, page.getByLabel('Name'), 'Backpacks')
    await type(page, page.getByRole('combobox', { name: 'Add a product' }), 'back')
    await page.getByRole('option', { name: 'Backpack' }).waitFor()
    await page.keyboard.press('Enter')
    // The price of what was added has the focus.
    await page.getByLabel('Sale price').waitFor()
    await page.keyboard.type('19.99')
    await type(page, page.getByLabel('Units', { exact: true }), '5')
    await press(page, page.getByRole('button', { name: 'Create sale' }))
    await page.getByRole('heading', { name: 'Backpacks', level: 1 }).waitFor()
    for (const [verb, state] of [
      ['Start now', 'On now'],
      ['Pause', 'Paused'],
    ] as const) {
      await press(page, page.getByRole('main').getByRole('button', { name: verb, exact: true }))
      const dialog = page.getByRole('dialog', { name: 'Backpacks' })
      // It begins at the way out.
      await press(page, dialog.getByRole('button', { name: verb, exact: true }))
      await dialog.waitFor({ state: 'hidden' })
      await page.getByText(state).first().waitFor()
    }
  })

  /** Presses it and says yes to the question, which names the sale. */
  async function sure(page: Page, verb: string, question: string): Promise<void> {
    await page.getByRole('main').getByRole('button', { name: verb, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: question })
    await dialog.getByRole('button', { name: verb, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
  }

  async function numberIs(page: Page, name: string, value: string): Promise<void> {
    const tile = page.locator('dl > div').filter({ has: page.getByText(name, { exact: true }) })
    await tile.getByText(value, { exact: true }).waitFor()
  }
})
