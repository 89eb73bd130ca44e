import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import type { SaleName } from './scene.ts'
import { says, silent, type View } from './view.ts'

const wordsOf = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`../../web/src/locales/${language}.json`, import.meta.url), 'utf8')).buy
const english = wordsOf('en')
const german = wordsOf('de')

const ORDER = '01a00000-0000-7000-8000-000000000001'
/** How long the shop asks for patience where that is to be seen, seconds. */
const PATIENCE_S = '9'

/** Everything that the one button of a sale says, with what stands around it. */
export const buttonViews: View[] = [
  { name: 'sale-sign-in', who: 'visitor', open: sale('coming', 'sign-in') },
  { name: 'sale-sign-in-on', who: 'visitor', open: sale('on', 'sign-in') },
  { name: 'sale-sold-out-seen', who: 'visitor', open: sale('several', 'sold-out') },
  { name: 'sale-wait', who: 'buyer', open: waits },
  { name: 'sale-opens', who: 'buyer', open: sale('coming', 'opens') },
  { name: 'sale-opens-in-days', who: 'buyer', open: sale('far', 'opens') },
  { name: 'sale-buy', who: 'buyer', open: sale('on', 'buy') },
  { name: 'sale-buy-many', who: 'buyer', open: buyMany },
  { name: 'sale-long', who: 'buyer', open: sale('long', 'buy') },
  { name: 'sale-asking', who: 'buyer', open: asking },
  { name: 'sale-again', who: 'buyer', open: pressed(503, { code: 'busy', detail: 'Ask again soon.' }, 'again') },
  { name: 'sale-unheard', who: 'buyer', open: pressed(502, {}, 'again') },
  { name: 'sale-held', who: 'buyer', open: ended('RESERVATION_PENDING', 'held') },
  { name: 'sale-yours', who: 'buyer', open: sale('gone', 'yours') },
  { name: 'sale-have-one', who: 'buyer', open: pressed(409, { code: 'limit-reached', orderId: ORDER }, 'have-one') },
  { name: 'sale-sold-out', who: 'buyer', open: sale('several', 'sold-out') },
  { name: 'sale-came-back', who: 'buyer', open: pressed(409, { code: 'sold-out', remaining: 0 }, 'buy') },
  { name: 'sale-paused', who: 'buyer', open: sale('paused', 'paused') },
  { name: 'sale-ended', who: 'buyer', open: sale('over', 'ended') },
  { name: 'sale-no-credit', who: 'buyer', open: ended('FAILED', 'try-again', 'not-enough-credit') },
  { name: 'sale-payment-failed', who: 'buyer', open: ended('FAILED', 'try-again', 'declined') },
  { name: 'sale-ran-out', who: 'buyer', open: ended('EXPIRED', 'try-again') },
  { name: 'sale-cancelled', who: 'buyer', open: ended('CANCELLED', 'try-again') },
  { name: 'sale-refund-due', who: 'buyer', open: ended('REFUND_DUE', 'try-again') },
  { name: 'sale-refunded', who: 'buyer', open: ended('REFUNDED', 'try-again') },
  { name: 'sale-try-again', who: 'buyer', open: pressed(503, { code: 'busy', detail: '' }, 'try-again', '1') },
  { name: 'sale-unknown', who: 'buyer', open: pressed(502, {}, 'unknown', '1') },
]

function sale(name: SaleName, kind: string): View['open'] {
  return async (page, { sales }) => {
    await page.addInitScript(forgetWishes)
    await page.goto(sales[name].path)
    await page.locator('.words .live').waitFor()
    await buttonSays(page, kind)
  }
}

/** In either language. */
function buttonSays(page: Page, kind: string): Promise<void> {
  const text = [english, german].map((words) => words[kind]?.replace(/[?.*+()]/g, '\\$&').replace(/\{\w+\}/g, '.*'))
  return page
    .locator('.buy')
    .filter({ hasText: new RegExp(`^\\s*(${text.join('|')})\\s*$`) })
    .waitFor()
}

/** The shop answers so to every purchase. */
function pressed(status: number, problem: object, kind: string, seconds = PATIENCE_S): View['open'] {
  return async (page, scene) => {
    await says(page, '**/purchase', status, problem, { 'retry-after': seconds })
    await sale('on', 'buy')(page, scene)
    await page.locator('.buy').click()
    await buttonSays(page, kind)
    await page.locator('.told').getByText(/\S/).first().waitFor()
  }
}

/** It was accepted, and this is what came of it. */
function ended(status: string, kind: string, reason?: string): View['open'] {
  return async (page, scene) => {
    const at = new Date().toISOString()
    const { id: saleId, productId } = scene.sales.on
    const price = { amount: 7450, currency: 'EUR' }
    const common = { orderId: ORDER, saleId, productId, quantity: 1, price, createdAt: at, updatedAt: at }
    const expiresAt = new Date(Date.now() + 600_000).toISOString()
    const order = { ...common, status, reason, history: [], ...(kind === 'held' && { expiresAt }) }
    await says(page, `**/api/v1/orders/${ORDER}`, 200, order)
    await pressed(202, { orderId: ORDER, status: 'RESERVATION_PENDING' }, kind)(page, scene)
  }
}

async function buyMany(...[page, scene]: Parameters<View['open']>): Promise<void> {
  await sale('several', 'sold-out')(page, scene)
  await page.getByRole('radio').nth(1).check()
  await page.locator('.steps button').last().click()
  await buttonSays(page, 'buyMany')
}

async function asking(...[page, scene]: Parameters<View['open']>): Promise<void> {
  await silent(page, '**/purchase')
  await sale('on', 'buy')(page, scene)
  await page.locator('.buy').click()
  await buttonSays(page, 'asking')
}

/** Nobody says yet who this is. */
async function waits(...[page, scene]: Parameters<View['open']>): Promise<void> {
  await silent(page, '**/oidc/**')
  await sale('on', 'wait')(page, scene)
}

/** Runs in the page: a wish that was interrupted in one view would be taken up by the next. */
function forgetWishes(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith('doorbuster.intention.')) localStorage.removeItem(key)
}
