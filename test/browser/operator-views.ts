import type { Page } from 'playwright-core'
import type { Scene } from './scene.ts'
import { at, goTo, type View } from './view.ts'

export const operatorViews: View[] = [
  { name: 'operator-signed-out', who: 'visitor', open: at('/operator', 'For operators') },
  { name: 'operator-other-role', who: 'buyer', open: at('/operator', 'which is not an operator') },
  { name: 'operator-sales', who: 'operator', open: at('/operator', 'Opening sale') },
  { name: 'operator-sale-new', who: 'operator', open: newSale },
  { name: 'operator-sale-picker', who: 'operator', open: picker },
  { name: 'operator-sale-wrong', who: 'operator', open: wrongSale },
  { name: 'operator-sale-edit', who: 'operator', open: at(({ sales }) => `${operators(sales.several)}/edit`, 'Espresso Cup') },
  { name: 'operator-board', who: 'operator', open: at(({ sales }) => operators(sales.on), 'Adds up') },
  { name: 'operator-board-several', who: 'operator', open: at(({ sales }) => operators(sales.several), 'Adds up') },
  { name: 'operator-board-over', who: 'operator', open: at(({ sales }) => operators(sales.over), 'went back to stock') },
  { name: 'operator-board-long', who: 'operator', open: at(({ sales }) => operators(sales.long), 'Adds up') },
  { name: 'operator-board-pause', who: 'operator', open: pauseAsked },
  { name: 'operator-products', who: 'operator', open: at('/operator/products', 'Court Sneaker') },
  { name: 'operator-product-new', who: 'operator', open: at('/operator/products/new', 'As a buyer sees it') },
  { name: 'operator-product-wrong', who: 'operator', open: wrongProduct },
  {
    name: 'operator-product-edit',
    who: 'operator',
    open: at(({ productId }) => `/operator/products/${productId}`, 'Instant Camera'),
  },
  { name: 'operator-product-delete', who: 'operator', open: deleteAsked },
  { name: 'operator-import', who: 'operator', open: at('/operator/import', 'Or paste the rows') },
  { name: 'operator-import-preview', who: 'operator', open: importPreview },
  { name: 'operator-orders', who: 'operator', open: at('/operator/orders', 'Paid') },
  { name: 'operator-holds', who: 'operator', open: at('/operator/holds', 'Sold') },
  { name: 'operator-users', who: 'operator', open: at('/operator/users', 'mallory@shop.example') },
  { name: 'operator-user', who: 'operator', open: user },
  { name: 'operator-audit', who: 'operator', open: audit },
]

const operators = ({ path }: { path: string }) => `/operator${path}`

async function newSale(page: Page): Promise<void> {
  await goTo(page, '/operator/sales/new', 'As a buyer sees it')
  await page.getByLabel('Name').fill('Lamps on a Sunday')
  await page.getByRole('combobox', { name: 'Add a product' }).fill('lamp')
  await page.getByRole('option', { name: 'Desk Lamp' }).click()
  await page.getByLabel('Sale price').fill('29.50')
  await page.getByLabel('Units', { exact: true }).fill('40')
}

async function picker(page: Page): Promise<void> {
  await goTo(page, '/operator/sales/new', 'As a buyer sees it')
  await page.getByRole('combobox', { name: 'Add a product' }).click()
  await page.getByRole('option').first().waitFor()
}

async function wrongSale(page: Page): Promise<void> {
  await goTo(page, '/operator/sales/new', 'As a buyer sees it')
  await page.getByRole('button', { name: 'Create sale' }).click()
  await page.getByText('Give it a name.').first().waitFor()
}

async function wrongProduct(page: Page): Promise<void> {
  await goTo(page, '/operator/products/new', 'As a buyer sees it')
  await page.getByRole('button', { name: 'Create product' }).click()
  await page.getByText('Give it a name.').first().waitFor()
}

async function deleteAsked(page: Page, { productId }: Scene): Promise<void> {
  await goTo(page, `/operator/products/${productId}`, 'Instant Camera')
  await page.getByRole('button', { name: 'Delete product' }).click()
  await page.getByRole('dialog').waitFor()
}

async function pauseAsked(page: Page, { sales }: Scene): Promise<void> {
  await goTo(page, operators(sales.on), 'Adds up')
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('dialog').waitFor()
}

async function importPreview(page: Page): Promise<void> {
  await goTo(page, '/operator/import', 'Or paste the rows')
  await page.getByLabel('Or paste the rows').fill('name,price,stock\nTeapot,39.00,80\nTray,,10\nSaucer,4.50,900')
  await page.getByRole('button', { name: 'See what would happen' }).click()
  await page.getByText('Saucer').first().waitFor()
}

async function user(page: Page): Promise<void> {
  await goTo(page, '/operator/users', 'ada@shop.example')
  await page.getByRole('button', { name: 'Manage ada@shop.example' }).click()
  await page.getByRole('dialog').waitFor()
}

async function audit(page: Page): Promise<void> {
  await goTo(page, '/operator/audit', 'Run now')
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.getByText(/All \d+ equations hold/).waitFor()
}
