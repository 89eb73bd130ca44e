import type { Page } from 'playwright-core'
import { operator } from './stage.ts'
import { at, goTo, says, silent, type View } from './view.ts'

const unknown = '01a00000-0000-7000-8000-000000000000'

/** What there is to see before anything is in the shop. */
export const emptyViews: View[] = [
  { name: 'front-empty', who: 'visitor', open: at('/', 'No sale is planned') },
  { name: 'products-empty', who: 'visitor', open: at('/products', 'The shop is still empty') },
  { name: 'orders-empty', who: 'buyer', open: at('/orders', 'You have not bought anything yet') },
  { name: 'operator-sales-empty', who: 'operator', open: at('/operator', 'No sale yet') },
  { name: 'operator-products-empty', who: 'operator', open: at('/operator/products', 'No product here') },
  { name: 'operator-orders-empty', who: 'operator', open: at('/operator/orders', 'No order yet') },
  { name: 'operator-holds-empty', who: 'operator', open: at('/operator/holds', 'Nothing is held') },
]

export const buyerViews: View[] = [
  { name: 'front', who: 'visitor', open: at('/', 'All products') },
  { name: 'products', who: 'visitor', open: at('/products', 'Court Sneaker') },
  { name: 'products-category', who: 'visitor', open: at('/products?category=Drops', 'Court Sneaker') },
  { name: 'products-loading', who: 'visitor', open: productsLoading },
  { name: 'products-error', who: 'visitor', open: productsError },
  { name: 'product', who: 'visitor', open: at(({ productId }) => `/products/${productId}`, 'Ends in') },
  { name: 'product-gone', who: 'visitor', open: at(`/products/${unknown}`, 'no longer here') },
  { name: 'orders-signed-out', who: 'visitor', open: at('/orders', 'Your orders are yours alone') },
  { name: 'account-signed-out', who: 'visitor', open: at('/account', 'Your account') },
  { name: 'signed-in-failed', who: 'visitor', open: at('/signed-in', 'That did not work') },
  { name: 'not-found', who: 'visitor', open: at('/nowhere', 'There is no such page') },
  { name: 'orders', who: 'buyer', open: at('/orders', 'Tidewater') },
  { name: 'order-paid', who: 'buyer', open: at(({ orders }) => `/orders/${orders.paid}`, 'Paid: it is yours') },
  { name: 'order-declined', who: 'buyer', open: at(({ orders }) => `/orders/${orders.declined}`, 'Payment failed') },
  { name: 'order-held', who: 'buyer', open: orderHeld },
  { name: 'order-cancel', who: 'buyer', open: orderCancel },
  { name: 'order-gone', who: 'buyer', open: at(`/orders/${unknown}`, 'You have no such order') },
  { name: 'account', who: 'buyer', open: at('/account', 'Paid for an order') },
  { name: 'account-everywhere', who: 'buyer', open: accountEverywhere },
]

/** The issuer's own pages. */
export const issuerViews: View[] = [
  { name: 'sign-in', who: 'visitor', open: (page) => toSignIn(page) },
  { name: 'sign-in-wrong', who: 'visitor', open: signInWrong },
  { name: 'sign-up', who: 'visitor', open: (page) => toSignUp(page) },
  { name: 'sign-up-wrong', who: 'visitor', open: signUpWrong },
  { name: 'sign-in-over', who: 'visitor', open: at(`/oidc/interaction/${unknown}`, 'This sign-in is over') },
  { name: 'sign-in-refused', who: 'visitor', open: at('/oidc/auth?client_id=nobody', 'This sign-in cannot go on') },
  { name: 'sign-out', who: 'buyer', open: at('/oidc/session/end', 'Sign out?') },
]

async function productsLoading(page: Page): Promise<void> {
  await silent(page, /\/api\/v1\/products\?/)
  await page.goto('/products')
  await page.locator('.bone').first().waitFor()
}

async function productsError(page: Page): Promise<void> {
  await page.route(/\/api\/v1\/products\?/, (route) => route.abort())
  await goTo(page, '/products', 'The shop cannot be reached.')
}

async function orderHeld(page: Page, { orders, sales }: Parameters<View['open']>[1]): Promise<void> {
  const now = Date.now()
  const created = new Date(now - 1500).toISOString()
  await says(page, `**/api/v1/orders/${orders.paid}`, 200, {
    orderId: orders.paid,
    saleId: sales.gone.id,
    productId: sales.gone.productId,
    quantity: 1,
    price: { amount: 2400, currency: 'EUR' },
    status: 'RESERVATION_PENDING',
    createdAt: created,
    updatedAt: created,
    expiresAt: new Date(now + 600_000).toISOString(),
    history: [{ status: 'RESERVATION_PENDING', at: created }],
  })
  await goTo(page, `/orders/${orders.paid}`, 'Held, being paid')
}

async function orderCancel(page: Page, scene: Parameters<View['open']>[1]): Promise<void> {
  await orderHeld(page, scene)
  await page.getByRole('button', { name: 'Cancel the order' }).click()
  await page.getByRole('dialog').waitFor()
}

async function accountEverywhere(page: Page): Promise<void> {
  await goTo(page, '/account', 'Paid for an order')
  await page.getByRole('button', { name: 'everywhere' }).click()
  await page.getByRole('dialog').waitFor()
}

async function toSignIn(page: Page): Promise<void> {
  await page.goto('/account')
  await page.getByRole('banner').getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

async function toSignUp(page: Page): Promise<void> {
  await toSignIn(page)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByRole('heading', { name: 'Create an account' }).waitFor()
}

async function signInWrong(page: Page): Promise<void> {
  await toSignIn(page)
  await page.getByLabel('E-mail').fill('nobody@shop.example')
  await page.getByLabel('Password').fill('not it')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('No account has this e-mail and password.').waitFor()
}

async function signUpWrong(page: Page): Promise<void> {
  await toSignUp(page)
  await page.getByLabel('E-mail').fill(operator.email)
  await page.getByLabel('Password').fill('short')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Use at least 8 characters.').waitFor()
}
