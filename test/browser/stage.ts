import type { Browser, Page } from 'playwright-core'
import { builtPage } from '../../src/page/build.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { type Shop, startShop } from '../shop.ts'
import { type Look, openBrowser, openWindow, type Window } from './browser.ts'

export const password = 'correct horse battery'
export const operator = { email: 'op@shop.example', password }
/** What a buyer begins with, minor units. */
export const OPENING_CREDIT = 10_000

const eur = (amount: number) => ({ amount, currency: 'EUR' })

type ProductPlan = { name: string; before?: number; stock?: number; image?: string }

export type SalePlan = ProductPlan & {
  /** Minor units; `before` is the product's own. */
  price?: number
  units?: number
  limit?: number
  /** Milliseconds from now. */
  opensIn?: number
  endsIn?: number
}
export type Made = { id: string; productId: string; path: string }
type Order = { orderId: string; saleId: string; status: string }

type Test = { after(work: () => Promise<void>): void }

/** A shop with its page and a browser, for the stories of one file. */
export class Stage {
  readonly browser: Browser
  shop: Shop
  readonly #env: Record<string, string>

  private constructor(browser: Browser, shop: Shop, env: Record<string, string>) {
    this.browser = browser
    this.shop = shop
    this.#env = env
  }

  static async open(env: Record<string, string> = {}): Promise<Stage> {
    // Before a shop is waited for: where it must be built it takes longer than a shop may take to start.
    await builtPage({ clock: systemClock, building() {} })
    const browser = await openBrowser()
    try {
      return new Stage(browser, await startPage(env), env)
    } catch (error) {
      await browser.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.shop.stop()
  }

  /** At the same address, with the same data. */
  async restart(): Promise<void> {
    this.shop = await startPage({ ...this.#env, DATA_DIR: this.shop.dir, PORT: new URL(this.shop.url).port })
  }

  window(t: Test, look?: Look): Promise<Window> {
    return openWindow(this.browser, this.shop.url, t, look)
  }

  async product({ name, before = 4000, ...more }: ProductPlan): Promise<string> {
    const product = { name, price: eur(before), kind: 'coupon', ...more }
    return (await this.shop.api.post<{ id: string }>('/api/v1/admin/products', product)).id
  }

  async sale(plan: SalePlan): Promise<Made> {
    const { name, before, image, price = 2000, units = 100, limit = 1, opensIn = 0, endsIn = 7200_000 } = plan
    const productId = await this.product({ name, before, image })
    const now = Date.now()
    const { id } = await this.shop.api.post<{ id: string }>('/api/v1/admin/sales', {
      name,
      startTime: new Date(now + opensIn).toISOString(),
      endTime: new Date(now + endsIn).toISOString(),
      maxPurchasesPerUser: limit,
      items: [{ productId, quantity: units, salePrice: eur(price) }],
    })
    return { id, productId, path: `/sales/${id}` }
  }

  /** The operator brings it forward or puts it off. */
  async change(saleId: string, change: object): Promise<void> {
    await this.ask('PATCH', `/api/v1/admin/sales/${saleId}`, change)
  }

  /** Answers the token of a new buyer who speaks to the API alone. */
  async buyer(email: string): Promise<string> {
    await this.ask('POST', '/api/v1/users/register', { email, password })
    return this.login(email)
  }

  async login(email: string): Promise<string> {
    return (await this.ask<{ access_token: string }>('POST', '/api/v1/users/login', { email, password })).access_token
  }

  /** Answers the order. */
  async buy({ id, productId }: Made, token: string, quantity = 1): Promise<string> {
    const wish = { productId, quantity }
    return (await this.ask<{ orderId: string }>('POST', `/api/v1/sales/${id}/purchase`, wish, token)).orderId
  }

  async orders(saleId: string): Promise<Order[]> {
    const { items } = await this.shop.api.get<{ items: Order[] }>('/api/v1/admin/orders?limit=100')
    return items.filter((order) => order.saleId === saleId)
  }

  async ask<T>(method: string, path: string, body: object, token = this.shop.token): Promise<T> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(this.shop.url + path, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
}

const startPage = (env: Record<string, string>): Promise<Shop> =>
  startShop(
    { ADMIN_EMAIL: operator.email, ADMIN_PASSWORD: operator.password, OPENING_CREDIT: String(OPENING_CREDIT), ...env },
    undefined,
    [],
    [],
  )

let accounts = 0
export const newEmail = (name: string): string => `${name}-${++accounts}@example.com`

/** From any page of the shop, by its own button, over the issuer's pages and back. */
export async function signUp(page: Page, email: string): Promise<void> {
  const from = await toSignIn(page)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL(from)
}

export async function signIn(page: Page, email: string): Promise<void> {
  const from = await toSignIn(page)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(from)
}

async function toSignIn(page: Page): Promise<string> {
  const from = page.url()
  await page.getByRole('banner').getByRole('button', { name: 'Sign in' }).click()
  return from
}
