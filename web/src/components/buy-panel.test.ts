import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { usePurchase } from '../purchase/use-purchase.ts'
import { liveShop, shopAnswers, shown } from '../shop.fixture.ts'
import type { Sale } from '../use-sale.ts'
import BuyPanel from './buy-panel.vue'

vi.mock('../session.ts', () => ({
  account: ref({ id: 'ann', email: 'ann@x.example', name: 'Ann', roles: ['buyer'] }),
  token: async () => 'token',
  renew: async () => undefined,
  signIn: () => undefined,
}))

const item = { productId: 'p', name: 'Lamp', image: null, salePrice: { amount: 2000, currency: 'EUR' }, quantity: 5 }
const sale = {
  id: 's',
  name: 'Lamps',
  startTime: new Date(Date.now() - 60_000).toISOString(),
  endTime: new Date(Date.now() + 3600_000).toISOString(),
  maxPurchasesPerUser: 1,
  items: [item],
} as unknown as Sale
/** With the purchase that its page hands it. */
const Panel = defineComponent(() => {
  const purchase = usePurchase('s')
  return () => h(BuyPanel, { sale, item: sale.items[0] as Sale['items'][number], remaining: 5, isPaused: false, purchase })
})
const held = { orderId: 'o', saleId: 's', productId: 'p', quantity: 1, price: item.salePrice, payment: { method: 'card' } }
const order = { ...held, status: 'PAYMENT_PENDING', expiresAt: '2026-01-01T12:00:00Z', history: [] }
const none = { 'GET /orders': () => ({ body: { items: [], next: null } }) }
const accepted = { 'POST /sales/s/purchase': () => ({ status: 202, body: { orderId: 'o', status: 'RESERVATION_PENDING' } }) }
const paying = (state: string, more: object = {}) => ({ body: { orderId: 'o', state, attempt: 1, ...more } })

const left = vi.fn()
enableAutoUnmount(afterEach)
beforeEach(() => {
  liveShop()
  localStorage.clear()
  left.mockReset()
  vi.spyOn(location, 'assign').mockImplementation(left)
  document.head.innerHTML = '<meta name="cards" content="demo">'
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
  document.head.innerHTML = ''
})

type Shown = Awaited<ReturnType<typeof shown>>
const choose = (panel: Shown, method: string) => panel.get(`input[value=${method}]`).setValue(true)
const press = async (panel: Shown) => {
  await panel.get('.buy').trigger('click')
  await flushPromises()
}

describe('paying by card', () => {
  it('is offered where cards are taken, and nowhere else', async () => {
    shopAnswers(none)
    expect((await shown(Panel)).find('input[value=card]').exists()).toBe(true)
    document.head.innerHTML = ''
    expect((await shown(Panel)).find('input[value=card]').exists()).toBe(false)
  })

  it('is remembered for the sale; the button says the price as ever', async () => {
    shopAnswers(none)
    await choose(await shown(Panel), 'card')
    const panel = await shown(Panel)
    expect((panel.get('input[value=card]').element as HTMLInputElement).checked).toBe(true)
    expect(panel.get('.buy').text()).toBe('Buy for €20')
  })

  it('goes to the page of the gateway once it is there, and once only', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const bodies: unknown[] = []
    let stands = paying('created')
    shopAnswers({
      ...none,
      'POST /sales/s/purchase': ({ body }) => {
        bodies.push(body)
        return accepted['POST /sales/s/purchase']()
      },
      'GET /orders/o': () => ({ body: order }),
      'GET /payments/o': () => stands,
    })
    const panel = await shown(Panel)
    await choose(panel, 'card')
    await Promise.all([press(panel), press(panel)])
    expect(bodies).toEqual([{ productId: 'p', quantity: 1, payment: { method: 'card' } }])
    expect(panel.get('.buy').text()).toBe('Opening payment…')
    expect(panel.get('[role=status]').text()).toMatch(/^Held for you until \d+:\d\d/)
    expect(panel.get('fieldset').attributes('disabled')).toBeDefined()
    expect(left).not.toHaveBeenCalled()
    stands = paying('open', { redirectUrl: 'https://pay.example/1' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(left.mock.calls).toEqual([['https://pay.example/1']])
    expect(panel.get('a.buy').attributes('href')).toBe('https://pay.example/1')
    stands = paying('open', { attempt: 2, redirectUrl: 'https://pay.example/2' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(panel.get('a.buy').attributes('href')).toBe('https://pay.example/2')
    expect(panel.get('[role=status]').text()).toContain('Your card was declined')
    expect(left).toHaveBeenCalledTimes(1)
  })

  it('does not take away who comes back to the page: there is a link', async () => {
    shopAnswers({
      'GET /orders': () => ({ body: { items: [order], next: null } }),
      'GET /orders/o': () => ({ body: order }),
      'GET /payments/o': () => paying('open', { redirectUrl: 'https://pay.example/1' }),
    })
    const panel = await shown(Panel)
    await flushPromises()
    expect(panel.get('a.buy').text()).toBe('Go on to payment')
    expect(left).not.toHaveBeenCalled()
  })

  it('that cannot be: says so, tries nothing by itself, and offers credit', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const problem = { code: 'payment-unavailable', title: 'No', status: 503, detail: 'Wait.' }
    const asked = shopAnswers({ ...none, 'POST /sales/s/purchase': () => ({ status: 503, body: problem }) })
    const panel = await shown(Panel)
    await choose(panel, 'card')
    await press(panel)
    expect(panel.get('[role=status]').text()).toBe('Cards cannot be taken at the moment. Nothing was bought, and credit works.')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked.filter((path) => path.endsWith('/purchase'))).toEqual(['POST /sales/s/purchase'])
    await panel.get('.told button').trigger('click')
    expect((panel.get('input[value=credit]').element as HTMLInputElement).checked).toBe(true)
    expect(panel.get('[role=status]').text()).toBe('')
    expect(panel.get('.buy').text()).toBe('Buy for €20')
  })
})
