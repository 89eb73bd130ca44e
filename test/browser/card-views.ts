import type { Page } from 'playwright-core'
import type { Scene } from './scene.ts'
import { goTo, says, type View } from './view.ts'

const REDIRECT = '/gateway-demo/pay/nowhere'

/** What there is to see of paying by card, without a gateway that would end it. After all others: the choice of a card is kept. */
export const cardViews: View[] = [
  { name: 'sale-by-card', who: 'buyer', open: (page, scene) => toSale(page, scene) },
  { name: 'sale-card-opening', who: 'buyer', open: waits('sale', { state: 'created', attempt: 1 }, 'Opening payment…') },
  { name: 'sale-card-pay', who: 'buyer', open: waits('sale', { state: 'open', attempt: 1, redirectUrl: REDIRECT }, 'Go on to') },
  { name: 'sale-cards-down', who: 'buyer', open: cardsDown },
  { name: 'order-to-pay', who: 'buyer', open: waits('order', { state: 'open', attempt: 1, redirectUrl: REDIRECT }, 'Go on to') },
  {
    name: 'order-card-declined',
    who: 'buyer',
    open: waits('order', { state: 'open', attempt: 2, redirectUrl: REDIRECT }, 'Try another card'),
  },
  { name: 'order-card-charging', who: 'buyer', open: waits('order', { state: 'authorized', attempt: 1 }, 'Your card said yes.') },
  { name: 'order-cancelling', who: 'buyer', open: waits('order', { state: 'voiding', attempt: 1 }, 'Being cancelled') },
  { name: 'operator-order', who: 'operator', open: details },
  { name: 'operator-refund', who: 'operator', open: refund },
  { name: 'operator-payments', who: 'operator', open: payments },
  { name: 'operator-payments-down', who: 'operator', open: gatewayDown },
]

async function toSale(page: Page, { sales }: Scene): Promise<void> {
  await page.goto(sales.on.path)
  await page.locator('.words .live').waitFor()
  await page.getByText('Card', { exact: true }).click()
}

/** An order waits for its card, and this is how its payment stands. */
function waits(where: 'sale' | 'order', payment: object, words: string): View['open'] {
  return async (page, { sales, orders: { paid: orderId } }) => {
    const at = new Date().toISOString()
    const expiresAt = new Date(Date.now() + 600_000).toISOString()
    const { id: saleId, productId } = sales.on
    const order = {
      ...{ orderId, saleId, productId, quantity: 1, price: { amount: 7450, currency: 'EUR' }, payment: { method: 'card' } },
      ...{ status: 'PAYMENT_PENDING', createdAt: at, updatedAt: at, expiresAt },
      history: [
        { status: 'RESERVATION_PENDING', at },
        { status: 'PAYMENT_PENDING', at },
      ],
    }
    await says(page, '**/api/v1/orders?*', 200, { items: [order], next: null })
    await says(page, `**/api/v1/orders/${orderId}`, 200, order)
    await says(page, `**/api/v1/payments/${orderId}`, 200, { orderId, ...payment })
    await goTo(page, where === 'sale' ? `/sales/${saleId}` : `/orders/${orderId}`, words)
  }
}

async function cardsDown(...[page, scene]: Parameters<View['open']>): Promise<void> {
  await says(page, '**/purchase', 503, { code: 'payment-unavailable', title: 'No', status: 503, detail: 'No.' })
  await toSale(page, scene)
  await page.locator('.buy').click()
  await page.getByText('Cards cannot be taken at the moment.').waitFor()
}

async function details(page: Page, { orders: { paid: orderId } }: Scene): Promise<void> {
  const at = new Date().toISOString()
  const price = { amount: 2400, currency: 'EUR' }
  await page.route('**/api/v1/admin/orders?*', async (route) => {
    const answer = await route.fetch()
    const { items, next } = await answer.json()
    const changed = items.map((one: { orderId: string }) =>
      one.orderId === orderId ? { ...one, payment: { method: 'card' } } : one,
    )
    await route.fulfill({ response: answer, json: { items: changed, next } })
  })
  await page.route(`**/api/v1/orders/${orderId}`, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...(await answer.json()), payment: { method: 'card' } } })
  })
  const attempt = { amount: price, createdAt: at, updatedAt: at, tries: 0 }
  await says(page, `**/api/v1/admin/orders/${orderId}/attempts`, 200, {
    items: [
      { ...attempt, attempt: 1, state: 'declined', txnId: 'txn_9x0aRq1cB7', reason: 'insufficient_funds', tries: 2 },
      { ...attempt, attempt: 2, state: 'captured', txnId: 'txn_b1TzQ8mn4k' },
    ],
  })
  await goTo(page, '/operator/orders', 'Paid')
  await page.getByRole('button', { name: `Details of order …${orderId.slice(-8)}` }).click()
  await page.getByRole('dialog').getByText('Taken').waitFor()
}

async function refund(...[page, scene]: Parameters<View['open']>): Promise<void> {
  await details(page, scene)
  await page.getByRole('dialog').getByRole('button', { name: 'Refund' }).click()
  const ask = page.getByRole('dialog', { name: 'Refund €24' })
  await ask.getByRole('button', { name: 'Refund' }).click()
  await ask.getByText('Say why, for the record.').waitFor()
}

async function payments(page: Page, { orders }: Scene): Promise<void> {
  const at = new Date().toISOString()
  const doubt = {
    type: 'payment.captured',
    orderId: orders.paid,
    txnId: 'txn_b1TzQ8mn4k',
    currency: 'EUR',
    created: at,
    receivedAt: at,
  }
  const items = [
    { ...doubt, id: 'a', because: '999 EUR instead of 2400 EUR', attempt: 1, state: 'captured', amount: 999 },
    { ...doubt, id: 'b', because: 'no such order here', attempt: 2, state: 'authorized', amount: 99_999_999_99 },
  ]
  await says(page, '**/api/v1/admin/payments/quarantine?*', 200, { items, next: null })
  await goTo(page, '/operator/payments', 'instead of 2400 EUR')
  await page.getByText('Purchases by card are taken.').waitFor()
}

async function gatewayDown(page: Page): Promise<void> {
  await says(page, '**/api/v1/admin/payments/gateway', 200, { gateway: 'stripe', available: false, breaker: 'open' })
  await goTo(page, '/operator/payments', 'Does not answer')
}
