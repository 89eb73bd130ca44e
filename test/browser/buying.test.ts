import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Screen, without } from './browser.ts'
import { press, tabTo, type } from './keyboard.ts'
import { newEmail, OPENING_CREDIT, password, Stage, signIn, signUp } from './stage.ts'

const SOON_MS = 4000
/** As often as the page may look by itself while a socket tells it: what is there earlier was told. */
const LOOKS_EVERY_MS = 5000

suite('buying', { skip: without, timeout: 180_000 }, () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  for (const screen of ['desktop', 'phone'] satisfies Screen[]) {
    test(`on a ${screen}: sign up, wait for the opening, buy; the code comes by itself, to the other device too`, async (t) => {
      const sale = await stage.sale({ name: 'Headphones', opensIn: 3600_000 })
      const email = newEmail('ann')
      const { page } = await stage.window(t, { screen })
      await page.goto(sale.path)
      await page.getByRole('button', { name: 'Sign in to take part' }).waitFor()
      await signUp(page, email)
      await page.getByRole('button', { name: 'Opens in 59:' }).waitFor()
      const desk = await stage.window(t)
      await desk.page.goto('/orders')
      await signIn(desk.page, email)
      await desk.page.getByText('You have not bought anything yet').waitFor()

      await page.evaluate('window.sameDocument = true')
      await stage.change(sale.id, { startTime: new Date(Date.now() + SOON_MS).toISOString() })
      await page.getByRole('button', { name: 'Opens in 00:0' }).waitFor()
      await page.getByRole('button', { name: 'Buy for €20' }).click()
      const bought = performance.now()
      await page.getByRole('button', { name: 'Yours' }).waitFor()
      const code = await page.locator('code').textContent()
      assert.match(code ?? '', /^[0-9A-Z-]{8,}$/)
      await page.getByText('99 of 100 left').waitFor()
      assert.equal(await page.evaluate('window.sameDocument'), true, 'nothing was reloaded')

      await desk.page.getByText(code ?? '').waitFor({ timeout: LOOKS_EVERY_MS - (performance.now() - bought) })
      await desk.page.getByText('Paid').waitFor()
      await page.getByRole('link', { name: 'To the order' }).click()
      await page.getByRole('heading', { name: 'What happened' }).waitFor()
    })
  }

  test('what was chosen before signing in is chosen after it', async (t) => {
    const items = [
      { productId: await stage.product({ name: 'Kettle' }), quantity: 5, salePrice: { amount: 3000, currency: 'EUR' } },
      { productId: await stage.product({ name: 'Mug' }), quantity: 5, salePrice: { amount: 500, currency: 'EUR' } },
    ]
    const endTime = new Date(Date.now() + 3600_000).toISOString()
    const plan = { name: 'Kitchen', startTime: new Date().toISOString(), endTime, maxPurchasesPerUser: 1, items }
    const { id } = await stage.shop.api.post<{ id: string }>('/api/v1/admin/sales', plan)
    const { page } = await stage.window(t)
    await page.goto(`/sales/${id}`)
    await page.getByRole('radio', { name: 'Kettle', checked: true }).waitFor()
    await page.getByText('Mug').click()
    await signUp(page, newEmail('mia'))
    await page.getByRole('radio', { name: 'Mug', checked: true }).waitFor()
    await page.getByRole('button', { name: 'Buy for €5' }).waitFor()
  })

  test('a second browser sees the stock fall to the last unit, and a unit that comes back wakes its button', async (t) => {
    const sale = await stage.sale({ name: 'Lamp', units: 2 })
    const [ann, bob] = [await stage.window(t), await stage.window(t, { screen: 'phone' })]
    for (const { page } of [ann, bob]) {
      await page.goto(sale.path)
      await signUp(page, newEmail('ann'))
      await page.getByText('2 of 2 left').waitFor()
    }
    await ann.page.getByRole('button', { name: 'Buy for €20' }).click()
    await bob.page.getByText('1 of 2 left').waitFor()
    await stage.buy(sale, await stage.buyer(newEmail('else')))
    await bob.page.getByText('0 of 2 left').waitFor()
    await bob.page.getByRole('button', { name: 'Sold out' }).waitFor()
    await bob.page.getByText('A unit may come back; keep this page open.').waitFor()
    await ann.page.getByRole('button', { name: 'Yours' }).waitFor()

    await stage.change(sale.id, { items: [{ productId: sale.productId, quantity: 3 }] })
    await bob.page.getByText('1 of 3 left').waitFor()
    await bob.page.getByRole('button', { name: 'Buy for €20' }).click()
    await bob.page.getByRole('button', { name: 'Yours' }).waitFor()
    for (const { page } of [ann, bob]) await page.getByText('0 of 3 left').waitFor()
  })

  test('too little credit: it is said, nothing is charged, and the unit is there for the next', async (t) => {
    const sale = await stage.sale({ name: 'Bicycle', price: 2 * OPENING_CREDIT, before: 3 * OPENING_CREDIT, units: 1 })
    const { page } = await stage.window(t, { screen: 'phone' })
    await page.goto(sale.path)
    await signUp(page, newEmail('cyd'))
    await page.getByRole('button', { name: 'Buy for €200' }).click()
    await page.getByText('Your credit is too low, so nothing was charged and your unit went back.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).waitFor()
    await page.getByText('1 of 1 left').waitFor()
    await page.getByRole('link', { name: 'To the order' }).click()
    await page.getByText('Payment failed').first().waitFor()
    await page.goto('/account')
    await page.getByText('€100').first().waitFor()
  })

  test('one for each buyer: who presses in a second window is led to the order that there is', async (t) => {
    const sale = await stage.sale({ name: 'Cup' })
    const email = newEmail('dee')
    const [one, two] = [await stage.window(t), await stage.window(t, { screen: 'phone', provokes: [/ 409 .*\/purchase$/] })]
    await one.page.goto(sale.path)
    await signUp(one.page, email)
    await two.page.goto(sale.path)
    await signIn(two.page, email)
    const buy = { name: 'Buy for €20' }
    await two.page.getByRole('button', buy).waitFor()
    await one.page.getByRole('button', buy).click()
    await one.page.getByRole('button', { name: 'Yours' }).waitFor()
    await two.page.getByRole('button', buy).click()
    await two.page.getByText('You have what one buyer can have in this sale.').waitFor()
    await two.page.getByRole('link', { name: 'You already have one' }).click()
    await two.page.getByText((await one.page.locator('code').textContent()) ?? '').waitFor()
    assert.equal((await stage.orders(sale.id)).length, 1)
  })

  test('a buyer with many windows waits for a turn in each of them, and each is told what was bought', async (t) => {
    const sale = await stage.sale({ name: 'Record' })
    const { page, context } = await stage.window(t)
    await page.goto(sale.path)
    await signUp(page, newEmail('eve'))
    const windows = await Promise.all(Array.from({ length: 6 }, () => context.newPage()))
    await Promise.all(windows.map((window) => window.goto('/orders')))
    for (const window of windows) {
      await window.getByText('You have not bought anything yet').waitFor()
      await window.getByText('Live').waitFor()
    }
    await page.getByRole('button', { name: 'Buy for €20' }).click()
    const code = await page.locator('code').textContent()
    for (const window of windows) await window.getByText(code ?? '').waitFor()
  })

  test('who leaves a page while it looks for the session is still signed in on the next', async (t) => {
    const sale = await stage.sale({ name: 'Kettle' })
    const { page } = await stage.window(t, { screen: 'phone' })
    await page.goto(sale.path)
    await signUp(page, newEmail('gus'))
    await page.getByRole('button', { name: 'Buy for €20' }).waitFor()
    const isSilent = page.waitForRequest('**/oidc/**')
    await page.route('**/oidc/**', () => {}, { times: 1 })
    await page.goto(sale.path)
    await isSilent
    await page.goto(sale.path)
    await page.getByRole('button', { name: 'Buy for €20' }).waitFor()
  })

  test('a sign-in that failed is said, and the page knows that nobody is signed in', async (t) => {
    const { path } = await stage.sale({ name: 'Teapot' })
    const { page } = await stage.window(t)
    await page.goto('/signed-in?error=access_denied&state=of-another-window')
    await page.getByRole('heading', { name: 'That did not work' }).waitFor()
    await page.getByRole('banner').getByRole('button', { name: 'Sign in' }).waitFor()
    await page.getByRole('link', { name: 'Doorbuster' }).click()
    // By its address: the product has the same name, and its link may be there before the sale's.
    await page.locator(`a[href="${path}"]`).first().click()
    await page.getByRole('button', { name: 'Sign in to take part' }).waitFor()
  })

  test('by keyboard alone: sign up, wait, buy, copy the code', async (t) => {
    const sale = await stage.sale({ name: 'Camera', opensIn: 3600_000 })
    const { page, context } = await stage.window(t)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto(sale.path)
    await press(page, page.getByRole('button', { name: 'Sign in to take part' }))
    await press(page, page.getByRole('link', { name: 'Create an account' }))
    await page.getByRole('heading', { name: 'Create an account' }).waitFor()
    // The first field has the focus already.
    await page.keyboard.type(newEmail('flo'))
    await type(page, page.getByLabel('Password'), password)
    await page.keyboard.press('Enter')
    const opens = page.getByRole('button', { name: 'Opens in 59:' })
    await tabTo(page, opens)
    await stage.change(sale.id, { startTime: new Date(Date.now() + SOON_MS).toISOString() })
    await page.getByRole('button', { name: 'Buy for €20' }).waitFor()
    await page.getByRole('alert').getByText('The sale is open.').waitFor({ state: 'attached' })
    // The button that was waited at is the one that buys: nothing moved the focus away.
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Yours' }).waitFor()
    await press(page, page.getByRole('button', { name: 'Copy' }))
    await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' })
    const code = await page.locator('code').textContent()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), code)
    await press(page, page.getByRole('link', { name: 'To the order' }))
    await page.getByRole('heading', { name: 'What happened' }).waitFor()
  })
})
